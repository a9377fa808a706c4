"""Run a circuit on a batch whose rows differ in length."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.compiled.fitting import Fitting, signature
from graphfold.evaluate.compiled.rows.engine import RowEngine, row_batches
from graphfold.evaluate.compiled.rows.scope import RowScope
from graphfold.evaluate.reference import fill_problems
from graphfold.evaluate.rows.needs import Rows, read_rows
from graphfold.evaluate.rows.padding import blank_padding
from graphfold.evaluate.value import Array, Value
from graphfold.recurrence import find_components
from graphfold.shapes import Shapes
from graphfold.unfolding import Unfolding


class Wish(NamedTuple):
    """The lengths that a caller gives, and how the result is to look."""

    lengths: Any
    batch_first: bool = False
    fill: float = 0


@dataclass
class RowRuns:
    """What is compiled of a circuit for batches with lengths; `inlined` are its functions."""

    circuit: Circuit
    inlined: Circuit
    shapes: Shapes
    keep: tuple[str, ...]
    functions: Mapping[str, Callable[..., Any]]
    engines: dict[object, RowEngine] = field(default_factory=dict)
    fitting: Fitting = field(default_factory=Fitting)

    def run(self, unfolding: Unfolding, values: Mapping[str, Any], wish: Wish) -> dict[str, Array]:
        """Return what is kept, by name: sequences as (T, B, …), `fill` in padding."""
        rows, wrong = read_rows(unfolding, wish.lengths)
        problems = [*function_problems(self.circuit, self.functions), *fill_problems(wish.fill)]
        bound = self._bind(unfolding, values, wish, (rows, [*problems, *wrong]))
        assert rows is not None  # else binding has said why
        scope, ordered = self._scope(unfolding, bound, rows)
        self._engine(scope).run(scope, ordered)
        return {name: self._result(unfolding, scope, (name, bound), wish) for name in self.keep}

    def _bind(
        self,
        unfolding: Unfolding,
        values: Mapping[str, Any],
        wish: Wish,
        found: tuple[Rows | None, list[str]],
    ) -> Bound:
        rows, problems = found
        key = None
        if rows is not None and not problems and not wish.batch_first:
            needs = (rows.needed, rows.declared, tuple(rows.names.items()), rows.lengths.batch)
            key = signature(values, unfolding.steps, tuple(rows.lengths.axes), needs)
            old = self.fitting.find(key, values)
            if old is not None:
                return replace(old, values=blank_padding(unfolding, old.values, rows.lengths))
        bound = bind(
            unfolding,
            self.shapes.signals,
            values,
            problems=problems,
            batch_first=wish.batch_first,
            rows=rows,
        )
        self.fitting.add(key, values, bound)
        return bound

    def _scope(self, unfolding: Unfolding, bound: Bound, rows: Rows) -> tuple[RowScope, Bound]:
        function, lengths = self.circuit.function, rows.lengths
        wrapped = {
            n: wrap(function[n], f, bound.sizes, bound.dtype) for n, f in self.functions.items()
        }
        longest = {axis: own.longest for axis, own in lengths.axes.items()}
        steps = {**dict(unfolding.steps), **longest}
        order = np.arange(lengths.batch)
        main = self._main_axis(longest)
        if main is not None:
            order = np.argsort(-lengths.axes[main].counts, kind="stable")
        scope = RowScope(
            replace(unfolding, steps=tuple(steps.items()), kept=None),
            bound.sizes,
            bound.dtype,
            wrapped,
            row_batches(self.inlined, bound, longest),
            rows=rows,
            counts={axis: own.counts[order] for axis, own in lengths.axes.items()},
            order=order,
        )
        return scope, self._ordered(bound, order)

    def _main_axis(self, counted: Mapping[str, int]) -> str | None:
        """The axis by whose lengths rows are sorted: the first that a recurrence runs along."""
        for component in find_components(self.inlined)[0]:
            axis = self.inlined.axis_of.get(component.signals[0])
            if component.direction is not None and axis in counted:
                return axis
        return None

    def _ordered(self, bound: Bound, order: Array) -> Bound:
        if (order[:-1] < order[1:]).all():
            return bound
        values = {}
        for name, value in bound.values.items():
            array = value.array
            if value.batched:
                lead = name in self.circuit.axis_of and self.circuit.axis_of[name] is not None
                array = array[:, order] if lead else array[order]
            values[name] = Value(array, value.batched)
        return Bound(values, bound.sizes, bound.dtype, bound.batch)

    def _engine(self, scope: RowScope) -> RowEngine:
        key = (
            tuple(scope.sizes.items()),
            scope.dtype,
            tuple(scope.batch.items()),
            tuple(scope.counts),
        )
        if key not in self.engines:
            self.engines[key] = RowEngine(self.inlined, self.shapes, self.keep)
        return self.engines[key]

    def _result(
        self, unfolding: Unfolding, scope: RowScope, what: tuple[str, Bound], wish: Wish
    ) -> Array:
        (name, bound), circuit = what, self.circuit
        axis, batched = circuit.axis_of[name], name in scope.batch
        if axis is None:
            array = scope.statics[name].array
            return array[np.argsort(scope.order)] if batched else array
        if circuit.kind_of(name) == "param":
            return bound.values[name].array
        steps, found = unfolding.length(axis), scope.unfolding.length(axis)
        array = scope.tracks[name].rows(1, found + 1)
        if not batched:
            return array
        whole = np.empty((steps, *array.shape[1:]), array.dtype)
        whole[:found, scope.order] = array
        fill = np.asarray(wish.fill).astype(array.dtype)
        whole[found:] = fill
        if axis in scope.counts and not scope.tables[axis].all():
            whole[:found][~scope.tables[axis][:, np.argsort(scope.order)]] = fill
        return whole.swapaxes(0, 1) if wish.batch_first else whole
