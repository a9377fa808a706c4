"""One run of a lowered circuit: its components in topological order, and what each gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphfold.circuit import Boundary
from graphfold.errors import ValuesError
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.tracks import Track
from graphfold.evaluate.engines.columns import apart, parts_of
from graphfold.evaluate.engines.flows import spread
from graphfold.evaluate.engines.recurrence import Recurrence
from graphfold.evaluate.engines.scope import ArrayScope, Pieces, Stretch
from graphfold.evaluate.engines.vector import ArrayVector
from graphfold.expression import Expression
from graphfold.instances import format_id
from graphfold.recurrence import BOUNDARY, Component, find_components


@dataclass(frozen=True)
class Given:
    """Arrays by name, and which of them have a batch axis."""

    arrays: Mapping[str, Any]
    batched: Mapping[str, bool]

    def flow(self, name: str, axes: tuple[str, ...] = ()) -> Flow:
        """An array that moves along these axes."""
        return Flow(self.arrays[name], axes, self.batched[name])


class Run:
    """One run: its values by name."""

    def __init__(
        self,
        engine: Engine,
        scope: ArrayScope,
        given: Given,
        recurrences: dict[str, Recurrence],
    ) -> None:
        self.engine, self.scope, self.given = engine, scope, given
        self.space, self.circuit, self.recurrences = scope.space, engine.circuit, recurrences

    def all(self) -> dict[str, Any]:
        """The outputs by name."""
        for component in find_components(self.circuit)[0]:
            first = component.signals[0]
            if first.startswith(BOUNDARY):
                self.boundaries(first.removeprefix(BOUNDARY))
            elif self.circuit.axis_of[first] is None:
                self.scope.statics[first] = named(first, lambda: self._static(first))  # noqa: B023
            else:
                self._sequence(component)
        return self.scope.filled({name: self._whole(name) for name in self.engine.keep})

    def _whole(self, name: str) -> Any:
        axis = self.circuit.axis_of[name]
        if axis is None:
            return self.scope.statics[name].array
        return self.scope.tracks[name].rows(1, self.scope.unfolding.length(axis) + 1)

    def _static(self, name: str) -> Flow:
        if name in self.circuit.declared:
            return self.given.flow(name)
        vector = self.engine.vector(self.scope, name)
        return vector.value(self.scope, vector.expression.root)

    def _sequence(self, component: Component) -> None:
        for signal in component.signals:
            self.boundaries(signal)
        first = component.signals[0]
        if component.direction is not None:
            recurrence = self._recurrence(component)
            for signal, pieces in named(first, lambda: recurrence.run(self.scope)).items():
                self._track(signal, pieces)
            return
        stretches = named(first, lambda: list(self._all_steps(first)))
        self._track(first, Pieces(self.scope.rows[first], stretches))

    def _recurrence(self, component: Component) -> Recurrence:
        first = component.signals[0]
        if first not in self.recurrences:
            loop = self.engine.loop(self.scope, component)
            parts = parts_of(component, loop.signals)
            if any(self.scope.pins_within(signal) for signal in loop.signals):
                parts = apart(parts)  # so that a pin is put in before others read it
            self.recurrences[first] = Recurrence(self.space, loop, parts)
        return self.recurrences[first]

    def _all_steps(self, signal: str) -> Iterator[Stretch]:
        """What is given of a signal, or its equation at all steps at once."""
        axis, scope = str(self.circuit.axis_of[signal]), self.scope
        length = scope.unfolding.length(axis)
        if signal in self.circuit.declared:
            flow = scope.padded(self.given.flow(signal, (axis,)))
        elif len(scope.pins(signal)) < length:
            vector = self.engine.vector(scope, signal)
            flow = vector.value(scope, vector.expression.root)
        else:
            return
        front, core = (length, *scope.front(signal)), self.engine.core(scope, signal)
        array = self.space.cast(spread(self.space, flow, (axis,), front, core))
        if length:
            yield Stretch(1, scope.blend_steps(signal, 1, array))

    def _track(self, signal: str, pieces: Pieces) -> None:
        length = self.scope.unfolding.length(str(self.circuit.axis_of[signal]))
        reach = (*self.engine.reach(signal, length), *self.scope.rows[signal])
        span = (min(reach), max(reach))
        blank = (*self.scope.front(signal), *self.engine.core(self.scope, signal))
        array = pieces.put_together(self.space, span, blank)
        self.scope.tracks[signal] = Track(array, span[0], signal in self.scope.batch)

    def boundaries(self, signal: str) -> None:
        """Compute the histories, far boundaries and pins of a signal, once."""
        if signal not in self.scope.rows:
            self.scope.rows[signal] = {}
            self.fill(signal)

    def fill(self, signal: str) -> None:
        """Compute the boundaries of a signal."""
        rows = self.scope.rows[signal]
        for step in self.engine.boundary_steps(self.scope, signal):
            rows[step] = named(
                format_id(signal, step),
                lambda: self._boundary(signal, step),  # noqa: B023
            )

    def _boundary(self, signal: str, step: int) -> Any:
        declared = self.scope.unfolding.boundary_value(signal, step)
        if declared is None or declared.value is None:
            return self.fitted(signal, self.given.flow(format_id(signal, step)))
        return self.fitted(signal, self.evaluated(declared))

    def fitted(self, signal: str, flow: Flow) -> Any:
        """A value in the shape of a signal at one step."""
        front, core = self.scope.front(signal), self.engine.core(self.scope, signal)
        return self.space.cast(spread(self.space, flow, (), front, core))

    def evaluated(self, declared: Boundary) -> Flow:
        """The value that a model gives a boundary."""
        expression: Expression | None
        expression = self.circuit.boundary[declared.signal, declared.index].value
        assert expression is not None
        vector = ArrayVector(expression, self.scope, (), self.space)
        return vector.value(self.scope, expression.root)


def named(name: str, act: Callable[[], Any]) -> Any:
    """What an action gives; ValuesError that names the signal where it fails."""
    try:
        return act()
    except (ValueError, IndexError, OverflowError) as error:
        raise ValuesError(f"{name}: {error}") from error
