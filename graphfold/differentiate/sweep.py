"""The way back through an expression: from the gradient of its value to those of its reads.

A node has a gradient for every step of the axes around it; where a reduction begins, its axis is
one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphfold.circuit import Circuit
from graphfold.differentiate.moving import summed
from graphfold.differentiate.pulls import PULLS, pulled
from graphfold.differentiate.uses import Gradient, Use, whole
from graphfold.errors import GraphfoldError
from graphfold.expression import REDUCTIONS, Apply, Expression, Read
from graphfold.shape_rules import Known, broadcast
from graphfold.sizes import Shape
from graphfold.terms import Term, apply

Deliver = Callable[[Read, Term, frozenset[str]], None]
"""Takes a read, its gradient, and the axes around it, for whose steps there is one each."""


class NoTermsError(GraphfoldError):
    """A derivative that the model language cannot write."""


class _Block(NamedTuple):
    """A node to start from, its gradient, and the axes around it."""

    node: int
    gradient: Gradient
    around: frozenset[str]


@dataclass(frozen=True)
class Equal:
    """An expression with the terms and the shapes of its nodes; `live` nodes want gradients."""

    circuit: Circuit
    expression: Expression
    terms: Sequence[Term]
    shapes: Sequence[Known]
    live: Sequence[bool]

    def shape(self, number: int) -> Shape:
        """The shape of a node; that of a number in a sum may be unknown, and is a scalar's."""
        return self.shapes[number] or ()


def terms_of(expression: Expression, root: Term | None = None) -> list[Term]:
    """The nodes as terms; `root` stands for the value, such as a read of its signal."""
    found: list[Term] = []
    for node in expression.nodes:
        if isinstance(node, Apply):
            operands = tuple(found[o] for o in node.operands)
            found.append(Term(node.operation, operands, node.attributes))
        else:
            found.append(Term(node))
    if root is not None:
        found[-1] = root
    return found


def live_nodes(expression: Expression, signals: frozenset[str]) -> list[bool]:
    """For each node whether the value of any of the signals is in it."""
    live: list[bool] = []
    for node in expression.nodes:
        if isinstance(node, Read):
            live.append(node.signal in signals)
        else:
            live.append(isinstance(node, Apply) and any(live[o] for o in node.operands))
    return live


def sweep(equal: Equal, gradient: Term, axis: str | None, deliver: Deliver) -> None:
    """Hand the gradient of the value to `deliver`, read by read.

    NoTermsError at an operation whose derivative is not in the table.
    """
    around = frozenset() if axis is None else frozenset({axis})
    root = equal.expression.root
    pending = [_Block(root, Gradient(gradient, equal.shape(root)), around)]
    while pending:
        pending += _block(equal, pending.pop(), deliver)


def _block(equal: Equal, block: _Block, deliver: Deliver) -> list[_Block]:
    """Go back as far as the next reductions, which are returned."""
    found: dict[int, Gradient] = {block.node: block.gradient}
    inner: list[_Block] = []
    for number in range(block.node, -1, -1):
        gradient = found.pop(number, None)
        if gradient is None or not equal.live[number]:
            continue
        node = equal.expression.nodes[number]
        if isinstance(node, Read):
            term = whole(gradient, equal.terms[number], equal.shape(number))
            deliver(node, term, block.around)
        elif isinstance(node, Apply) and node.operation in REDUCTIONS:
            inner.append(_inside(equal, number, node, block._replace(gradient=gradient)))
        elif isinstance(node, Apply):
            for operand, own in _pulled(equal, number, node, gradient):
                found[operand] = _plus(found[operand], own) if operand in found else own
    return inner


def _plus(one: Gradient, two: Gradient) -> Gradient:
    return Gradient(one.term + two.term, broadcast([one.shape, two.shape]))


def _pulled(
    equal: Equal, number: int, node: Apply, gradient: Gradient
) -> list[tuple[int, Gradient]]:
    if node.operation not in PULLS:
        raise NoTermsError(_why(node))
    use = Use(
        gradient.term,
        equal.terms[number],
        equal.shape(number),
        tuple(equal.terms[o] for o in node.operands),
        tuple(equal.shape(o) for o in node.operands),
        dict[str, Any](node.attributes),
    )
    pairs = [
        (operand, pulled(node.operation, use, place, gradient.shape))
        for place, operand in enumerate(node.operands)
        if equal.live[operand]
    ]
    return [(operand, own) for operand, own in pairs if own is not None]


def _why(node: Apply) -> str:
    if node.operation == "call":
        return f"function {node.attribute('function')} is opaque: the model has no derivative of it"
    return f"operation '{node.operation}' has no derivative in the model language"


# -- reductions over time -------------------------------------------------------------------------


def _inside(equal: Equal, number: int, node: Apply, block: _Block) -> _Block:
    """What is beneath a reduction, with a gradient at each step of its axis."""
    axis, (body,) = str(node.attribute("axis")), node.operands
    gradient = summed(block.gradient.term, block.around & {axis})  # the outer steps are others
    result = Term(node.operation, (equal.terms[body],), node.attributes)
    share = _SHARES[node.operation](gradient, result, equal.terms[body], axis)
    shape = block.gradient.shape if node.operation != "max_over" else equal.shape(body)
    return _Block(body, Gradient(share, shape), block.around | {axis})


def _sum(g: Term, y: Term, x: Term, axis: str) -> Term:
    return g


def _mean(g: Term, y: Term, x: Term, axis: str) -> Term:
    return g / apply("length", axis=axis)


def _max(g: Term, y: Term, x: Term, axis: str) -> Term:
    largest = apply("where", x == y, 1, apply("where", apply("eq", x, x), 0, 1))
    return g * (largest / apply("sum_over", largest, axis=axis))


_SHARES: Mapping[str, Callable[[Term, Term, Term, str], Term]] = {
    "sum_over": _sum,
    "mean_over": _mean,
    "max_over": _max,
}
