"""A circuit compiled for batches whose rows differ in length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.rows.loop import RowLoop
from graphfold.evaluate.compiled.rows.scope import Patch, RowScope, end_keys
from graphfold.evaluate.compiled.rows.vector import RowVector, differs
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.tracks import Track, empty_track
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.rows.needs import Key
from graphfold.evaluate.value import Array, Value, fit
from graphfold.expression import Expression, Index
from graphfold.instances import format_id
from graphfold.reach import reached, reads_of
from graphfold.recurrence import Component


@dataclass
class RowEngine(Engine):
    """Its scopes are `RowScope`s, with lengths over the same axes in all runs."""

    def make_vector(self, signal: str, expression: Expression, scope: Scope) -> Vector:
        """An expression to evaluate: an equation, or, without known shapes, a boundary."""
        return RowVector(signal, expression, scope, self.shapes.nodes.get(signal, ()))

    def make_loop(self, *parts: Any) -> Loop:
        """A loop made of its parts."""
        return RowLoop(*parts)

    def _static(self, scope: Scope, bound: Bound, name: str) -> Flow:
        if name in self.circuit.declared and name not in bound.values:
            flow = Flow(np.zeros(self.core(scope, name), scope.dtype))  # no row needs it
        else:
            flow = super()._static(scope, bound, name)
        if name not in scope.batch or flow.batched:
            return flow
        assert isinstance(scope, RowScope)
        return Flow(np.broadcast_to(flow.array, (scope.batch_size, *flow.array.shape)), (), True)

    def _sequence(self, scope: Scope, bound: Bound, component: Component) -> None:
        assert isinstance(scope, RowScope)
        for signal in component.signals:
            if signal in self.circuit.boundaries_of:
                self._track(scope, bound, signal)
        super()._sequence(scope, bound, component)
        if component.direction is not None:
            for signal in component.signals:
                scope.restore(signal)

    def _all_steps(self, scope: Scope, signal: str) -> None:
        assert isinstance(scope, RowScope)
        if scope.ever(signal).any():
            super()._all_steps(scope, signal)
        scope.restore(signal)

    # -- boundaries -------------------------------------------------------------------------------

    def _track(self, scope: Scope, bound: Bound, signal: str) -> None:
        assert isinstance(scope, RowScope)
        axis = str(self.circuit.axis_of[signal])
        if signal in self.circuit.declared and signal not in bound.values:
            bound = self._with_nothing(scope, bound, signal, scope.unfolding.length(axis))
        if axis not in scope.counts:
            super()._track(scope, bound, signal)
        elif signal not in scope.tracks:
            self._row_track(scope, bound, signal)

    def _with_nothing(self, scope: Scope, bound: Bound, signal: str, length: int) -> Bound:
        zeros = Value(np.zeros((length, *self.core(scope, signal)), scope.dtype))
        return Bound({**bound.values, signal: zeros}, bound.sizes, bound.dtype, bound.batch)

    def _row_track(self, scope: RowScope, bound: Bound, signal: str) -> None:
        axis = str(self.circuit.axis_of[signal])
        length = scope.unfolding.length(axis)
        low, high = span = self._span(scope, signal, length)
        boundaries = self.circuit.boundaries_of.get(signal, ())
        given = bound.values[signal] if signal in self.circuit.declared else None
        if given is not None and not boundaries and span == (1, length):
            scope.tracks[signal] = _as_track(given, length, scope, signal in scope.batch)
            return
        track = empty_track(span, scope.batch.get(signal), self.core(scope, signal), scope.dtype)
        scope.tracks[signal] = track
        if given is not None:
            array = given.array[:length]
            spread = track.batched and not given.batched
            track.rows(1, length + 1)[...] = array[:, None] if spread else array
        for step in range(low, min(high, 0) + 1):
            self._free(scope, bound, signal, step)
        self._patches(scope, bound, signal)
        scope.restore(signal)

    def _span(self, scope: RowScope, signal: str, length: int) -> tuple[int, int]:
        """The first and last step that any row's reads look at."""
        counts = scope.counts[str(self.circuit.axis_of[signal])]
        shortest = int(counts.min(initial=length))
        steps = [1, length]
        for link in self.circuit.links:
            if link.source != signal:
                continue
            if link.index is None:
                steps += [1 - link.delay, length - link.delay]
            elif link.index.base:
                steps += [shortest + link.index.offset, length + link.index.offset]
            else:
                steps.append(link.index.offset)
        return (min(steps), max(steps))

    def _free(self, scope: RowScope, bound: Bound, signal: str, step: int) -> None:
        """Put in a history that the model says nothing about, or counts from the start."""
        value = self._value(scope, bound, (signal, Index("", step)))
        if value is not None:
            scope.tracks[signal].put(step, value.array, value.batched)

    def _patches(self, scope: RowScope, bound: Bound, signal: str) -> None:
        """Note the boundaries counted from each row's end, and those of certain steps."""
        axis, track = str(self.circuit.axis_of[signal]), scope.tracks[signal]
        fixed = [b.index for b in self.circuit.boundaries_of.get(signal, ()) if not b.index.base]
        counts, rows = scope.counts[axis], np.arange(scope.batch_size)
        last = track.first + len(track.array) - 1
        patches = []
        for key in end_keys(self.circuit, signal):
            value = self._value(scope, bound, key)
            if value is None:
                continue
            scope.ends[key] = value
            steps = counts + key[1].offset
            chosen = rows[(steps >= track.first) & (steps <= last)]
            values = value.array[chosen] if value.batched else value.array
            patches.append(Patch(steps[chosen], chosen, values))
        for index in fixed:
            value = self._value(scope, bound, (signal, index))
            if value is None or not track.first <= index.offset <= last:
                continue
            everywhere = value.array if value.batched or not track.batched else value.array[None]
            patches.append(Patch(np.array(index.offset), _all(track), everywhere))
        scope.patches[signal] = patches

    def _value(self, scope: RowScope, bound: Bound, key: Key) -> Flow | None:
        """The value of a boundary; None for one that no row needs and nobody gives."""
        assert scope.rows is not None
        signal, index = key
        boundary = self.circuit.boundary.get(key)
        if boundary is not None and boundary.value is not None:
            step = scope.unfolding.resolve(index, str(self.circuit.axis_of[signal]))
            flow = self._named(format_id(signal, step), partial(self._boundary, scope, boundary))
            value = Value(flow.array, flow.batched)
        elif (name := scope.rows.names.get(key, "")) in bound.values:
            value = bound.values[name]
        else:
            return None
        value = fit(value, self.core(scope, signal))
        return Flow(np.asarray(value.array, scope.dtype), (), value.batched)

    def _fill(self, scope: Scope, bound: Bound, signal: str, step: int) -> None:
        declared = scope.unfolding.boundary_value(signal, step)
        given = declared is None or declared.value is None
        if not given or format_id(signal, step) in bound.values:
            super()._fill(scope, bound, signal, step)


def _all(track: Track) -> Array:
    return np.arange(track.array.shape[1]) if track.batched else np.array(...)


def _as_track(given: Value, length: int, scope: RowScope, batched: bool) -> Track:
    array = given.array[:length]
    if batched and not given.batched:
        array = np.broadcast_to(array[:, None], (length, scope.batch_size, *array.shape[1:]))
    return Track(array, 1, batched)


def row_batches(circuit: Circuit, bound: Bound, counted: Iterable[str]) -> dict[str, int]:
    """Return the batch size of each signal that differs by rows."""
    if bound.batch is None:
        return {}
    axes = frozenset(counted)
    shared = {parameter.name for parameter in circuit.params}
    found = {name.partition("[")[0] for name, value in bound.values.items() if value.batched}
    for signal, axis in circuit.axis_of.items():
        if axis in axes and (signal not in shared or end_keys(circuit, signal)):
            found.add(signal)
    found |= {e.signal for e in circuit.equations if _counts(circuit, e.expression, axes)}
    found |= {
        b.signal
        for b in circuit.boundaries
        if b.value is not None and _counts(circuit, b.value, axes)
    }
    return dict.fromkeys(reached(found, reads_of(circuit)), bound.batch)


def _counts(circuit: Circuit, expression: Expression, axes: frozenset[str]) -> bool:
    """Whether an expression depends on the lengths: reads from the end, T and reductions do."""
    return any(differs(circuit, axes, node) for node in expression.nodes)
