"""What is taken by nodes, wires and labels, on a fine mesh."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphfold.render.layout.borders import End
from graphfold.render.picture import Box, Point

MESH = 3.0
NODE = -9
SHARED = -1
Cell = tuple[int, int]


@dataclass(frozen=True)
class Zone:
    """A stretch from `low` to `high` whose columns lie upon each other; cells begin at `first`."""

    low: float
    high: float
    pitch: float
    first: int = 0

    @property
    def across(self) -> int:
        """How many cells a column has."""
        return math.ceil(self.pitch / MESH)

    def beyond_one(self, x0: float, x1: float) -> tuple[float, float] | None:
        """Of a stretch, what is left behind the first column's width; None when that is little."""
        low, high = max(x0, self.low) + self.pitch + MESH, min(x1, self.high)
        return (low, high) if high - low > self.pitch else None

    def cells(self, x0: float, x1: float) -> Iterator[int]:
        """The cells between two places."""
        width = self.pitch / self.across
        for i in range(math.floor(x0 / width), math.floor(x1 / width) + 1):
            yield self.first + i % self.across


@dataclass
class Room:
    """Owners of cells; in each zone, columns lie upon each other."""

    zones: tuple[Zone, ...] = ()
    owner: dict[Cell, int] = field(default_factory=dict)

    def add(self, points: Iterable[Point], owner: int) -> None:
        """Take the cells of points."""
        for x, y in points:
            for i in self._across(x, x):
                self._take((i, math.floor(y / MESH)), owner)

    def add_box(self, box: Box, owner: int = SHARED, shifts: Sequence[float] = (0.0,)) -> None:
        """Take the cells of a box, and of its copies that are shifted to the right."""
        for moved in self._copies(box, shifts):
            for cell in self._cells(moved):
                self._take(cell, owner)

    def add_node(self, node: End) -> None:
        """Take the place of a node."""
        (cx, cy), border = node.center, node.border
        dx, dy = border.half, border.radius
        box = (cx - dx, cy - dy, cx + dx, cy + dy)
        self.add((p for p in _dots(box) if border.gap(p[0] - cx, p[1] - cy) <= 0), NODE)

    def hits(self, box: Box, shifts: Sequence[float] = (0.0,), owner: int | None = None) -> int:
        """How many cells of a box are taken by others than `owner`; nodes count more."""
        return sum(self._others(moved, owner) for moved in self._copies(box, shifts))

    def _others(self, box: Box, owner: int | None) -> int:
        get = self.owner.get
        found = [o for c in self._cells(box) if (o := get(c)) is not None and o != owner]
        return len(found) + 3 * found.count(NODE)

    def _take(self, cell: Cell, owner: int) -> None:
        old = self.owner.get(cell, owner)
        self.owner[cell] = owner if old == owner else NODE if old == NODE else SHARED

    def _copies(self, box: Box, shifts: Sequence[float]) -> Iterator[Box]:
        x0, y0, x1, y1 = box
        repeats = any(zone.low <= x0 and x1 <= zone.high for zone in self.zones)
        for shift in shifts[:1] if repeats else shifts:
            yield (x0 + shift, y0, x1 + shift, y1)

    def _cells(self, box: Box) -> Iterator[Cell]:
        x0, y0, x1, y1 = box
        rows = range(math.floor(y0 / MESH), math.floor(y1 / MESH) + 1)
        for column in self._across(x0, x1):
            for j in rows:
                yield (column, j)

    def _across(self, x0: float, x1: float) -> Iterator[int]:
        """The cells from x0 to x1, in zones and between them."""
        for zone in self.zones:
            if (x0 < zone.high and zone.low < x1) or zone.low <= x0 == x1 < zone.high:
                yield from zone.cells(max(x0, zone.low), min(x1, zone.high))
                if zone.low <= x0 and x1 <= zone.high:
                    return
        for i in range(math.floor(x0 / MESH), math.floor(x1 / MESH) + 1):
            if not any(zone.low <= i * MESH < zone.high for zone in self.zones):
                yield i


def _dots(box: Box) -> Iterator[Point]:
    """Points of a box, dense enough for a mesh, its edges included."""
    x0, y0, x1, y1 = box
    step = MESH / 2
    columns, rows = math.ceil((x1 - x0) / step), math.ceil((y1 - y0) / step)
    for i in range(columns + 1):
        for j in range(rows + 1):
            yield (min(x0 + i * step, x1), min(y0 + j * step, y1))
