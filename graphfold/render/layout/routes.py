"""The wires of an unfolding: one route for each kind, the same at every step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphfold.render.layout.borders import Border, End, link
from graphfold.render.layout.branches import branches
from graphfold.render.layout.curves import through
from graphfold.render.layout.grid import DUMMY, Grid, bent_row
from graphfold.render.layout.lanes import Channels, Lanes
from graphfold.render.layout.paths import Line, rounded
from graphfold.render.layout.ports import Ports
from graphfold.render.picture import Point
from graphfold.render.theme import Theme

Key = tuple[str, str, int, int]  # source, target, columns to the right, which end is dots
Net = tuple[str, int, bool]
DOTS = 13.0
LIFTS = range(4)
ROOMY = 3.0  # beyond the clearance: what a wire keeps from nodes where there is room
MANY = 3  # arcs between the same two signals, from which on they nest
LOW, HIGH = 30.0, 78.0  # where the lowest and the highest of them leave a circle, in degrees


@dataclass(frozen=True, slots=True)
class Bow:
    """The shape of an arc: its side, where it leaves a circle, how high it goes."""

    below: bool
    steep: float
    level: int
    lean: float = 1.5


@dataclass
class Router:
    """Chooses a route for each key and draws it; what needs lanes asks for them first."""

    theme: Theme
    grid: Grid
    keys: tuple[Key, ...]
    laned: set[Key] = field(default_factory=set)
    channels: Channels = field(default_factory=dict)
    kind: dict[Key, str] = field(default_factory=dict)
    lift: dict[Key, int] = field(default_factory=dict)
    lanes: Lanes = field(init=False)
    ports: Ports = field(init=False)

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.theme, self.channels)
        self.ports = Ports()

    # -- choosing -----------------------------------------------------------------------------

    def choose(self) -> None:
        """Decide how each wire runs."""
        for sinks in self._nets().values():
            self._choose_net(sinks)
        angles: dict[str, list[float]] = {}
        for key, kind in self.kind.items():
            if kind != "laned":
                angles.setdefault(key[1], []).append(self._arrival(key))
        self.ports.angles = angles
        for key in self.keys:
            if self.kind[key] == "laned":
                self._ask(key)

    def _nets(self) -> Mapping[tuple[Net, int], list[Key]]:
        nets: dict[tuple[Net, int], list[Key]] = {}
        for key in self.keys:
            nets.setdefault((net_of(key), key[3]), []).append(key)
        return nets

    def _choose_net(self, sinks: list[Key]) -> None:
        for key in sinks:
            self.kind[key] = self._single(key)
        several = len(sinks) > 1 and sinks[0][2] != 0
        if several and not self._fans(sinks):
            for key in sinks:
                level = self.grid.row_of[key[0]] == self.grid.row_of[key[1]]
                if not (level and self.kind[key] == "straight"):
                    self.kind[key] = "laned"

    def _fans(self, sinks: list[Key]) -> bool:
        """Whether one straight trunk to the column's edge can fan out to all sinks."""
        trunk = [k for k in sinks if self.grid.row_of[k[0]] == self.grid.row_of[k[1]]]
        if abs(sinks[0][2]) != 1 or len(sinks) > 3 or any(key in self.laned for key in sinks):
            return False
        if trunk and self.kind[trunk[0]] != "straight":
            return False
        lines = [self._fanned(key) for key in sinks if key not in trunk]
        good = all(self._is_clear(k, self._fanned(k)) for k in sinks if k not in trunk)
        steep = all(abs(line.heading[1]) > 0.45 for line in lines)
        if good and steep:
            self.kind.update({k: "fanned" for k in sinks if k not in trunk})
        return good and steep

    def _single(self, key: Key) -> str:
        if key in self.laned:
            return "laned"
        source, target, distance, _ = key
        if self._is_clear(key, self._straight(key)):
            return "straight"
        if self.grid.row_of[source] == self.grid.row_of[target]:
            self.lift[key] = next((i for i in LIFTS if self._is_clear(key, self._arc(key, i))), -1)
            return "arc" if self.lift[key] >= 0 else "laned"
        return "laned" if distance else "bent"

    def _is_clear(self, key: Key, line: Line) -> bool:
        if not self._keeps(key, line, self.theme.clearance + (0 if self._slants(key) else ROOMY)):
            return False
        ends, points = {(key[0], 0), (key[1], key[2])}, line.samples()
        if self.grid.enters(points, (self._start(key), self._end(key))):
            return False
        return self.grid.outside(points, ends)

    def _keeps(self, key: Key, line: Line, margin: float) -> bool:
        """Whether a line keeps a margin to every node but its ends."""
        ends = {(key[0], 0), (key[1], key[2])}
        return self.grid.clear(line.samples(), ends, margin)

    def _slants(self, key: Key) -> bool:
        """Whether a wire goes to another column and another row."""
        return key[2] != 0 and not self._level(key)

    def tight(self) -> bool:
        """Whether some straight wire passes so near a node that wider columns would do it good."""
        slanted = (k for k, kind in self.kind.items() if kind == "straight" and self._slants(k))
        margin = self.theme.clearance + ROOMY
        return any(not self._keeps(key, self._straight(key), margin) for key in slanted)

    def _arrival(self, key: Key) -> float:
        dx, dy = self.line(key).heading
        return math.degrees(math.atan2(dy, -dx))  # seen from the target, counter-clockwise

    # -- asking for lanes -------------------------------------------------------------------------

    def _ask(self, key: Key) -> None:
        _, target, distance, _ = key
        net = net_of(key)
        channel = self.grid.row_of[target]
        if not self._leaves_sideways(key):
            self.lanes.ask_flat(self._exit(key), (net, "exit"))
        for i in range(abs(distance)):
            self.lanes.ask_upright((net, i))
            self.lanes.ask_flat(channel, (net, i))
        if not distance:
            self.lanes.ask_flat(channel, (net, 0))
        self.ports.ask(target, net, -1 if distance >= 0 else 1)

    def _leaves_sideways(self, key: Key) -> bool:
        """Whether the source is the outermost of its row and nothing else leaves there."""
        source, _, distance, _ = key
        if not distance:
            return False
        if any(self.kind[k] == "straight" and self._level(k) for k in self._net_of(key)):
            return True
        row = [n for n in self.grid.cell.rows[self.grid.row_of[source]] if DUMMY not in n]
        others = {k[2] for k in self.keys if k[0] == source and k[2] * distance > 0 and not k[3]}
        outermost = row[-1 if distance > 0 else 0] == source
        return outermost and min(others or {distance}, key=abs) == distance

    def _level(self, key: Key) -> bool:
        return self.grid.row_of[key[0]] == self.grid.row_of[key[1]]

    def _net_of(self, key: Key) -> list[Key]:
        return [k for k in self.keys if net_of(k) == net_of(key)]

    def _exit(self, key: Key) -> int:
        """The channel through which a source in the middle of its row leaves."""
        source, target, _, _ = key
        row = self.grid.row_of[source]
        return row if self.grid.row_of[target] <= row else row + 1

    # -- drawing ----------------------------------------------------------------------------------

    def line(self, key: Key) -> Line:
        """The route of a wire, its source in column 0."""
        kinds = {
            "straight": self._straight,
            "arc": self._lifted,
            "bent": self._bent,
            "fanned": self._fanned,
            "laned": self._laned,
        }
        return kinds[self.kind[key]](key)

    def _start(self, key: Key) -> End:
        end = self.grid.end(key[0])
        return End(end.center, Border(DOTS)) if key[3] == 1 else end

    def _end(self, key: Key) -> End:
        end = self.grid.end(key[1], key[2])
        return End(end.center, Border(DOTS)) if key[3] == 2 else end

    def _straight(self, key: Key) -> Line:
        return link(self._start(key), self._end(key))

    def _fanned(self, key: Key) -> Line:
        start, side = self._start(key), 1 if key[2] > 0 else -1
        (x, y), half = start.center, start.border.half
        fork = (self.grid.boundary(0 if side > 0 else -1) - side * 12, y)
        last = link(End(fork), self._end(key))
        return rounded([(x + side * half, y), fork, last.end], 2 * self.theme.corner)

    def _lifted(self, key: Key) -> Line:
        return self._arc(key, self.lift[key])

    def _arc(self, key: Key, lift: int = 0) -> Line:
        """Over (or under) the nodes between, the higher the further."""
        a, b = self._start(key), self._end(key)
        bow = self._bow(key)
        side = 1 if b.center[0] > a.center[0] else -1
        angle = -bow.steep if bow.below else bow.steep
        start = a.at(angle if side > 0 else 180 - angle)
        end = b.at(180 - angle if side > 0 else angle)
        rise = self.grid.radius[key[0]] * (1 - math.sin(math.radians(bow.steep)))
        peak = rise + self.theme.clearance + 9 + 25 * (bow.level + lift)
        rise = (peak / 0.75) * (1 if bow.below else -1)
        run = min(abs(rise) * bow.lean, abs(end[0] - start[0]) * 0.4) * side
        first, last = (start[0] + run, start[1] + rise), (end[0] - run, end[1] + rise)
        return Line(start, ((first, last, end),))

    def _bow(self, key: Key) -> Bow:
        """The shape of an arc; many between the same signals nest, each with a place for its head.

        In the only row of a figure they go above and below by turns.
        """
        source, target, distance, _ = key
        alike = {
            abs(k[2])
            for k in self.keys
            if k[:2] == (source, target) and k[2] * distance > abs(distance)
        }
        alone, row = len(self.grid.y) == 1, self.grid.row_of[source]
        if len(alike) < MANY:
            level = max(abs(distance) - 2, 0)
            return Bow(row == 0 and not alone, min(44.0 + 9 * level, 72.0), level)
        turn = sorted(alike).index(abs(distance))
        sides = 2 if alone else 1
        rank, count = turn // sides, (len(alike) + sides - 1 - turn % sides) // sides
        steep = LOW + (HIGH - LOW) * rank / max(count - 1, 2)
        below = turn % 2 == 1 if alone else row == 0
        return Bow(below, steep, rank, 1 / math.tan(math.radians(steep)))

    def _bent(self, key: Key) -> Line:
        names = self.grid.cell.bends.get(key[:2], ())
        a, b = self._start(key), self._end(key)
        middles = [self.grid.bend(name) for name in names]
        if not middles:
            return self._straight(key)
        smooth = through(a, b, middles)
        if self._is_clear(key, smooth):
            return smooth
        points: list[Point] = []
        for name in names:
            (x, y), row = self.grid.bend(name), bent_row(name)
            half = self.grid.half[row]
            high, low = (x, y - half - self.grid.above[row]), (x, y + half + self.grid.below[row])
            points += [high, low] if b.center[1] > a.center[1] else [low, high]
        return rounded([a.edge(points[0]), *points, b.edge(points[-1])], 2 * self.theme.corner)

    def _laned(self, key: Key) -> Line:
        return rounded(self._lane_points(key), self.theme.corner)

    def branch(self, key: Key, net: Sequence[Key]) -> Line:
        """The route of a wire without what a longer one of the same net shares with it."""
        laned = [k for k in net if self.kind[k] == "laned"]
        if key not in laned or len(net) == 1:
            return self.line(key)
        routes = [self._lane_points(k) for k in laned]
        levels = [k for k in net if self.kind[k] == "straight" and self._level(k)]
        routes += [[(a.start), a.end] for a in map(self._straight, levels)]
        return rounded(branches(routes, self.theme.corner)[laned.index(key)], self.theme.corner)

    def _lane_points(self, key: Key) -> list[Point]:
        _, target, distance, _ = key
        net = net_of(key)
        channel = self.grid.row_of[target]
        points = self._departure(key)
        side = 1 if distance > 0 else -1
        for i in range(abs(distance) - 1, -1, -1):
            passed = abs(distance) - 1 - i
            column = passed if side > 0 else -passed - 1
            x = self.lanes.upright_at(self.grid, column, (net, i))
            y = self.lanes.flat_at(self.grid, channel, (net, i))
            points += [(x, points[-1][1]), (x, y)]
        end = self.grid.end(target, distance)
        if key[3] == 2:  # dots stand for a circle, whatever the node is
            end = End(end.center, Border(end.border.radius))
        port = self.ports.at(target, end, net)
        y = self.lanes.flat_at(self.grid, channel, (net, 0))
        if not distance:
            points.append((points[-1][0], y))
        return [*points, (port[0], y), port]

    def _departure(self, key: Key) -> list[Point]:
        start, side = self._start(key), 1 if key[2] >= 0 else -1
        x, y = start.center
        if self._leaves_sideways(key):
            return [(x + side * start.border.half, y)]
        height = self.lanes.flat_at(self.grid, self._exit(key), (net_of(key), "exit"))
        up = -1 if height < y else 1
        share = 0.45 if up < 0 else 0.7  # so that what comes up and what goes down keep apart
        dx, dy = start.border.shoulder(share)
        return [(x + side * dx, y + up * dy), (x + side * dx, height)]


def net_of(key: Key) -> Net:
    """The wires that share a trunk; one that ends in dots is alone."""
    return (key[0], key[2], key[3] == 2)
