"""What is taken, on a fine mesh: by nodes, wires and labels, in every column alike or once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from graphfold.render.layout.paths import distance
from graphfold.render.picture import Box, Point

MESH = 3.0
NODE = -9
SHARED = -1
Cell = tuple[int, int]


@dataclass
class Mesh:
    """Owners of cells; with a pitch, columns lie upon each other."""

    pitch: float | None = None
    owner: dict[Cell, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.across = math.ceil(self.pitch / MESH) if self.pitch else 0
        self.width = self.pitch / self.across if self.pitch else MESH

    def add(self, points: Iterable[Point], owner: int) -> None:
        """Take the cells of points."""
        for x, y in points:
            self._take(self._cell(x, y), owner)

    def add_box(self, box: Box, owner: int) -> None:
        """Take the cells of a box."""
        for cell in self._cells(box):
            self._take(cell, owner)

    def others(self, box: Box, owner: int | None = None) -> int:
        """How many cells of a box are taken by others than `owner`; nodes count more."""
        get = self.owner.get
        found = [o for c in self._cells(box) if (o := get(c)) is not None and o != owner]
        return len(found) + 3 * found.count(NODE)

    def _take(self, cell: Cell, owner: int) -> None:
        old = self.owner.get(cell, owner)
        self.owner[cell] = owner if old == owner else NODE if old == NODE else SHARED

    def _cell(self, x: float, y: float) -> Cell:
        i = math.floor(x / self.width)
        return (i % self.across if self.across else i, math.floor(y / MESH))

    def _cells(self, box: Box) -> Iterator[Cell]:
        x0, y0, x1, y1 = box
        rows = range(math.floor(y0 / MESH), math.floor(y1 / MESH) + 1)
        for i in range(math.floor(x0 / self.width), math.floor(x1 / self.width) + 1):
            column = i % self.across if self.across else i
            for j in rows:
                yield (column, j)


@dataclass
class Room:
    """Three meshes: what repeats with the columns, the labels among it, and what stands once."""

    pitch: float | None = None
    things: Mesh = field(init=False)
    labels: Mesh = field(init=False)
    once: Mesh = field(default_factory=Mesh)

    def __post_init__(self) -> None:
        self.things, self.labels = Mesh(self.pitch), Mesh(self.pitch)

    def add_disc(self, center: Point, radius: float, once: bool = False) -> None:
        """Take the place of a node."""
        cx, cy = center
        box = (cx - radius, cy - radius, cx + radius, cy + radius)
        inside = (p for p in _dots(box) if distance(p, center) <= radius)
        (self.once if once else self.things).add(inside, NODE)

    def hits(self, box: Box, owner: int, columns: Iterable[int] = (0,)) -> int:
        """How much of a box is taken in any of the columns; labels of its owner do not count."""
        found = self.things.others(box) + self.labels.others(box, owner)
        return found + self._once(box, columns)

    def nearby(self, box: Box, owner: int, columns: Iterable[int] = (0,)) -> int:
        """How much of a box is taken by others than `owner`."""
        found = self.things.others(box, owner) + self.labels.others(box, owner)
        return found + self._once(box, columns, owner)

    def _once(self, box: Box, columns: Iterable[int], owner: int | None = None) -> int:
        if not self.once.owner:
            return 0
        x0, y0, x1, y1 = box
        shifts = (c * (self.pitch or 0.0) for c in columns)
        return sum(self.once.others((x0 + dx, y0, x1 + dx, y1), owner) for dx in shifts)


def _dots(box: Box) -> Iterator[Point]:
    """Points of a box, dense enough for a mesh, its edges included."""
    x0, y0, x1, y1 = box
    step = MESH / 2
    columns, rows = math.ceil((x1 - x0) / step), math.ceil((y1 - y0) / step)
    for i in range(columns + 1):
        for j in range(rows + 1):
            yield (min(x0 + i * step, x1), min(y0 + j * step, y1))


def grown(box: Box, by: float) -> Box:
    """The box with a margin."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)
