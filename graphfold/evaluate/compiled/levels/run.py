"""Run a circuit over trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.compiled.levels.engine import TreeEngine, tree_results
from graphfold.evaluate.compiled.levels.order import Levels, levels_of
from graphfold.evaluate.compiled.levels.scope import TreeScope
from graphfold.evaluate.reference import batches
from graphfold.evaluate.rows.needs import read_rows
from graphfold.evaluate.value import Array
from graphfold.shapes import Shapes
from graphfold.trees import Tree
from graphfold.unfold import unfold
from graphfold.unfolding import Unfolding


class Span(NamedTuple):
    """What a circuit is unfolded over: the steps of its plain axes, and its trees."""

    steps: int | Mapping[str, int] | None = None
    tree: Any = None


@dataclass
class TreeRuns:
    """What is compiled of a circuit over trees; `inlined` are its functions."""

    circuit: Circuit
    inlined: Circuit
    shapes: Shapes
    keep: tuple[str, ...]
    functions: Mapping[str, Callable[..., Any]]
    engines: dict[object, TreeEngine] = field(default_factory=dict)
    _last: tuple[object, Unfolding, Mapping[str, Levels]] | None = None

    def run(
        self, span: Span, values: Mapping[str, Any], lengths: Any = None, batch_first: bool = False
    ) -> dict[str, Array]:
        """Return what is kept, by name: (T, …) or (T, B, …), T being the inner nodes."""
        unfolding, levels = self._unfolded(span)
        _, wrong = read_rows(unfolding, lengths)
        if wrong:
            raise ValuesError("\n".join(wrong))
        bound = bind(
            unfolding,
            self.shapes.signals,
            values,
            problems=function_problems(self.circuit, self.functions),
            batch_first=batch_first,
        )
        scope = self._scope(unfolding, bound, levels)
        self._engine(scope).run(scope, bound)
        found = tree_results(scope, self.keep)
        if batch_first:
            moving = {n for n in self.keep if n in scope.batch and self.circuit.axis_of[n]}
            return {n: a.swapaxes(0, 1) if n in moving else a for n, a in found.items()}
        return found

    def explained(self, sizes: Mapping[str, int]) -> tuple[TreeEngine, TreeScope]:
        """An engine, and a scope over the smallest tree."""
        tree = {
            name: tuple("w" for _ in axis.children) for name, axis in self.circuit.trees.items()
        }
        plain = {a.name: 1 for a in self.circuit.axes if not self.circuit.is_of_tree(a.name)}
        unfolding, levels = self._unfolded(Span(plain or None, tree))
        scope = TreeScope(unfolding, sizes, np.dtype(float), {}, {}, levels=levels)
        return self._engine(scope), scope

    def _unfolded(self, span: Span) -> tuple[Unfolding, Mapping[str, Levels]]:
        """The unfolding; that of the last run if it was over the same."""
        kept = isinstance(span.tree, str | Tree) and span.steps is None
        if kept and self._last is not None and self._last[0] == span.tree:
            return self._last[1:]
        unfolding = unfold(self.circuit, span.steps, tree=span.tree)
        levels = {axis: levels_of(tree) for axis, tree in unfolding.trees}
        if kept:
            self._last = (span.tree, unfolding, levels)
        return unfolding, levels

    def _scope(self, unfolding: Unfolding, bound: Bound, levels: Mapping[str, Levels]) -> TreeScope:
        function = self.circuit.function
        wrapped = {
            n: wrap(function[n], f, bound.sizes, bound.dtype) for n, f in self.functions.items()
        }
        batch = batches(self.circuit, bound, None)
        return TreeScope(unfolding, bound.sizes, bound.dtype, wrapped, batch, levels=levels)

    def _engine(self, scope: TreeScope) -> TreeEngine:
        key = (tuple(scope.sizes.items()), scope.dtype, tuple(scope.batch.items()))
        if key not in self.engines:
            self.engines[key] = TreeEngine(self.inlined, self.shapes, self.keep)
        return self.engines[key]
