"""Wires between static sites and the steps: straight to the nearest one, along a bus to the others.

What comes into steps runs below them, what leaves them above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphfold.render.layout.borders import End
from graphfold.render.layout.paths import rounded
from graphfold.render.layout.repeat import Tiled, repeated
from graphfold.render.picture import Group, Pen, Point
from graphfold.render.rails.ports import Port
from graphfold.render.rails.strip import Strip
from graphfold.render.rails.wires import CORNER, headed
from graphfold.render.scene import STATIC, Edge, Scene

LANE, OFF = 10.0, 14.0  # between buses, and from the steps
TURN = 9.0  # from a port to where its wire turns

Family = tuple[str, str, int]  # source, target if that is static, and the block (-1: none)


@dataclass
class Buses:
    """The wires of one scene that a static site is an end of, its strips and places settled."""

    scene: Scene
    strips: Sequence[Strip]
    areas: Sequence[Sequence[str]]
    stations: Sequence[Strip | None]

    def groups(self) -> Iterator[Tiled]:
        """The wires; those within an area are drawn there."""
        for number, ((_, target, block), edges) in enumerate(self._families().items()):
            if block < 0:
                yield self._across(edges[0], number)
            elif target:
                yield from self._leaving(edges, self.strips[block], number)
            else:
                yield from self._coming(edges, self.strips[block], number)

    @cached_property
    def area(self) -> Mapping[str, int]:
        """The number of the area of each static site."""
        return {name: number for number, names in enumerate(self.areas) for name in names}

    def _families(self) -> dict[Family, list[Edge]]:
        """Wires by their source and block, and by the area of a static target."""
        found: dict[Family, list[Edge]] = {}
        for edge in self.scene.edges:
            (a, ca), (b, cb) = edge.source, edge.target
            if ca == STATIC and cb == STATIC:
                if self.area[a] != self.area[b]:
                    found.setdefault((a, f"{self.area[b]}", -1), []).append(edge)
            elif ca == STATIC:
                found.setdefault((a, "", self.scene.block_of[b]), []).append(edge)
            elif cb == STATIC:
                key = (a, f"{self.area[b]}", self.scene.block_of[a])
                found.setdefault(key, []).append(edge)
        return found

    def _from(self, name: str) -> Point:
        """Where the value of a static site leaves its area."""
        return self._port(self.area[name], Port("out", name, 0))

    def _into_area(self, edge: Edge) -> Point:
        """Where a value enters the area of a static site."""
        return self._port(self.area[edge.target[0]], Port("in", edge.source[0], 0))

    def _port(self, area: int, port: Port) -> Point:
        station = self.stations[area]
        assert station is not None
        x, y = station.cell.at[port.name]
        return (station.left + x, y)

    def _low(self, number: int) -> float:
        ends = (max(strip.cell.bottom, strip.names.bottom) for strip in self.strips)
        return max(ends, default=0.0) + OFF + LANE * number

    def _high(self, number: int) -> float:
        tops = (min(strip.cell.top, strip.names.top) for strip in self.strips)
        return min(tops, default=0.0) - OFF - LANE * number

    # -- into steps -------------------------------------------------------------------------------

    def _coming(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Tiled]:
        seen = set[int]()
        lane = self._low(number)
        for edge in edges:
            step = edge.target[1] - len(strip.steps.before)
            given = strip.given.get(edge.target)
            if given is not None:
                yield self._to_given(edge, given, strip)
            elif 0 <= step < strip.steps.count and step not in seen:
                seen.add(step)
                stretch = strip.stretch(step)
                if stretch is None:
                    yield self._into(edge, strip, step, lane)
                else:
                    yield self._into(edge, strip, stretch.places[-1], lane)
                    yield from repeated(
                        lambda s, e=edge: self._drop(e, strip, s, lane),  # type: ignore[misc]
                        stretch,
                    )

    def _to_given(self, edge: Edge, given: End, strip: Strip) -> Group:
        """From the site to a value that is there before the first step."""
        start, (x, y) = self._from(edge.source[0]), given.center
        turn = strip.left - strip.outside - TURN
        points = [start, (turn, start[1]), (turn, y), (x, y)]
        end = (x - given.border.radius, y)
        line = rounded([*points[:-1], end], CORNER)
        return Group("wire", headed(line), edge.source[0], "", edge.target[0])

    def _into(self, edge: Edge, strip: Strip, step: int, lane: float) -> Group:
        """From the site to a step: straight to the first, else along the lane below."""
        start, port = self._from(edge.source[0]), Port("in", edge.source[0], 0)
        goal, turn = strip.entry(port, step)
        near = strip.left - strip.outside - strip.turn(port)
        if start[0] > strip.left:  # from the right, round everything
            near = start[0] + TURN
        if turn < strip.left and start[0] < strip.left:
            points = [start, (near, start[1]), (near, goal[1]), goal]
        else:
            points = [start, (near, start[1]), (near, lane), (turn, lane), (turn, goal[1]), goal]
        line = rounded(points, CORNER)
        return Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    def _drop(self, edge: Edge, strip: Strip, step: int, lane: float) -> Iterator[Group]:
        """From the lane below into a step."""
        goal, turn = strip.entry(Port("in", edge.source[0], 0), step)
        line = rounded([(turn - CORNER, lane), (turn, lane), (turn, goal[1]), goal], CORNER)
        yield Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    # -- out of steps -----------------------------------------------------------------------------

    def _leaving(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Tiled]:
        lane, seen = self._high(number), set[int]()
        for edge in edges:
            step = edge.source[1] - len(strip.steps.before)
            given = strip.given.get(edge.source)
            if step in seen:
                continue
            seen.add(step)
            if given is not None:
                yield self._from_given(edge, given, strip, lane)
            elif 0 <= step < strip.steps.count:
                stretch = strip.stretch(step)
                yield self._out(edge, strip, step, lane)
                if stretch is not None:
                    yield from repeated(
                        lambda s, e=edge: self._rise(e, strip, s, lane),  # type: ignore[misc]
                        stretch,
                    )

    def _from_given(self, edge: Edge, given: End, strip: Strip, lane: float) -> Group:
        """From a value that is there before the first step to the site."""
        (x, y), goal = given.center, self._into_area(edge)
        up, turn = strip.left - TURN, goal[0] - TURN
        points = [(x + given.border.radius, y), (up, y), (up, lane), (turn, lane)]
        line = rounded([*points, (turn, goal[1]), goal], CORNER)
        return Group("wire", (line.stroke(),), edge.source[0], "", edge.target[0])

    def _out(self, edge: Edge, strip: Strip, step: int, lane: float) -> Group:
        """From a step to the site: straight from the last, else along the lane above."""
        goal, port = self._into_area(edge), Port("out", edge.source[0], 0)
        start, x = strip.exit(port, step)
        if step == strip.steps.count - 1 and goal[0] > strip.right:
            x = strip.right + strip.outside + strip.turn(port)
            points = [start, (x, start[1]), (x, goal[1]), goal]
        else:
            turn = goal[0] - TURN
            points = [start, (x, start[1]), (x, lane), (turn, lane), (turn, goal[1]), goal]
        line = rounded(points, CORNER)
        pen: Pen = "dashed" if edge.dashed else "solid"
        step_ = _step_of(strip, step)
        return Group("wire", (line.stroke(pen),), edge.source[0], step_, edge.target[0])

    def _rise(self, edge: Edge, strip: Strip, step: int, lane: float) -> Iterator[Group]:
        """From a step up to the lane above."""
        start, x = strip.exit(Port("out", edge.source[0], 0), step)
        line = rounded([start, (x, start[1]), (x, lane), (x + CORNER, lane)], CORNER)
        yield Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    # -- between static sites ---------------------------------------------------------------------

    def _across(self, edge: Edge, number: int) -> Group:
        """From one area to another, below the steps between."""
        start, goal, lane = self._from(edge.source[0]), self._into_area(edge), self._low(number)
        near, turn = start[0] + TURN, goal[0] - TURN
        points = [start, (near, start[1]), (near, lane), (turn, lane), (turn, goal[1]), goal]
        line = rounded(points, CORNER)
        return Group("wire", (line.stroke(),), edge.source[0], "", edge.target[0])


def _step_of(strip: Strip, step: int) -> str:
    column = strip.steps.column(step)
    return column.step if column else ""
