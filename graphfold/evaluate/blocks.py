"""Which nodes of an expression are computed where, when reductions over time stand in it."""

from __future__ import annotations

from collections.abc import Sequence

from graphfold.expression import REDUCTIONS, Apply, Expression

Axes = frozenset[str]


def block_of(expression: Expression, free: Sequence[Axes], root: int) -> list[int]:
    """Return, in order, the nodes that `root` needs outside of the reductions beneath it.

    Beneath `sum(… for t)`, what does not depend on t belongs outside too: it is computed once.
    """
    needed: set[int] = set()
    seen: set[tuple[int, Axes]] = set()
    waiting: list[tuple[int, Axes]] = [(root, frozenset())]
    while waiting:
        number, inside = waiting.pop()
        if (number, inside) in seen:
            continue
        seen.add((number, inside))
        if not free[number] & inside:
            needed.add(number)
        node = expression.nodes[number]
        if isinstance(node, Apply):
            if node.operation in REDUCTIONS:
                inside = inside | {str(node.attribute("axis"))}
            waiting += [(operand, inside) for operand in node.operands]
    return sorted(needed)
