"""How an item looks once pens and paint are settled: what fills it, its border, its dashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphfold.render.paint import Paint, Palette
from graphfold.render.picture import Disc, Label, Patch, Pen, Rect, Stamp, Stroke

STROKE = 1.5
FRAME = 1.0
DASHES = (4.5, 3.5)
ROUND = 0.5522847  # of a radius: the control points of a quarter of a circle

Drawn = Label | Stroke | Disc | Rect | Patch


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of the inside and of the border, "" where there is none."""

    fill: str = ""
    line: str = ""
    width: float = STROKE
    dashed: bool = False


def look(item: Drawn | Stamp, paint: Paint | None, palette: Palette) -> Look:
    """Return how an item of a group with this paint looks."""
    if isinstance(item, Patch):
        return Look(fill=item.color)
    found = palette.resolved(paint)
    if isinstance(item, Label | Stamp):
        return Look(fill=found.ink)
    if item.pen == "ink":
        return Look(fill=found.line)
    if item.pen == "frame":
        own = paint or Paint()
        return Look(own.fill or palette.frame_fill, own.line or palette.frame_line, FRAME)
    fill = "" if isinstance(item, Stroke) else found.fill
    return _lined(fill, found.line, found.width, item.pen)


@lru_cache(maxsize=1024)
def _lined(fill: str, line: str, width: float, pen: Pen) -> Look:
    return Look(fill, line, STROKE * width, pen == "dashed")
