"""Where a wire's caption stands: beside its own wire, clear of everything else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphfold.render.layout.paths import Line, distance
from graphfold.render.picture import Box, Point, Run

MESH = 3.0
NEAR = 5.5
WIDE = 5.0
NODE = -9
AWAY = (
    (0.0, 0.0),
    (14.0, 3.0),
    (30.0, 7.0),
    (60.0, 13.0),
    (90.0, 20.0),
    (120.0, 32.0),
)  # price, way


@dataclass
class Room:
    """What is taken, on a fine mesh; with a pitch, the same in every column."""

    pitch: float | None = None
    taken: dict[tuple[int, int], int] = field(default_factory=dict)

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        if self.pitch:
            x %= self.pitch
        return (math.floor(x / MESH), math.floor(y / MESH))

    def add(self, points: Iterable[Point], owner: int) -> None:
        """Take the places of points; -1 owns what is shared."""
        for x, y in points:
            cell = self._cell(x, y)
            if self.taken.get(cell) == NODE:
                continue
            self.taken[cell] = owner if self.taken.get(cell, owner) == owner else -1

    def add_box(self, box: Box, owner: int = -1) -> None:
        """Take the place of a label."""
        self.add(mesh(box), owner)

    def add_disc(self, center: Point, radius: float) -> None:
        """Take the place of a node."""
        cx, cy = center
        inside = (
            p
            for p in mesh((cx - radius, cy - radius, cx + radius, cy + radius))
            if distance(p, center) <= radius
        )
        for x, y in inside:
            self.taken[self._cell(x, y)] = NODE

    def hits(self, box: Box, owner: int | None = None) -> int:
        """How much of a box is taken by others than `owner`; nodes count more than wires."""
        found = (self.taken.get(self._cell(x, y)) for x, y in mesh(box))
        others = [other for other in found if other is not None and other != owner]
        return len(others) + 3 * others.count(NODE)


def mesh(box: Box) -> Iterator[Point]:
    """Points of a box, dense enough for the mesh, its edges included."""
    x0, y0, x1, y1 = box
    columns, rows = math.ceil((x1 - x0) / MESH), math.ceil((y1 - y0) / MESH)
    for i in range(columns + 1):
        for j in range(rows + 1):
            yield (min(x0 + i * MESH, x1), min(y0 + j * MESH, y1))


def grown(box: Box, by: float) -> Box:
    """The box with a margin."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


@dataclass(frozen=True)
class Wish:
    """A caption and where it would like to stand.

    `places` are along the line, the best one first; the side that faces `away` from a point is
    better; `owner` is the line's own number in the room.
    """

    run: Run
    owner: int
    places: Sequence[float]
    away: Point | None = None


def place(room: Room, line: Line, wish: Wish) -> Point:
    """Return the middle of the best place for a caption."""
    run, owner = wish.run, wish.owner
    width, height = run.box[2] - run.box[0], run.box[3] - run.box[1]
    best: tuple[float, Point] = (math.inf, line.end)
    for price, (x, y) in _candidates(line, width / 2, height / 2, wish):
        if price >= best[0]:
            continue
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        cost = price + 40 * room.hits(box)
        if cost < best[0]:
            cost += 0.3 * room.hits(grown(box, WIDE), owner)
        best = min(best, (cost, (x, y)))
    return best[1]


def _candidates(
    line: Line, half_width: float, half_height: float, wish: Wish
) -> Iterator[tuple[float, Point]]:
    samples, away = line.samples(2.0), wish.away
    for rank, share in enumerate(wish.places):
        i = max(1, min(len(samples) - 2, round(share * (len(samples) - 1))))
        (ax, ay), (bx, by), (x, y) = samples[i - 1], samples[i + 1], samples[i]
        length = math.hypot(bx - ax, by - ay) or 1.0
        nx, ny = (by - ay) / length, -(bx - ax) / length
        if away is not None:
            inward = nx * (away[0] - x) + ny * (away[1] - y) > 0
        else:  # right of the wire, or above it when it lies flat
            inward = nx < -0.3 or (abs(nx) <= 0.3 and ny > 0)
        if inward:
            nx, ny = -nx, -ny
        for extra, further in AWAY:
            reach = NEAR + further + abs(nx) * half_width + abs(ny) * half_height
            for side, price in ((1, 0.0), (-1, 3.0)):
                yield rank + extra + price, (x + side * nx * reach, y + side * ny * reach)


def spread_from(middle: float, low: float, high: float) -> list[float]:
    """Places along a line, the middle one first."""
    steps = [middle]
    for i in range(1, 12):
        steps += [s for s in (middle + i * 0.04, middle - i * 0.04) if low <= s <= high]
    return steps
