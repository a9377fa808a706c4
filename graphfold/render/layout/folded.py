"""The wires of a folded circuit: delays as squares on loops, bows and lanes."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from graphfold.render.layout.branches import branches
from graphfold.render.layout.cloud import Cloud
from graphfold.render.layout.curves import bow, loop
from graphfold.render.layout.grid import DUMMY, Grid
from graphfold.render.layout.lanes import APPROACH, Channels, Lanes
from graphfold.render.layout.paths import Line, distance, rounded
from graphfold.render.layout.ports import Ports
from graphfold.render.picture import Point
from graphfold.render.scene import Child
from graphfold.render.theme import Theme

Net = tuple[str, int, Child | None]  # source, delay, the child of a tree that it is
TILTS = (0.0, 18.0, -18.0, 32.0, -32.0, 44.0, -44.0)
SPREADS = (45.0, 34.0)
PETALS = (-18.0, 54.0)  # where there are four loops
FLATS = (0.25, 0.14)
BENDS = (46.0, 60.0, 76.0, 96.0, 120.0)
CROWDED = 4.0


@dataclass
class Delays:
    """Routes for the delays of a folded circuit, and where their squares stand."""

    theme: Theme
    grid: Grid
    nets: Mapping[Net, tuple[str, ...]]
    angles: Mapping[str, list[float]]
    others: Sequence[Line] = ()
    channels: Channels = field(default_factory=dict)
    curve: dict[Net, Line] = field(default_factory=dict)
    lanes: Lanes = field(init=False)
    ports: Ports = field(init=False)

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.theme, self.channels)
        self.ports = Ports({}, self.angles)
        self.held = {n: holder(self.grid, (n[0], *sinks)) for n, sinks in self.nets.items()}
        self.inner = {frame: Lanes(self.theme) for frame in self.held.values() if frame}
        self._wires = Cloud()
        for line in self.others:
            self._wires.add(line.samples(4.0))
        self._squares = Cloud()
        for net in (net for net, sinks in self.nets.items() if len(sinks) > 1):
            x, y = self._right_of(net[0])
            self._wires.add((x + d, y) for d in range(4, 180, 4))
        for net, sinks in sorted(self.nets.items(), key=lambda item: item[1] == (item[0][0],)):
            self._choose(net, sinks)
        self.ports.angles = {**self.angles, **self._ends()}
        for net, sinks in self.nets.items():
            if net not in self.curve:
                self._ask(net, sinks)

    def _ends(self) -> dict[str, list[float]]:
        """Where wires end on boxes, whose lower edge has room for many, those with squares too."""
        found: dict[str, list[float]] = {}
        for net, sinks in self.nets.items():
            if self.grid.border[sinks[0]].box and net in self.curve:
                (x, _), (end, _) = self.grid.center(sinks[0]), self.curve[net].end
                share = (end - x) / self.grid.border[sinks[0]].half
                angle = -math.degrees(math.acos(max(-1.0, min(1.0, share))))
                found.setdefault(sinks[0], list(self.angles.get(sinks[0], ()))).append(angle)
        return found

    def _right_of(self, name: str) -> Point:
        """The rightmost point of a node."""
        x, y = self.grid.center(name)
        return (x + self.grid.border[name].half, y)

    # -- choosing -----------------------------------------------------------------------------

    def _choose(self, net: Net, sinks: tuple[str, ...]) -> None:
        if len(sinks) > 1:
            return
        found = [
            (self._cost(net, sinks[0], line) + price, i, line)
            for i, (price, line) in enumerate(self._curves(net, sinks[0]))
        ]
        cost, _, line = min(found, key=lambda item: item[:2])
        if cost < 150:  # else a lane, which is never in the way
            self.curve[net] = line
            self._squares.add([line.pieces[0][-1]])
            self._wires.add(line.samples(4.0))

    def _curves(self, net: Net, sink: str) -> Iterator[tuple[float, Line]]:
        """Loops or bows to try, each with the price of its shape."""
        start, end = self.grid.end(net[0]), self.grid.end(sink)
        (_, y), (_, other) = start.center, end.center
        reach = start.border.radius + self.theme.loop - self.theme.radius
        better, worse = first_sides(net)
        for side in (better, worse):
            wrong = 0.0 if side == better else 3.0
            if sink == net[0]:
                for tilt, spread in self._petals(sink):
                    price = wrong + abs(tilt) / 6 + (SPREADS[0] - spread) / 9
                    yield price, loop(start, reach, tilt, side, spread)
                continue
            turn = side if other < y or other == y > 0 else -side
            for bend, flat in product(BENDS, FLATS):
                line = bow(start, end, bend * turn, flat)
                yield wrong + (bend - BENDS[0]) / 6 + 4 * abs(flat - FLATS[0]), line

    def _petals(self, site: str) -> Iterator[tuple[float, float]]:
        """Tilts and spreads of the loops to try: many loops stand all round their site."""
        many = sum(net[0] == site and sinks == (site,) for net, sinks in self.nets.items()) > 3
        yield from ((tilt, 25.0) for tilt in PETALS) if many else product(TILTS, SPREADS)

    def _cost(self, net: Net, sink: str, line: Line) -> float:
        points = line.samples(4.0)
        ends = {(net[0], 0), (sink, 0)}
        free = self.grid.clear(points, ends, self.theme.clearance)
        boxes, (x, y), (dx, dy) = (
            (self.grid.end(net[0]), self.grid.end(sink)),
            line.end,
            line.heading,
        )
        tail = (x - dx * self.theme.head_length, y - dy * self.theme.head_length)
        if not free or self.grid.enters([*points, tail], boxes):
            return 1000.0
        if not self.grid.outside(points, ends):
            return 1000.0
        middle = line.pieces[0][-1]
        room = self.theme.square * 1.1 + 3
        if not self.grid.clear([middle], set(), room):
            return 1000.0
        touching = sum(1 for p in points if self._wires.near(p, CROWDED))
        under = self._wires.near(middle, room) + self._squares.near(middle, 2 * room)
        under += any(self._squares.near(p, room) for p in points)
        near_end = self._wires.near(points[-1], 10.5)
        return 3.0 * touching + 200 * under + 25 * near_end

    # -- lanes --------------------------------------------------------------------------------

    def _ask(self, net: Net, sinks: tuple[str, ...]) -> None:
        self._upright(net).ask_upright(net)
        if not self._leaves_sideways(net):
            self._flat(net, self._exit(net)).ask_flat(self._exit(net), (net, "exit"))
        for sink in sinks:
            row = self.grid.row_of[sink]
            self._flat(net, row).ask_flat(row, net)
            self.ports.ask(sink, net, 1)

    def _upright(self, net: Net) -> Lanes:
        """The lanes beside the frame's sites, or beside everything."""
        frame = self.held[net]
        return self.lanes if frame is None else self.inner[frame]

    def _flat(self, net: Net, channel: int) -> Lanes:
        """The lanes between rows; a net within a frame stays within it, also below its rows."""
        frame = self.held[net]
        if frame is None or self.grid.cell.enclosures[frame].span.low != channel:
            return self.lanes
        return self.inner[frame]

    def _flat_at(self, net: Net, channel: int, key: Hashable) -> float:
        lanes = self._flat(net, channel)
        if lanes is self.lanes:
            return lanes.flat_at(self.grid, channel, key)
        foot = self.grid.y[channel] + self.grid.half[channel] + APPROACH
        return foot + self.theme.lane * lanes.flat[channel][key]

    def _leaves_sideways(self, net: Net) -> bool:
        row = [n for n in self.grid.cell.rows[self.grid.row_of[net[0]]] if DUMMY not in n]
        frame = self.held[net]
        if frame is not None:
            row = [n for n in row if n in self.grid.cell.enclosures[frame].sites]
        if row[-1] != net[0]:
            return False
        x, y = self._right_of(net[0])
        edge = (x + 8, y)
        if any(distance(edge, p) < 12 for line in self.curve.values() for p in line.samples()):
            return False
        return net == next(n for n in self.nets if n[0] == net[0] and n not in self.curve)

    def _exit(self, net: Net) -> int:
        row = self.grid.row_of[net[0]]
        return row if all(self.grid.row_of[s] <= row for s in self.nets[net]) else row + 1

    # -- drawing ------------------------------------------------------------------------------

    def line(self, net: Net, sink: str) -> Line:
        """The route from the source through the square to one sink."""
        return self.curve[net] if net in self.curve else self._laned(net, sink)

    def square(self, net: Net) -> Point:
        """Where the square stands."""
        return self.curve[net].pieces[0][-1] if net in self.curve else self._square_on_lane(net)

    def outward(self, net: Net) -> int:
        """The side of the square that faces away from the node: 1 right, -1 left."""
        if net not in self.curve:
            return 1
        line = self.curve[net]
        return 1 if line.pieces[0][-1][0] >= (line.start[0] + line.end[0]) / 2 else -1

    def _lane(self, net: Net) -> float:
        frame, curves = self.held[net], self.curve
        edge = self.grid.right
        if frame is not None:
            curves = {n: line for n, line in curves.items() if self.held[n] == frame}
            edge = self.grid.left + self.grid.cell.enclosures[frame].held[1]
        right = [max(x for x, _ in line.samples()) + 22 for line in curves.values()]
        return max([*right, edge + 12]) + 20 + 27 * self._upright(net).upright[net]

    def _departure(self, net: Net) -> list[Point]:
        if self._leaves_sideways(net):
            return [self._right_of(net[0])]
        x, y = self.grid.center(net[0])
        height = self._flat_at(net, self._exit(net), (net, "exit"))
        dx, dy = self.grid.border[net[0]].shoulder(0.7)
        return [(x + dx, y + (-dy if height < y else dy)), (x + dx, height)]

    def _square_on_lane(self, net: Net) -> Point:
        start = self._departure(net)[-1][1]
        heights = [self._fan(net, sink) for sink in self.nets[net]]
        if min(heights) < start < max(heights):  # it forks: the square stands before that
            return (self._lane(net) - self.theme.corner - self.theme.square * 0.8, start)
        nearest = min(heights, key=lambda height: abs(height - start))
        return (self._lane(net), (start + nearest) / 2)

    def _fan(self, net: Net, sink: str) -> float:
        return self._flat_at(net, self.grid.row_of[sink], net)

    def branch(self, net: Net, sink: str) -> Line:
        """The route to a sink without what a longer one of the same net shares with it."""
        if net in self.curve:
            return self.curve[net]
        routes = [self._points(net, other) for other in self.nets[net]]
        found = branches(routes, self.theme.corner)[self.nets[net].index(sink)]
        return rounded(found, self.theme.corner)

    def _laned(self, net: Net, sink: str) -> Line:
        return rounded(self._points(net, sink), self.theme.corner)

    def _points(self, net: Net, sink: str) -> list[Point]:
        points = self._departure(net)
        x, y = self._lane(net), self._fan(net, sink)
        port = self.ports.at(sink, self.grid.end(sink), net)
        return [*points, (x, points[-1][1]), (x, y), (port[0], y), port]


def holder(grid: Grid, names: Collection[str]) -> str | None:
    """The innermost frame that holds all of some sites."""
    found = [n for n, e in grid.cell.enclosures.items() if e.sites.issuperset(names)]
    return min(found, key=lambda name: len(grid.cell.enclosures[name].sites), default=None)


def first_sides(net: Net) -> tuple[int, int]:
    """The sides to try: a delay's square stands on the right, a lookahead's on the left.

    Over a tree, that of a left child stands on the left.
    """
    side = net[2].side if net[2] else 1 if net[1] > 0 else -1
    return (side, -side)
