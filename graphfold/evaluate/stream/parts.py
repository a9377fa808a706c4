"""The circuits that a stream runs: before the first step, over a block of steps, after the last.

Names that no model can have stand for what one part hands to another: "h@0" is h[0], "h@T-1" is
h[T-1], "t@step" the steps, "y@1" what the second reduction in the equation of y has gathered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

from graphfold.circuit import Boundary, Equation, Signal
from graphfold.evaluate.stream.cut import Cut, gathered
from graphfold.evaluate.stream.reads import is_length, is_step
from graphfold.evaluate.stream.rewrite import (
    Change,
    Part,
    Rewritten,
    assembled,
    now,
    reading,
    rewritten,
)
from graphfold.expression import Apply, Const, Expression, Index, Node, Read
from graphfold.shapes import Shapes
from graphfold.sizes import Shape

Gather = Literal["sum_over", "mean_over", "max_over", "first"]


class Total(NamedTuple):
    """What is gathered of a sequence `of` while its steps go by; "first" takes one `step`."""

    name: str
    how: Gather
    of: str
    step: int = 0


def at(signal: str, index: object) -> str:
    """The name of a step of a signal."""
    return f"{signal}@{index}"


def like(signal: str) -> str:
    """The name of an input that has the shape of one step of a sequence."""
    return f"{signal}@like"


@dataclass(frozen=True)
class Parts:
    """The parts of a cut circuit, made when they are first needed."""

    cut: Cut
    shapes: Shapes
    _during: dict[int | None, Part] = field(default_factory=dict)

    @cached_property
    def inputs(self) -> tuple[Signal, ...]:
        """The inputs that are given step by step."""
        return tuple(s for s in self.cut.circuit.inputs if s.name in self.cut.moving)

    @cached_property
    def streams(self) -> tuple[Signal, ...]:
        """All inputs along the axis, those that nothing needs too."""
        return tuple(s for s in self.cut.circuit.inputs if s.axis == self.cut.axis)

    def is_idle(self, name: str) -> bool:
        """Whether a name is that of a step of a signal that nothing asked for needs."""
        signal, bracket, _ = name.partition("[")
        known = signal in self.cut.circuit.axis_of
        return bool(bracket) and known and signal not in self.cut.needed

    @cached_property
    def last_reads(self) -> tuple[tuple[str, int], ...]:
        """The reads of steps counted from the end: (signal, offset)."""
        found = dict[tuple[str, int], None]()
        for signal in self._late:
            expression = self._expression(signal)
            for node, what in self.cut.asks(expression):
                read = expression.nodes[node]
                if what == "end" and isinstance(read, Read) and read.index is not None:
                    found[read.signal, read.index.offset] = None
        return tuple(found)

    @cached_property
    def streamed(self) -> tuple[str, ...]:
        """The signals asked for that move along the stream."""
        return tuple(name for name in self.cut.keep if name in self.cut.moving)

    @cached_property
    def watched(self) -> tuple[str, ...]:
        """What a block of steps must give."""
        gathered = (total.of for total in self.totals)
        return tuple(dict.fromkeys((*self.streamed, *self.cut.depth, *gathered)))

    def rank(self, name: str) -> int:
        """The number of core axes of a signal, or of a term that is gathered."""
        if name in self.shapes.signals:
            return len(self.shapes.signals[name])
        signal, _, number = name.removesuffix(" of").rpartition("@")
        return len(self.shapes.nodes[signal][int(number)] or ())

    # -- before -----------------------------------------------------------------------------------

    @cached_property
    def before(self) -> Part:
        """What stands still, and the histories and pins of sequences; it has no steps."""
        cut, equations = self.cut, list[Rewritten]()
        shapes = dict(self.shapes.signals)
        early = [s for s in cut.circuit.equation if s in cut.needed and s not in cut.late]
        boundaries = [b for s in (*early, *self._still_inputs) for b in cut.boundaries(s)]
        for signal in early:
            if signal not in cut.moving:
                equations.append(self._changed(signal, _same))
        expressions = [b.value for b in boundaries if b.value is not None]
        expressions += [one.equation.expression for one in equations]
        told = {read.signal for e in expressions for _, read in e.reads()}
        told |= {*cut.boundary_steps, *(b.signal for b in boundaries)}
        bounded = [s for s in cut.moving if s in told or cut.boundaries(s)]
        for signal in bounded:
            blank = Equation(signal, cut.axis, Expression((Const(0),)))
            equations.append(Rewritten(blank, [()]))
            for step in cut.boundary_steps.get(signal, ()):
                name, shape = at(signal, step), shapes[signal]
                shapes[name] = shape
                equations.append(reading(name, None, Read(signal, Index("", step)), shape))
        boundaries += [b for s in bounded if s not in early for b in cut.boundaries(s)]
        for name, (read, axis) in self.taken.items():
            shapes[name] = shapes[read.signal]
            equations.append(reading(name, axis, read, shapes[name]))
        known = [b for b in boundaries if b.index.base != cut.length]
        return assembled(cut.circuit, shapes, equations, known, self._all_declared(shapes))

    @cached_property
    def _still_inputs(self) -> tuple[str, ...]:
        """The inputs along other axes that are needed."""
        own, needed = self.cut.axis, self.cut.needed
        inputs = self.cut.circuit.inputs
        return tuple(s.name for s in inputs if s.axis not in (None, own) and s.name in needed)

    def _all_declared(self, shapes: dict[str, Shape]) -> Iterator[Signal]:
        for signal in self.cut.circuit.declared.values():
            if signal.axis != self.cut.axis:
                yield signal
            elif signal.name in self.cut.moving:
                name = like(signal.name)
                shapes[name] = signal.shape
                yield Signal(name, "input", None, signal.shape)

    # -- a block of steps -------------------------------------------------------------------------

    @cached_property
    def totals(self) -> tuple[Total, ...]:
        """What is gathered for the end."""
        return tuple(dict.fromkeys(self._totals()))

    def _totals(self) -> Iterator[Total]:
        for signal, number in self._reductions:
            node = self._expression(signal).nodes[number]
            assert isinstance(node, Apply)
            name = f"{signal}@{number}"
            yield Total(name, node.operation, f"{name} of")  # type: ignore[arg-type]
        for signal in self._late:
            for asked, what in self.cut.asks(self._expression(signal)):
                read = self._expression(signal).nodes[asked]
                if what == "fixed" and isinstance(read, Read) and read.index:
                    step = read.index.offset
                    yield Total(at(read.signal, step), "first", read.signal, step)

    @cached_property
    def _late(self) -> tuple[str, ...]:
        return tuple(s for s in self.cut.circuit.equation if s in self.cut.late)

    @cached_property
    def _reductions(self) -> tuple[tuple[str, int], ...]:
        """The reductions over the axis in equations that come after it."""
        cut, found = self.cut, list[tuple[str, int]]()
        for signal in self._late:
            asked = cut.asks(self._expression(signal))
            found += [(signal, node) for node, what in asked if what == "all"]
        return tuple(found)

    def during(self, pinned_at: int | None = None) -> Part:
        """The steps themselves, or a step with pins; what stands still is given."""
        if pinned_at not in self._during:
            self._during[pinned_at] = self._steps(pinned_at)
        return self._during[pinned_at]

    def _steps(self, pinned_at: int | None) -> Part:
        cut = self.cut
        pinned = cut.pins[pinned_at] if pinned_at is not None else frozenset[str]()
        shapes, equations = dict(self.shapes.signals), list[Rewritten]()
        for signal in cut.moving:
            if signal in pinned:
                read, shape = Read(at(signal, pinned_at or 0)), shapes[signal]
                equations.append(reading(signal, cut.axis, read, shape))
            elif signal in cut.circuit.equation:
                equations.append(self._changed(signal, self._in_step))
        for signal, number in self._reductions:
            equation = cut.circuit.equation[signal]
            body = gathered(equation.expression, number)[-1]
            term = replace(equation, signal=f"{signal}@{number} of", axis=cut.axis)
            made = rewritten(term, self.shapes.nodes[signal], self._in_step, body)
            shapes[made.equation.signal] = made.shapes[-1] or ()
            equations.append(made)
        return self._part(shapes, equations, [s for s in cut.moving if s not in pinned])

    def _in_step(self, _: int, node: Node) -> Node:
        """A node as a step has it."""
        cut = self.cut
        if is_step(node, cut.axis):
            return now(f"{cut.axis}@step", cut.axis)
        if not isinstance(node, Read) or node.index is None:
            return node
        axis, index = cut.circuit.axis_of[node.signal], node.index
        if axis == cut.axis:
            return node if index.base == axis else Read(at(node.signal, index))
        own_step = index == Index(str(axis)) and not self._is_pinned_input(node.signal)
        if node.signal in cut.late or own_step:
            return node
        return Read(at(node.signal, index), Index(index.base) if index.base == axis else None)

    def _is_pinned_input(self, signal: str) -> bool:
        """Whether some steps of an input have values that the model gives."""
        if signal not in self.cut.circuit.declared:
            return False
        indices = (boundary.index for boundary in self.cut.boundaries(signal))
        return any(i.offset <= 0 if i.base else i.offset >= 1 for i in indices)

    @cached_property
    def taken(self) -> dict[str, tuple[Read, str | None]]:
        """Reads of sequences along other axes, but those of their own step: by name."""
        cut, found = self.cut, dict[str, tuple[Read, str | None]]()
        for signal in (*cut.moving, *self._late):
            for expression in cut.expressions(signal):
                for _, read in expression.reads():
                    changed = self._in_step(0, read)
                    source = cut.circuit.axis_of[read.signal]
                    if changed is not read and source != cut.axis and isinstance(changed, Read):
                        axis = None if changed.index is None else source
                        found[changed.signal] = (read, axis)
        return found

    # -- after ------------------------------------------------------------------------------------

    @cached_property
    def after(self) -> Part:
        """What is known after the last step, out of what was gathered; it has no steps."""
        shapes = dict(self.shapes.signals)
        equations = [self._changed(signal, self._ending(signal)) for signal in self._late]
        for signal, number in self._reductions:
            shapes[f"{signal}@{number}"] = self.shapes.nodes[signal][number] or ()
        return self._part(shapes, equations, ())

    def _ending(self, signal: str) -> Change:
        """How the equation of a signal is changed for the end."""
        cut = self.cut

        def change(number: int, node: Node) -> Node:
            if is_length(node, cut.axis):
                return Read(f"{cut.axis}@length")
            if (signal, number) in self._reductions:
                return Read(f"{signal}@{number}")
            return self._in_step(number, node)

        return change

    # -- common to them ---------------------------------------------------------------------------

    def _expression(self, signal: str) -> Expression:
        return self.cut.circuit.equation[signal].expression

    def _changed(self, signal: str, change: Change) -> Rewritten:
        equation = self.cut.circuit.equation[signal]
        return rewritten(equation, self.shapes.nodes[signal], change)

    def _part(
        self, shapes: dict[str, Shape], equations: list[Rewritten], inputs: Iterable[str]
    ) -> Part:
        """A part to which all that it reads and does not compute is given."""
        circuit, made = self.cut.circuit, {one.equation.signal for one in equations}
        own = [b for s in circuit.equation if s in made for b in self._kept_boundaries(s)]
        expressions = [one.equation.expression for one in equations]
        expressions += [b.value for b in own if b.value is not None]
        read = {read.signal: None for e in expressions for _, read in e.reads()}
        names = [*(s for s in inputs if s in circuit.declared), *read]
        declared = [self._given(s, shapes) for s in dict.fromkeys(names) if s not in made]
        return assembled(circuit, shapes, equations, own, declared)

    def _kept_boundaries(self, signal: str) -> tuple[Boundary, ...]:
        """Those of other axes; those of the stream's come with the state."""
        if signal not in self.cut.late:
            return ()
        return tuple(self._bounded(boundary) for boundary in self.cut.boundaries(signal))

    def _bounded(self, boundary: Boundary) -> Boundary:
        if boundary.value is None:
            return boundary
        nodes = tuple(self._in_step(0, node) for node in boundary.value.nodes)
        return replace(boundary, value=replace(boundary.value, nodes=nodes))

    def _given(self, name: str, shapes: dict[str, Shape]) -> Signal:
        """The declaration of what a part is given."""
        circuit = self.cut.circuit
        if name in circuit.declared:
            return circuit.declared[name]
        if name == f"{self.cut.axis}@step":
            shapes[name] = ()
            return Signal(name, "input", self.cut.axis, ())
        if name not in shapes:
            shapes[name] = self.shapes.signals.get(name.partition("@")[0], ())
        axis = self.taken[name][1] if name in self.taken else circuit.axis_of.get(name)
        return Signal(name, "input", axis, shapes[name])


def _same(_: int, node: Node) -> Node:
    return node
