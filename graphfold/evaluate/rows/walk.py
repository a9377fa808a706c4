"""Walk the unfolding of the longest row, all rows of a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.program import Program, Setting
from graphfold.evaluate.rows.needs import Key, Rows
from graphfold.evaluate.rows.program import Active, RowCompiler
from graphfold.evaluate.rows.store import Outside, RowStore
from graphfold.evaluate.value import Array, Value, fit
from graphfold.evaluate.walk import Walk
from graphfold.expression import Index
from graphfold.instances import Instance, format_id
from graphfold.shapes import Shapes
from graphfold.tables import Table


class RowWalk(Walk):
    """Evaluates equations at the steps that any row has; rows only ever meet their own values."""

    def __init__(
        self, setting: Setting, bound: Bound, inlined: Circuit, shapes: Shapes, rows: Rows
    ) -> None:
        circuit = setting.unfolding.circuit
        outside = Outside(circuit, rows, self.outside, self.core, setting.dtype)
        self.store, self.lengths, self.names = RowStore(outside), rows.lengths, rows.names
        super().__init__(replace(setting, store=self.store), bound, inlined, shapes)
        self.all_rows = np.ones(rows.lengths.batch, bool)
        self.declared: dict[str, list[Index]] = {}  # the boundaries of each signal
        for name, index in circuit.boundary:
            self.declared.setdefault(name, []).append(index)

    def instances(self) -> Iterator[Instance]:
        """The instances to compute, in order; boundaries appear where they are read."""
        axes, needed = self.setting.unfolding.circuit.axis_of, self.needed()
        counted = {axis: lengths.longest for axis, lengths in self.lengths.axes.items()}
        steps = {**dict(self.setting.unfolding.steps), **counted}
        for block in replace(self.setting.unfolding, steps=tuple(steps.items()), kept=None).blocks:
            if isinstance(block, Table) and block.sweep.axis in counted:
                whole = replace(block, missing=())  # in some row a step may be no pin
                for signal, step in whole:
                    if signal in needed and step is not None and 1 <= step <= whole.steps:
                        yield signal, step
            else:
                yield from (i for i in block if i[0] in needed and axes[i[0]] not in counted)

    def needed(self) -> set[str]:
        """All signals, or, when the unfolding is pruned, those that an output depends on."""
        circuit = self.setting.unfolding.circuit
        if self.setting.unfolding.kept is None:
            return set(circuit.signals)
        needed, waiting = set[str](), [output.name for output in circuit.outputs]
        while waiting:
            signal = waiting.pop()
            if signal not in needed:
                needed.add(signal)
                waiting += [link.source for link in circuit.links_into.get(signal, ())]
                keys = [(signal, index) for index in self.declared.get(signal, ())]
                values = [circuit.boundary[key].value for key in keys]
                waiting += [read.signal for v in values if v is not None for _, read in v.reads()]
        return needed

    def value(self, signal: str, step: int | None) -> Value:
        """The value of an instance, the rows' boundaries put in."""
        circuit = self.setting.unfolding.circuit
        if signal in circuit.declared and signal not in self.bound.values:
            own: Value | None = None  # no row needs it
        elif step is None or self.store.lengths(signal) is None:
            return super().value(signal, step)
        elif (signal, step) in self.store.outside.fixed:
            own = None  # a pin of every row that has the step
        elif signal in circuit.declared:
            whole = self.bound.values[signal]
            own = Value(whole.array[step - 1], whole.batched)
        else:
            own = self.equation(signal, step)
        if step is None or self.store.lengths(signal) is None:
            return self.store.blank(signal, 0)
        return self.store.blend(signal, step, own)

    def boundary(self, signal: str, step: int) -> Value:
        """A boundary over an axis that all rows have all steps of."""
        declared = self.setting.unfolding.boundary_value(signal, step)
        given = declared is None or declared.value is None
        if given and format_id(signal, step) not in self.bound.values:
            return self.store.blank(signal, 0)
        return super().boundary(signal, step)

    def outside(self, key: Key) -> Value | None:
        """A boundary by its key, for all rows; None when nobody gives it."""
        boundary = self.inlined.boundary.get(key)
        if boundary is None or boundary.value is None:
            return self.bound.values.get(self.names.get(key, ""))
        active = Active(self.lengths, self.all_rows)
        program = RowCompiler(boundary.value, self.setting, (), active).program()
        return fit(program.run({}), self.core(key[0]))

    def program(self, signal: str) -> Program:
        """Compile the equation of a signal."""
        equation = self.inlined.equation[signal]
        active = self.active(signal, equation.axis)
        shapes = self.shapes.nodes[signal]
        return RowCompiler(equation.expression, self.setting, shapes, active).program()

    def active(self, signal: str, axis: str | None) -> Active:
        """Which rows the equation of a signal holds for."""
        if axis is None or axis not in self.lengths.axes:
            return Active(self.lengths, self.all_rows)
        counts = self.lengths.axes[axis].counts
        indices = self.declared.get(signal, ())
        left = counts - sum(_inside(i.offset + counts * bool(i.base), counts) for i in indices)
        pins = tuple(i.offset for i in indices if i.base and i.offset <= 0)
        return Active(self.lengths, left > 0, axis, pins)


def _inside(step: Array, counts: Array) -> Array:
    mask: Array = (step >= 1) & (step <= counts)
    return mask.astype(np.int64)
