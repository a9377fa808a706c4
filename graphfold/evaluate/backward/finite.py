"""Watch gradients on their way back for the first that is not finite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from graphfold.errors import Diagnostic, FiniteWarning
from graphfold.evaluate.backward.program import Adjoint, Gradients, Target
from graphfold.evaluate.backward.rows import GroupWalk
from graphfold.evaluate.backward.walk import BackwardWalk
from graphfold.evaluate.program import Steps
from graphfold.evaluate.spelled import node_text
from graphfold.evaluate.value import Value
from graphfold.instances import Instance, format_id

Turn = Callable[..., BackwardWalk]


@dataclass
class Watch:
    """What was found; a gradient counts once, where it first is not finite."""

    found: FiniteWarning | None = None

    def turning(self, turn: Turn) -> Turn:
        """The same preparation of a walk back, and the walk is watched."""

        def watched(*arguments: Any) -> BackwardWalk:
            back = turn(*arguments)
            settings = {f.name: getattr(back, f.name) for f in fields(back)}
            return WatchedWalk(**settings, watch=self)

        return watched


@dataclass
class WatchedWalk(BackwardWalk):
    """Looks at each gradient as it is added to."""

    watch: Watch = field(default_factory=Watch)
    source: tuple[Instance, Value] | None = None

    def back(self, signal: str, step: int | None, gradient: Value) -> None:
        """Send an instance's gradient on."""
        self.source = (signal, step), gradient
        super().back(signal, step, gradient)

    def add(self, instance: Instance, gradient: Value, steps: Steps) -> None:
        """Add to the gradient of an instance."""
        super().add(instance, gradient, steps)
        total = self.gradients[instance]
        if self.watch.found is None and not np.isfinite(total.array).all():
            self.watch.found = self._warning(instance, gradient, total)

    def _warning(self, instance: Instance, part: Value, total: Value) -> FiniteWarning:
        assert self.source is not None
        wrong, name = ~np.isfinite(total.array), format_id(*instance)
        number, rows = total.array[wrong].flat[0], None
        if total.batched and not isinstance(self.walk, GroupWalk):  # which has some of the rows
            rows = int(wrong.any(axis=tuple(range(1, wrong.ndim))).sum()), len(wrong)
        of = "" if rows is None else f", in {rows[0]:,} of {rows[1]:,} rows"
        (signal, step), gradient = self.source
        reader, text = format_id(signal, step), ""
        if np.isfinite(part.array).all():
            what = "its parts are finite, their sum is not"
        elif not np.isfinite(gradient.array).all():
            what = f"so is the gradient of {reader} that it starts from"
        else:
            text = self._operation(signal, step, gradient)
            what = f"in {reader}, the derivative of {text} makes it from finite values"
        message = f"the gradient of {name} is the first that is not finite ({number}{of}): {what}"
        diagnostic = Diagnostic("values", "not-finite", message, None, instance[0], "warning")
        source = self.walk.setting.unfolding.circuit.source
        return FiniteWarning(diagnostic.placed(source), name, text, rows)

    def _operation(self, signal: str, step: int | None, gradient: Value) -> str:
        """The operation whose derivative it is: the first on the way back."""
        circuit = self.walk.setting.unfolding.circuit
        if signal in circuit.declared or self.walk.setting.unfolding.is_boundary(signal, step or 0):
            return "its equation"
        compiler, axis = self.walk.compiler(signal), circuit.axis_of[signal]
        steps = {} if axis is None or step is None else {axis: step}
        probe = _Probe(compiler, Target(self.live, self.functions, _nowhere))
        probe.run(gradient, steps)
        if probe.culprit is None:
            return "its equation"
        return node_text(compiler.expression, probe.culprit, circuit)


class _Probe(Adjoint):
    """Goes back through one expression and notes where a gradient stops being finite."""

    culprit: int | None = None

    def back(self, number: int) -> Any:
        """Compile the way back through a node, looking at what it does to its operands."""
        way, node = super().back(number), self.expression.nodes[number]
        operands = getattr(node, "operands", ())

        def watched(gradient: Value, registers: Any, steps: Steps, found: Gradients) -> None:
            way(gradient, registers, steps, found)
            values = [found[operand] for operand in operands]
            wrong = any(v is not None and not np.isfinite(v.array).all() for v in values)
            if wrong and self.culprit is None:
                self.culprit = number

        return watched


def _nowhere(instance: Instance, gradient: Value, steps: Steps) -> None:
    """Where the gradients of a probe go."""
