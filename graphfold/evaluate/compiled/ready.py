"""What is added to the products of a recurrence and does not recur, made ready before its steps.

All that is the product of a matrix and the same sequence is one product for all steps; it is made
for as many steps at once as a cache holds, and added where it is still warm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.fuse import Product, kind_of, spans
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.spelling import Spelling
from graphfold.evaluate.compiled.step import Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array
from graphfold.expression import Apply

WARM = 1 << 20  # bytes of a chunk


class Leaf(NamedTuple):
    """A term of a sum: a node of an equation, with its sign."""

    sign: int
    signal: str
    node: int


@dataclass(frozen=True)
class Part:
    """What one member of a product gets: matrices by their vector, and other terms."""

    factors: Mapping[int, tuple[str, int, bool]]
    others: tuple[Leaf, ...]


@dataclass(frozen=True)
class Recipe:
    """The parts of a product's members; `vectors` are those that most members multiply."""

    parts: tuple[Part, ...]
    vectors: tuple[tuple[int, str, int], ...]


def recipe_of(step: Step, product: Product, vectors: Mapping[str, Vector]) -> Recipe:
    """Sort out how the sums of a product's members are made ready."""
    spelling = Spelling()
    spelt = {s: spelling.of(v.expression, step.shifts.get(s, 0)) for s, v in vectors.items()}
    parts, found = [], dict[int, tuple[str, int]]()
    for member in product.members:
        factors: dict[int, tuple[str, int, bool]] = {}
        others: list[Leaf] = []
        for leaf in _leaves(step, member.ready, vectors):
            pair = _factor(leaf, vectors[leaf.signal], step.axis)
            key = spelt[leaf.signal][pair[1]] if pair else -1
            if pair is None or leaf.sign < 0 or key in factors:
                others.append(leaf)
            else:
                factors[key] = (leaf.signal, pair[0], pair[2])
                found.setdefault(key, (leaf.signal, pair[1]))
        parts.append(Part(factors, tuple(others)))
    return Recipe(tuple(parts), tuple((key, *place) for key, place in found.items()))


def _leaves(
    step: Step, terms: Sequence[tuple[int, Ref]], vectors: Mapping[str, Vector]
) -> list[Leaf]:
    """The terms with sums among them taken apart."""
    pending = [(s, step.outside[r.number].signal, step.outside[r.number].node) for s, r in terms]
    found: list[Leaf] = []
    while pending:
        sign, signal, number = pending.pop()
        vector = vectors[signal]
        node = vector.expression.nodes[number]
        shapes = vector.shapes
        adds = isinstance(node, Apply) and node.operation in ("add", "sub")
        if (
            isinstance(node, Apply)
            and adds
            and all(shapes[o] == shapes[number] for o in node.operands)
        ):
            second = -sign if node.operation == "sub" else sign
            pending += [(sign, signal, node.operands[0]), (second, signal, node.operands[1])]
        else:
            found.append(Leaf(sign, signal, number))
    return found


def _factor(leaf: Leaf, vector: Vector, axis: str) -> tuple[int, int, bool] | None:
    """The matrix that stands still and the vector that moves, and whether it is `x @ U`."""
    node = vector.expression.nodes[leaf.node]
    if not isinstance(node, Apply) or node.operation != "matmul":
        return None
    left, right = node.operands
    for matrix, moving, turned in ((left, right, False), (right, left, True)):
        still = not vector.free[matrix] and len(vector.shapes[matrix] or ()) == 2
        if still and vector.free[moving] == {axis} and len(vector.shapes[moving] or ()) == 1:
            return matrix, moving, turned
    return None


class Ready:
    """A recipe at work in one run."""

    def __init__(
        self, scope: Scope, step: Step, product: Product, recipe: Recipe, values: Values
    ) -> None:
        self.axis, self.dtype = step.axis, scope.dtype
        self.length = scope.unfolding.length(step.axis)
        self.spans = list(spans(product))
        self.total = self.spans[-1][2]
        self.halved = [kind_of(step, member) == "sigmoid" for member, _, _ in self.spans]
        self.still = np.zeros(self.total, scope.dtype)
        self.moving: list[tuple[int, int, Flow]] = []
        self.inputs = [self._input(values, recipe, *one) for one in recipe.vectors]
        self.batch: int | None = None
        for place, part in enumerate(recipe.parts):
            for leaf in part.others:
                self._add(place, leaf, values)
        flows = [flow for flow, _ in self.inputs] + [flow for _, _, flow in self.moving]
        sizes = [f.array.shape[len(f.axes)] for f in flows if f.batched]
        self.batch = sizes[0] if sizes else None

    def _input(self, values: Values, recipe: Recipe, *one: object) -> tuple[Flow, Array]:
        """A sequence, and the matrices that multiply it, side by side."""
        key, signal, node = one
        assert isinstance(key, int)
        flow = values.of(str(signal), int(str(node)))
        whole = np.zeros((flow.core[0], self.total), self.dtype)
        for (_, start, stop), part, half in zip(self.spans, recipe.parts, self.halved, strict=True):
            if key in part.factors:
                own, matrix, turned = part.factors[key]
                array = values.of(own, matrix).array
                whole[:, start:stop] = array if turned else array.T
                if half:
                    whole[:, start:stop] *= self.dtype.type(0.5)
        return flow, whole

    def _add(self, place: int, leaf: Leaf, values: Values) -> None:
        flow = values.of(leaf.signal, leaf.node)
        factor = leaf.sign * (0.5 if self.halved[place] else 1.0)
        _, start, stop = self.spans[place]
        if flow.axes or flow.batched:
            self.moving.append((start, stop, Flow(flow.array * self.dtype.type(factor),
                                                  flow.axes, flow.batched)))  # fmt: skip
        else:
            self.still[start:stop] += flow.array * self.dtype.type(factor)

    @property
    def chunk(self) -> int:
        """How many steps are made ready at once."""
        return max(1, WARM // ((self.batch or 1) * self.total * self.dtype.itemsize))

    def rows(self, start: int, stop: int, examples: slice = slice(None)) -> Array:
        """What is added at steps start … stop - 1: (steps, [B,] rows), for some examples only."""
        batch = None if self.batch is None else len(range(self.batch)[examples])
        front = (stop - start,) if batch is None else (stop - start, batch)
        whole = np.empty((*front, self.total), self.dtype)
        first = True
        for flow, matrix in self.inputs:
            array = flow.array[start - 1 : stop - 1]
            array = array[:, examples] if flow.batched else array
            product = array.reshape(-1, array.shape[-1]) @ matrix
            product = product.reshape(*array.shape[:-1], self.total)
            if self.batch is not None and not flow.batched:
                product = product[:, None]
            if first:
                whole = product if product.shape == whole.shape else whole
                if whole is not product:
                    whole[...] = product
                first = False
            else:
                whole += product
        if first:
            whole[...] = self.still
        elif self.still.any():
            whole += self.still
        for low, high, flow in self.moving:
            array = flow.array[start - 1 : stop - 1] if flow.axes else flow.array
            if flow.batched:
                array = array[:, examples] if flow.axes else array[examples]
            part = Flow(array, flow.axes, flow.batched)
            spread = spread_to(part, (self.axis,), front)
            whole[..., low:high] += spread if flow.core else spread[..., None]
        return whole


@dataclass
class Values:
    """Nodes of equations outside of the loop, each computed once in a run."""

    scope: Scope
    vectors: Mapping[str, Vector]
    _known: dict[str, dict[int, Flow]] = field(default_factory=dict)

    def of(self, signal: str, node: int) -> Flow:
        """The value of a node for all steps, the clock of the loop first."""
        known = self._known.setdefault(signal, {})
        return self.vectors[signal].value(self.scope, node, known)
