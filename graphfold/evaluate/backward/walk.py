"""Walk an unfolding backwards: from a loss to every instance that it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graphfold.errors import ValuesError
from graphfold.evaluate.backward.derivative import Derivative
from graphfold.evaluate.backward.program import Adjoint, Target
from graphfold.evaluate.program import Steps
from graphfold.evaluate.value import Array, Value
from graphfold.evaluate.walk import Walk
from graphfold.instances import Instance, format_id
from graphfold.recurrence import BOUNDARY

Part = tuple[str, str, int]  # a parameter, an axis, a step


@dataclass
class BackwardWalk:
    """Fills `gradients` from a finished walk, and `parts`, the uses of some parameters by step.

    Only `live` signals get gradients; those not `kept` are let go when they have been used.
    """

    walk: Walk
    live: frozenset[str]
    kept: frozenset[str]
    functions: Mapping[str, Derivative]
    by_step: frozenset[str] = frozenset()
    gradients: dict[Instance, Value] = field(default_factory=dict)
    parts: dict[Part, Array] = field(default_factory=dict)
    own: set[Instance | Part] = field(default_factory=set)  # whose arrays may be added to
    adjoints: dict[str, Adjoint] = field(default_factory=dict)

    @np.errstate(all="ignore")  # infinities and NaN are values here, too
    def run(self, loss: Instance, gradient: Value) -> None:
        """Start with the gradient of a loss, which has the form of its value."""
        self.gradients[loss] = gradient
        for signal, step in reversed(list(self.walk.instances())):
            found = self.gradients.get((signal, step))
            if found is None or signal not in self.live:
                continue
            try:
                self.back(signal, step, found)
            except (ValuesError, ValueError) as error:
                raise ValuesError(f"{format_id(signal, step)}: {error}") from error
            if signal not in self.kept:
                del self.gradients[signal, step]

    def back(self, signal: str, step: int | None, gradient: Value) -> None:
        """Send an instance's gradient on to what it is computed from."""
        unfolding = self.walk.setting.unfolding
        if step is not None and unfolding.is_boundary(signal, step):
            self.boundary(signal, step, gradient)
        elif signal not in unfolding.circuit.declared:
            axis = unfolding.circuit.axis_of[signal]
            steps = {} if axis is None or step is None else {axis: step}
            if signal not in self.adjoints:
                self.adjoints[signal] = Adjoint(self.walk.compiler(signal), self.target())
            self.adjoints[signal].run(gradient, steps)

    def boundary(self, signal: str, step: int, gradient: Value) -> None:
        """A history, far boundary or pin that the model gives a value."""
        unfolding = self.walk.setting.unfolding
        declared = unfolding.boundary_value(signal, step)
        if declared is None or declared.value is None:
            return
        if signal not in unfolding.leaf_signals:
            Adjoint(self.walk.compiler(signal, declared), self.target()).run(gradient, {})
            return
        tree, name = unfolding.circuit.tree_of(signal), BOUNDARY + signal
        assert tree is not None
        if name not in self.adjoints:
            compiler = self.walk.compiler(signal, declared)
            self.adjoints[name] = Adjoint(compiler, self.target())
        self.adjoints[name].run(gradient, {str(tree.leaves): 1 - step})

    def target(self) -> Target:
        """Where the gradients of reads go."""
        return Target(self.live, self.functions, self.add, bool(self.by_step))

    def add(self, instance: Instance, gradient: Value, steps: Steps) -> None:
        """Add to the gradient of an instance, and to the part that a step has in it."""
        array = np.asarray(gradient.array, self.walk.setting.dtype)
        before = self.gradients.get(instance)
        total = array if before is None else self.sum(instance, before.array, array)
        self.gradients[instance] = Value(total, gradient.batched)
        if instance[0] in self.by_step and steps:
            axis, step = next(iter(steps.items()))  # of the equation, else of the sum around
            part = instance[0], axis, step
            earlier = self.parts.get(part)
            self.parts[part] = array if earlier is None else self.sum(part, earlier, array)

    def sum(self, key: Instance | Part, before: Array, more: Array) -> Array:
        """Add two arrays, in place when the first is nobody else's."""
        if key in self.own:
            before += more
            return before
        self.own.add(key)
        return np.asarray(before + more)
