"""`draw`: a circuit, an unfolding or a window to a drawing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable
from graphfold.errors import DrawingError, suggest
from graphfold.files import write_whole
from graphfold.memory import ensure_fits
from graphfold.render.options import DrawOptions
from graphfold.render.picture import Picture
from graphfold.render.scene import Scene
from graphfold.render.symbolic import folded_circuit, windows
from graphfold.render.view import view

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding, Window

FORMATS = ("svg", "png")
_BYTES_PER_NODE = 5_000  # of a scene, its layout and its SVG, measured


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
    what: Freezable | Unfolding | Window, options: DrawOptions | None = None, **changes: object
) -> Drawing:
    """Return the figure of a circuit (folded), an unfolding or a window.

    Options are given as a `DrawOptions`, or by name: `draw(x, pair=False)`. ModelError when the
    circuit is not well formed; DrawingError for an unknown option.
    """
    chosen = _changed(options or DrawOptions(), changes)
    circuit, scenes = _scenes(what, chosen)
    from graphfold.render.layout.figure import figure

    picture = figure(scenes, chosen.theme, chosen.word)
    title = circuit.name if chosen.title is None else chosen.title
    described = replace(picture, title=title, description=_description(circuit, scenes))
    return Drawing(described, chosen.scale)


def _changed(options: DrawOptions, changes: dict[str, object]) -> DrawOptions:
    legal = [field.name for field in fields(DrawOptions)]
    for name in changes:
        if name not in legal:
            hint = suggest(name, legal) or f"; there are {', '.join(legal)}"
            raise DrawingError(f"no option is called '{name}'{hint}")
    return replace(options, **changes)  # type: ignore[arg-type]


def _scenes(
    what: Freezable | Unfolding | Window, options: DrawOptions
) -> tuple[Circuit, list[Scene]]:
    from graphfold.unfolding import Unfolding, Window

    if not isinstance(what, Unfolding | Window):
        circuit = ensure_well_formed(what)
        return circuit, [folded_circuit(view(circuit, opened=_opened(circuit, options)))]
    from graphfold.render.steps import unfolded

    circuit = what.circuit
    _ensure_drawable(what, options)
    opened = _opened(circuit, options)
    seen = view(circuit, frozenset(getattr(what, "untied", ())), opened)
    if isinstance(what, Window):
        scene = windows(seen, what.axes, what.before, what.after)
    else:
        scene = unfolded(seen, what, options)
    if not options.pair:
        return circuit, [scene]
    return circuit, [folded_circuit(view(circuit, opened=opened)), scene]


def _opened(circuit: Circuit, options: DrawOptions) -> str | Sequence[str]:
    return () if options.open is None else options.open


def _ensure_drawable(what: Unfolding | Window, options: DrawOptions) -> None:
    """Refuse a figure of more nodes than the memory holds."""
    from graphfold.unfolding import Window

    if isinstance(what, Window):
        nodes = (what.before + what.after + 1) * len(what.circuit.signals)
    else:
        nodes = 0 if options.elide else what.node_count
    ensure_fits(_BYTES_PER_NODE * nodes, "the figure")


def _description(circuit: Circuit, scenes: list[Scene]) -> str:
    kinds = ["folded" if scene.folded else "unfolded" for scene in scenes]
    return f"The circuit {circuit.name}, {' and '.join(kinds)}."
