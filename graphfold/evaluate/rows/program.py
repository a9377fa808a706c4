"""Compile an expression for rows that differ in length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.evaluate.kernels import KERNELS, STRUCTURAL, UNFAILING
from graphfold.evaluate.program import Compiler, Run, Setting, Steps
from graphfold.evaluate.rows.lengths import Lengths
from graphfold.evaluate.rows.overtime import reduce_rows
from graphfold.evaluate.rows.store import RowStore
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Array, Value
from graphfold.expression import Apply, Expression, Read
from graphfold.sizes import Shape


@dataclass(frozen=True, eq=False)
class Active:
    """Which rows an equation holds for: those of `ever` at some step at all.

    At step t of its `axis` it holds in rows that have step t, unless t is one of `pins`, counted
    from a row's end.
    """

    lengths: Lengths
    ever: Array
    axis: str | None = None
    pins: tuple[int, ...] = ()

    def rows(self, steps: Steps, reduced: frozenset[str]) -> Array:
        """Say for each row whether it counts; over a `reduced` axis all its steps do."""
        mask = self.ever
        for axis, step in steps.items():
            lengths = self.lengths.axes.get(axis)
            if lengths is None:
                continue
            mask = mask & lengths.valid(step)
            if axis == self.axis and axis not in reduced:
                for offset in self.pins:
                    mask = mask & (lengths.counts + offset != step)
        return mask


class RowCompiler(Compiler):
    """Reads from the end, T, reductions over time, and what may fail on padding."""

    def __init__(
        self,
        expression: Expression,
        setting: Setting,
        shapes: Sequence[Shape | None],
        active: Active,
    ) -> None:
        super().__init__(expression, setting, shapes)
        assert isinstance(setting.store, RowStore)
        self.store, self.active, self.reduced = setting.store, active, frozenset[str]()
        self.axes = active.lengths.axes

    def read(self, node: Read) -> Run:
        """Compile the read of a signal; one from the end finds each row's own end."""
        axis = self.circuit.axis_of[node.signal]
        index, store, signal = node.index, self.store, node.signal
        if axis is None or index is None or axis not in self.axes:
            return super().read(node)
        if index.base != self.circuit.length_of[axis]:
            return super().read(node)
        offset = index.offset
        return lambda _registers, _steps: store.at_end(signal, offset)

    def reduction(self, node: Apply) -> Run:
        """Compile a sum, mean or maximum over all the steps that each row has."""
        axis, (body,) = str(node.attribute("axis")), node.operands
        if axis not in self.axes:
            return super().reduction(node)
        outer, lengths = self.reduced, self.axes[axis]
        self.reduced = outer | {axis}
        every = self.every_step(axis, body, lengths.longest)
        self.reduced = outer

        def run(registers: Sequence[Any], steps: Steps) -> Value:
            values = every(registers, steps) or [self.nothing(body)]
            active = self.active.rows(steps, outer)
            return reduce_rows(node.operation, values, lengths, active)

        return run

    def nothing(self, body: int) -> Value:
        """Return zeros in the shape of a node, for every row."""
        shape = [need(size, self.setting.sizes) for size in self.shapes[body] or ()]
        return Value(np.zeros((self.active.lengths.batch, *shape), self.setting.dtype), True)

    def apply(self, node: Apply) -> Run:
        """Compile an operation; T is each row's own, and what may fail never sees padding."""
        name = node.operation
        if name == "length" and str(node.attribute("axis")) in self.axes:
            counts = self.axes[str(node.attribute("axis"))].counts
            own = Value(counts.astype(self.setting.dtype), True)
            return lambda _registers, _steps: own
        if name in UNFAILING or (name in STRUCTURAL and name != "call"):
            return super().apply(node)
        if name == "call":
            return self.guarded(node, self.setting.functions[str(node.attribute("function"))], {})
        if name not in KERNELS:
            return super().apply(node)  # which says so
        attributes = {key: self.attribute(value) for key, value in node.attributes}
        return self.guarded(node, KERNELS[name], attributes)

    def guarded(self, node: Apply, kernel: Callable[..., Value], attributes: dict[str, Any]) -> Run:
        """Run a kernel on the rows that count only; the others get zeros."""
        number, reduced = self.expression.nodes.index(node), self.reduced

        def run(registers: Sequence[Any], steps: Steps) -> Value:
            values: list[Value] = [registers[o] for o in node.operands]
            rows = self.active.rows(steps, reduced)
            if rows.all():
                return kernel(*values, **attributes)
            if not rows.any():
                return self.nothing(number)
            chosen = [Value(v.array[rows], True) if v.batched else v for v in values]
            found = kernel(*chosen, **attributes)
            if not found.batched:
                return found
            array = np.zeros((len(rows), *found.core), found.array.dtype)
            array[rows] = found.array
            return Value(array, True)

        return run
