"""A circuit over trees compiled: recurrences over a tree height by height."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.levels.loop import TreeLoop
from graphfold.evaluate.compiled.levels.scope import TreeScope
from graphfold.evaluate.compiled.levels.vector import TreeVector, tree_scope
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.tracks import Track, empty_track
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.slots import leaves_id
from graphfold.evaluate.value import Array
from graphfold.expression import Expression


@dataclass
class TreeEngine(Engine):
    """Its scopes are `TreeScope`s."""

    def make_vector(self, signal: str, expression: Expression, scope: Scope) -> Vector:
        """An expression to evaluate: an equation, or, without known shapes, a boundary."""
        return TreeVector(expression, scope, self.shapes.nodes.get(signal, ()))

    def make_loop(self, axis: str, *parts: object) -> Loop:
        """A loop made of its parts."""
        return (TreeLoop if axis in self.circuit.trees else Loop)(axis, *parts)  # type: ignore[arg-type]

    def _track(self, scope: Scope, bound: Bound, signal: str) -> None:
        axis = str(self.circuit.axis_of[signal])
        if axis not in self.circuit.trees:
            super()._track(scope, bound, signal)
            return
        if signal in scope.tracks:
            return
        levels = tree_scope(scope).levels[axis]
        leaves = signal in self.circuit.leaf_signals
        first, last = 1 - levels.leaf_count * leaves, len(levels.steps)
        core = self.core(scope, signal)
        track = empty_track((first, last), scope.batch.get(signal), core, scope.dtype)
        scope.tracks[signal] = track
        if signal in self.circuit.declared:
            value = bound.values[signal]
            array = value.array[levels.steps - 1]
            spread = track.batched and not value.batched
            track.rows(1, last + 1)[...] = array[:, None] if spread else array
        if leaves and signal in scope.unfolding.leaf_signals:
            name = leaves_id(scope.unfolding, signal)
            self._named(name, lambda: self._leaves(scope, bound, signal))

    def _leaves(self, scope: Scope, bound: Bound, signal: str) -> None:
        """Fill in what a signal is at the leaves: leaf k stands at 1 - k."""
        tree, declared = self.circuit.tree_of(signal), self.circuit.leaf_history(signal)
        assert tree is not None
        axis = str(tree.leaves)
        if declared is None or declared.value is None:
            value = bound.values[leaves_id(scope.unfolding, signal)]
            flow = Flow(value.array, (axis,), value.batched)
        else:
            flow = self._boundary(scope, declared)
        track = scope.tracks[signal]
        rows = track.array[: 1 - track.first][::-1]
        front = rows.shape[: 1 + track.batched]
        array = spread_to(flow, (axis,), front)
        missing = rows.ndim - array.ndim
        rows[...] = array.reshape(*front, *(1,) * missing, *flow.core) if missing else array


def tree_results(scope: TreeScope, names: Iterable[str]) -> dict[str, Array]:
    """The values of signals, inner nodes in their own order."""
    found: dict[str, Array] = {}
    for name in names:
        axis = scope.unfolding.circuit.axis_of[name]
        if axis is None:
            found[name] = scope.statics[name].array
            continue
        track: Track = scope.tracks[name]
        array = track.rows(1, scope.unfolding.length(axis) + 1)
        if axis in scope.levels and len(array):
            array = array[scope.levels[axis].places - 1]
        found[name] = np.asarray(array)
    return found
