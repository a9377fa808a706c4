"""Wires between static signals and the columns: straight, or along a bus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphfold.render.layout.borders import Border, End, link
from graphfold.render.layout.branches import branch
from graphfold.render.layout.ground import Ground
from graphfold.render.layout.lanes import Channels, Lanes
from graphfold.render.layout.paths import Line, rounded, shortened
from graphfold.render.layout.routes import Router
from graphfold.render.picture import Point
from graphfold.render.scene import STATIC, Caption, Edge
from graphfold.render.theme import Theme

FLAT_DOTS = 10.0
NEAR = 1500.0
ASIDE = (0.5, -0.5, 0.8, -0.8, 0.25, -0.25)
Family = tuple[str, str, bool, int, Caption]


@dataclass
class Statics:
    """Routes for the edges that touch a static signal; all of one signal and row run alike.

    `routers` are those of the blocks, by site: they know what is free beside each column.
    """

    theme: Theme
    ground: Ground
    routers: Mapping[str, Router]
    channels: Channels
    edges: tuple[Edge, ...]
    bussed: set[Family] = field(default_factory=set)
    extremes: dict[Family, tuple[Edge, Edge]] = field(default_factory=dict)
    shares: dict[tuple[Family, str], float] = field(default_factory=dict)
    outer: dict[Family, int] = field(default_factory=dict)
    dots: frozenset[tuple[str, int]] = frozenset()

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.theme, self.channels)

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
        if self._free(edge):
            return rounded(self._free_points(edge), self.theme.corner)
        return self._around(edge) if self._far(edge) else self._bus(edge)

    def is_bussed(self, edge: Edge) -> bool:
        """Whether an edge runs along a bus."""
        return _family(edge) in self.bussed

    def family(self, edge: Edge) -> Family:
        """What the edges of one bus share."""
        return _family(edge)

    def _far(self, edge: Edge) -> bool:
        """Whether an edge joins static signals with columns between them."""
        return edge.source[1] == edge.target[1] == STATIC

    def _free(self, edge: Edge) -> bool:
        """Whether an edge joins static signals, one of which stands free between blocks."""
        between = self.ground.between
        return self._far(edge) and (edge.source[0] in between or edge.target[0] in between)

    def _straight(self, edge: Edge) -> Line:
        return link(self._end(edge.source), self._end(edge.target))

    def _end(self, place: tuple[str, int]) -> End:
        end = self.ground.end(*place)
        return End(end.center, Border(FLAT_DOTS)) if place in self.dots else end

    def _is_clear(self, edge: Edge) -> bool:
        twins = [e for e in self.edges if (e.source, e.target) == (edge.source, edge.target)]
        if edge != twins[0]:
            return False
        ends = {edge.source, edge.target}
        line = self._straight(edge)
        parts = (line.last(NEAR), line.reversed().last(NEAR), line)  # a long one hits what is near
        clear, margin = self.ground.clear, self.theme.clearance
        return all(clear(part.samples(), ends, margin) for part in parts)

    def _ask(self, edge: Edge) -> None:
        family = _family(edge)
        self.lanes.ask_flat(self._channel(edge), family)
        if self._far(edge):
            if not self._free(edge):
                self.outer.setdefault(family, len(self.outer))
                self.lanes.ask_flat(self._channel(edge, far=True), (family, "far"))
            return
        if edge.target[1] != STATIC:
            router = self.routers[edge.target[0]]
            if self._channel(edge) != self.ground.row_of[edge.target[0]]:
                router.lanes.ask_upright(family)
                self.lanes.ask_flat(self.ground.row_of[edge.target[0]], (family, "fan"))
            router.ports.ask(edge.target[0], family, -1)
        elif not self._top(edge):
            self.routers[edge.source[0]].lanes.ask_upright(family)
            self.lanes.ask_flat(self._exit(edge), (family, "exit"))

    def _port(self, edge: Edge, name: str, toward: float) -> Point:
        """Where a bus meets a static signal: in the middle, or aside when others meet it too."""
        key = (_family(edge), name)
        if key not in self.shares:
            self.shares[key] = self._share(*key)
        share = self.shares[key]
        x, y = self.ground.center(name, STATIC)
        dx, dy = self.ground.border[name].shoulder(share)
        return (x + dx, y + (dy if toward > y else -dy))

    def _share(self, family: Family, name: str) -> float:
        near = [e for e in self.edges if (name, STATIC) in (e.source, e.target)]
        families = [f for f in dict.fromkeys(map(_family, near)) if f in self.bussed]
        alone = all(_family(e) == family for e in near)
        return 0.0 if alone else ASIDE[families.index(family) % len(ASIDE)]

    def _channel(self, edge: Edge, far: bool = False) -> int:
        """The channel of the bus: next to the static signal, on the columns' side.

        A signal between blocks has free space above and below: its bus runs next to the columns.
        """
        row_of, between = self.ground.row_of, self.ground.between
        name, other = edge.source[0], edge.target[0]
        if self._free(edge):
            name, other = (name, other) if name not in between else (other, name)
        elif edge.source[1] == STATIC and name in between:
            return row_of[other]
        elif edge.target[1] == STATIC and other in between:
            return row_of[name] + 1
        elif edge.source[1] != STATIC or far:
            name, other = other, name
        return row_of[name] + 1 if row_of[other] > row_of[name] else row_of[name]

    def body(self, edge: Edge, length: float) -> Line:
        """The line of an edge without its last `length` and without what others of its bus draw."""
        if self._stays(edge) or edge in self._extremes(edge):
            return shortened(self.line(edge), length)
        routes = [self._bus_points(e) for e in (edge, *self._extremes(edge))]
        if edge.source[1] == STATIC:
            found = branch(routes[0], routes[1:], self.theme.corner)
            return shortened(rounded(found, self.theme.corner), length)
        back = [points[::-1] for points in routes]
        return rounded(branch(back[0], back[1:], self.theme.corner)[::-1], self.theme.corner)

    def _stays(self, edge: Edge) -> bool:
        """Whether an edge shares nothing with its like."""
        return not self.is_bussed(edge) or self._far(edge)

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
        family, channel, ground = _family(edge), self._channel(edge), self.ground
        y = self.lanes.flat_at(ground, channel, family)
        start = self._leave(edge, y)
        if edge.target[1] == STATIC:
            port = self._port(edge, edge.target[0], y)
            return [*start, (port[0], y), port]
        router, row = self.routers[edge.target[0]], ground.row_of[edge.target[0]]
        port = router.ports.at(edge.target[0], router.grid.end(*edge.target), family)
        if channel == row:
            return [*start, (port[0], y), port]
        x = router.lanes.upright_at(router.grid, edge.target[1] - 1, family)
        fan = self.lanes.flat_at(ground, row, (family, "fan"))
        return [*start, (x, y), (x, fan), (port[0], fan), port]

    def _free_points(self, edge: Edge) -> list[Point]:
        """Straight up or down from what stands between blocks, then along."""
        y = self.lanes.flat_at(self.ground, self._channel(edge), _family(edge))
        a, b = (self._port(edge, end[0], y) for end in (edge.source, edge.target))
        return [a, (a[0], y), (b[0], y), b]

    def _around(self, edge: Edge) -> Line:
        """From one static signal to another, round the left of everything."""
        family = _family(edge)
        near = self.lanes.flat_at(self.ground, self._channel(edge), family)
        far = self.lanes.flat_at(self.ground, self._channel(edge, far=True), (family, "far"))
        a, start = self._port(edge, edge.source[0], near)
        b, end = self._port(edge, edge.target[0], far)
        side = self.ground.left
        side -= 16 + self.theme.lane * self.outer[family]
        points = [(a, start), (a, near), (side, near), (side, far), (b, far), (b, end)]
        return rounded(points, self.theme.corner)

    def _leave(self, edge: Edge, y: float) -> list[Point]:
        end = self._end(edge.source)
        (x, here), border = end.center, end.border
        up = -1 if y < here else 1
        if edge.source[1] == STATIC:
            port = self._port(edge, edge.source[0], y)
            return [port, (port[0], y)]
        if self._top(edge):
            return [(x, here + up * border.radius), (x, y)]
        router = self.routers[edge.source[0]]
        lane = router.lanes.upright_at(router.grid, edge.source[1], _family(edge))
        leave = self.lanes.flat_at(self.ground, self._exit(edge), (_family(edge), "exit"))
        dx, dy = border.shoulder(0.6)
        corner = x + dx
        return [(corner, here + up * dy), (corner, leave), (lane, leave), (lane, y)]

    def _exit(self, edge: Edge) -> int:
        """The channel next to the source's row on the way to the bus."""
        row = self.ground.row_of[edge.source[0]]
        return row + 1 if self._channel(edge) > row else row

    def _top(self, edge: Edge) -> bool:
        """Whether the bus runs right beside the source's row."""
        return self._exit(edge) == self._channel(edge)


def _family(edge: Edge) -> Family:
    """The edges of one static signal to the like of one site, with the same caption."""
    return (edge.source[0], edge.target[0], edge.source[1] == STATIC, edge.delay, edge.caption)
