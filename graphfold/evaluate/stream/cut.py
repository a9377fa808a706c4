"""Which signals are known before the first step of a stream, at each step, and after the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from graphfold.circuit import Boundary, Circuit
from graphfold.clocks import free_axes
from graphfold.errors import UnfoldingError
from graphfold.evaluate.stream.reads import Ask, asks, spell
from graphfold.expression import Expression, Read, nodes_beneath
from graphfold.reach import reached, reads_of
from graphfold.recurrence import is_boundary_read

_WHY = {
    "ahead": "a later step",
    "end": "which is known after the last step only",
    "length": "which is known after the last step only",
    "all": "which is known after the last step only",
    "fixed": "one step for all; read it as h[t-k], or keep it in a signal",
}


@dataclass(frozen=True)
class Cut:
    """A flat circuit, the axis of a stream along it, and the signals that are asked for.

    What does not need the axis comes before the stream, what needs all of its steps, such as a sum
    over them or the last one, after it.
    """

    circuit: Circuit
    axis: str
    keep: tuple[str, ...]

    @cached_property
    def needed(self) -> frozenset[str]:
        """What is asked for, and all it needs."""
        backward = [(target, source) for source, target in reads_of(self.circuit)]
        return frozenset(reached(self.keep, backward))

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The sequences along the axis that are needed."""
        axis_of = self.circuit.axis_of
        return tuple(s for s in axis_of if s in self.needed and axis_of[s] == self.axis)

    @cached_property
    def late(self) -> frozenset[str]:
        """The signals, not along the axis, that are known after the last step only."""
        still = [s for s in self.needed if self.circuit.axis_of[s] != self.axis]
        starts = [s for s in still if any(any(self.asks(e)) for e in self.expressions(s))]
        return frozenset(reached(starts, reads_of(self.circuit)) & self.needed) - {*self.moving}

    def asks(self, expression: Expression) -> Iterator[Ask]:
        """What an expression asks of the axis beyond steps up to now."""
        return asks(self.circuit, self.axis, expression)

    def expressions(self, signal: str) -> list[Expression]:
        """The equation of a signal and the values of its boundaries."""
        equation = self.circuit.equation.get(signal)
        found = [] if equation is None else [equation.expression]
        return found + [b.value for b in self.boundaries(signal) if b.value is not None]

    def boundaries(self, signal: str) -> tuple[Boundary, ...]:
        """The histories, far boundaries and pins of a signal."""
        return self.circuit.boundaries_of.get(signal, ())

    # -- steps by number --------------------------------------------------------------------------

    @cached_property
    def pins(self) -> dict[int, frozenset[str]]:
        """The signals that are pinned at a step, by step."""
        found: dict[int, set[str]] = {}
        for signal in self.moving:
            for boundary in self.boundaries(signal):
                if not boundary.index.base and boundary.index.offset >= 1:
                    found.setdefault(boundary.index.offset, set()).add(signal)
        return {step: frozenset(found[step]) for step in sorted(found)}

    @cached_property
    def depth(self) -> dict[str, int]:
        """How many of the last steps of a sequence a state holds."""
        found: dict[str, int] = {}
        for link in self.circuit.links:
            if link.target not in self.needed or self.circuit.axis_of[link.source] != self.axis:
                continue
            from_end = link.index is not None and link.index.base == self.length
            rows = 1 - link.index.offset if from_end and link.index else link.delay
            found[link.source] = max(found.get(link.source, 0), rows)
        return {signal: rows for signal, rows in found.items() if rows > 0}

    @cached_property
    def boundary_steps(self) -> dict[str, tuple[int, ...]]:
        """The histories and pins that a long run needs, or that the model tells, by signal."""
        found: dict[str, set[int]] = {s: set() for s in self.moving}
        for link in self.circuit.links:
            if link.source not in found or link.target not in self.needed:
                continue
            if link.index is not None:
                read = is_boundary_read(self.circuit, link.source, link.index)
                handed_on = link.target in self.late or link.target in found
                if read and handed_on and not link.index.base:
                    found[link.source].add(link.index.offset)
                continue
            for step in range(1, link.delay + 1):
                pinned = link.target in self.pins.get(step, ())
                if link.reach == "all" or not pinned:
                    found[link.source].add(step - link.delay)
        for signal, steps in found.items():
            lowest = 1 - self.depth.get(signal, 0)
            for boundary in self.boundaries(signal):
                step = boundary.index.offset
                pin = step >= 1
                told = boundary.value is not None and lowest <= step
                if not boundary.index.base and (pin or told):
                    steps.add(step)
        return {signal: tuple(sorted(steps)) for signal, steps in found.items() if steps}

    @property
    def length(self) -> str:
        """The symbol of the number of steps."""
        return self.circuit.length_of[self.axis]


def cut(circuit: Circuit, axis: str, keep: Iterable[str]) -> Cut:
    """Cut a circuit; UnfoldingError names, a line each, what cannot be streamed, and why."""
    if circuit.trees:
        raise UnfoldingError("a circuit over a tree cannot be streamed: give it the whole tree")
    found = Cut(circuit, axis, tuple(keep))
    problems = list(dict.fromkeys(_problems(found)))
    if problems:
        raise UnfoldingError("\n".join(problems))
    return found


def _problems(cut: Cut) -> Iterator[str]:
    for signal in cut.moving:
        for expression in cut.expressions(signal):
            every = range(len(expression.nodes))
            yield from _wrong(cut, signal, expression, every)
        for boundary in cut.boundaries(signal):
            if boundary.index.base and boundary.index.offset <= 0:
                told = f"{signal}[{boundary.index}] is pinned, {_WHY['end']}"
                yield f"'{signal}' cannot be streamed: {told}"
    for signal in cut.circuit.axis_of:
        if signal in cut.late:
            yield from _wrong_after(cut, signal)


def _wrong(cut: Cut, signal: str, expression: Expression, within: Iterable[int]) -> Iterator[str]:
    """What a step reads that is not there yet."""
    inside = frozenset(within)
    for node, what in cut.asks(expression):
        if node in inside:
            yield _told(signal, expression, node, _WHY[what])
    for node, read in expression.reads():
        if node in inside and read.signal in cut.late:
            yield _told(signal, expression, node, _WHY["all"])


def _wrong_after(cut: Cut, signal: str) -> Iterator[str]:
    """What is asked of all steps and cannot be gathered while they go by."""
    equation = cut.circuit.equation.get(signal)
    for expression in cut.expressions(signal):
        free = free_axes(expression, cut.circuit)
        for node, what in cut.asks(expression):
            read = expression.nodes[node]
            if equation is None or expression is not equation.expression:
                yield _told(signal, expression, node, _WHY[what])
            elif what == "end" and isinstance(read, Read) and read.index and read.index.offset > 0:
                yield _told(signal, expression, node, "past the last step")
            elif what == "all":
                beneath = gathered(expression, node)
                yield from _wrong(cut, signal, expression, beneath)
                if free[beneath[-1]] - {cut.axis}:
                    yield _told(signal, expression, node, "which moves along another axis too")


def gathered(expression: Expression, number: int) -> list[int]:
    """The nodes that a reduction reduces, operands first; the last one is its operand."""

    def operands(of: int) -> tuple[int, ...]:
        return getattr(expression.nodes[of], "operands", ())

    (body,) = operands(number)
    return nodes_beneath(body, operands)


def _told(signal: str, expression: Expression, node: int, why: str) -> str:
    mark = expression.mark(node)
    place = f" ({mark})" if mark is not None else ""
    return f"'{signal}' cannot be streamed: it reads {spell(expression, node)}{place}, {why}"
