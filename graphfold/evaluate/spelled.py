"""A node of an expression as the model would write it."""

from __future__ import annotations

from dataclasses import replace

from graphfold.circuit import Circuit
from graphfold.expression import Apply, Expression, nodes_beneath
from graphfold.language.printer import write_expression

SHORT = 40  # operations of an expression that is written out


def node_text(expression: Expression, number: int, circuit: Circuit) -> str:
    """Write a node; "a longer expression" when it is long."""

    def operands(place: int) -> tuple[int, ...]:
        node = expression.nodes[place]
        return node.operands if isinstance(node, Apply) else ()

    numbers = nodes_beneath(number, operands)
    if len(numbers) > SHORT:
        return "a longer expression"
    place = {old: new for new, old in enumerate(numbers)}
    nodes = (expression.nodes[old] for old in numbers)
    moved = (
        replace(n, operands=tuple(place[o] for o in n.operands)) if isinstance(n, Apply) else n
        for n in nodes
    )
    return write_expression(Expression(tuple(moved)), circuit)
