"""A recurrence compiled: its code, and running it over the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.emit import Code, emit, given
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.fuse import Fused, Product, fuse, kind_of
from graphfold.evaluate.compiled.ready import Ready, Recipe, Values, recipe_of
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.skew import ShiftedValues, Stretch, stretches
from graphfold.evaluate.compiled.step import Fact, Lowering, Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array


@dataclass
class Body:
    """One step compiled."""

    step: Step
    fused: Fused
    code: Code
    function: Callable[..., None]
    recipes: Mapping[int, Recipe]

    def run(self, rows: Mapping[str, Array], arrays: Mapping[str, Array]) -> None:
        """Run the steps that `rows` hold."""
        known = {**self.code.memory, **self.code.calls, **given(), **arrays}
        self.function(**rows, **known)


@dataclass
class Loop:
    """A component of signals that need each other, along one axis, perhaps backward."""

    axis: str
    signals: tuple[str, ...]
    backward: bool
    vectors: Mapping[str, Vector]
    cores: Mapping[str, tuple[int, ...]]
    kept: frozenset[str]
    shifts: Mapping[str, int] = field(default_factory=dict)
    bodies: dict[frozenset[str], Body] = field(default_factory=dict)

    def run(self, scope: Scope) -> None:
        """Fill the tracks of the component's signals."""
        values = self.values(scope)
        prepared: dict[frozenset[str], Prepared] = {}
        for pinned, start, stop in self.stretches(scope):
            if pinned.issuperset(self.signals):
                continue
            if pinned not in prepared:
                prepared[pinned] = Prepared(scope, self.body(scope, pinned), values)
            prepared[pinned].run(start, stop, self.backward)

    def values(self, scope: Scope) -> Values:
        """What the loop does not compute, by its places."""
        return ShiftedValues(scope, self.vectors, axis=self.axis, shifts=self.shifts)

    def body(self, scope: Scope, pinned: frozenset[str] = frozenset()) -> Body:
        """The code of steps in which some signals are pinned, made when it is first needed."""
        if pinned not in self.bodies:
            self.bodies[pinned] = self._compile(scope, pinned)
        return self.bodies[pinned]

    def _compile(self, scope: Scope, pinned: frozenset[str]) -> Body:
        signals = tuple(s for s in self.signals if s not in pinned)
        step = Lowering(
            scope, self.vectors, self.cores, Step(self.axis, signals, self.shifts)
        ).run()
        for signal in self.signals:
            batched = signal in scope.batch
            step.facts[Ref("state", 0, signal)] = Fact(self.cores[signal], batched)
        fused = fuse(step)
        batch = next((scope.batch[s] for s in self.signals if s in scope.batch), None)
        code = emit(fused, batch, scope.dtype, [s for s in signals if s in self.kept])
        names: dict[str, Any] = {}
        exec(compile(code.source, "<graphfold loop>", "exec"), names)
        recipes = {n: recipe_of(step, code.products[n], self.vectors) for n in code.ready.values()}
        return Body(step, fused, code, names["loop"], recipes)

    def stretches(self, scope: Scope) -> list[Stretch]:
        """Places start … stop - 1 with what is not computed there, in the order of the loop."""
        length = scope.unfolding.length(self.axis)
        found = stretches(self.signals, self.shifts, length, scope.unfolding.pins)
        return found[::-1] if self.backward else found


class Prepared:
    """A body with all that it needs of a run, but the rows of states."""

    def __init__(self, scope: Scope, body: Body, values: Values) -> None:
        self.scope, self.body, self.values = scope, body, values
        code, step = body.code, body.step
        self.arrays = {f"c{n}": self.flow(n).array for n in code.statics}
        for number, product in enumerate(code.products):
            self.arrays[f"w{number}"] = self._weights(product)
        self.ready = {
            name: Ready(scope, step, code.products[n], body.recipes[n], values)
            for name, n in code.ready.items()
        }
        refs = [ref for _, ref in code.rows if ref.kind == "hoisted"]
        self.hoisted = {ref: _rows(self.flow(ref.number), step.axis) for ref in refs}

    def flow(self, number: int) -> Flow:
        """The value of a node that the loop does not compute."""
        outside = self.body.step.outside[number]
        return self.values.of(outside.signal, outside.node)

    def run(self, start: int, stop: int, backward: bool) -> None:
        """Run the steps start … stop - 1, as many at once as can be made ready."""
        chunk = min([ready.chunk for ready in self.ready.values()], default=stop - start)
        edges = [*range(start, stop, chunk), stop]
        pairs = list(pairwise(edges))
        for first, last in reversed(pairs) if backward else pairs:
            rows = {f"{name}s": self._row(ref, first, last) for name, ref in self.body.code.rows}
            rows |= {f"{name}s": ready.rows(first, last) for name, ready in self.ready.items()}
            if backward:
                rows = {name: array[::-1] for name, array in rows.items()}
            self.body.run(rows, self.arrays)

    def _row(self, ref: Ref, start: int, stop: int) -> Array:
        if ref.kind == "hoisted":
            array = self.hoisted[ref][start - 1 : stop - 1]
        else:
            back = ref.number + self.body.step.shifts.get(ref.signal, 0)
            array = self.scope.tracks[ref.signal].rows(start - back, stop - back)
        return array.reshape(len(array), 1) if array.ndim == 1 else array

    def _weights(self, product: Product) -> Array:
        """The matrices above one another; those of sigmoids halved, for they become a tanh."""
        parts, step = [], self.body.step
        for member in product.members:
            matrix = self.flow(member.weight.number).array
            matrix = matrix.T if member.turned else matrix
            half = kind_of(step, member) == "sigmoid"
            parts.append(matrix * matrix.dtype.type(0.5) if half else matrix)
        whole = np.concatenate(parts) if len(parts) > 1 else np.ascontiguousarray(parts[0])
        return whole.T if step.facts[product.vector].batched else whole


def _rows(flow: Flow, axis: str) -> Array:
    """The steps of the loop's axis first."""
    return np.moveaxis(flow.array, flow.axes.index(axis), 0)
