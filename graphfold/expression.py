"""Expressions: flat lists of nodes, operands before their users, equal sub-expressions once.

So nothing here or above ever recurses into an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphfold.errors import Mark
from graphfold.sizes import Size

Number = int | float
Constant = Number | tuple[Any, ...]
AttributeValue = int | str | Size | tuple[Any, ...]

REDUCTIONS = ("sum_over", "mean_over", "max_over")


@dataclass(frozen=True, slots=True)
class Index:
    """Where a read looks: `base` is an axis ("t"), its length ("T") or "" (a step by number).

    Over a tree it may be a child ("left"); a history over the leaves has their axis as its base.

    >>> str(Index("t", -1)), str(Index("T", 0)), str(Index("", 0))
    ('t-1', 'T', '0')
    """

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return f"{self.base}{self.offset:+d}" if self.offset else self.base


@dataclass(frozen=True, slots=True)
class Const:
    """A number, or a nested tuple of numbers."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a signal; `index` is None for a static one."""

    signal: str
    index: Index | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on earlier nodes of the same expression, by their numbers."""

    operation: str
    operands: tuple[int, ...] = ()
    attributes: tuple[tuple[str, AttributeValue], ...] = ()

    def attribute(self, name: str) -> AttributeValue:
        """Return the attribute `name`; KeyError when it is absent."""
        return dict(self.attributes)[name]


Node = Const | Read | Apply


@dataclass(frozen=True)
class Expression:
    """Nodes in an order where operands come first; the last node is the value."""

    nodes: tuple[Node, ...]
    marks: tuple[Mark | None, ...] = field(default=(), compare=False, repr=False)

    @property
    def root(self) -> int:
        """The number of the node that is the value."""
        return len(self.nodes) - 1

    def mark(self, node: int) -> Mark | None:
        """Where the node was written, if it came from a file."""
        return self.marks[node] if node < len(self.marks) else None

    def reads(self) -> Iterator[tuple[int, Read]]:
        """The reads, with their node numbers."""
        return ((i, n) for i, n in enumerate(self.nodes) if isinstance(n, Read))


class ExpressionBuilder:
    """Collects nodes of one expression; an equal node is kept once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Node, str], int] = {}
        self._nodes: list[Node] = []
        self._marks: list[Mark | None] = []

    def add(self, node: Node, mark: Mark | None = None) -> int:
        """Return the node's number, old or new."""
        spelt = repr(node.value) if isinstance(node, Const) else ""  # 0.0 == -0.0, but 1 / them
        number = self._numbers.setdefault((node, spelt), len(self._nodes))
        if number == len(self._nodes):
            self._nodes.append(node)
            self._marks.append(mark)
        return number

    def node(self, number: int) -> Node:
        """Return the node of that number."""
        return self._nodes[number]

    def finish(self, root: int) -> Expression:
        """Return the expression whose value is `root`: equal values give equal expressions."""
        return _keep(self._nodes, self._marks, root)


def _keep(nodes: Sequence[Node], marks: Sequence[Mark | None], root: int) -> Expression:
    """Put the nodes below `root` into the one order in which an expression is read."""
    renumbered: dict[int, int] = {}
    pending = [(root, False)]
    while pending:
        number, ready = pending.pop()
        if number in renumbered:
            continue
        if ready:
            renumbered[number] = len(renumbered)
            continue
        node = nodes[number]
        pending.append((number, True))
        if isinstance(node, Apply):
            pending += [(operand, False) for operand in reversed(node.operands)]
    kept: list[Node] = []
    for number in renumbered:
        node = nodes[number]
        if isinstance(node, Apply):
            node = replace(node, operands=tuple(renumbered[o] for o in node.operands))
        kept.append(node)
    return Expression(tuple(kept), tuple(marks[n] for n in renumbered))


def nodes_beneath(root: int, operands: Callable[[int], Sequence[int]]) -> list[int]:
    """A node and all that it is made of, operands first; depth costs nothing."""
    found, pending = {root}, [root]
    while pending:
        following = operands(pending.pop())
        pending += [o for o in following if o not in found]
        found.update(following)
    return sorted(found)


def beneath_outside_reductions(expression: Expression, root: int) -> list[int]:
    """A node and what it is made of at one step; what a reduction reads at each is left out."""

    def operands(number: int) -> tuple[int, ...]:
        node = expression.nodes[number]
        if isinstance(node, Apply) and node.operation not in REDUCTIONS:
            return node.operands
        return ()

    return nodes_beneath(root, operands)


def constant(value: Constant) -> Expression:
    """Return the expression that is one number or nested tuple."""
    return Expression((Const(value),))
