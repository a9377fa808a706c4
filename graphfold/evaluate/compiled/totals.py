"""Sums over all steps and all examples: what the gradient of a parameter is.

A sum of outer products is one product of matrices: sum over t and the batch of a[t] b[t]ᵀ is AᵀB,
the rows of A and B being the steps of all examples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array
from graphfold.expression import Apply, Read


def total(vector: Vector, scope: Scope) -> Flow:
    """The value of a static equation, summed over the batch where it has one."""
    found: Array | None = None
    known: dict[int, Flow] = {}
    for sign, number in _terms(vector, vector.expression.root):
        array = _term(vector, scope, number, known)
        array = array if sign > 0 else -array
        found = array if found is None else found + array
    assert found is not None
    return Flow(np.asarray(found, scope.dtype))


def _terms(vector: Vector, root: int) -> Iterator[tuple[int, int]]:
    """The terms of a sum, with their signs."""
    pending = [(1, root)]
    while pending:
        sign, number = pending.pop()
        node = vector.expression.nodes[number]
        same = isinstance(node, Apply) and all(
            vector.shapes[o] == vector.shapes[number] for o in node.operands
        )
        if isinstance(node, Apply) and same and node.operation in ("add", "sub", "neg"):
            first, *second = node.operands
            pending.append((-sign if node.operation == "neg" else sign, first))
            pending += [(-sign if node.operation == "sub" else sign, o) for o in second]
        else:
            yield sign, number


def _term(vector: Vector, scope: Scope, number: int, known: dict[int, Flow]) -> Array:
    node = vector.expression.nodes[number]
    if isinstance(node, Apply) and node.operation == "sum_over":
        axis, (body,) = str(node.attribute("axis")), node.operands
        if scope.unfolding.length(axis):
            return _over(vector, scope, (body, axis), known)
    flow = vector.value(scope, number, known)
    return np.sum(flow.array, axis=0) if flow.batched else flow.array


def _over(vector: Vector, scope: Scope, place: tuple[int, str], known: dict[int, Flow]) -> Array:
    """The sum of a node over an axis and the batch."""
    body, axis = place
    node = vector.expression.nodes[body]
    bundled = _of_bundle(vector, scope, body)
    if bundled is not None:
        return bundled
    if isinstance(node, Apply) and node.operation == "outer":
        one, two = (_rows(vector.value(scope, o, known), scope, axis) for o in node.operands)
        if one is not None and two is not None:
            return _contracted(one, two)
    flow = vector.value(scope, body, known)
    rows = _rows(flow, scope, axis)
    if rows is None:  # it moves along other axes as well
        raise ValueError("a total over one axis moves along another")
    return _added(rows)


# -- signals side by side -------------------------------------------------------------------------


def _of_bundle(vector: Vector, scope: Scope, body: int) -> Array | None:
    """The sum of a signal's value, or of its outer product with another's, out of its bundle's.

    That of all signals side by side is found when the first of them is asked for. None for what is
    no such value, and where few signals of the bundle have totals.
    """
    nodes = vector.expression.nodes
    node = nodes[body]
    pair = node.operands if isinstance(node, Apply) and node.operation == "outer" else (body,)
    first, *second = (nodes[number] for number in pair)
    bundle = _bundle_of(scope, first)
    if bundle is None or not all(isinstance(one, Read) for one in second):
        return None
    key = (bundle.name, repr(second))
    if key not in scope.together:
        length = scope.unfolding.length(_axis(first))
        rows = Flow(scope.tracks[bundle.name].rows(1, length + 1), (_axis(first),),
                    scope.tracks[bundle.name].batched)  # fmt: skip
        other = [_rows(vector.value(scope, n, {}), scope, _axis(first)) for n in pair[1:]]
        if None in other:
            return None
        scope.together[key] = _contracted(rows, other[0]) if other and other[0] else _added(rows)
    assert isinstance(first, Read)
    return scope.together[key][bundle.span(first.signal)]


def _axis(node: object) -> str:
    assert isinstance(node, Read)
    assert node.index is not None
    return node.index.base


def _bundle_of(scope: Scope, node: object) -> Bundle | None:
    """The bundle of a read of a signal at its own step, if most of its signals have totals."""
    if not isinstance(node, Read) or node.index is None or node.index.offset:
        return None
    bundle = scope.bundled.get(node.signal)
    if bundle is None or node.index.base != scope.unfolding.circuit.axis_of[node.signal]:
        return None
    readers = scope.unfolding.circuit.remember("readers of totals", dict[str, frozenset[str]])
    return bundle if 2 * len(_with_totals(scope, bundle, readers)) > len(bundle.signals) else None


def _with_totals(scope: Scope, bundle: Bundle, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """The signals of a bundle that totals read."""
    if bundle.name not in known:
        links = scope.unfolding.circuit.links
        sources = {link.source for link in links if link.target in scope.totals}
        known[bundle.name] = frozenset(bundle.signals) & sources
    return known[bundle.name]


# -- rows -----------------------------------------------------------------------------------------


def _rows(flow: Flow, scope: Scope, axis: str) -> Flow | None:
    """A value at each step of one axis; None when it moves along others."""
    if flow.axes == (axis,):
        return flow
    if flow.axes:
        return None
    front = (scope.unfolding.length(axis), *flow.array.shape[: int(flow.batched)])
    return Flow(spread_to(flow, (axis,), front), (axis,), flow.batched)


def _contracted(one: Flow, two: Flow) -> Array:
    if one.batched != two.batched:  # the same for all examples on one side
        one, two = (Flow(_summed(f), f.axes) if f.batched else f for f in (one, two))
    left, right = (_in_one_piece(f) for f in (one, two))
    return np.asarray(left.T @ right)


def _in_one_piece(flow: Flow) -> Array:
    """The rows of all examples; those of a bundle are copied, which a product of strides is not."""
    return np.ascontiguousarray(flow.array.reshape(-1, flow.array.shape[-1]))


def _summed(flow: Flow) -> Array:
    return np.asarray(np.sum(flow.array, axis=1))


def _added(flow: Flow) -> Array:
    """The sum of all rows, of vectors as a product with ones."""
    if len(flow.core) == 1:
        rows = flow.array.reshape(-1, *flow.core)
        return np.asarray(np.ones(len(rows), rows.dtype) @ rows)
    return np.asarray(np.sum(flow.array, axis=tuple(range(flow.lead))))
