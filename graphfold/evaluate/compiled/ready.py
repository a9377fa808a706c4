"""What is added to the products of a recurrence and does not recur, made ready before its steps.

All that is the product of a matrix and the same sequence is one product for all steps; it is made
for as many steps at once as a cache holds, and added where it is still warm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.fuse import Product, kind_of
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.spelling import Spelling
from graphfold.evaluate.compiled.step import Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.compiled.weights import Block, Layout, Weights
from graphfold.evaluate.value import Array
from graphfold.expression import Apply

WARM = 1 << 22  # bytes of a chunk


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
    """The parts of a product's members; `vectors` are those that most members multiply.

    `halved` are those of sigmoids, which become a tanh; `signals` tells recipes apart.
    """

    axis: str
    signals: tuple[object, ...]
    parts: tuple[Part, ...]
    vectors: tuple[tuple[int, str, int], ...]
    halved: tuple[bool, ...]
    layout: Layout
    weights: Weights = field(default_factory=Weights, compare=False)


def recipe_of(
    step: Step, product: Product, vectors: Mapping[str, Vector], layout: Layout
) -> Recipe:
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
    halved = tuple(kind_of(step, member) == "sigmoid" for member in product.members)
    moving = tuple((key, *place) for key, place in found.items())
    place = (*step.signals, product.members[0].product)
    return Recipe(step.axis, place, tuple(parts), moving, halved, layout)


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


class Piece(NamedTuple):
    """Steps start … stop - 1, for some examples."""

    start: int
    stop: int
    examples: slice

    def front(self, batch: int | None) -> tuple[int, ...]:
        """The numbers of steps, and of examples if there is a batch."""
        steps = self.stop - self.start
        return (steps,) if batch is None else (steps, len(range(batch)[self.examples]))

    def of(self, flow: Flow) -> Array:
        """The values of the piece."""
        array = flow.array[self.start - 1 : self.stop - 1] if flow.axes else flow.array
        if not flow.batched:
            return array
        return array[:, self.examples] if flow.axes else array[self.examples]


class Ready:
    """A recipe at work in one run."""

    def __init__(self, scope: Scope, recipe: Recipe, values: Values) -> None:
        self.recipe, self.layout, self.dtype = recipe, recipe.layout, scope.dtype
        self.length = scope.unfolding.length(recipe.axis)
        self.still = np.zeros(self.layout.shape(1), scope.dtype)
        self.moving: list[tuple[int, Flow]] = []
        self.inputs = [self._input(values, *one) for one in recipe.vectors]
        for place, part in enumerate(recipe.parts):
            for leaf in part.others:
                self._add(place, leaf, values)
        flows = [flow for flow, _ in self.inputs] + [flow for _, flow in self.moving]
        sizes = [f.array.shape[len(f.axes)] for f in flows if f.batched]
        self.batch: int | None = sizes[0] if sizes else None
        self._room = np.empty(self.layout.shape(self.chunk * (self.batch or 1)), scope.dtype)

    def _input(self, values: Values, key: int, signal: str, node: int) -> tuple[Flow, Array]:
        """A sequence, and the matrices that multiply it, side by side."""
        flow = values.of(signal, node)
        nodes = [part.factors[key][:2] for part in self.recipe.parts if key in part.factors]
        made = partial(self._beside, values, key, flow.core[0])
        return flow, values.keep((self.recipe.signals, key), nodes, made)

    def _beside(self, values: Values, key: int, size: int) -> Array:
        blocks = []
        for place, part in enumerate(self.recipe.parts):
            if key in part.factors:
                own, matrix, turned = part.factors[key]
                array, half = values.of(own, matrix).array, self.recipe.halved[place]
                where = self.layout.where(place, place + 1)
                blocks.append(Block(array if turned else array.T, where, 0.5 if half else 1.0))
        shape = self.layout.shape(size)
        return self.recipe.weights.beside(key, blocks, shape, self.dtype)

    def _add(self, place: int, leaf: Leaf, values: Values) -> None:
        flow = values.of(leaf.signal, leaf.node)
        factor = self.dtype.type(leaf.sign * (0.5 if self.recipe.halved[place] else 1.0))
        if flow.axes or flow.batched:
            self.moving.append((place, Flow(flow.array * factor, flow.axes, flow.batched)))
        else:
            self.still[self.layout.where(place, place + 1)] += flow.array * factor

    @property
    def chunk(self) -> int:
        """How many steps are made ready at once."""
        bytes_each = (self.batch or 1) * sum(self.layout.sizes) * self.dtype.itemsize
        return max(1, min(self.length, WARM // max(1, bytes_each)))

    def rows(self, start: int, stop: int, examples: slice = slice(None)) -> Array:
        """What is added at steps start … stop - 1: (steps, …) like the product it is added to.

        It is for some `examples` only; the next call writes over it.
        """
        piece = Piece(start, stop, examples)
        front = piece.front(self.batch)
        whole = self._front(front)
        if not self.inputs:
            whole[...] = 0
        for place, (flow, matrix) in enumerate(self.inputs):
            array = piece.of(flow)
            if place or flow.batched != (self.batch is not None):
                product = np.matmul(array.reshape(-1, array.shape[-1]), matrix)
                product = product.reshape(*matrix.shape[:-2], *array.shape[:-1], matrix.shape[-1])
                spread = product[..., None, :] if product.ndim < whole.ndim else product
                np.copyto(whole, spread) if not place else np.add(whole, spread, whole)
            else:
                flat = self._room[..., : math.prod(front), :]
                np.matmul(array.reshape(-1, array.shape[-1]), matrix, flat)
        self._finish(whole, front, piece)
        if not self.layout.apart:
            return whole
        return np.moveaxis(whole if self.batch is not None else whole[:, :, None], 1, 0)

    def _finish(self, whole: Array, front: tuple[int, ...], piece: Piece) -> None:
        """Add what is no product with a sequence."""
        if self.still.any():
            lead = self.still.shape[:-2]
            whole += self.still.reshape(*lead, *(1 for _ in front), self.still.shape[-1])
        for place, flow in self.moving:
            part = Flow(piece.of(flow), flow.axes, flow.batched)
            spread = spread_to(part, (self.recipe.axis,), front)
            own = whole[self.layout.where(place, place + 1)]
            own += spread if flow.core else spread[..., None]

    def _front(self, front: tuple[int, ...]) -> Array:
        """Room for so many steps and rows of a batch: (steps, [B,] …), members first if apart."""
        flat = self._room[..., : math.prod(front), :]
        return flat.reshape(*flat.shape[:-2], *front, flat.shape[-1])


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

    def keep(
        self, key: object, nodes: Iterable[tuple[str, int]], make: Callable[[], Array]
    ) -> Array:
        """What `make` makes of nodes, once for all runs if they are the same in all."""
        still, kept = self.scope.still, self.scope.kept
        if key in kept and kept[key][0] <= still:
            return kept[key][1]
        made = make()
        if still:
            read = (self.vectors[signal].reads(node) for signal, node in nodes)
            signals = frozenset[str]().union(*read)
            if signals <= still:
                kept[key] = (signals, made)
        return made
