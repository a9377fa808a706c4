"""Compile an expression into a list of steps: nothing is looked up twice at evaluation.

Every node has a register. Nodes that depend on no step are computed once; the others at each
step of the equation, and those beneath `sum(… for t)` at all steps of the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.clocks import free_axes
from graphfold.errors import ValuesError, suggest
from graphfold.evaluate.blocks import block_of
from graphfold.evaluate.kernels import KERNELS
from graphfold.evaluate.overtime import reduce_steps
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Value
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    AttributeValue,
    Const,
    Expression,
    Node,
    Read,
)
from graphfold.instances import Instance
from graphfold.sizes import Shape, Size
from graphfold.unfolding import Unfolding

Steps = Mapping[str, int]
Registers = list[Value | None]
Run = Callable[[Sequence[Any], Steps], Value]
Locate = Callable[[Steps], Instance]


@dataclass(frozen=True)
class Setting:
    """What programs work in: the unfolding, sizes, dtype, bound functions and known values.

    `functions` are already wrapped: they take and give `Value`s. `batch` gives the size of the
    batch for each signal that has one.
    """

    unfolding: Unfolding
    sizes: Mapping[str, int]
    dtype: np.dtype[Any]
    functions: Mapping[str, Callable[..., Value]]
    batch: Mapping[str, int]
    store: dict[Instance, Value] = field(default_factory=dict)

    def number(self, value: Any) -> Value:
        """Make a value of a number or nested tuple in the working dtype."""
        return Value(np.asarray(value, self.dtype))


@dataclass
class Program:
    """A compiled expression; `static` fills the registers once, `moving` runs at each step."""

    static: list[tuple[int, Run]]
    moving: list[tuple[int, Run]]
    count: int
    registers: Registers | None = None

    def run(self, steps: Steps) -> Value:
        """Return the value of the expression at a step of each axis it moves along."""
        value = self.fill(steps)[-1]
        assert value is not None
        return value

    def fill(self, steps: Steps) -> Registers:
        """Return the values of all nodes outside of reductions over time."""
        if self.registers is None:
            self.registers = [None] * self.count
            run_all(self.static, self.registers, {})
        registers = self.registers.copy()
        run_all(self.moving, registers, steps)
        return registers


def run_all(runs: list[tuple[int, Run]], registers: Registers, steps: Steps) -> None:
    """Fill the registers of some nodes, in order."""
    for number, run in runs:
        registers[number] = run(registers, steps)


class Compiler:
    """Compiles one expression, given its nodes' shapes; for rows of different lengths, a subclass.

    Defined functions are inlined before.
    """

    def __init__(
        self, expression: Expression, setting: Setting, shapes: Sequence[Shape | None]
    ) -> None:
        self.expression, self.setting, self.shapes = expression, setting, shapes
        self.circuit = setting.unfolding.circuit
        self.free = free_axes(expression, self.circuit)

    def program(self) -> Program:
        """Return the steps, those that depend on no step apart."""
        numbers = block_of(self.expression, self.free, self.expression.root)
        runs = [(n, self.run(self.expression.nodes[n]), self.free[n]) for n in numbers]
        static = [(n, run) for n, run, axes in runs if not axes]
        moving = [(n, run) for n, run, axes in runs if axes]
        return Program(static, moving, len(self.expression.nodes))

    def run(self, node: Node) -> Run:
        """Compile a node."""
        if isinstance(node, Const):
            return _constant(self.setting.number(node.value))
        if isinstance(node, Read):
            return self.read(node)
        if node.operation in REDUCTIONS:
            return self.reduction(node)
        return self.apply(node)

    def read(self, node: Read) -> Run:
        """Compile the read of a signal."""
        store, locate = self.setting.store, self.locate(node)
        return lambda _registers, steps: store[locate(steps)]

    def locate(self, node: Read) -> Locate:
        """Compile which instance a read reads at which steps."""
        signal, index = node.signal, node.index
        axis = self.circuit.axis_of[signal]
        if index is None or axis is None:
            return lambda _steps: (signal, None)
        if index.base in self.circuit.tree_of_child:
            return self.locate_child(signal, index.base)
        if index.base != axis:
            fixed = self.setting.unfolding.resolve(index, axis)
            return lambda _steps: (signal, fixed)
        offset = index.offset
        return lambda steps: (signal, steps[axis] + offset)

    def locate_child(self, signal: str, child: str) -> Locate:
        """Compile which instance a signal over a tree is at a child."""
        axis = self.circuit.tree_of_child[child]
        place = self.circuit.trees[axis].children.index(child)
        rows = self.setting.unfolding.tree(axis).rows
        return lambda steps: (signal, rows[steps[axis] - 1][place])

    def reduction(self, node: Apply) -> Run:
        """Compile a sum, mean or maximum over all steps of an axis."""
        axis, (body,) = str(node.attribute("axis")), node.operands
        length = self.setting.unfolding.length(axis)
        every = self.every_step(axis, body, length)
        nothing = self.nothing(body) if length == 0 else None
        return lambda registers, steps: reduce_steps(
            node.operation, every(registers, steps), nothing
        )

    def every_step(
        self, axis: str, body: int, length: int
    ) -> Callable[[Sequence[Any], Steps], list[Value]]:
        """Compile a node to its values at steps 1..length of an axis."""
        inner = [(n, self.run(self.expression.nodes[n])) for n in self.inside(axis, body)]

        def run(registers: Sequence[Any], steps: Steps) -> list[Value]:
            values: list[Value] = []
            for step in range(1, length + 1):
                own = list(registers)
                run_all(inner, own, {**steps, axis: step})
                values.append(own[body])
            return values

        return run

    def inside(self, axis: str, body: int) -> list[int]:
        """Return the nodes beneath a reduction that are computed anew at each of its steps."""
        return [n for n in block_of(self.expression, self.free, body) if axis in self.free[n]]

    def nothing(self, body: int) -> Value:
        """Return the sum of no values: zeros, with a batch axis if the values would have one."""
        shape = [need(size, self.setting.sizes) for size in self.shapes[body] or ()]
        numbers = block_of(self.expression, self.free, body)
        nodes = [self.expression.nodes[n] for n in numbers]
        reads = [n.signal for n in nodes if isinstance(n, Read)]
        batch = [self.setting.batch[s] for s in reads if s in self.setting.batch][:1]
        return Value(np.zeros((*batch, *shape), self.setting.dtype), bool(batch))

    def apply(self, node: Apply) -> Run:
        """Compile an operation on earlier nodes."""
        setting, name = self.setting, node.operation
        if name == "step":
            axis = str(node.attribute("axis"))
            return lambda _registers, steps: setting.number(steps[axis])
        if name == "length":
            return _constant(setting.number(setting.unfolding.length(str(node.attribute("axis")))))
        if name == "size":
            return _constant(setting.number(self.attribute(node.attribute("size"))))
        if name == "call":
            return _kernel(setting.functions[str(node.attribute("function"))], node.operands, {})
        if name not in KERNELS:
            hint = suggest(name, KERNELS)
            raise ValuesError(f"operation '{name}' has no kernel in evaluate.KERNELS{hint}")
        attributes = {key: self.attribute(value) for key, value in node.attributes}
        return _kernel(KERNELS[name], node.operands, attributes)

    def attribute(self, value: AttributeValue) -> Any:
        """Turn sizes into numbers."""
        if isinstance(value, tuple):
            return tuple(self.attribute(v) for v in value)
        return need(value, self.setting.sizes) if isinstance(value, Size) else value


def _constant(value: Value) -> Run:
    return lambda _registers, _steps: value


def _kernel(
    kernel: Callable[..., Value], operands: tuple[int, ...], attributes: dict[str, Any]
) -> Run:
    if attributes:
        return lambda registers, _steps: kernel(*[registers[o] for o in operands], **attributes)
    return lambda registers, _steps: kernel(*[registers[o] for o in operands])
