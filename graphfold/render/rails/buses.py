"""Wires between static sites and the steps: straight to the nearest one, along a bus to the others.

What comes into steps runs below them, what leaves them above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.paths import Line, rounded
from graphfold.render.layout.repeat import Tiled, repeated
from graphfold.render.picture import Group, Point
from graphfold.render.rails.ports import Port
from graphfold.render.rails.strip import Strip
from graphfold.render.rails.wires import CORNER, headed
from graphfold.render.scene import STATIC, Edge, Scene

LANE, OFF = 10.0, 14.0  # between buses, and from the steps
NEAR = 12.0  # from a static site to where its wire turns

Family = tuple[str, str, int]  # source, target if that is static, and the block (-1: none)


@dataclass
class Buses:
    """The wires of one scene that a static site is an end of, its strips and places settled."""

    scene: Scene
    border: Mapping[str, Border]
    strips: Sequence[Strip]
    places: Mapping[str, Point]
    areas: Sequence[Sequence[str]]

    def groups(self) -> Iterator[Tiled]:
        """The wires; those within an area are drawn there."""
        for number, ((_, target, block), edges) in enumerate(self._families().items()):
            if block < 0:
                yield self._across(edges[0], number)
            elif target:
                yield from self._leaving(edges, self.strips[block], number)
            else:
                yield from self._coming(edges, self.strips[block], number)

    def _families(self) -> dict[Family, list[Edge]]:
        area = {name: number for number, names in enumerate(self.areas) for name in names}
        found: dict[Family, list[Edge]] = {}
        for edge in self.scene.edges:
            (a, ca), (b, cb) = edge.source, edge.target
            if ca == STATIC and cb == STATIC:
                if area[a] != area[b]:
                    found.setdefault((a, b, -1), []).append(edge)
            elif ca == STATIC:
                found.setdefault((a, "", self.scene.block_of[b]), []).append(edge)
            elif cb == STATIC:
                found.setdefault((a, b, self.scene.block_of[a]), []).append(edge)
        return found

    def _end(self, name: str) -> End:
        return End(self.places[name], self.border[name])

    def _low(self, number: int) -> float:
        ends = (max(strip.cell.bottom, strip.names.bottom) for strip in self.strips)
        return max(ends, default=0.0) + OFF + LANE * number

    def _high(self, number: int) -> float:
        tops = (min(strip.cell.top, strip.names.top) for strip in self.strips)
        return min(tops, default=0.0) - OFF - LANE * number

    # -- into steps -------------------------------------------------------------------------------

    def _coming(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Tiled]:
        source, seen = edges[0].source[0], set[int]()
        lane = self._low(number)
        for edge in edges:
            step = edge.target[1] - len(strip.steps.before)
            given = strip.given.get(edge.target)
            if given is not None:
                yield _headed(edge, [self._end(source).edge(given.center), given.center], given)
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

    def _into(self, edge: Edge, strip: Strip, step: int, lane: float) -> Group:
        """From the site to a step: straight to the first, else along the lane below."""
        source, port = self._end(edge.source[0]), Port("in", edge.source[0], 0)
        (x0, y0), goal = (source.center[0] + source.border.half, source.center[1]), None
        goal, turn = strip.entry(port, step)
        if turn < strip.left:
            points = [(x0, y0), (turn, y0), (turn, goal[1]), goal]
        else:
            near = x0 + NEAR + (strip.turn(port) if x0 < strip.left else 0.0)
            points = [(x0, y0), (near, y0), (near, lane), (turn, lane), (turn, goal[1]), goal]
        line = rounded(points, CORNER)
        return Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    def _drop(self, edge: Edge, strip: Strip, step: int, lane: float) -> Iterator[Group]:
        """From the lane below into a step."""
        goal, turn = strip.entry(Port("in", edge.source[0], 0), step)
        line = rounded([(turn - CORNER, lane), (turn, lane), (turn, goal[1]), goal], CORNER)
        yield Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    # -- out of steps -----------------------------------------------------------------------------

    def _leaving(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Tiled]:
        goal = self._end(edges[0].target[0])
        lane = self._high(number)
        for edge in edges:
            step = edge.source[1] - len(strip.steps.before)
            given = strip.given.get(edge.source)
            if given is not None:
                yield _headed(edge, [given.edge(goal.center), goal.center], goal)
            elif 0 <= step < strip.steps.count:
                stretch = strip.stretch(step)
                yield self._out(edge, strip, step, lane)
                if stretch is not None:
                    yield from repeated(
                        lambda s, e=edge: self._rise(e, strip, s, lane),  # type: ignore[misc]
                        stretch,
                    )

    def _out(self, edge: Edge, strip: Strip, step: int, lane: float) -> Group:
        """From a step to the site: straight from the last, else along the lane above."""
        goal, port = self._end(edge.target[0]), Port("out", edge.source[0], 0)
        start, x = strip.exit(port, step)
        gx, gy = goal.center
        last = step == strip.steps.count - 1 and gx > strip.right
        if last and strip.alone:
            x = strip.right + strip.outside + strip.turn(port)
        turn = gx - goal.border.half - NEAR - HEADROOM
        if last:
            points = [start, (x, start[1]), (x, gy), (gx, gy)]
        else:
            points = [start, (x, start[1]), (x, lane), (turn, lane), (turn, gy), (gx, gy)]
        return _headed(edge, points, goal, _step_of(strip, step))

    def _rise(self, edge: Edge, strip: Strip, step: int, lane: float) -> Iterator[Group]:
        """From a step up to the lane above."""
        start, x = strip.exit(Port("out", edge.source[0], 0), step)
        line = rounded([start, (x, start[1]), (x, lane), (x + CORNER, lane)], CORNER)
        yield Group("wire", (line.stroke(),), edge.source[0], _step_of(strip, step))

    # -- between static sites ---------------------------------------------------------------------

    def _across(self, edge: Edge, number: int) -> Group:
        """From one area to another, below the steps between."""
        start, goal = self._end(edge.source[0]), self._end(edge.target[0])
        (x0, y0), (x1, y1), lane = start.center, goal.center, self._low(number)
        near, turn = x0 + start.border.half + NEAR, x1 - goal.border.half - NEAR - HEADROOM
        points = [(x0 + start.border.half, y0), (near, y0), (near, lane), (turn, lane)]
        return _headed(edge, [*points, (turn, y1), (x1, y1)], goal)


HEADROOM = 6.0


def _step_of(strip: Strip, step: int) -> str:
    column = strip.steps.column(step)
    return column.step if column else ""


def _headed(edge: Edge, points: list[Point], goal: End, step: str = "") -> Group:
    """A wire that ends on a node."""
    end = goal.edge(points[-2])
    line: Line = rounded([*points[:-1], end], CORNER)
    items = headed(line, "dashed" if edge.dashed else "solid")
    return Group("wire", items, edge.source[0], step, edge.target[0])
