"""What operations cost: floating-point operations, and bytes read and written.

A product of (m, k) with (k, n) counts 2 m k n; an operation element by element, one for each
element of its result; a reduction, one for each element it takes in; softmax and the like, one for
each element and pass. Moving numbers about (transpose, reshape, slice, concat, stack) counts
nothing, and calls of opaque functions are not known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from graphfold.evaluate.compiled.fuse import Fused, Member, Product, kind_of
from graphfold.evaluate.compiled.join import Joined
from graphfold.evaluate.compiled.step import Fact, Operation

Core = tuple[int, ...]

MOVES = ("transpose", "reshape", "slice", "concat", "stack", "one_hot", "step", "length", "size",
         "switch", "call")  # fmt: skip
REDUCES = ("sum", "mean", "max", "sum_over", "mean_over", "max_over")
PASSES = {"softmax": 5, "log_softmax": 5, "layer_norm": 5, "norm": 2}


@dataclass(frozen=True)
class Cost:
    """Floating-point operations, and numbers read and written; of bytes once scaled."""

    flops: int = 0
    moved: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.flops + other.flops, self.moved + other.moved)


def total(costs: Sequence[Cost]) -> Cost:
    """The sum of costs."""
    return sum(costs, Cost())


def flops(name: str, operands: Sequence[Core], result: Core) -> int:
    """The floating-point operations of one operation on values of these core shapes.

    >>> flops("matmul", [(8, 4), (4,)], (8,)), flops("tanh", [(8,)], (8,)), flops("sum", [(8,)], ())
    (64, 8, 8)
    """
    count = math.prod(result)
    if name in MOVES:
        return 0
    if name in ("matmul", "dot"):
        return 2 * count * (operands[0][-1] if operands[0] else 1)
    if name in REDUCES:
        return math.prod(operands[0])
    if name in PASSES:
        return PASSES[name] * math.prod(operands[0])
    return count


# -- a step of a loop -----------------------------------------------------------------------------


@dataclass(frozen=True)
class StepCosts:
    """A step's costs, for `batch` examples: of each product, what follows each, and the others."""

    fused: Fused
    batch: int

    def of_product(self, product: Product) -> Cost:
        """The matrices times the vector: each is read once."""
        step, rows = self.fused.step, sum(member.rows for member in product.members)
        columns = step.facts[product.vector].core[0]
        own = sum(self._flops(step.operations[m.product]) for m in product.members)
        vector = self._count(step.facts[product.vector])
        return Cost(own, rows * columns + vector + self._rows(product, rows))

    def after(self, product: Product) -> Cost:
        """What is added to a product and the functions taken of it, in its place."""
        return total([self._after(product, member) for member in product.members])

    def _after(self, product: Product, member: Member) -> Cost:
        step, rows = self.fused.step, self._rows(product, member.rows)
        added, moved = 0, 0
        if member.ready:
            added, moved = rows, 3 * rows
        for _, ref in member.rest:
            added, moved = added + rows, moved + 2 * rows + self._count(step.facts[ref])
        if kind_of(step, member) is not None:
            added, moved = added + rows, moved + 2 * rows
        return Cost(added, moved)

    def of_joined(self, joined: Joined) -> Cost:
        """A sum of products with signals side by side: one product, and what is added to it."""
        step = self.fused.step
        fact, columns = step.operations[joined.sum].fact, sum(joined.bundle.sizes)
        rows, vector = self._count(fact), self._count(step.facts[joined.vector])
        added = sum(rows for _ in joined.rest)
        moved = sum(2 * rows + self._count(step.facts[ref]) for _, ref in joined.rest)
        own = sum(self._flops(step.operations[number]) for number in joined.products)
        return Cost(own + added, math.prod(fact.core) * columns + vector + rows + moved)

    def others(self) -> Cost:
        """The operations with code of their own."""
        return total([self._other(number) for number in self.other_numbers()])

    def other_numbers(self) -> list[int]:
        """The operations that no product has taken in."""
        count = len(self.fused.step.operations)
        return [number for number in range(count) if number not in self.fused.absorbed]

    def _other(self, number: int) -> Cost:
        step, operation = self.fused.step, self.fused.step.operations[number]
        part = self.fused.sums.get(number)
        refs = operation.operands if part is None else tuple(ref for _, ref in part.terms)
        own = self._flops(operation)
        if part is not None:
            own = (len(refs) - 1) * self._count(operation.fact)
        moved = sum(self._count(step.facts[ref]) for ref in dict.fromkeys(refs))
        return Cost(own, moved + self._count(operation.fact))

    def _flops(self, operation: Operation) -> int:
        cores = [self.fused.step.facts[ref].core for ref in operation.operands]
        batched = operation.fact.batched
        return flops(operation.name, cores, operation.fact.core) * (self.batch if batched else 1)

    def _rows(self, product: Product, rows: int) -> int:
        return rows * (self.batch if self.fused.step.facts[product.vector].batched else 1)

    def _count(self, fact: Fact) -> int:
        return math.prod(fact.core) * (self.batch if fact.batched else 1)
