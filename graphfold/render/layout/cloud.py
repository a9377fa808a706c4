"""Points that can be asked for their neighbours quickly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from graphfold.render.layout.paths import distance
from graphfold.render.picture import Point

MESH = 8.0


@dataclass
class Cloud:
    """Points in the cells of a mesh."""

    cells: dict[tuple[int, int], list[Point]] = field(default_factory=dict)

    def add(self, points: Iterable[Point]) -> None:
        """Add points."""
        for x, y in points:
            self.cells.setdefault((int(x // MESH), int(y // MESH)), []).append((x, y))

    def near(self, point: Point, reach: float) -> bool:
        """Whether some point is closer than `reach`."""
        return any(distance(point, other) < reach for other in self._around(point, reach))

    def _around(self, point: Point, reach: float) -> Iterator[Point]:
        i, j, far = int(point[0] // MESH), int(point[1] // MESH), math.ceil(reach / MESH)
        for di in range(-far, far + 1):
            for dj in range(-far, far + 1):
                yield from self.cells.get((i + di, j + dj), ())
