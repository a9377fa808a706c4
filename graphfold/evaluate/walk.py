"""Walk an unfolding, instance by instance, in topological order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Boundary, Circuit
from graphfold.errors import TooLargeError, ValuesError
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.evaluation import no_steps
from graphfold.evaluate.program import Compiler, Program, Setting
from graphfold.evaluate.sizing import need
from graphfold.evaluate.slots import leaves_id
from graphfold.evaluate.value import Value, fit
from graphfold.instances import Instance, format_id
from graphfold.recurrence import BOUNDARY
from graphfold.shapes import Shapes


@dataclass
class Walk:
    """What a walk needs: the setting with the values so far, the given arrays, the circuit."""

    setting: Setting
    bound: Bound
    inlined: Circuit
    shapes: Shapes
    programs: dict[str, Program] = field(default_factory=dict)

    @np.errstate(all="ignore")  # infinities and NaN are values here, and shown as such
    def run(self) -> None:
        """Fill the store; ValuesError names the instance where numbers do not fit."""
        for instance in self.instances():
            try:
                value = self.value(*instance)
            except MemoryError as error:
                raise TooLargeError(f"{format_id(*instance)} does not fit into memory") from error
            except (ValuesError, ValueError, IndexError, OverflowError) as error:
                raise ValuesError(f"{format_id(*instance)}: {error}") from error
            self.setting.store[instance] = _frozen(value, self.setting.dtype)

    def instances(self) -> Iterator[Instance]:
        """The instances in topological order."""
        return self.setting.unfolding.instances()

    def value(self, signal: str, step: int | None) -> Value:
        """The value of an instance, all that it reads being in the store."""
        unfolding = self.setting.unfolding
        if step is not None and unfolding.is_boundary(signal, step):
            return self.boundary(signal, step)
        if signal in unfolding.circuit.declared:
            value = self.bound.values[signal]
            return value if step is None else Value(value.array[step - 1], value.batched)
        return self.equation(signal, step)

    def equation(self, signal: str, step: int | None) -> Value:
        """The value that the signal's equation gives at a step."""
        program = self.programs.get(signal)
        if program is None:
            program = self.programs[signal] = self.program(signal)
        axis = self.setting.unfolding.circuit.axis_of[signal]
        return program.run({} if axis is None or step is None else {axis: step})

    def program(self, signal: str) -> Program:
        """Compile the equation of a signal."""
        return self.compiler(signal).program()

    def boundary(self, signal: str, step: int) -> Value:
        """The value of a history, far boundary or pin."""
        declared = self.setting.unfolding.boundary_value(signal, step)
        if signal in self.setting.unfolding.leaf_signals:
            return self.leaf(signal, 1 - step, declared)
        if declared is None or declared.value is None:
            return self.bound.values[format_id(signal, step)]
        return fit(self.compiler(signal, declared).program().run({}), self.core(signal))

    def leaf(self, signal: str, leaf: int, declared: Boundary | None) -> Value:
        """A signal over a tree at a leaf."""
        tree = self.setting.unfolding.circuit.tree_of(signal)
        assert tree is not None
        if declared is None or declared.value is None:
            value = self.bound.values[leaves_id(self.setting.unfolding, signal)]
            return Value(value.array[leaf - 1], value.batched)
        program = self.programs.get(BOUNDARY + signal)
        if program is None:
            program = self.programs[BOUNDARY + signal] = self.compiler(signal, declared).program()
        return fit(program.run({str(tree.leaves): leaf}), self.core(signal))

    def compiler(self, signal: str, declared: Boundary | None = None) -> Compiler:
        """The compiler of the equation of a signal, or of what a boundary declares it to be."""
        if declared is not None and declared.value is not None:
            expression = self.inlined.boundary[signal, declared.index].value or declared.value
            return Compiler(expression, self.setting, ())
        expression = self.inlined.equation[signal].expression
        return Compiler(expression, self.setting, self.shapes.nodes[signal])

    def core(self, signal: str) -> tuple[int, ...]:
        """The sizes of a signal's core axes."""
        return tuple(need(s, self.setting.sizes) for s in self.shapes.signals[signal])

    def empty(self) -> dict[str, Value]:
        """Return the sequences of an axis that has no steps."""
        axes = self.setting.unfolding.circuit.axis_of
        return {
            signal: no_steps(self.core(signal), self.setting.batch.get(signal), self.setting.dtype)
            for signal, axis in axes.items()
            if axis is not None and self.setting.unfolding.length(axis) == 0
        }


def _frozen(value: Value, dtype: np.dtype[Any]) -> Value:
    """Protect an instance's numbers, which others may share; a user's operation may widen them."""
    array = np.asarray(value.array, dtype)
    array.flags.writeable = False
    return Value(array, value.batched)
