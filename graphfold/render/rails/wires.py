"""The wires of a step, its rails to the next, and those that go round a folded one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from graphfold.render.layout.borders import Border, End
from graphfold.render.layout.paths import Line, head, rounded, shortened, square
from graphfold.render.picture import Group, Item, Label, Pen, Point
from graphfold.render.rails.cell import Cell
from graphfold.render.rails.ports import Lead, Port
from graphfold.render.theme import Theme

BEND, CORNER = 16.0, 9.0  # of wires within a step, and of those around it
BACK, FAR, SQUARE = 11.0, 14.0, 11.0  # between wires that go back, and from the step
HEAD, HEAD_WIDTH = 9.0, 6.6
STEEP, FLAT, MARGIN = 1.2, 0.7, 4.0  # of a wire where it meets a node, and beside it


def headed(line: Line, pen: Pen = "solid") -> tuple[Item, ...]:
    """A wire with its head."""
    body = shortened(line, HEAD - 1).stroke(pen)
    return (body, head(line.end, line.heading, HEAD, HEAD_WIDTH))


def level(start: Point, end: Point) -> Line:
    """A line that leaves and arrives level."""
    if abs(start[1] - end[1]) < 0.01:
        return Line(start, ((end,),))
    middle = (start[0] + end[0]) / 2
    return Line(start, (((middle, start[1]), (middle, end[1]), end),))


def _touch(end: End, toward: Point) -> Point:
    """Where a wire meets a node: never from too steep above, for others stand there."""
    (x, y), (tx, ty) = end.center, toward
    side = 1.0 if tx >= x else -1.0
    if end.border.box:
        return (x + side * end.border.half, y)
    if abs(ty - y) <= STEEP * abs(tx - x):
        return end.edge(toward)
    return end.edge((x + side, y + math.copysign(STEEP, ty - y)))


@dataclass(frozen=True)
class Wires:
    """Draws the wires of a step."""

    cell: Cell
    border: Mapping[str, Border]
    theme: Theme
    _lines: dict[Lead, Line] = field(default_factory=dict)

    @cached_property
    def port(self) -> Mapping[str, Port]:
        """The ports by name."""
        return {port.name: port for port in self.cell.ports.ports}

    def line(self, lead: Lead) -> Line:
        """A wire in a step that begins at 0."""
        if lead not in self._lines:
            self._lines[lead] = self._made(lead)
        return self._lines[lead]

    def _made(self, lead: Lead) -> Line:
        at = self.cell.at
        turn = -1 if at[lead.target][0] < at[lead.source][0] else 1
        bends = [point for bend in self.cell.bends[lead] for point in bend[::turn]]
        points = [at[lead.source], *bends, at[lead.target]]
        if lead.source in self.border:
            points[:1] = self._clear(lead.source, points[0], points[1])[::-1]
        if lead.target in self.border:
            points[-1:] = self._clear(lead.target, points[-1], points[-2])
        return rounded(points, BEND)

    def _clear(self, name: str, center: Point, toward: Point) -> list[Point]:
        """The last points of a wire that comes to a node, level where it would meet others."""
        border, (x, y), (tx, ty) = self.border[name], center, toward
        side = 1.0 if tx >= x else -1.0
        steep = abs(ty - y) > FLAT * abs(tx - x)
        beside = self.cell.half[name] - border.half
        if steep and (beside > MARGIN or border.box):
            reach = max(self.cell.half[name], border.half + HEAD * 1.4)
            return [(x + side * reach, y), (x + side * border.half, y)]
        return [_touch(End(center, border), toward)]

    def group(self, lead: Lead, x: float, step: str, signs: Mapping[Lead, Label]) -> Group:
        """A wire of a step that begins at x, with its sign."""
        line = self.line(lead).moved(x)
        if lead.target in self.port:
            items: tuple[Item, ...] = (line.stroke(),)
        else:
            items = headed(line)
        if lead in signs:
            label = signs[lead]
            items += (replace(label, x=label.x + x),)
        source, target = (self._signal(name) for name in (lead.source, lead.target))
        return Group("wire", items, source, step, target)

    def _signal(self, name: str) -> str:
        return self.port[name].site if name in self.port else name

    def returns(self, left: float) -> Iterator[Group]:
        """The rails of a folded step, round it and through their squares."""
        cell, ports = self.cell, [p for p in self.cell.ports.ports if p.side == "in" and p.age]
        middle = (cell.top + cell.bottom) / 2
        above = [p for p in ports if cell.at[p.name][1] < middle and len(ports) > 2]
        below = [p for p in ports if p not in above]
        above.sort(key=lambda p: cell.at[p.name][1])
        below.sort(key=lambda p: -cell.at[p.name][1])
        for side, those in ((-1, above), (1, below)):
            for place, port in enumerate(those):
                yield from self._return(port, (side, place), left)

    def _return(self, port: Port, at: tuple[int, int], left: float) -> Iterator[Group]:
        (side, place), cell, forward = at, self.cell, port.age > 0
        come, go = cell.at[port.name], cell.at[port.other.name]
        edge = cell.bottom if side > 0 else cell.top
        lane = edge + side * (FAR - 2 + (BACK + 3) * place)
        far = FAR + BACK * place
        sides = (left - far, left + cell.width + far)
        last, first = sides if forward else sides[::-1]
        start, end = (left + go[0], go[1]), (left + come[0], come[1])
        points = [start, (first, go[1]), (first, lane), (last, lane), (last, come[1]), end]
        yield Group("wire rail", (rounded(points, CORNER).stroke(),), port.site)
        mark = square((left + cell.width / 2, lane), SQUARE)
        yield Group("delay", (mark,), port.site, str(port.age))
