"""The steps of one block side by side: made once, and repeated where many are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from graphfold.render.layout.borders import End
from graphfold.render.layout.measure import centred
from graphfold.render.layout.paths import Line
from graphfold.render.layout.repeat import Stretch, Tiled, repeated
from graphfold.render.picture import Group, Pen, Point, Rect
from graphfold.render.rails.cell import Cell
from graphfold.render.rails.measure import Measures
from graphfold.render.rails.nodes import Nodes
from graphfold.render.rails.ports import Lead, Port
from graphfold.render.rails.rows import Steps
from graphfold.render.rails.tags import Names, names_of
from graphfold.render.rails.wires import BACK, FAR, Wires, level
from graphfold.render.scene import Column, Scene
from graphfold.render.theme import Theme
from graphfold.render.typeset import typeset

GAP, CUT = 30.0, 34.0  # between steps, and the width of what stands for those cut away
BESIDE, TURN = 8.0, 9.0
ROUND = 10.0


@dataclass
class Strip:
    """The steps of one block, from `left` on, their ground between two heights."""

    scene: Scene
    theme: Theme
    known: Measures
    cell: Cell
    steps: Steps
    left: float = 0.0
    given: dict[tuple[str, int], End] = field(default_factory=dict)

    @cached_property
    def wires(self) -> Wires:
        """The wires of a step."""
        return Wires(self.cell, self.known.border, self.theme)

    @cached_property
    def nodes(self) -> Nodes:
        """The nodes of a step."""
        return Nodes(self.scene, self.theme, self.known.border, self.cell.at, self.names.tags)

    @cached_property
    def names(self) -> Names:
        """Where names and signs stand in a step."""
        return names_of(self.scene, self.known, self.wires)

    # -- where things are -------------------------------------------------------------------------

    def x(self, step: int) -> float:
        """Where a step begins."""
        cut = sum(column.gap for start, column in self.steps.each() if start < step)
        return self.left + step * self.pitch - cut * (self.cell.width - CUT)

    def width(self, step: int) -> float:
        """How wide a step is, or what stands for some."""
        return CUT if self.gap_at(step) else self.cell.width

    def gap_at(self, step: int) -> bool:
        """Whether steps are cut away there."""
        return self.steps.columns[self.steps.place_of(step)].gap

    @property
    def right(self) -> float:
        """Where the last step ends."""
        return self.x(self.steps.count) - self.gap

    @property
    def pitch(self) -> float:
        """From step to step."""
        return self.cell.width + self.gap

    @cached_property
    def alone(self) -> bool:
        """Whether it is a folded cell."""
        return self.steps.count == 1 and not self.steps.columns[0].step

    @cached_property
    def gap(self) -> float:
        """The space between steps: more where wires to static sites run in it."""
        return GAP + BESIDE * sum(not p.age for p in self.cell.ports.ports)

    @property
    def outside(self) -> float:
        """How far wires and nodes reach beyond the steps, to both sides."""
        ports = [p for p in self.cell.ports.ports if p.side == "in" and p.age]
        if self.alone:
            return (FAR + BACK * (len(ports) - 1) if ports else 0.0) + 4.0
        return (self.gap + 2 * self.known.given + 6.0) if ports else 0.0

    @property
    def beside(self) -> float:
        """Room at both sides for the wires of static sites."""
        return BESIDE * sum(not p.age for p in self.cell.ports.ports)

    def turn(self, port: Port) -> float:
        """How far from its step the wire of a static site, or to one, turns."""
        return TURN + BESIDE * [p for p in self.cell.ports.ports if not p.age].index(port)

    def entry(self, port: Port, step: int) -> tuple[Point, float]:
        """Where a static value is read in a step, and x in the gap where its wire turns."""
        x, y = self.cell.at[port.name]
        return (self.x(step) + x, y), self.x(step) - self.turn(port)

    def exit(self, port: Port, step: int) -> tuple[Point, float]:
        """Where a value leaves a step, and x in the gap behind it where its wire turns."""
        x, y = self.cell.at[port.name]
        x = CUT if self.gap_at(step) else x
        edge = self.x(step) + self.width(step)
        return (self.x(step) + x, y), edge + self.turn(port)

    def stretch(self, step: int) -> Stretch | None:
        """The steps that are drawn alike with one, if there are several."""
        place = self.steps.place_of(step)
        column, start = self.steps.columns[place], self.steps.starts[place]
        if column.span == 1:
            return None
        return Stretch(range(start, start + column.span), int(column.step), self.pitch)

    # -- what is drawn ----------------------------------------------------------------------------

    def grounds(self) -> Iterator[Tiled]:
        """What is behind the steps."""
        yield from self._each(self._ground)

    def unfolded(self) -> Iterator[Tiled]:
        """All steps, with the rails between them."""
        yield from self._each(self._between)
        yield from self._between(self.steps.count)
        yield from self._each(self._inside)

    def _each(self, draw: Callable[[int], Iterator[Group]]) -> Iterator[Tiled]:
        for start, _ in self.steps.each():
            stretch = self.stretch(start)
            yield from draw(start) if stretch is None else repeated(draw, stretch)

    def folded(self) -> Iterator[Tiled]:
        """One step, its rails going round it through squares."""
        yield from self.wires.returns(self.left)
        yield from self.still()

    def still(self) -> Iterator[Tiled]:
        """A step with all its wires, and no ground."""
        column = self.steps.columns[0]
        for lead in self.cell.ports.leads:
            yield self.wires.group(lead, self.left, column.step, self.names.signs)
        yield from self.nodes.of_step(self.left, column)

    def _ground(self, step: int) -> Iterator[Group]:
        if self.gap_at(step):
            return
        cell, column = self.cell, self._column(step)
        top, bottom = min(cell.top, self.names.top), max(cell.bottom, self.names.bottom)
        middle, half = (top + bottom) / 2, (bottom - top) / 2
        x = self.x(step) + cell.width / 2
        yield Group(
            "step", (Rect(x, middle, cell.width / 2, half, ROUND, "frame"),), "", column.step
        )

    def _column(self, step: int) -> Column:
        column = self.steps.column(step)
        assert column is not None
        return column

    def _inside(self, step: int) -> Iterator[Group]:
        column = self._column(step)
        if column.gap:
            yield from self._dots(step, column)
            return
        for lead in self.cell.ports.leads:
            if self._carries(lead, step):
                yield self.wires.group(lead, self.x(step), column.step, self.names.signs)
        yield from self.nodes.of_step(self.x(step), column)

    def _carries(self, lead: Lead, step: int) -> bool:
        """Whether a wire of the cell is there in a step."""
        start, end = (self.wires.port.get(name) for name in (lead.source, lead.target))
        if end is not None:
            if not end.age:
                return self.steps.leaves(end.site, step)
            onward = step + (1 if end.age > 0 else -1)
            return self.steps.passes(end.site, onward, end.age)
        if start is not None and not start.age:
            return self.steps.comes(start.site, lead.target, step)
        target = self.steps.computes(lead.target, step)
        if start is not None:
            return target and self.steps.passes(start.site, step, start.age)
        return target and self.steps.exists(lead.source, step)

    def _between(self, step: int) -> Iterator[Group]:
        """The rails between a step and the one before."""
        for port in self.cell.ports.ports:
            if not port.age or port.side == "out":
                continue
            reader = step if port.age > 0 else step - 1
            if self.steps.passes(port.site, reader, port.age):
                yield from self._rail(port, step)

    def _rail(self, port: Port, step: int) -> Iterator[Group]:
        if step in (0, self.steps.count):
            yield from self._given(port, step)
            return
        forward = port.age > 0
        first, last = (step - 1, step) if forward else (step, step - 1)
        start, leaves = self._end(port.other, first, forward)
        end, enters = self._end(port, last, not forward)
        line = Line(start, ((leaves,), *level(leaves, enters).pieces, (end,)))
        column = self._column(last)
        cut = [self._column(s) for s in (step - 1, step)]
        pen: Pen = "dashed" if any(c.gap and c.time for c in cut) else "solid"
        yield Group("wire rail", (line.stroke(pen),), port.site, column.step)

    def _end(self, port: Port, step: int, right: bool) -> tuple[Point, Point]:
        """Where a rail ends within a step, and where it passes the edge of that."""
        x, y = self.cell.at[port.name]
        edge = (self.x(step) + (self.width(step) if right else 0.0), y)
        return (edge if self.gap_at(step) else (self.x(step) + x, y)), edge

    def _given(self, port: Port, step: int) -> Iterator[Group]:
        """The rail of a value that is there before the first step, or behind the last."""
        forward = step == 0
        if (port.age > 0) != forward:
            return
        origin = (step if forward else step - 1) - port.age
        column, near = self.steps.column(origin), 0 if forward else step - 1
        if column is None:
            return
        inner, edge = self._end(port, near, not forward)
        side = -1 if forward else 1
        end, node = self.nodes.given(port.site, column, (edge[0] + side * self.gap, edge[1]), side)
        self.given[port.site, origin + len(self.steps.before)] = end
        line = Line((end.center[0] - side * end.border.radius, edge[1]), ((inner,),))
        yield Group("wire rail", (line.stroke(),), port.site, column.step)
        yield node

    def _dots(self, step: int, column: Column) -> Iterator[Group]:
        """What stands for steps that are cut away: dots on every rail."""
        if column.time:
            return
        x = self.x(step) + CUT / 2
        ports = (p for p in self.cell.ports.ports if p.age and p.side == "in")
        for port in ports:
            if self.steps.passes(port.site, step, port.age):
                dots = centred(typeset("\\cdots", 18.0), x, self.cell.at[port.name][1])
                yield Group("dots", (dots,), port.site)
