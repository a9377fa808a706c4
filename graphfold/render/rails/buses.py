"""Wires between static sites and the steps: straight to the nearest one, along a bus to the others.

What comes into steps runs below them, what leaves them above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.paths import Line, head, rounded, shortened
from graphfold.render.picture import Group, Item, Point
from graphfold.render.rails.ports import Port
from graphfold.render.scene import STATIC, Edge, Scene

if TYPE_CHECKING:
    from graphfold.render.rails.figure import Strip

LANE, OFF, CORNER = 10.0, 14.0, 9.0
ASIDE, BESIDE = 9.0, 8.0  # of the first wire in a gap, and of each further one


@dataclass
class Buses:
    """The wires of one scene that a static site is an end of, its strips and places settled."""

    scene: Scene
    border: Mapping[str, Border]
    strips: Sequence[Strip]
    places: Mapping[str, Point]

    def groups(self) -> Iterator[Group]:
        """The wires; those within an area are drawn there."""
        families: dict[tuple[str, str, int], list[Edge]] = {}
        for edge in self.scene.edges:
            (a, ca), (b, cb) = edge.source, edge.target
            if ca == STATIC and cb == STATIC:
                if self._apart(a, b):
                    families.setdefault((a, b, -1), []).append(edge)
            elif ca == STATIC:
                families.setdefault((a, "", self.scene.block_of[b]), []).append(edge)
            elif cb == STATIC:
                families.setdefault((a, b, self.scene.block_of[a]), []).append(edge)
        for number, ((_, target, block), edges) in enumerate(families.items()):
            if block < 0:
                yield self._across(edges[0], number)
            elif not target:
                yield from self._coming(edges, self.strips[block], number)
            else:
                yield from self._leaving(edges, self.strips[block], number)

    def _apart(self, a: str, b: str) -> bool:
        from graphfold.render.rails.areas import areas_of

        areas = areas_of(self.scene)
        return not any(a in area and b in area for area in areas)

    # -- into steps -------------------------------------------------------------------------------

    def _coming(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Group]:
        source = edges[0].source[0]
        port = Port("in", source, 0)
        start = self.places[source]
        seen: set[int] = set()
        for edge in edges:
            step = edge.target[1] - len(strip.steps.before)
            given = strip.given.get(edge.target)
            if given is not None:
                yield self._direct(edge, End(start, self.border[source]), given)
            elif 0 <= step < len(strip.lefts) and step not in seen:
                seen.add(step)
                height = strip.cell.at[port.name][1]
                inner = strip.lefts[step] + strip.cell.at[port.name][0]
                x = strip.lefts[step] - ASIDE - BESIDE * strip.place(port)
                points = self._to_step(start, (x, height), self._low(number), strip)
                line = rounded([*points, (inner, height)], CORNER)
                line = Line(self._edge(source, line), line.pieces)
                yield Group("wire", (line.stroke(),), source, strip.steps.steps[step].step)

    def _to_step(self, start: Point, goal: Point, lane: float, strip: Strip) -> list[Point]:
        """Straight where nothing is between, else along the lane below."""
        near = strip.left - ASIDE - BESIDE * 9
        if goal[0] <= strip.left:
            return [start, (goal[0], start[1]), goal]
        x = max(start[0], min(near, strip.left - strip.outside - 6))
        return [start, (x, start[1]), (x, lane), (goal[0], lane), goal]

    def _low(self, number: int) -> float:
        return max(strip.cell.bottom for strip in self.strips) + OFF + LANE * number

    def _high(self, number: int) -> float:
        return min(strip.cell.top for strip in self.strips) - OFF - LANE * number

    # -- out of steps -----------------------------------------------------------------------------

    def _leaving(self, edges: Sequence[Edge], strip: Strip, number: int) -> Iterator[Group]:
        source, target = edges[0].source[0], edges[0].target[0]
        port = Port("out", source, 0)
        goal = End(self.places[target], self.border[target])
        back = goal.center[0] < strip.left
        for edge in edges:
            step = edge.source[1] - len(strip.steps.before)
            given = strip.given.get(edge.source)
            if given is not None:
                yield self._direct(edge, given, goal)
            elif 0 <= step < len(strip.lefts):
                start, x = strip.exit(port, step)
                last = step == len(strip.lefts) - 1 and not back
                lane = self._high(number)
                gx, gy = goal.center
                turn = gx - self.border[target].half - 16
                if last and not strip.alone:
                    points = [start, (x, start[1]), (x, gy), (gx, gy)]
                elif strip.alone and not back:
                    x = strip.right + strip.outside + 8
                    points = [start, (x, start[1]), (x, gy), (gx, gy)]
                else:
                    points = [start, (x, start[1]), (x, lane), (turn, lane), (turn, gy), (gx, gy)]
                yield self._headed(edge, points, goal, strip.steps.steps[step].step)

    def _headed(self, edge: Edge, points: list[Point], goal: End, step: str) -> Group:
        end = goal.edge(points[-2]) if points[-2] != points[-1] else points[-1]
        line = rounded([*points[:-1], end], CORNER)
        items: tuple[Item, ...] = (
            shortened(line, 8.0).stroke("dashed" if edge.dashed else "solid"),
            head(line.end, line.heading, 9.0, 6.6),
        )
        return Group("wire", items, edge.source[0], step, edge.target[0])

    # -- between static sites -----------------------------------------------------------------

    def _across(self, edge: Edge, number: int) -> Group:
        """From one area to another, below the steps between."""
        start, goal = (
            self.places[edge.source[0]],
            End(self.places[edge.target[0]], self.border[edge.target[0]]),
        )
        lane = self._low(number)
        x = start[0] + self.border[edge.source[0]].half + 12
        turn = goal.center[0] - goal.border.half - 12
        points = [start, (x, start[1]), (x, lane), (turn, lane), (turn, goal.center[1])]
        return self._headed(edge, [*points, goal.center], goal, "")

    def _direct(self, edge: Edge, start: End, goal: End) -> Group:
        return self._headed(edge, [start.edge(goal.center), goal.center], goal, "")

    def _edge(self, name: str, line: Line) -> Point:
        """Where a line leaves a static site, level."""
        x, y = self.places[name]
        return (x + self.border[name].half, y)
