"""Which nodes of an equation are drawn for themselves, and which are a part of another's label.

A chain of additions is one "+", a chain of elementwise products one node; what parameters
and numbers alone make is a weight on the way, or a letter beside its operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from graphfold.circuit import Circuit
from graphfold.clocks import free_axes
from graphfold.expression import REDUCTIONS, Apply, Const, Expression, Read

Axes = frozenset[str]
Chain = Literal["sum", "product", ""]
CHAINS: dict[str, Chain] = {"add": "sum", "sub": "sum", "neg": "sum", "mul": "product"}
WEIGHING = ("matmul", "mul", "dot")  # with one factor that is a weight, they are a gain


@dataclass(frozen=True)
class Pieces:
    """An equation's expression taken apart: `sites` are the nodes that are drawn, in order.

    `still` tells of each node whether parameters and numbers alone make it; `free` the axes along
    which it moves.
    """

    expression: Expression
    sites: tuple[int, ...]
    still: tuple[bool, ...]
    free: tuple[Axes, ...]

    @cached_property
    def beside_static(self) -> frozenset[int]:
        """The letters that an operation without a clock is made of, and what these are made of."""
        found: set[int] = set()
        for number in range(self.expression.root, -1, -1):
            fixed = not self.still[number] and not self.free[number]
            if (fixed and number != self.expression.root) or number in found:
                found.update(o for o in self.operands(number) if self.still[o])
        return frozenset(found)

    @cached_property
    def summed(self) -> frozenset[int]:
        """What stands beneath a reduction: every step of it is needed, whatever step reads it."""
        found: set[int] = set()
        for number in range(self.expression.root, -1, -1):
            node = self.expression.nodes[number]
            if isinstance(node, Apply) and (node.operation in REDUCTIONS or number in found):
                found.update(node.operands)
        return frozenset(found)

    def operands(self, number: int) -> tuple[int, ...]:
        """The operands of a node."""
        node = self.expression.nodes[number]
        return node.operands if isinstance(node, Apply) else ()


def take_apart(circuit: Circuit, expression: Expression) -> Pieces:
    """Return the pieces of an equation."""
    still = _still(circuit, expression)
    free = tuple(free_axes(expression, circuit))
    whole = _within_other_clocks(expression, free)
    users = _users(expression)
    sites = []
    for number in range(len(expression.nodes)):
        own = number not in whole and _is_site(expression, number, users, still)
        if own or number == expression.root:
            sites.append(number)
    return Pieces(expression, tuple(sites), still, free)


def _still(circuit: Circuit, expression: Expression) -> tuple[bool, ...]:
    found: list[bool] = []
    for node in expression.nodes:
        if isinstance(node, Read):
            found.append(circuit.kind_of(node.signal) == "param")
        elif isinstance(node, Apply):
            found.append(all(found[o] for o in node.operands) and node.operation != "call")
        else:
            found.append(True)
    return tuple(found)


def _users(expression: Expression) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in expression.nodes]
    for number, node in enumerate(expression.nodes):
        for operand in node.operands if isinstance(node, Apply) else ():
            found[operand].append(number)
    return found


def _within_other_clocks(expression: Expression, free: Sequence[Axes]) -> set[int]:
    """What stands beneath a reduction and moves along two clocks, with all that it is made of."""
    found: set[int] = set()
    for number in range(expression.root, -1, -1):
        node = expression.nodes[number]
        if not isinstance(node, Apply):
            continue
        wide = node.operation in REDUCTIONS and len(free[node.operands[0]]) > 1
        if number in found or wide:
            found.update(node.operands)
    return found


def _is_site(
    expression: Expression, number: int, users: Sequence[Sequence[int]], still: Sequence[bool]
) -> bool:
    node = expression.nodes[number]
    if still[number]:  # a letter of its own, unless it is a weight or a part of another letter
        return any(not still[user] and not _labels(expression, user, number, still, users)
                   for user in users[number])  # fmt: skip
    return isinstance(node, Apply) and not _joins(expression, number, users, still)


def _joins(
    expression: Expression, number: int, users: Sequence[Sequence[int]], still: Sequence[bool]
) -> bool:
    """Whether an operation is a part of a longer chain."""
    node = expression.nodes[number]
    assert isinstance(node, Apply)
    chain = CHAINS.get(node.operation, "")
    if not chain or len(users[number]) != 1:
        return False
    user = expression.nodes[users[number][0]]
    assert isinstance(user, Apply)
    return CHAINS.get(user.operation, "") == chain and not _is_gain(user, still)


def _labels(
    expression: Expression,
    user: int,
    operand: int,
    still: Sequence[bool],
    users: Sequence[Sequence[int]],
) -> bool:
    """Whether a weight or number is told by the label of the operation that uses it."""
    node = expression.nodes[user]
    assert isinstance(node, Apply)
    if _is_gain(node, still):
        return True
    others = [o for o in node.operands if not still[o]]
    if not isinstance(expression.nodes[operand], Const) or len(others) != 1:
        return False
    if node.operation in CHAINS:
        alone = not _joins(expression, user, users, still)
        return alone and node.operation == "sub" and not _chains(expression, others[0], users)
    return node.operation != "call" and len(node.operands) == 2


def _chains(expression: Expression, number: int, users: Sequence[Sequence[int]]) -> bool:
    node = expression.nodes[number]
    chain = isinstance(node, Apply) and CHAINS.get(node.operation) == "sum"
    return chain and len(users[number]) == 1


def _is_gain(node: Apply, still: Sequence[bool]) -> bool:
    weights = [still[o] for o in node.operands]
    return node.operation in WEIGHING and sum(weights) == 1
