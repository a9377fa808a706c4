"""How an item looks once pens and paint are settled: what fills it, its border, its dashes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphfold.render.paint import Paint, Palette
from graphfold.render.picture import STROKE, Disc, Label, Patch, Rect, Stamp, Stroke

FRAME = 2 / 3  # of a stroke
DASHES = (3.0, 7 / 3)  # in strokes
ROUND = 0.5522847  # of a radius: the control points of a quarter of a circle

Drawn = Label | Stroke | Disc | Rect | Patch


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of the inside and of the border, "" where there is none."""

    fill: str = ""
    line: str = ""
    width: float = STROKE
    dashes: tuple[float, ...] = ()


def look(
    item: Drawn | Stamp, paint: Paint | None, palette: Palette, stroke: float = STROKE
) -> Look:
    """Return how an item of a group with this paint looks, lines being `stroke` wide."""
    if isinstance(item, Patch):
        return Look(fill=item.color)
    found = palette.resolved(paint)
    if isinstance(item, Label | Stamp):
        own_ink = item.ink if isinstance(item, Label) else ""
        return Look(fill=own_ink or found.ink)
    if item.pen == "ink":
        return Look(fill=found.line)
    if item.pen == "frame":
        own = paint or Paint()
        return Look(own.fill or palette.frame_fill, own.line or palette.frame_line, FRAME * stroke)
    fill = "" if isinstance(item, Stroke) else found.fill
    return _lined(fill, found.line, stroke * found.width, (item.pen == "dashed") * stroke)


@lru_cache(maxsize=1024)
def _lined(fill: str, line: str, width: float, dashed: float) -> Look:
    dashes = tuple(dashed * length for length in DASHES) if dashed else ()
    return Look(fill, line, width, dashes)
