"""Rewrite expressions for J-unfolding: one tick of the new clock covers J steps, a copy for each.

Copy i of a signal at tick t is the signal at step J (t - 1) + i + 1. So a read k steps ago is one
of copy (i - k) mod J, floor((i - k) / J) ticks ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest

from graphfold.errors import Mark
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    Const,
    Expression,
    ExpressionBuilder,
    Index,
    Node,
    Read,
)

Place = int | None  # which copy an expression is written for; None where no time passes


@dataclass(frozen=True)
class Blocking:
    """How many steps of which axis make a tick, and the copies of each signal over it."""

    factor: int
    axis: str
    length: str
    copies: Mapping[str, tuple[str, ...]]

    def names(self, signal: str) -> tuple[str, ...]:
        """The copies of a signal; a signal that is shared is its own only copy."""
        return self.copies.get(signal, (signal,))

    def read(self, signal: str, index: Index, place: Place = None) -> tuple[str, Index]:
        """Where copy `place` finds a signal at an index: the name of a copy, and its index."""
        start = {self.axis: place or 0, self.length: self.factor - 1}.get(index.base, -1)
        ticks, which = divmod(start + index.offset, self.factor)
        return self.copies[signal][which], Index(index.base, ticks + (not index.base))

    def expression(self, expression: Expression, place: Place = None) -> Expression:
        """Rewrite an expression for copy `place`; equal values remain equal nodes."""
        writer = _Writer(self, expression)
        return writer.builder.finish(writer.write(place))


class _Writer:
    """Writes each node once for every copy that needs it: beneath a reduction, for all."""

    def __init__(self, blocking: Blocking, expression: Expression) -> None:
        self.blocking, self.expression = blocking, expression
        self.builder = ExpressionBuilder()
        self.numbers: dict[tuple[int, Place], int] = {}

    def write(self, place: Place) -> int:
        for number, places in enumerate(self._places(place)):
            node, mark = self.expression.nodes[number], self.expression.mark(number)
            for where in places:
                self.numbers[number, where] = self._node(node, mark, where)
        return self.numbers[self.expression.root, place]

    def _places(self, place: Place) -> list[dict[Place, None]]:
        """For each node the copies that need it, in order."""
        every: dict[Place, None] = dict.fromkeys(range(self.blocking.factor))
        needed: list[dict[Place, None]] = [{} for _ in self.expression.nodes]
        needed[self.expression.root][place] = None
        for number in range(self.expression.root, -1, -1):
            node = self.expression.nodes[number]
            if isinstance(node, Apply):
                passed = every if self._is_reduction(node) else needed[number]
                for operand in node.operands:
                    needed[operand].update(passed)
        return needed

    def _is_reduction(self, node: Apply) -> bool:
        return node.operation in REDUCTIONS and node.attribute("axis") == self.blocking.axis

    def _node(self, node: Node, mark: Mark | None, place: Place) -> int:
        if isinstance(node, Read):
            if node.signal in self.blocking.copies and node.index is not None:
                node = Read(*self.blocking.read(node.signal, node.index, place))
        elif isinstance(node, Apply):
            if self._is_reduction(node):
                return self._reduction(node, mark)
            if node.operation in ("step", "length") and not node.operands:
                return self._clock(node, mark, place)
            operands = tuple(self.numbers[o, place] for o in node.operands)
            node = Apply(node.operation, operands, node.attributes)
        return self.builder.add(node, mark)

    def _reduction(self, node: Apply, mark: Mark | None) -> int:
        """Reduce over the ticks what the copies of a tick make together."""
        factor, (body,) = self.blocking.factor, node.operands
        parts = [self.numbers[body, place] for place in range(factor)]
        if node.operation == "max_over":
            whole = self._in_pairs("maximum", parts, mark)
        else:
            whole = reduce(lambda a, b: self._apply("add", mark, a, b), parts)
        if node.operation == "mean_over" and factor > 1:
            whole = self._apply("div", mark, whole, self.builder.add(Const(factor), mark))
        return self.builder.add(Apply(node.operation, (whole,), node.attributes), mark)

    def _in_pairs(self, operation: str, parts: Sequence[int], mark: Mark | None) -> int:
        """Combine parts as a balanced tree: calls may not be nested as deep as there are parts."""
        while len(parts) > 1:
            pairs = zip_longest(parts[::2], parts[1::2])
            parts = [a if b is None else self._apply(operation, mark, a, b) for a, b in pairs]
        return parts[0]

    def _clock(self, node: Apply, mark: Mark | None, place: Place) -> int:
        """The step is J t - (J - 1 - i); the number of steps is J T."""
        number, factor = self.builder.add(node, mark), self.blocking.factor
        if node.attribute("axis") != self.blocking.axis or factor == 1:
            return number
        number = self._apply("mul", mark, self.builder.add(Const(factor), mark), number)
        behind = factor - 1 - (place or 0) if node.operation == "step" else 0
        if not behind:
            return number
        return self._apply("sub", mark, number, self.builder.add(Const(behind), mark))

    def _apply(self, operation: str, mark: Mark | None, *operands: int) -> int:
        return self.builder.add(Apply(operation, operands), mark)
