"""The wires into one node of a tree from its children: straight, or past what is in the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphfold.render.layout.borders import Border, End, link
from graphfold.render.layout.captions import Wish, box_at, place, spread_from
from graphfold.render.layout.measure import caption_run
from graphfold.render.layout.paths import Line, along, distance, rounded
from graphfold.render.layout.room import Room
from graphfold.render.layout.tree_cells import LANE, Cell, Look
from graphfold.render.picture import Point
from graphfold.render.tree_scene import Branch

ABOVE = 10.0  # over a node, before a wire turns aside
BELOW = 28.0
RISEN = 60.0  # of a wire that comes from far below, what is near its bend


@dataclass(frozen=True)
class Root:
    """A child as its parent sees it: its place among the children, and how far to the right it is.

    `far` says that it stands lower than right beneath the parent, so that its wires first go
    straight up; `leaf` tells the kinds of cells apart.
    """

    place: int
    cell: Cell
    dx: float
    far: bool
    leaf: bool


@dataclass(frozen=True)
class Shoot:
    """A wire of a branch, from its bend if it comes from far below.

    The parent's lowest row is y = 0.
    """

    branch: Branch
    root: Root
    points: tuple[Point, ...]
    caption: Point | None


@dataclass(frozen=True)
class Fan:
    """All wires into one node, and whether a caption found no room."""

    shoots: tuple[Shoot, ...]
    crowded: bool


class Fanner:
    """Makes the fan of a node; nodes that look alike beneath share one."""

    def __init__(self, look: Look, cell: Cell, branches: Sequence[Branch]) -> None:
        self.theme, self.time, self.cell, self.branches = look.theme, look.time, cell, branches
        self.known: dict[object, Fan] = {}

    def fan(self, roots: Sequence[Root], rise: float) -> Fan:
        """The wires from some children, whose highest rows are `rise` below the lowest here."""
        shape = tuple((r.place, r.leaf, round(r.dx, 2), r.far) for r in roots)
        key = (shape, round(rise, 2))
        if key not in self.known:
            self.known[key] = self._make(roots, rise)
        return self.known[key]

    def _make(self, roots: Sequence[Root], rise: float) -> Fan:
        pairs = [(b, r) for r in roots for b in self.branches if b.place == r.place]
        pairs = [(b, r) for b, r in pairs if b.source in r.cell.grid.row_of]
        routes = [self._route(b, r, rise, pairs) for b, r in pairs]
        whole = [
            _risen(points) if r.far else points
            for (_, r), points in zip(pairs, routes, strict=True)
        ]
        room = self._room(roots, rise, whole)
        shoots, crowded = [], False
        for number, ((branch, root), points) in enumerate(zip(pairs, routes, strict=True)):
            run = caption_run(branch.caption, self.time, self.theme.wire_size)
            middle = None
            if run is not None:
                line = self.line(whole[number])
                length = 2.0 * max(1, len(line.samples(2.0)) - 1)
                low = RISEN / length if root.far else 0.0
                places = spread_from((1 + low) / 2, low + 0.12, 0.82, length)
                away = (0.0, rise / 2) if abs(root.dx) > 1 else None
                spot = place(
                    room, line, Wish(run, number, places, away, near=self.theme.caption_gap)
                )
                middle, crowded = spot.middle, crowded or spot.crowded
            shoots.append(Shoot(branch, root, tuple(points), middle))
        return Fan(tuple(shoots), crowded)

    def line(self, points: Sequence[Point]) -> Line:
        """A wire through points."""
        return rounded(points, 2 * self.theme.corner)

    # -- routes -------------------------------------------------------------------------------

    def _route(
        self, branch: Branch, root: Root, rise: float, pairs: Sequence[tuple[Branch, Root]]
    ) -> list[Point]:
        side = self._side(branch, root)
        start = self.start(branch, root, rise)
        ends = [p for p in pairs if self._side(*p) == side]
        direct = len(start) == 1 and not self._beneath(branch.target)
        if direct:
            points = self._straight(branch, root, start[0])
            if self._is_clear(branch, points, [r for _, r in pairs], rise):
                return points
        bottom = self.cell.grid.half[0] + BELOW
        if len(start) == 1 and not root.far:
            x, y = start[0]
            radius = root.cell.grid.radius[branch.source]
            high = rise - root.cell.grid.half[-1] - ABOVE
            start = [(x, y - radius), (x, high)]
        if not self._beneath(branch.target):
            (x, y), radius = self.cell.center(branch.target), self.cell.grid.radius[branch.target]
            share = self._share(branch, pairs)
            port = (x + share * radius, y + radius * math.sqrt(1 - share * share))
            return [*start, (port[0], bottom), port]
        return [*start, *self._past(branch, side, bottom, ends)]

    def _past(
        self, branch: Branch, side: int, bottom: float, ends: Sequence[tuple[Branch, Root]]
    ) -> list[Point]:
        """Up beside the rows beneath the target, and into it from below."""
        outer = {b: (r.dx + r.cell.center(b.source)[0]) * side for b, r in ends}
        passing = sorted((b for b, _ in ends if self._beneath(b.target)), key=outer.__getitem__)
        x = self.cell.lane(side, passing.index(branch))
        center, radius = self.cell.center(branch.target), self.cell.grid.radius[branch.target]
        if self.cell.outermost(branch.target, side):
            turn = (x, center[1] + radius + 16)
            return [(x, bottom), turn, along(center, turn, radius)]
        track = center[1] + self.cell.grid.half[self.cell.row(branch.target)] + 30
        port = (center[0] + side * 0.5 * radius, center[1] + 0.866 * radius)
        return [(x, bottom), (x, track), (port[0], track), port]

    def _side(self, branch: Branch, root: Root) -> int:
        """The side on which a wire comes in; from straight below, the one that is free."""
        side, target = side_of(root), branch.target
        turned = abs(root.dx) <= 1 and not self.cell.outermost(target, side)
        return -side if turned and self.cell.outermost(target, -side) else side

    def start(self, branch: Branch, root: Root, rise: float) -> list[Point]:
        """Where a wire comes from, seen from the parent: one point, or round what is above."""
        cell, name = root.cell, branch.source
        low = rise - cell.top  # the child's lowest row
        center = cell.center(name)
        x, y = center[0] + root.dx, center[1] + low
        over = [n for row in cell.part.rows[cell.row(name) + 1 :] for n in row]
        if not over:
            return [(x, rise)] if root.far else [(x, y)]
        side, radius = -side_of(root), cell.grid.radius[name]
        alike = [b for b in self.branches if b.place == branch.place and self._leaves(b, cell)]
        lane = root.dx + cell.lane(side, cell.entries + alike.index(branch))
        high = rise - cell.grid.half[-1] - ABOVE
        if root.far:
            return [(lane, high)]
        if cell.outermost(name, side):
            turn = (lane, y - radius - 10)
            return [along((x, y), turn, radius), turn, (lane, high)]
        track = y - cell.grid.half[cell.row(name)] - 11
        port = (x + side * 0.6 * radius, y - 0.8 * radius)
        return [port, (port[0], track), (lane, track), (lane, high)]

    def _leaves(self, branch: Branch, cell: Cell) -> bool:
        known = branch.source in cell.grid.row_of
        return known and cell.row(branch.source) + 1 < len(cell.part.rows)

    def _beneath(self, name: str) -> bool:
        return self.cell.row(name) > 0

    def _straight(self, branch: Branch, root: Root, start: Point) -> list[Point]:
        radius = 0.0 if root.far else root.cell.grid.radius[branch.source]
        end = self.cell.center(branch.target)
        line = link(End(start, Border(radius)), End(end, self.cell.grid.border[branch.target]))
        return [line.start, line.end]

    def _share(self, branch: Branch, pairs: Sequence[tuple[Branch, Root]]) -> float:
        """Where a wire enters its target from below, as a share of the radius."""
        same = [(r.dx, i) for i, (b, r) in enumerate(pairs) if b.target == branch.target]
        order = [pairs[i][0] for _, i in sorted(same)]
        if len(order) == 1:
            return 0.0
        return -0.7 + 1.4 * order.index(branch) / (len(order) - 1)

    def _is_clear(
        self, branch: Branch, points: list[Point], roots: Iterable[Root], rise: float
    ) -> bool:
        line = link(End(points[0]), End(points[1])).samples()
        end = self.cell.center(branch.target)
        for (x, y), radius in self._discs(roots, rise):
            own = distance((x, y), points[0]) < radius + 1 or distance((x, y), end) < 1
            reach = radius + self.theme.clearance
            if not own and any(distance(p, (x, y)) < reach for p in line):
                return False
        return True

    # -- room ---------------------------------------------------------------------------------

    def _discs(self, roots: Iterable[Root], rise: float) -> Iterator[tuple[Point, float]]:
        for name in self.cell.names:
            yield self.cell.center(name), self.cell.grid.radius[name]
        for root in {r.place: r for r in roots if not r.far}.values():
            for name in root.cell.names:
                x, y = root.cell.center(name)
                place_ = (x + root.dx, y + rise - root.cell.top)
                yield place_, root.cell.grid.radius[name]

    def _room(self, roots: Sequence[Root], rise: float, routes: Sequence[list[Point]]) -> Room:
        room = Room()
        for center, radius in self._discs(roots, rise):
            room.add_node(End(center, Border(radius)))
        for number, points in enumerate(routes):
            room.add(self.line(points).samples(1.5), number)
        self._fill(room, self.cell, 0.0, 0.0)
        for root in roots:
            if not root.far:
                self._fill(room, root.cell, root.dx, rise - root.cell.top)
        return room

    def _fill(self, room: Room, cell: Cell, dx: float, dy: float) -> None:
        """What wires and captions within a place take."""
        for wire in cell.inside:
            moved = wire.line.moved(dx - cell.shift, dy)
            room.add(moved.samples(1.5), -7)
            if wire.run and wire.middle:
                x0, y0, x1, y1 = wire.run.box
                middle = (wire.middle[0] + dx - cell.shift, wire.middle[1] + dy)
                room.add_box(box_at(middle, x1 - x0, y1 - y0), -7)


def _risen(points: list[Point]) -> list[Point]:
    """The points of a far child's wire, with the end of its way up."""
    x, y = points[0]
    return [(x, y + RISEN), *points]


def side_of(root: Root) -> int:
    """The side on which a child's wires come: -1 left (and straight below), 1 right."""
    return 1 if root.dx > 1 else -1


def lanes_needed(cell: Cell, branches: Sequence[Branch]) -> float:
    """How much room wires want on each side of a place, to pass its rows."""
    rows, last = cell.grid.row_of, len(cell.part.rows) - 1
    passing = [b for b in branches if rows.get(b.source, last) < last or rows.get(b.target, 0) > 0]
    return 16.0 + LANE * len(passing) if passing else 0.0
