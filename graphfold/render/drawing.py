"""`draw`: circuits, unfoldings and windows to a drawing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from graphfold.errors import DrawingError, suggest
from graphfold.files import write_whole
from graphfold.render.options import DrawOptions
from graphfold.render.parts import Part, parts_of
from graphfold.render.picture import Picture

if TYPE_CHECKING:
    from graphfold.render.parts import Drawable

FORMATS = ("svg", "png")


@dataclass(frozen=True)
class Drawing:
    """A figure: `svg` as text, `png` as bytes; a notebook shows it by itself."""

    picture: Picture = field(repr=False)
    scale: float = 2.0

    @cached_property
    def svg(self) -> str:
        """The figure as an SVG document."""
        from graphfold.render.backends.svg import svg

        return svg(self.picture)

    @cached_property
    def png(self) -> bytes:
        """The figure as PNG, `scale` pixels per point; DrawingError when it grows too large."""
        from graphfold.render.backends.png import png

        return png(self.svg, self.picture.width, self.picture.height, self.scale)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Write the file, whole or not at all; the format comes from the suffix.

        DrawingError for an unknown format; OSError when the file cannot be written.
        """
        chosen = (format or Path(path).suffix.lstrip(".")).lower()
        write_whole(path, self.encode(chosen))

    def encode(self, format: str) -> bytes:
        """Return the figure in a format as bytes; DrawingError for an unknown one."""
        if format == "svg":
            return self.svg.encode("utf-8")
        if format == "png":
            return self.png
        legal = " or ".join(FORMATS)
        shown = f"'{format}'" if format else "no format"
        raise DrawingError(f"{shown}: a figure is {legal}{suggest(format, FORMATS)}")

    def _repr_svg_(self) -> str:
        return self.svg


def draw(
    what: Drawable | Sequence[Drawable], options: DrawOptions | None = None, **changes: object
) -> Drawing:
    """Return the figure of a circuit (folded), an unfolding, an elimination or a window.

    Several in a list stand side by side, with their `captions` beneath. Options are given as a
    `DrawOptions`, or by name: `draw(x, pair=False)`. ModelError when a circuit is not well formed;
    DrawingError for an unknown option, or captions that are not one for each part.
    """
    chosen = _changed(options or DrawOptions(), changes)
    things: Sequence[Drawable] = what if isinstance(what, list | tuple) else [what]  # type: ignore[list-item]
    parts = parts_of(things, chosen)
    captions = _captions(parts, chosen)
    from graphfold.render.coloring import painted, theme_of
    from graphfold.render.layout.figure import figure

    theme = theme_of(chosen.theme, parts[0].circuit.style)
    scenes = [[painted(scene, p.circuit, theme) for scene in p.scenes] for p in parts]
    picture = figure(scenes, theme, chosen.word, captions)
    title = parts[0].circuit.name if chosen.title is None else chosen.title
    words = " ".join(dict.fromkeys(p.description for p in parts))
    return Drawing(replace(picture, title=title, description=words), chosen.scale)


def _captions(parts: Sequence[Part], options: DrawOptions) -> tuple[str, ...]:
    """The captions that are asked for; else the modes of the parts, when they differ."""
    if not parts:
        raise DrawingError("there is nothing to draw: the list is empty")
    if isinstance(options.captions, str):
        raise DrawingError(f'captions are a list of texts: captions=["{options.captions}"]')
    captions = tuple(map(str, options.captions))
    if captions and len(captions) != len(parts):
        raise DrawingError(f"there are {len(captions)} captions for {len(parts)} figures")
    modes = tuple(p.mode for p in parts)
    return captions or (modes if len(set(modes)) == len(modes) > 1 else ())


def _changed(options: DrawOptions, changes: dict[str, object]) -> DrawOptions:
    legal = [field.name for field in fields(DrawOptions)]
    for name in changes:
        if name not in legal:
            hint = suggest(name, legal) or f"; there are {', '.join(legal)}"
            raise DrawingError(f"no option is called '{name}'{hint}")
    return replace(options, **changes)  # type: ignore[arg-type]
