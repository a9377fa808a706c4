"""The wires of a folded circuit: delays as squares on loops, bows and lanes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphfold.render.layout.grid import Grid
from graphfold.render.layout.lanes import Lanes
from graphfold.render.layout.paths import Line, polar, rounded
from graphfold.render.layout.ports import Ports
from graphfold.render.picture import Point
from graphfold.render.theme import Theme

Net = tuple[str, int]  # source, delay
LOOP = 64.0
TILT = 18.0
ASIDE = 27.0


@dataclass
class Delays:
    """Routes for the delays of a folded circuit, and where their squares stand."""

    theme: Theme
    grid: Grid
    nets: Mapping[Net, tuple[str, ...]]
    angles: Mapping[str, list[float]]
    kind: dict[Net, str] = field(default_factory=dict)
    side: dict[Net, int] = field(default_factory=dict)
    lanes: Lanes = field(init=False)
    ports: Ports = field(init=False)

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.theme)
        self.ports = Ports({}, self.angles)
        looped: set[tuple[str, int]] = set()
        for net, sinks in self.nets.items():
            if sinks == (net[0],):
                self._choose_loop(net, looped)
        for net, sinks in self.nets.items():
            if net not in self.kind:
                self._choose_bow(net, sinks)
        for net, sinks in self.nets.items():
            if self.kind[net] == "laned":
                self._ask(net, sinks)

    # -- choosing -----------------------------------------------------------------------------

    def _choose_loop(self, net: Net, looped: set[tuple[str, int]]) -> None:
        for side in sides(net):
            if (net[0], side) not in looped:
                looped.add((net[0], side))
                self.kind[net], self.side[net] = "loop", side
                return
        self.kind[net] = "laned"

    def _choose_bow(self, net: Net, sinks: tuple[str, ...]) -> None:
        self.kind[net] = "laned"
        rows = self.grid.row_of
        if len(sinks) > 1 or rows[sinks[0]] == rows[net[0]]:
            return
        for side in sides(net):
            busy = [n for n, s in self.side.items() if self.kind[n] == "bow" and s == side]
            if any(self._meet(n, net) for n in busy):
                continue
            self.kind[net], self.side[net] = "bow", side
            line = self._bow(net, sinks[0])
            ends = {(net[0], 0), (sinks[0], 0)}
            if self.grid.clear(line.samples(), ends, self.theme.clearance):
                return
        self.kind[net] = "laned"

    def _meet(self, a: Net, b: Net) -> bool:
        rows = self.grid.row_of
        (a0, a1), (b0, b1) = (
            sorted((rows[net[0]], rows[self.nets[net][0]])) for net in (a, b)
        )
        return a0 <= b1 and b0 <= a1

    def _ask(self, net: Net, sinks: tuple[str, ...]) -> None:
        self.lanes.ask_upright(net)
        if not self._leaves_sideways(net):
            self.lanes.ask_flat(self._exit(net), (net, "exit"))
        for sink in sinks:
            self.lanes.ask_flat(self.grid.row_of[sink], net)
            self.ports.ask(sink, net, 1)

    def _leaves_sideways(self, net: Net) -> bool:
        row = self.grid.cell.rows[self.grid.row_of[net[0]]]
        if row[-1] != net[0] or self._looped(net[0], 1):
            return False
        first = next(n for n in self.nets if n[0] == net[0] and self.kind[n] == "laned")
        return first == net

    def _looped(self, name: str, side: int) -> bool:
        loops = (n for n in self.nets if n[0] == name and self.kind[n] == "loop")
        return any(self.side[net] == side for net in loops)

    def _exit(self, net: Net) -> int:
        row = self.grid.row_of[net[0]]
        return row if all(self.grid.row_of[s] <= row for s in self.nets[net]) else row + 1

    # -- drawing ----------------------------------------------------------------------------------

    def line(self, net: Net, sink: str) -> Line:
        """The route from the source through the square to one sink."""
        if self.kind[net] == "loop":
            return self._loop(net)
        return self._bow(net, sink) if self.kind[net] == "bow" else self._laned(net, sink)

    def square(self, net: Net) -> Point:
        """Where the square stands."""
        if self.kind[net] == "laned":
            return self._square_on_lane(net)
        line = self.line(net, self.nets[net][0])
        return line.pieces[0][-1]

    def outward(self, net: Net) -> int:
        """The side of the square that faces away from the node: 1 right, -1 left."""
        return self.side.get(net, 1)

    def _loop(self, net: Net) -> Line:
        name, side = net[0], self.side[net]
        center, radius = self.grid.center(name), self.grid.radius[name]
        reach = radius + LOOP - self.theme.radius
        s = radius * 0.72
        points = [(s, s), (s + 22, s + 25), (reach, 44.0), (reach, 0.0)]
        points += [(reach, -44.0), (s + 24, -s - 24), (s, -s)]
        tilt = TILT if self._bowed(name, side) else 0.0
        start, *rest = [self._turned(center, p, tilt, side) for p in points]
        return Line(start, (tuple(rest[:3]), tuple(rest[3:])))

    def _bowed(self, name: str, side: int) -> bool:
        bows = [n for n in self.nets if self.kind.get(n) == "bow" and self.side[n] == side]
        return any(self.nets[n][0] == name for n in bows)

    def _turned(self, center: Point, point: Point, degrees: float, side: int) -> Point:
        angle = math.atan2(point[1], point[0]) + math.radians(degrees)
        length = math.hypot(*point)
        return (center[0] + side * length * math.cos(angle), center[1] - length * math.sin(angle))

    def _bow(self, net: Net, sink: str) -> Line:
        side, source = self.side[net], net[0]
        a, b = self.grid.center(source), self.grid.center(sink)
        up = 1 if b[1] < a[1] else -1
        low, high = sorted((self.grid.row_of[source], self.grid.row_of[sink]))
        edges = [self._edge(row, side) for row in range(low, high + 1)]
        x = max(edges) + ASIDE if side > 0 else min(edges) - ASIDE
        tight = self._looped(sink, side)
        start = _facing(a, self.grid.radius[source], 38 * up, side)
        end = _facing(b, self.grid.radius[sink], -(54 if tight else 38) * up, side)
        middle = (start[1] + end[1]) / 2
        lift = abs(start[1] - end[1]) * 0.3 + 4
        first = (_facing(a, self.grid.radius[source] + 18, 38 * up, side), (x, middle + up * lift))
        last = (x, middle - up * lift), _facing(b, self.grid.radius[sink] + 20, -44 * up, side)
        return Line(start, ((*first, (x, middle)), (*last, end)))

    def _edge(self, row: int, side: int) -> float:
        names = [n for n in self.grid.cell.rows[row] if n in self.grid.radius]
        edges = [self.grid.cell.x[n] + side * self.grid.radius[n] for n in names]
        return max(edges) if side > 0 else min(edges)

    def _lane(self, net: Net) -> float:
        loops = [n for n in self.nets if self.kind[n] != "laned" and self.side[n] > 0]
        used = max([self.square(n)[0] + 26 for n in loops] + [self.grid.cell.right + 12])
        return used + 16 + 27 * self.lanes.upright[net]

    def _departure(self, net: Net) -> list[Point]:
        x, y = self.grid.center(net[0])
        radius = self.grid.radius[net[0]]
        if self._leaves_sideways(net):
            return [(x + radius, y)]
        height = self.lanes.flat_at(self.grid, self._exit(net), (net, "exit"))
        up = -1 if height < y else 1
        return [(x + 0.7 * radius, y + up * 0.714 * radius), (x + 0.7 * radius, height)]

    def _square_on_lane(self, net: Net) -> Point:
        start = self._departure(net)[-1][1]
        heights = [self._fan(net, sink) for sink in self.nets[net]]
        nearest = min(heights, key=lambda height: abs(height - start))
        return (self._lane(net), (start + nearest) / 2)

    def _fan(self, net: Net, sink: str) -> float:
        return self.lanes.flat_at(self.grid, self.grid.row_of[sink], net)

    def _laned(self, net: Net, sink: str) -> Line:
        points = self._departure(net)
        x, y = self._lane(net), self._fan(net, sink)
        port = self.ports.at(self.grid, sink, 0, net)
        points += [(x, points[-1][1]), (x, y), (port[0], y), port]
        return rounded(points, self.theme.corner)


def sides(net: Net) -> tuple[int, int]:
    """The sides to try: a delay's square stands on the right, a lookahead's on the left."""
    return (1, -1) if net[1] > 0 else (-1, 1)


def _facing(center: Point, radius: float, degrees: float, side: int) -> Point:
    x, y = polar(center, radius, degrees)
    return (center[0] + side * (x - center[0]), y)
