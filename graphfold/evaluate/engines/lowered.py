"""A circuit lowered to a namespace, for certain sizes: a pure function of its arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Boundary
from graphfold.errors import ValuesError
from graphfold.evaluate.compiled.engine import Engine, results
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.tracks import Track
from graphfold.evaluate.engines.columns import parts_of
from graphfold.evaluate.engines.flows import spread
from graphfold.evaluate.engines.recurrence import Recurrence
from graphfold.evaluate.engines.scope import ArrayScope, Pieces, Stretch
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.vector import ArrayVector
from graphfold.expression import Expression
from graphfold.instances import format_id
from graphfold.recurrence import BOUNDARY, Component, find_components


@dataclass
class ArrayEngine(Engine):
    """What `Engine` knows of a circuit, with expressions evaluated on a namespace."""

    space: Space = field(kw_only=True)

    def vector(self, scope: Any, signal: str) -> ArrayVector:
        """The expression of a signal's equation."""
        known = self.vectors.get(signal)
        if not isinstance(known, ArrayVector):
            expression = self.circuit.equation[signal].expression
            known = ArrayVector(expression, scope, self.shapes.nodes[signal], self.space)
            self.vectors[signal] = known
        return known


@dataclass
class Lowered:
    """Runs a circuit; of `scope` it keeps all but the values."""

    engine: ArrayEngine
    scope: ArrayScope
    batched: Mapping[str, bool]
    recurrences: dict[str, Recurrence] = field(default_factory=dict)

    def run(self, arrays: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by name; ValuesError where the sizes leave a value undefined."""
        with np.errstate(all="ignore"):  # infinities and NaN are values here
            return _Run(self, arrays).all()

    def recurrence(self, scope: ArrayScope, component: Component) -> Recurrence:
        """The component with its steps lowered."""
        first = component.signals[0]
        if first not in self.recurrences:
            loop = self.engine.loop(scope, component)
            parts = parts_of(component, loop.signals)
            self.recurrences[first] = Recurrence(self.engine.space, loop, parts)
        return self.recurrences[first]


class _Run:
    """One run: its values by name."""

    def __init__(self, lowered: Lowered, arrays: Mapping[str, Any]) -> None:
        self.lowered, self.arrays, self.engine = lowered, arrays, lowered.engine
        self.space, self.circuit = lowered.engine.space, lowered.engine.circuit
        kept = lowered.scope
        self.scope = ArrayScope(kept.unfolding, kept.sizes, kept.dtype, kept.functions, kept.batch)

    def all(self) -> dict[str, Any]:
        for component in find_components(self.circuit)[0]:
            first = component.signals[0]
            if first.startswith(BOUNDARY):
                self._boundaries(first.removeprefix(BOUNDARY))
            elif self.circuit.axis_of[first] is None:
                self.scope.statics[first] = _named(first, lambda: self._static(first))  # noqa: B023
            else:
                self._sequence(component)
        return results(self.scope, self.engine.keep)

    def _static(self, name: str) -> Flow:
        if name in self.circuit.declared:
            return Flow(self.arrays[name], (), self.lowered.batched[name])
        vector = self.engine.vector(self.scope, name)
        return vector.value(self.scope, vector.expression.root)

    def _sequence(self, component: Component) -> None:
        for signal in component.signals:
            self._boundaries(signal)
        first = component.signals[0]
        if component.direction is not None:
            recurrence = self.lowered.recurrence(self.scope, component)
            for signal, pieces in _named(first, lambda: recurrence.run(self.scope)).items():
                self._track(signal, pieces)
            return
        stretches = _named(first, lambda: list(self._all_steps(first)))
        self._track(first, Pieces(self.scope.rows[first], stretches))

    def _all_steps(self, signal: str) -> Iterator[Stretch]:
        """What is given of a signal, or its equation at all steps at once."""
        axis, scope = str(self.circuit.axis_of[signal]), self.scope
        length = scope.unfolding.length(axis)
        if signal in self.circuit.declared:
            flow = Flow(self.arrays[signal], (axis,), self.lowered.batched[signal])
        elif len(scope.unfolding.pins.get(signal, ())) < length:
            vector = self.engine.vector(scope, signal)
            flow = vector.value(scope, vector.expression.root)
        else:
            return
        front, core = (length, *scope.front(signal)), self.engine.core(scope, signal)
        array = self.space.cast(spread(self.space, flow, (axis,), front, core))
        if length:
            yield Stretch(1, array)

    def _track(self, signal: str, pieces: Pieces) -> None:
        length = self.scope.unfolding.length(str(self.circuit.axis_of[signal]))
        steps, (low, high) = self.scope.rows[signal], self.engine.reach(signal, length)
        span = (min([low, *steps]), max([high, *steps]))
        blank = (*self.scope.front(signal), *self.engine.core(self.scope, signal))
        array = pieces.put_together(self.space, span, blank)
        self.scope.tracks[signal] = Track(array, span[0], signal in self.scope.batch)

    def _boundaries(self, signal: str) -> None:
        """Compute the histories, far boundaries and pins of a signal."""
        rows = self.scope.rows
        if signal not in rows:
            rows[signal] = {}
            for step in self.engine.boundary_steps(self.scope, signal):
                rows[signal][step] = _named(
                    format_id(signal, step),
                    lambda: self._boundary(signal, step),  # noqa: B023
                )

    def _boundary(self, signal: str, step: int) -> Any:
        declared = self.scope.unfolding.boundary_value(signal, step)
        if declared is None or declared.value is None:
            name = format_id(signal, step)
            flow = Flow(self.arrays[name], (), self.lowered.batched[name])
        else:
            flow = self._evaluated(self._inlined(declared))
        front, core = self.scope.front(signal), self.engine.core(self.scope, signal)
        return self.space.cast(spread(self.space, flow, (), front, core))

    def _inlined(self, declared: Boundary) -> Expression:
        expression = self.circuit.boundary[declared.signal, declared.index].value
        assert expression is not None
        return expression

    def _evaluated(self, expression: Expression) -> Flow:
        vector = ArrayVector(expression, self.scope, (), self.space)
        return vector.value(self.scope, expression.root)


def _named(name: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (ValueError, IndexError, OverflowError) as error:
        raise ValuesError(f"{name}: {error}") from error
