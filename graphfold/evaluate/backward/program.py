"""The reverse of a compiled expression: from the gradient of its value to those of its reads.

The values of inner nodes are computed once more for it, so that a walk keeps instances only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.differentiate.sweep import live_nodes
from graphfold.errors import ValuesError
from graphfold.evaluate.backward.along import max_share
from graphfold.evaluate.backward.derivative import Application, Derivative, unbroadcast
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.blocks import block_of
from graphfold.evaluate.overtime import stack_steps
from graphfold.evaluate.program import Compiler, Program, Registers, Run, Steps, run_all
from graphfold.evaluate.value import Array, Value
from graphfold.expression import REDUCTIONS, Apply, Read
from graphfold.instances import Instance

Sink = Callable[[Instance, Value, Steps], None]
Gradients = list[Value | None]
Back = Callable[[Value, Registers, Steps, Gradients], None]
Backs = list[tuple[int, Back]]


@dataclass(frozen=True)
class Target:
    """Where gradients go: the signals that want one, derivatives of functions, and a sink.

    With `by_step` the terms of a sum over time reach the sink one by one.
    """

    signals: frozenset[str]
    functions: Mapping[str, Derivative]
    sink: Sink
    by_step: bool = False


class Adjoint:
    """Takes the gradient of an expression's value back to what the expression reads."""

    def __init__(self, compiler: Compiler, target: Target) -> None:
        self.compiler, self.target = compiler, target
        self.expression = compiler.expression
        self.live = live_nodes(self.expression, target.signals)
        self.program: Program = compiler.program()
        outside = block_of(self.expression, compiler.free, self.expression.root)
        self.outer: Backs = self.backs(outside)

    def run(self, gradient: Value, steps: Steps) -> None:
        """Send the gradient of the value at a step of each axis to the reads."""
        registers = self.program.fill(steps)
        found: Gradients = [None] * len(registers)
        value = registers[-1]
        assert value is not None
        found[-1] = unbroadcast(*gradient, value)  # a history may have been repeated
        pull_back(self.outer, found, registers, steps)

    def backs(self, numbers: Sequence[int]) -> Backs:
        """Compile the way back through some nodes, the last one first."""
        return [(n, self.back(n)) for n in reversed(numbers) if self.live[n]]

    def back(self, number: int) -> Back:
        """Compile the way back through a node."""
        node = self.expression.nodes[number]
        if isinstance(node, Read):
            return self.read(node)
        assert isinstance(node, Apply)
        if node.operation in REDUCTIONS:
            return self.reduction(number, node)
        return self.apply(number, node)

    def read(self, node: Read) -> Back:
        """Compile a read: its gradient is the instance's."""
        locate, sink = self.compiler.locate(node), self.target.sink
        return lambda gradient, _registers, steps, _found: sink(locate(steps), gradient, steps)

    def apply(self, number: int, node: Apply) -> Back:
        """Compile an operation."""
        derivative = derivative_of(node, self.target.functions)
        operands, own = node.operands, self.compiler.attribute
        named = {} if node.operation == "call" else dict(node.attributes)
        attributes = {name: own(value) for name, value in named.items()}
        places = [place for place, operand in enumerate(operands) if self.live[operand]]

        def back(g: Value, registers: Registers, steps: Steps, found: Gradients) -> None:
            values: list[Any] = [registers[operand] for operand in operands]
            result: Any = registers[number]
            pulled = derivative(Application(g, result, values, attributes), places)
            for place, value in zip(places, pulled, strict=True):
                _add(found, operands[place], value)

        return back

    def reduction(self, number: int, node: Apply) -> Back:
        """Compile a sum, mean or maximum over all steps of an axis."""
        axis, (body,) = str(node.attribute("axis")), node.operands
        length = self.compiler.setting.unfolding.length(axis)
        inside = self.compiler.inside(axis, body)
        inner = [(n, self.compiler.run(self.expression.nodes[n])) for n in inside]
        backs, share = self.backs(inside), _SHARES[node.operation]

        def back(g: Value, registers: Registers, steps: Steps, found: Gradients) -> None:
            every = _Every(inner, body, registers, {**steps}, axis, length)
            shares = share(g, registers[number], every)
            apart = self.target.by_step and not steps
            around = [found[n] for n in inside]  # `sum(h[t] for t) + h[t]` has h[t] twice
            for n in inside:
                found[n] = None
            for step in range(length, 0, -1):
                own, at = every.registers_at(step), {**steps, axis: step}
                gradients: Gradients = [None] * len(found) if apart else found
                value = own[body]
                assert value is not None
                _add(gradients, body, unbroadcast(*shares(step), value))
                pull_back(backs, gradients, own, at)
                if apart:
                    pull_back(self.outer, gradients, registers, at)
            for n, gradient in zip(inside, around, strict=True):
                found[n] = gradient

        return back


@dataclass(frozen=True)
class _Every:
    """The values beneath a reduction, step by step."""

    inner: list[tuple[int, Run]]
    body: int
    registers: Registers
    steps: Steps
    axis: str
    length: int

    def registers_at(self, step: int) -> Registers:
        own = list(self.registers)
        run_all(self.inner, own, {**self.steps, self.axis: step})
        return own

    def stacked(self) -> Value:
        values = [self.registers_at(step)[self.body] for step in range(1, self.length + 1)]
        return stack_steps([value for value in values if value is not None])


def pull_back(backs: Backs, found: Gradients, registers: Registers, steps: Steps) -> None:
    """Take the gradients of nodes back through them, the last one first."""
    for number, back in backs:
        gradient = found[number]
        if gradient is not None:
            found[number] = None
            back(gradient, registers, steps, found)


def _add(found: Gradients, number: int, value: Value | None) -> None:
    if value is None:
        return
    before = found[number]
    if before is not None:
        value = Value(np.asarray(before.array + value.array), value.batched)
    found[number] = value


def derivative_of(node: Apply, functions: Mapping[str, Derivative]) -> Derivative:
    """The derivative of an operation or opaque function; ValuesError when there is none."""
    name = node.operation
    if name == "call":
        name = str(node.attribute("function"))
        if name not in functions:
            cure = f"bind one with functions={{'{name}': (function, derivative)}}"
            raise ValuesError(f"function {name} is opaque and has no derivative; {cure}")
        return functions[name]
    if name not in DERIVATIVES:
        cure = "give one to register_operation(…, derivative=…)"
        raise ValuesError(f"operation '{name}' has no derivative; {cure}")
    return DERIVATIVES[name]


# -- how the steps of a reduction share its gradient --------------------------------------------

Shares = Callable[[int], Value]


def _sum(g: Value, result: Value | None, every: _Every) -> Shares:
    return lambda _step: g


def _mean(g: Value, result: Value | None, every: _Every) -> Shares:
    share = Value(np.asarray(g.array / g.array.dtype.type(every.length)), g.batched)
    return lambda _step: share


def _max(g: Value, result: Value | None, every: _Every) -> Shares:
    assert result is not None
    steps = every.stacked().array
    shares: Array = max_share(g.array[None], result.array[None], steps, 0)
    return lambda step: Value(shares[step - 1], g.batched)


_SHARES = {"sum_over": _sum, "mean_over": _mean, "max_over": _max}
