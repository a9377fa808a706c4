"""What an expression asks of an axis that a stream goes along, beyond steps up to now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from graphfold.circuit import Circuit
from graphfold.expression import REDUCTIONS, Apply, Expression, Node, Read
from graphfold.recurrence import is_boundary_read

What = Literal["all", "length", "fixed", "end", "ahead"]


class Ask(NamedTuple):
    """A node that asks for all steps, their number, a certain step, or a later one."""

    node: int
    what: What


def asks(circuit: Circuit, axis: str, expression: Expression) -> Iterator[Ask]:
    """What the nodes of an expression ask of the axis; reads of steps up to now are not told."""
    for number, node in enumerate(expression.nodes):
        what = _ask(circuit, axis, node)
        if what is not None:
            yield Ask(number, what)


def _ask(circuit: Circuit, axis: str, node: Node) -> What | None:
    if isinstance(node, Apply):
        if node.operation in REDUCTIONS and node.attribute("axis") == axis:
            return "all"
        return "length" if is_length(node, axis) else None
    if not isinstance(node, Read) or circuit.axis_of[node.signal] != axis or node.index is None:
        return None
    if node.index.base == axis:
        return "ahead" if node.index.offset > 0 else None
    if node.index.base:
        return "end"
    return None if is_boundary_read(circuit, node.signal, node.index) else "fixed"


def is_length(node: Node, axis: str) -> bool:
    """Whether a node is the number of steps of the axis."""
    return isinstance(node, Apply) and node.operation == "length" and node.attribute("axis") == axis


def is_step(node: Node, axis: str) -> bool:
    """Whether a node is the step of the axis as a number."""
    return isinstance(node, Apply) and node.operation == "step" and node.attribute("axis") == axis


def spell(expression: Expression, number: int) -> str:
    """Write a node that asks for something: "g[t+1]", "T", "sum(… for t)"."""
    node = expression.nodes[number]
    if isinstance(node, Read):
        return node.signal if node.index is None else f"{node.signal}[{node.index}]"
    assert isinstance(node, Apply)
    axis = str(node.attribute("axis"))
    if node.operation in REDUCTIONS:
        return f"{node.operation.removesuffix('_over')}(… for {axis})"
    return f"the number of steps of {axis}"
