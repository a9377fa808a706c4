"""What stands beside a wire: the parameters multiplied in, outermost first, or a function."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from graphfold.circuit import Circuit
from graphfold.expression import Apply, Const, Expression, Read

MOST = 4
MULTIPLYING = ("matmul", "mul", "dot", "outer")
SIDED = ("matmul", "dot", "outer")  # a factor on the right stays there
Product = tuple["Factor", ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A parameter, a function or the branch of a mode that a value passes on its way.

    One that comes `after` is multiplied in from the right.
    """

    name: str
    function: bool = False
    transposed: bool = False
    mode: bool = False
    after: bool = False


def products(circuit: Circuit, expression: Expression) -> dict[int, tuple[Product, ...]]:
    """Return, for each node, the distinct products on its ways to the root."""
    nodes = expression.nodes
    found: dict[int, tuple[Product, ...]] = {expression.root: ((),)}
    for number in range(len(nodes) - 1, -1, -1):
        node = nodes[number]
        if not isinstance(node, Apply) or number not in found:
            continue
        for place, operand in enumerate(node.operands):
            passed = _passed(circuit, expression, node, place)
            ways = [way + passed for way in found[number]]
            found[operand] = union(ways, found.get(operand, ()))  # as written, left to right
    return found


def union(first: Iterable[Product], second: Iterable[Product]) -> tuple[Product, ...]:
    """Return the distinct products of both, in order, not more than a label can hold."""
    return tuple(dict.fromkeys((*first, *second)))[:MOST]


def by_mode(ways: Iterable[Product]) -> dict[Product, tuple[str, ...]]:
    """Return the products without modes, each with the modes it is there in; () means all.

    A way through the branches of two modes is there in none.
    """
    found: dict[Product, set[str] | None] = {}
    for way in ways:
        modes = {factor.name for factor in way if factor.mode}
        bare = tuple(factor for factor in way if not factor.mode)
        if len(modes) > 1:
            continue
        old = found.setdefault(bare, set())
        found[bare] = None if old is None or not modes else old | modes
    return {bare: tuple(sorted(modes or ())) for bare, modes in found.items()}


def _passed(circuit: Circuit, expression: Expression, node: Apply, place: int) -> Product:
    if node.operation == "call":
        return (Factor(str(node.attribute("function")), function=True),)
    if node.operation == "switch":
        modes = node.attribute("modes")
        return (Factor(str(modes[place]), mode=True),) if isinstance(modes, tuple) else ()
    if node.operation in MULTIPLYING:
        weights = _weights(circuit, expression, node.operands[1 - place]) or ()
        if node.operation in SIDED and place == 0:
            return tuple(replace(factor, after=True) for factor in reversed(weights))
        return weights
    return ()


def in_order(way: Product) -> tuple[Product, Product]:
    """What stands to the left of a value, and to the right of it, as in an equation."""
    left = tuple(factor for factor in way if not factor.after)
    return left, tuple(factor for factor in reversed(way) if factor.after)


def _weights(circuit: Circuit, expression: Expression, number: int) -> Product | None:
    """The parameters an operand is a product of; None when it is anything else."""
    node = expression.nodes[number]
    if isinstance(node, Const):
        return ()
    if isinstance(node, Read):
        return (Factor(node.signal),) if circuit.kind_of(node.signal) == "param" else None
    if node.operation == "transpose":
        inner = _weights(circuit, expression, node.operands[0])
        if inner is None:
            return None
        return tuple(Factor(f.name, f.function, not f.transposed) for f in reversed(inner))
    if node.operation in (*MULTIPLYING, "neg"):
        parts = [_weights(circuit, expression, operand) for operand in node.operands]
        return None if None in parts else tuple(f for part in parts if part for f in part)
    return None
