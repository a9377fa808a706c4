"""A recurrence compiled: its code, and running it over the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from graphfold.evaluate.compiled.buffers import Buffers
from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.emit import Code, Room, emit
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.fuse import Fused, Product, fuse, kind_of
from graphfold.evaluate.compiled.join import Joined
from graphfold.evaluate.compiled.ready import Ready, Recipe, Values, recipe_of
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.skew import ShiftedValues, Stretch, stretches
from graphfold.evaluate.compiled.step import Fact, Lowering, Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.compiled.weights import Block, Weights
from graphfold.evaluate.value import Array


@dataclass
class Body:
    """One step compiled."""

    step: Step
    fused: Fused
    code: Code
    function: FunctionType
    recipes: Mapping[int, Recipe]
    buffers: Buffers
    weights: Weights = field(default_factory=Weights)

    def run(
        self, rows: Mapping[str, Array], arrays: Mapping[str, Array], count: int | None = None
    ) -> None:
        """Run the steps that `rows` hold, of so many examples where these are fewer than others."""
        memory = self.buffers.take()
        known = {**memory, **self.code.calls, **arrays, **rows}
        if count is not None:
            known |= {name: memory[name][:count] for name in self.code.batched if name in memory}
        names = self.function.__code__.co_varnames[: self.function.__code__.co_argcount]
        try:
            self.function(*[known[name] for name in names])  # by name, thousands would be slow
        finally:
            self.buffers.give(memory)


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
    cuts_rows: ClassVar[bool] = False  # whether steps may compute some rows of a batch only
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

    def bundles(self, scope: Scope) -> tuple[Bundle, ...]:
        """The signals whose values stand side by side."""
        return () if self.cuts_rows or self.shifts else self.body(scope).fused.bundles

    def _compile(self, scope: Scope, pinned: frozenset[str]) -> Body:
        signals = tuple(s for s in self.signals if s not in pinned)
        step = Lowering(
            scope, self.vectors, self.cores, Step(self.axis, signals, self.shifts)
        ).run()
        for signal in self.signals:
            batched = signal in scope.batch
            step.facts[Ref("state", 0, signal)] = Fact(self.cores[signal], batched)
        alone = self.cuts_rows or bool(self.shifts)
        bundles = () if alone else self.bundles(scope) if pinned else None
        fused = fuse(step, self.kept, bundles)
        batch = next((scope.batch[s] for s in self.signals if s in scope.batch), None)
        room = Room(batch, scope.dtype, self.cuts_rows)
        code = emit(fused, room, [s for s in signals if s in self.kept])
        names: dict[str, Any] = {}
        exec(compile(code.source, "<graphfold loop>", "exec"), names)
        recipes = {
            n: recipe_of(step, code.products[n], self.vectors, code.layouts[n])
            for n in code.ready.values()
        }
        return Body(step, fused, code, names["loop"], recipes, Buffers(code.memory))

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
            self.arrays[f"w{number}"] = self._weights(number, product)
        for number, joined in enumerate(body.fused.joined):
            self.arrays[f"j{number}"] = self._beside(number, joined)
        self.ready = {name: Ready(scope, body.recipes[n], values) for name, n in code.ready.items()}
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

    def _weights(self, number: int, product: Product) -> Array:
        made = partial(self._together, number, product)
        return self._kept(number, (member.weight for member in product.members), made)

    def _kept(self, number: object, refs: Iterable[Ref], make: Callable[[], Array]) -> Array:
        """What is made of values outside, once for all runs if they are the same in all."""
        outside = [self.body.step.outside[ref.number] for ref in refs]
        nodes = [(one.signal, one.node) for one in outside]
        return self.values.keep((self.body.step.signals, number), nodes, make)

    def _together(self, number: int, product: Product) -> Array:
        """The matrices side by side; those of sigmoids halved, for they become a tanh."""
        step, layout = self.body.step, self.body.code.layouts[number]
        blocks = []
        for place, member in enumerate(product.members):
            matrix = self.flow(member.weight.number).array
            half = kind_of(step, member) == "sigmoid"
            turned = matrix if member.turned else matrix.T
            blocks.append(Block(turned, layout.where(place, place + 1), 0.5 if half else 1.0))
        shape = layout.shape(step.facts[product.vector].core[0])
        whole = self.body.weights.beside(number, blocks, shape, self.scope.dtype)
        return whole if step.facts[product.vector].batched else whole.T

    def _beside(self, number: int, joined: Joined) -> Array:
        made = partial(self._above, number, joined)
        return self._kept(("joined", number), (weight for weight, _ in joined.matrices), made)

    def _above(self, number: int, joined: Joined) -> Array:
        """The matrices of a bundle above one another, each turned."""
        blocks, bundle = [], joined.bundle
        for signal, (weight, turned) in zip(bundle.signals, joined.matrices, strict=True):
            matrix = self.flow(weight.number).array
            blocks.append(Block(matrix if turned else matrix.T, (bundle.span(signal),)))
        fact = self.body.step.operations[joined.sum].fact
        shape = (sum(bundle.sizes), *fact.core)
        whole = self.body.weights.beside(("joined", number), blocks, shape, self.scope.dtype)
        return whole if fact.batched else whole.T


def _rows(flow: Flow, axis: str) -> Array:
    """The steps of the loop's axis first."""
    return np.moveaxis(flow.array, flow.axes.index(axis), 0)
