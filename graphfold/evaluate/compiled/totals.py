"""Sums over all steps and all examples: what the gradient of a parameter is.

A sum of outer products is one product of matrices: sum over t and the batch of a[t] b[t]ᵀ is AᵀB,
the rows of A and B being the steps of all examples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array
from graphfold.expression import Apply


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
    if isinstance(node, Apply) and node.operation == "outer":
        one, two = (_rows(vector.value(scope, o, known), scope, axis) for o in node.operands)
        if one is not None and two is not None:
            return _contracted(one, two)
    flow = vector.value(scope, body, known)
    rows = _rows(flow, scope, axis)
    if rows is None:  # it moves along other axes as well
        raise ValueError("a total over one axis moves along another")
    return _added(rows)


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
    left, right = (f.array.reshape(-1, f.array.shape[-1]) for f in (one, two))
    return np.asarray(left.T @ right)


def _summed(flow: Flow) -> Array:
    return np.asarray(np.sum(flow.array, axis=1))


def _added(flow: Flow) -> Array:
    """The sum of all rows; a product with ones, where that is one over contiguous numbers."""
    core = flow.core
    if len(core) == 1 and flow.array.flags.c_contiguous:
        rows = flow.array.reshape(-1, *core)
        return np.asarray(np.ones(len(rows), rows.dtype) @ rows)
    return np.asarray(np.sum(flow.array, axis=tuple(range(flow.lead))))
