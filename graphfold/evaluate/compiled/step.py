"""One step of a recurrence as a list of operations, what does not recur taken out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.spelling import Spelling
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Value
from graphfold.expression import REDUCTIONS, Apply, Read

Kind = Literal["operation", "static", "hoisted", "state"]


class Ref(NamedTuple):
    """An operand: an operation of the step, a value outside of it, or a state `delay` steps ago.

    `number` counts operations, or outside values; `signal` names a state.
    """

    kind: Kind
    number: int = 0
    signal: str = ""


class Fact(NamedTuple):
    """What is known of a value before it is there; `axes` are clocks other than the loop's."""

    core: tuple[int, ...]
    batched: bool = False
    axes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """An operation of the step; `kernel` is None for reductions over another clock."""

    name: str
    operands: tuple[Ref, ...]
    fact: Fact
    attributes: tuple[tuple[str, Any], ...] = ()
    kernel: Callable[..., Value] | None = None


@dataclass(frozen=True)
class Outside:
    """A node of an equation that the loop does not compute."""

    signal: str
    node: int


@dataclass
class Step:
    """The operations of one step in order, and the value of each signal of the recurrence.

    With `shifts`, signals are computed at steps that are so much earlier than that of the loop.
    """

    axis: str
    signals: tuple[str, ...]
    shifts: Mapping[str, int] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    facts: dict[Ref, Fact] = field(default_factory=dict)
    roots: dict[str, Ref] = field(default_factory=dict)

    def delays(self) -> dict[Ref, None]:
        """The states that are read."""
        return {ref: None for ref in self.facts if ref.kind == "state"}


class Lowering:
    """Puts the equations of a component into one step; `cores` are the shapes of its signals.

    A signal that the step does not compute, since it is pinned there, is read as it stands.
    """

    def __init__(
        self,
        scope: Scope,
        vectors: Mapping[str, Vector],
        cores: Mapping[str, tuple[int, ...]],
        step: Step,
    ) -> None:
        self.scope, self.vectors, self.step, self.cores = scope, vectors, step, cores
        self._known: dict[object, Ref] = {}
        self._own = ""
        self._spelling = Spelling()

    def run(self) -> Step:
        """Lower all equations, in the order in which a step computes them."""
        for signal in self.step.signals:
            self._own = signal
            self.step.roots[signal] = self._equation(signal, self.vectors[signal])
        return self.step

    def _equation(self, signal: str, vector: Vector) -> Ref:
        inside, spelt = (
            self._inside(vector),
            self._spelling.of(vector.expression, self.step.shifts.get(signal, 0)),
        )
        refs: dict[int, Ref] = {}
        root = vector.expression.root
        for number in _reached(vector, root, inside):
            if not inside[number]:
                refs[number] = self._outside(signal, vector, number, spelt[number])
            else:
                refs[number] = self._node(vector, number, refs)
        return refs[root]

    def _inside(self, vector: Vector) -> list[bool]:
        """Which nodes depend on the recurrence itself."""
        found: list[bool] = []
        for node in vector.expression.nodes:
            if isinstance(node, Read):
                found.append(node.signal in self.cores and self._moves(node))
            elif isinstance(node, Apply):
                found.append(any(found[o] for o in node.operands))
            else:
                found.append(False)
        return found

    def _moves(self, node: Read) -> bool:
        """Whether a read moves with the loop: what h[0] is, is known before."""
        return node.index is not None and node.index.base == self.step.axis

    def _outside(self, signal: str, vector: Vector, number: int, spelt: int) -> Ref:
        kind: Kind = "hoisted" if self.step.axis in vector.free[number] else "static"
        key = ("outside", spelt)
        if key not in self._known:
            self._known[key] = Ref(kind, len(self.step.outside))
            self.step.outside.append(Outside(signal, number))
            self.step.facts[self._known[key]] = self._fact(vector, number)
        return self._known[key]

    def _node(self, vector: Vector, number: int, refs: Mapping[int, Ref]) -> Ref:
        node = vector.expression.nodes[number]
        if isinstance(node, Read):
            return self._state(node.signal, self._delay(self._own, node))
        assert isinstance(node, Apply)
        kernel, attributes = None, dict[str, Any]()
        if node.operation in REDUCTIONS:
            attributes = {"axis": str(node.attribute("axis"))}
        else:
            kernel, attributes = vector.kernel(self.scope, node)
        operands = tuple(refs[o] for o in node.operands)
        fact = self._fact(vector, number, operands)
        name = str(node.attribute("function")) if node.operation == "call" else node.operation
        call = node.operation == "call"
        made = Operation(
            "call" if call else node.operation, operands, fact, tuple(attributes.items()), kernel
        )
        return self._add((name, call, operands, made.attributes), made)

    def _add(self, key: object, made: Operation) -> Ref:
        if key not in self._known:
            self._known[key] = Ref("operation", len(self.step.operations))
            self.step.operations.append(made)
            self.step.facts[self._known[key]] = made.fact
        return self._known[key]

    def _delay(self, own: str, node: Read) -> int:
        shifts = self.step.shifts
        shift = shifts.get(own, 0) - shifts.get(node.signal, 0)
        return shift - node.index.offset if node.index is not None else shift

    def _state(self, signal: str, delay: int) -> Ref:
        if delay == 0 and signal in self.step.roots:
            return self.step.roots[signal]
        ref = Ref("state", delay, signal)
        self.step.facts[ref] = self._state_fact(signal)
        return ref

    def _state_fact(self, signal: str) -> Fact:
        return Fact(self.cores[signal], signal in self.scope.batch)

    def _fact(self, vector: Vector, number: int, operands: Sequence[Ref] = ()) -> Fact:
        sizes = vector.shapes[number]
        core = tuple(need(s, self.scope.sizes) for s in sizes or () if s is not None)
        free = tuple(sorted(vector.free[number] - {self.step.axis}))
        if operands:
            batched = any(self.step.facts[o].batched for o in operands)
        else:
            batched = vector.is_batched(self.scope, number)
        return Fact(core, batched, free)


def _reached(vector: Vector, root: int, inside: Sequence[bool]) -> list[int]:
    """The nodes beneath the root, down to those outside of the loop, operands first."""
    found, pending = {root}, [root]
    while pending:
        number = pending.pop()
        new = [o for o in vector.operands(number) if inside[number] and o not in found]
        found.update(new)
        pending += new
    return sorted(found)
