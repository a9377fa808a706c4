"""The whole of a figure: the grids of its blocks side by side, and the static sites around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from graphfold.render.layout.borders import End
from graphfold.render.layout.columns import offsets_of
from graphfold.render.layout.grid import Grid, Levels
from graphfold.render.layout.stands import stands, touches
from graphfold.render.picture import Point
from graphfold.render.scene import STATIC, Scene
from graphfold.render.theme import Theme


@dataclass(frozen=True)
class Ground(Levels):
    """The grids, from left to right, and where the static sites stand.

    `absent` are places of sites that no node takes.
    """

    grids: tuple[Grid, ...]
    block_of: Mapping[str, int]
    static_x: Mapping[str, float]
    between: Mapping[str, int]
    absent: frozenset[tuple[str, int]] = frozenset()

    def grid(self, name: str) -> Grid:
        """The grid of a site that is not static."""
        return self.grids[self.block_of[name]]

    def center(self, name: str, column: int = 0) -> Point:
        """The middle of a node."""
        if column == STATIC:
            return (self.static_x[name], self.y[self.row_of[name]])
        return self.grid(name).center(name, column)

    def end(self, name: str, column: int = 0) -> End:
        """A node as the end of a line."""
        return End(self.center(name, column), self.border[name])

    def pitch(self, name: str) -> float:
        """How far two columns of a site are apart."""
        return self.grid(name).pitch

    def place_near(self, name: str, x: float) -> int:
        """The place at which a site that is not static stands nearest to x."""
        grid = self.grid(name)
        return round((x - grid.left - grid.cell.x[name]) / grid.pitch)

    @property
    def left(self) -> float:
        """The left edge of everything."""
        lefts = [self.static_x[n] - self.border[n].half for n in self.static_x]
        grid = self.grids[0]
        return min([grid.left + grid.cell.left - min(grid.pitch * 0.3, 60.0), *lefts])

    def clear(self, points: Sequence[Point], ends: set[tuple[str, int]], margin: float) -> bool:
        """Whether points keep a margin to every node but the ends."""
        free = self.absent | ends
        if not all(self._passes(grid, points, free, margin) for grid in self.grids):
            return False
        others = (n for n in self.static_x if (n, STATIC) not in ends)
        return all(self._misses(points, name, margin) for name in others)

    def _passes(
        self, grid: Grid, points: Sequence[Point], ends: Set[tuple[str, int]], margin: float
    ) -> bool:
        """Whether points that come near a grid keep from its nodes."""
        if len(self.grids) > 1:  # columns have an end where another block begins
            low, high = grid.left + grid.cell.left - margin, grid.right + margin
            points = [p for p in points if low <= p[0] <= high]
        return grid.clear(points, ends, margin)

    def _misses(self, points: Sequence[Point], name: str, margin: float) -> bool:
        (x, y), border = self.center(name, STATIC), self.border[name]
        return all(border.gap(px - x, py - y) >= margin for px, py in points)


def ground_of(scene: Scene, grids: Sequence[Grid], levels: Levels, theme: Theme) -> Ground:
    """Return the ground of some grids that have their places."""
    between = {n: x for b in range(len(grids)) for n, x in _between(scene, grids, b, theme)}

    def center(name: str, column: int) -> float:
        grid = grids[scene.block_of[name]]
        return grid.left + grid.cell.x[name] + column * grid.pitch

    def apart(left: str, right: str) -> float:
        return levels.border[left].half + levels.border[right].half + theme.site_gap

    still = [tuple(n for n in row.names if n not in scene.block_of) for row in scene.rows]
    rows = [tuple(n for n in names if n not in between) for names in still]
    moving = [r for r, row in enumerate(scene.rows) if row.names != still[r]]
    middle = (grids[0].left + grids[0].cell.left + grids[-1].right) / 2
    found = stands(rows, moving, touches(scene.edges, center, between), apart, middle)
    return Ground(
        levels.row_of,
        levels.y,
        levels.half,
        levels.sizes,
        levels.above,
        levels.below,
        tuple(grids),
        scene.block_of,
        {**between, **found},
        scene.between,
        _absent(scene),
    )


def _absent(scene: Scene) -> frozenset[tuple[str, int]]:
    """The places of sites that no node takes, such as inputs beneath a history."""
    return frozenset(
        (name, c)
        for block in scene.blocks
        for c, column in block.placed()
        for name in block.names
        if name not in column.sites
    )


def width_between(scene: Scene, levels: Levels, block: int, theme: Theme) -> float:
    """How much room the static sites left of a block take."""
    rows = _rows_between(scene, block)
    return max((_width(row, levels, theme) for row in rows), default=0.0)


def _between(
    scene: Scene, grids: Sequence[Grid], block: int, theme: Theme
) -> list[tuple[str, float]]:
    """The static sites left of a block and where they stand: in the middle of the space there."""
    found: list[tuple[str, float]] = []
    grid = grids[block]
    right = grid.left + grid.cell.left
    for row in _rows_between(scene, block):
        width = _width(row, grid, theme)
        before = grids[block - 1].right if block else right - width - 2 * theme.column_gap
        start = (before + right - width) / 2 + grid.border[row[0]].half
        offsets = offsets_of(row, lambda a, b: _apart(a, b, grid, theme))
        found += [(name, start + x) for name, x in zip(row, offsets, strict=True)]
    return found


def _rows_between(scene: Scene, block: int) -> list[tuple[str, ...]]:
    rows = (tuple(n for n in row.names if scene.between.get(n) == block) for row in scene.rows)
    return [row for row in rows if row]


def _width(row: Sequence[str], levels: Levels, theme: Theme) -> float:
    offsets = offsets_of(row, lambda a, b: _apart(a, b, levels, theme))
    return offsets[-1] + levels.border[row[0]].half + levels.border[row[-1]].half


def _apart(left: str, right: str, levels: Levels, theme: Theme) -> float:
    return levels.border[left].half + levels.border[right].half + theme.column_gap
