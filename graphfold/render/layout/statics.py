"""Wires between static signals and the columns: straight, or along a bus."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from graphfold.render.layout.branches import branch
from graphfold.render.layout.grid import Grid
from graphfold.render.layout.lanes import Lanes
from graphfold.render.layout.paths import Line, rounded, shortened, straight
from graphfold.render.layout.ports import Ports
from graphfold.render.picture import Point
from graphfold.render.scene import STATIC, Edge
from graphfold.render.theme import Theme

FLAT_DOTS = 10.0
ASIDE = (0.5, -0.5, 0.8, -0.8, 0.25, -0.25)


@dataclass
class Statics:
    """Routes for the edges that touch a static signal; all of one signal and row run alike."""

    theme: Theme
    grid: Grid
    lanes: Lanes
    ports: Ports
    edges: tuple[Edge, ...]
    bussed: set[tuple[str, str, bool]] = field(default_factory=set)
    extremes: dict[tuple[str, str, bool], tuple[Edge, Edge]] = field(default_factory=dict)
    shares: dict[tuple[tuple[str, str, bool], str], float] = field(default_factory=dict)
    outer: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    dots: frozenset[tuple[str, int]] = frozenset()

    def choose(self) -> None:
        """Decide which run along a bus, and ask for its lanes."""
        for edge in self.edges:
            if _family(edge) not in self.bussed and not self._is_clear(edge):
                self.bussed.add(_family(edge))
        for edge in self.edges:
            if _family(edge) in self.bussed:
                self._ask(edge)

    def line(self, edge: Edge) -> Line:
        """The route of an edge."""
        if not self.is_bussed(edge):
            return self._straight(edge)
        return self._around(edge) if self._far(edge) else self._bus(edge)

    def is_bussed(self, edge: Edge) -> bool:
        """Whether an edge runs along a bus."""
        return _family(edge) in self.bussed

    def family(self, edge: Edge) -> tuple[str, str, bool]:
        """What the edges of one bus share."""
        return _family(edge)

    def _far(self, edge: Edge) -> bool:
        """Whether an edge joins static signals with columns between them."""
        return edge.source[1] == edge.target[1] == STATIC

    def _straight(self, edge: Edge) -> Line:
        a, b = self.grid.center(*edge.source), self.grid.center(*edge.target)
        return straight(a, b, self._radius(edge.source), self._radius(edge.target))

    def _radius(self, place: tuple[str, int]) -> float:
        return FLAT_DOTS if place in self.dots else self.grid.radius[place[0]]

    def _is_clear(self, edge: Edge) -> bool:
        ends = {edge.source, edge.target}
        points = self._straight(edge).samples()
        if not self.grid.clear(points, ends, self.theme.clearance):
            return False
        others = ((n, x) for n, x in self.grid.static_x.items() if (n, STATIC) not in ends)
        return all(self._misses(points, name, x) for name, x in others)

    def _misses(self, points: list[Point], name: str, x: float) -> bool:
        y = self.grid.y[self.grid.row_of[name]]
        reach = self.grid.radius[name] + self.theme.clearance
        return all((px - x) ** 2 + (py - y) ** 2 >= reach**2 for px, py in points)

    def _ask(self, edge: Edge) -> None:
        family = _family(edge)
        self.lanes.ask_flat(self._channel(edge), family)
        if self._far(edge):
            self.outer.setdefault(family, len(self.outer))
            self.lanes.ask_flat(self._channel(edge, far=True), (family, "far"))
            return
        if edge.target[1] != STATIC and self._channel(edge) != self.grid.row_of[edge.target[0]]:
            self.lanes.ask_upright(family)
            self.lanes.ask_flat(self.grid.row_of[edge.target[0]], (family, "fan"))
        if edge.target[1] != STATIC:
            self.ports.ask(edge.target[0], family, -1)
        elif edge.source[1] != STATIC:
            self.lanes.ask_upright(family)
            if self._exit(edge) != self._channel(edge):
                self.lanes.ask_flat(self._exit(edge), (family, "exit"))

    def _port(self, edge: Edge, name: str, toward: float) -> Point:
        """Where a bus meets a static signal: in the middle, or aside when others meet it too."""
        key = (_family(edge), name)
        if key not in self.shares:
            self.shares[key] = self._share(*key)
        share = self.shares[key]
        (x, y), radius = self.grid.center(name, STATIC), self.grid.radius[name]
        height = radius * math.sqrt(1 - share * share)
        return (x + share * radius, y + height * (1 if toward > y else -1))

    def _share(self, family: tuple[str, str, bool], name: str) -> float:
        near = [e for e in self.edges if (name, STATIC) in (e.source, e.target)]
        families = [f for f in dict.fromkeys(map(_family, near)) if f in self.bussed]
        alone = all(_family(e) == family for e in near)
        return 0.0 if alone else ASIDE[families.index(family) % len(ASIDE)]

    def _channel(self, edge: Edge, far: bool = False) -> int:
        """The channel of the bus: next to the static signal, on the columns' side."""
        name, other = edge.source[0], edge.target[0]
        if edge.source[1] != STATIC or far:
            name, other = other, name
        row = self.grid.row_of[name]
        return row + 1 if self.grid.row_of[other] > row else row

    def body(self, edge: Edge, length: float) -> Line:
        """The line of an edge without its last `length` and without what others of its bus draw."""
        if not self.is_bussed(edge) or self._far(edge) or edge in self._extremes(edge):
            return shortened(self.line(edge), length)
        routes = [self._bus_points(e) for e in (edge, *self._extremes(edge))]
        if edge.source[1] == STATIC:
            found = branch(routes[0], routes[1:], self.theme.corner)
            return shortened(rounded(found, self.theme.corner), length)
        back = [points[::-1] for points in routes]
        return rounded(branch(back[0], back[1:], self.theme.corner)[::-1], self.theme.corner)

    def _extremes(self, edge: Edge) -> tuple[Edge, Edge]:
        """The leftmost and the rightmost edge of a bus, which are drawn whole."""
        family = _family(edge)
        if family not in self.extremes:
            end = 1 if edge.source[1] == STATIC else 0
            alike = [e for e in self.edges if _family(e) == family]
            columns = [(e.target if end else e.source)[1] for e in alike]
            first, last = columns.index(min(columns)), columns.index(max(columns))
            self.extremes[family] = (alike[first], alike[last])
        return self.extremes[family]

    def _bus(self, edge: Edge) -> Line:
        return rounded(self._bus_points(edge), self.theme.corner)

    def _bus_points(self, edge: Edge) -> list[Point]:
        family, channel = _family(edge), self._channel(edge)
        y = self.lanes.flat_at(self.grid, channel, family)
        start = self._leave(edge, y)
        if edge.target[1] == STATIC:
            port = self._port(edge, edge.target[0], y)
            return [*start, (port[0], y), port]
        port = self.ports.at(self.grid, edge.target[0], edge.target[1], family)
        row = self.grid.row_of[edge.target[0]]
        if channel == row:
            return [*start, (port[0], y), port]
        x = self.lanes.upright_at(self.grid, edge.target[1] - 1, family)
        fan = self.lanes.flat_at(self.grid, row, (family, "fan"))
        return [*start, (x, y), (x, fan), (port[0], fan), port]

    def _around(self, edge: Edge) -> Line:
        """From one static signal to another, round the left of everything."""
        family = _family(edge)
        near = self.lanes.flat_at(self.grid, self._channel(edge), family)
        far = self.lanes.flat_at(self.grid, self._channel(edge, far=True), (family, "far"))
        a, start = self._port(edge, edge.source[0], near)
        b, end = self._port(edge, edge.target[0], far)
        lefts = [self.grid.static_x[n] - self.grid.radius[n] for n in self.grid.static_x]
        side = min([self.grid.cell.left - self.grid.pitch * 0.3, *lefts])
        side -= 16 + self.theme.lane * self.outer[family]
        points = [(a, start), (a, near), (side, near), (side, far), (b, far), (b, end)]
        return rounded(points, self.theme.corner)

    def _leave(self, edge: Edge, y: float) -> list[Point]:
        (x, here), radius = self.grid.center(*edge.source), self._radius(edge.source)
        up = -1 if y < here else 1
        if edge.source[1] == STATIC:
            port = self._port(edge, edge.source[0], y)
            return [port, (port[0], y)]
        if self._top(edge):
            return [(x, here + up * radius), (x, y)]
        lane = self.lanes.upright_at(self.grid, edge.source[1], _family(edge))
        leave = self.lanes.flat_at(self.grid, self._exit(edge), (_family(edge), "exit"))
        corner = x + 0.6 * radius
        return [(corner, here + up * 0.8 * radius), (corner, leave), (lane, leave), (lane, y)]

    def _exit(self, edge: Edge) -> int:
        """The channel next to the source's row on the way to the bus."""
        row = self.grid.row_of[edge.source[0]]
        return row + 1 if self._channel(edge) > row else row

    def _top(self, edge: Edge) -> bool:
        """Whether the bus runs right beside the source's row."""
        return self._exit(edge) == self._channel(edge)


def _family(edge: Edge) -> tuple[str, str, bool]:
    """The edges of one static signal to the like of one site."""
    return (edge.source[0], edge.target[0], edge.source[1] == STATIC)
