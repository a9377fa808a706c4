"""What a drawing holds before it has places, and what is made of it when a form asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphfold.render.options import DrawOptions
from graphfold.render.parts import Part
from graphfold.render.scene import Scene
from graphfold.render.theme import Theme

if TYPE_CHECKING:
    from graphfold.render.diagram import Diagram
    from graphfold.render.picture import Picture
    from graphfold.render.values.marked import Legend


@dataclass(frozen=True)
class Sheet:
    """The parts of a figure, how they are drawn, and what stands beneath and above."""

    parts: tuple[Part, ...]
    options: DrawOptions
    theme: Theme
    captions: tuple[str, ...] = ()
    title: str = ""
    legend: Legend | None = None

    @property
    def description(self) -> str:
        """What the figure shows, in words."""
        return " ".join(dict.fromkeys(part.description for part in self.parts))


def placed(sheet: Sheet) -> Picture:
    """Return the picture: everything at its place."""
    from graphfold.render.layout.figure import figure

    scenes = [part.scenes for part in sheet.parts]
    theme = replace(sheet.theme, upward=sheet.options.direction == "up")
    picture = figure(scenes, theme, sheet.options.word, sheet.captions)
    if sheet.legend is not None:
        from graphfold.render.layout.legend import with_legend

        picture = with_legend(picture, sheet.legend, sheet.theme)
    return replace(picture, title=sheet.title, description=sheet.description)


def diagrams(sheet: Sheet) -> list[Diagram]:
    """Return the last scene of every part as nodes and edges: what is unfolded, if anything is."""
    from graphfold.render.diagram import diagram

    captions = sheet.captions or ("",) * len(sheet.parts)
    pairs = zip(sheet.parts, captions, strict=True)
    return [replace(diagram(part.scenes[-1]), caption=caption) for part, caption in pairs]


def least_size(sheet: Sheet) -> tuple[float, float]:
    """Return a width and a height that the figure has at least, in points, before it is laid out.

    Nodes of a column and columns of a row keep apart by their radius at least.
    """
    radius = sheet.theme.radius
    scenes = [s for part in sheet.parts for s in part.scenes if isinstance(s, Scene)]
    columns = sum(0 if c.gap else c.span for scene in scenes for c in scene.columns)
    rows = max((len(scene.rows) for scene in scenes), default=1)
    return 2 * radius * max(columns, 1), 2 * radius * max(rows, 1)
