"""Which axes the value of each node of an expression depends on."""

from __future__ import annotations

from graphfold.circuit import Circuit
from graphfold.expression import REDUCTIONS, Apply, Expression, Node, Read

Axes = frozenset[str]


def free_axes(expression: Expression, circuit: Circuit) -> list[Axes]:
    """For each node the axes it moves along; a reduction over t takes t away."""
    found: list[Axes] = []
    for node in expression.nodes:
        found.append(_axes(node, found, circuit))
    return found


def _axes(node: Node, found: list[Axes], circuit: Circuit) -> Axes:
    if isinstance(node, Read):
        clock = None if node.index is None else circuit.clock_of(node.index)
        return frozenset() if clock is None else frozenset({clock})
    if not isinstance(node, Apply):
        return frozenset()
    if node.operation == "step":
        return frozenset({str(node.attribute("axis"))})
    axes = frozenset[str]().union(*(found[o] for o in node.operands))
    if node.operation in REDUCTIONS:
        return axes - {str(node.attribute("axis"))}
    return axes
