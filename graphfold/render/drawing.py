"""`draw`: circuits, unfoldings and windows to a drawing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from graphfold.errors import Diagnostic, DrawingError, LabelWarning, suggest
from graphfold.figure_formats import figure_format
from graphfold.files import write_whole
from graphfold.render.coloring import painted, theme_of
from graphfold.render.options import DrawOptions
from graphfold.render.parts import Part, parts_of
from graphfold.render.sheet import Sheet, diagrams, least_size, placed

if TYPE_CHECKING:
    from graphfold.render.parts import Drawable
    from graphfold.render.picture import Picture


@dataclass(frozen=True)
class Drawing:
    """A figure in every form; a notebook shows it by itself.

    `svg`, `tikz`, `tex`, `mermaid` and `dot` are text, `png` and `pdf` bytes. `picture` has its
    places; they are found when a form asks for them.
    """

    sheet: Sheet = field(repr=False)
    scale: float = 2.0

    @cached_property
    def picture(self) -> Picture:
        """The figure as strokes, circles and labels at their places."""
        return placed(self.sheet)

    @cached_property
    def svg(self) -> str:
        """The figure as an SVG document."""
        from graphfold.render.backends.svg import svg

        return svg(self.picture)

    @cached_property
    def png(self) -> bytes:
        """The figure as PNG, `scale` pixels per point; DrawingError when it grows too large."""
        from graphfold.render.backends.png import ensure_small, png

        ensure_small(*least_size(self.sheet), self.scale, about=True)
        ensure_small(self.picture.width, self.picture.height, self.scale)
        return png(self.svg, self.picture.width, self.scale)

    @cached_property
    def pdf(self) -> bytes:
        """The figure as a PDF of one page, all of it vectors."""
        from graphfold.render.backends.pdf import pdf

        return pdf(self.picture)

    @cached_property
    def tex(self) -> str:
        """The figure as a LaTeX document of the class standalone."""
        from graphfold.render.backends.tikz import document, ensure_small

        ensure_small(*least_size(self.sheet))
        return document(self.picture)

    @cached_property
    def tikz(self) -> str:
        r"""The figure as a tikzpicture for \\input."""
        from graphfold.render.backends.tikz import ensure_small, tikz

        ensure_small(*least_size(self.sheet))
        return tikz(self.picture)

    @cached_property
    def mermaid(self) -> str:
        """The figure as a Mermaid flowchart, which many READMEs show."""
        from graphfold.render.backends.mermaid import mermaid

        return mermaid(diagrams(self.sheet), self.sheet.title)

    @cached_property
    def dot(self) -> str:
        """The figure in the language of Graphviz."""
        from graphfold.render.backends.dot import dot

        return str(dot(diagrams(self.sheet), self.sheet.title).source)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Write the file, whole or not at all; the format comes from the suffix.

        DrawingError for an unknown format; OSError when the file cannot be written.
        """
        write_whole(path, self.encode(Path(path).suffix if format is None else format))

    def encode(self, format: str) -> bytes:
        """Return the figure in a format as bytes; DrawingError for an unknown one."""
        found = getattr(self, figure_format(format))
        return found if isinstance(found, bytes) else found.encode("utf-8")

    def _repr_svg_(self) -> str:
        return self.svg


def draw(
    what: Drawable | Sequence[Drawable], options: DrawOptions | None = None, **changes: object
) -> Drawing:
    """Return the figure of a circuit (folded), an unfolding, an elimination or a window.

    Several in a list stand side by side, with their `captions` beneath. Options are given as a
    `DrawOptions`, or by name: `draw(x, pair=False)`. ModelError when a circuit is not well formed;
    DrawingError for an unknown option, or captions that are not one for each part. A LabelWarning
    tells of each label whose LaTeX cannot be set: it is shown as plain text.
    """
    chosen = _changed(options or DrawOptions(), changes)
    things: Sequence[Drawable] = what if isinstance(what, list | tuple) else [what]  # type: ignore[list-item]
    parts = parts_of(things, chosen)
    for diagnostic in dict.fromkeys(_label_problems(parts)):
        warnings.warn(LabelWarning(diagnostic), stacklevel=2)
    captions = _captions(parts, chosen)
    title = parts[0].circuit.name if chosen.title is None else chosen.title
    legend = None
    if chosen.shows_values:
        from graphfold.render.values.marked import with_values

        if chosen.detail == "operations":
            raise DrawingError('values are shown at detail "signals", not on operations')
        parts, legend = with_values(parts, things, chosen)
    theme = theme_of(chosen.theme, parts[0].circuit.style)
    parts = [
        replace(p, scenes=tuple(painted(scene, p.circuit, theme) for scene in p.scenes))
        for p in parts
    ]
    return Drawing(Sheet(tuple(parts), chosen, theme, captions, title, legend), chosen.scale)


def _label_problems(parts: Sequence[Part]) -> Iterator[Diagnostic]:
    """What is wrong with labels that the models give; those made here are in order."""
    for part in parts:
        if part.circuit.style.labels:
            from graphfold.render.label_check import check_labels

            yield from check_labels(part.circuit)


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
