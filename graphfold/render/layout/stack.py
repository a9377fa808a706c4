"""What stands within a node that shows its value: the label, colours beneath, small text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from graphfold.render.layout.measure import centred
from graphfold.render.picture import Item, Patch, Point, Rect, Run
from graphfold.render.theme import Theme
from graphfold.render.typeset import typeset
from graphfold.render.values.marks import Mark

GAP = 4.0  # between what stands in a node
SMALL = 0.7  # of a label's size: that of numbers and shapes
HALF, HIGH, CELL = 0.66, 0.3, 0.17  # of a radius: half a strip, its height, that of a map's row
LOW_MAP, HIGH_MAP = 0.5, 0.9  # of a radius: how high a map is
WITHIN = 0.9  # of a circle, for what stands in it
"""Sizes of what stands in a node."""


def line_run(latex: str, theme: Theme) -> Run:
    """The run of a number or a shape."""
    return typeset(latex, SMALL * theme.instance_size)


def _colors_high(mark: Mark, theme: Theme) -> float:
    rows = len(mark.colors)
    if rows < 2:
        return theme.radius * HIGH * rows
    return theme.radius * min(max(LOW_MAP, CELL * rows), HIGH_MAP)


def _heights(run: Run, mark: Mark, theme: Theme) -> list[tuple[float, float]]:
    """Half the width, and the height, of each thing from top to bottom."""
    found = [_extent(run)]
    if mark.colors:
        found.append((HALF * theme.radius, _colors_high(mark, theme)))
    return [*found, *(_extent(line_run(line, theme)) for line in mark.lines)]


def _extent(run: Run) -> tuple[float, float]:
    x0, y0, x1, y1 = run.box
    return (x1 - x0) / 2, y1 - y0


def stack_reach(run: Run, mark: Mark, theme: Theme) -> float:
    """The radius of the circle that holds a label and what stands beneath it."""
    sizes = _heights(run, mark, theme)
    top = -_total(sizes) / 2
    reach = 0.0
    for half, high in sizes:
        reach = max(reach, math.hypot(half, top), math.hypot(half, top + high))
        top += high + GAP
    return reach / WITHIN


def _total(sizes: Sequence[tuple[float, float]]) -> float:
    return sum(high for _, high in sizes) + GAP * (len(sizes) - 1)


def stacked(run: Run, mark: Mark, center: Point, theme: Theme) -> Iterator[Item]:
    """The items of a node's inside, around its middle."""
    x, y = center
    sizes = _heights(run, mark, theme)
    things: list[Run | None] = [run, *([None] if mark.colors else [])]
    things += [line_run(line, theme) for line in mark.lines]
    top = y - _total(sizes) / 2
    for thing, (half, high) in zip(things, sizes, strict=True):
        if thing is None:
            yield from _colors(mark, (x, top + high / 2), half, high / 2)
        else:
            yield centred(thing, x, top + high / 2)
        top += high + GAP


def _colors(mark: Mark, center: Point, half: float, tall: float) -> Iterator[Item]:
    """A thin border, for white is a colour as well, and the cells within it."""
    x, y = center
    yield Rect(x, y, half, tall, 0.0, "frame")
    high = tall / len(mark.colors)
    for r, row in enumerate(mark.colors):
        wide = half / len(row)
        for c, color in enumerate(row):
            left, top = x - half + (2 * c + 1) * wide, y - tall + (2 * r + 1) * high
            yield Patch(round(left, 3), round(top, 3), round(wide, 3), round(high, 3), color)
