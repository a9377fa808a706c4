"""Derivatives of products of vectors and matrices.

For C = A B: dA = dC Bᵀ and dB = Aᵀ dC (Goodfellow, Bengio and Courville, *Deep Learning*, 6.5.6).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphfold.evaluate.backward.derivative import Application, Derivative, by_number, unbroadcast
from graphfold.evaluate.value import Array, Value, align


def matmul(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Of `@`; a weight shared by a batch takes one product for the whole batch."""
    left, right = use.operands
    return [_matmul_place(use.gradient, left, right, place) for place in places]


def _matmul_place(gradient: Value, left: Value, right: Value, place: int) -> Value:
    g = gradient.array
    if left.rank == 2 and right.rank == 1 and not left.batched:
        if place == 1 and right.batched:
            return Value(g @ left.array, True)
        if place == 1:
            return Value(np.asarray(left.array.T @ g))
        return Value(g.T @ right.array if right.batched else np.outer(g, right.array))
    if left.rank == 1 and right.rank == 2 and not right.batched:
        if place == 0:
            return Value(np.asarray(g @ right.array.T), left.batched)
        return Value(left.array.T @ g if left.batched else np.outer(left.array, g))
    return _by_example(gradient, left, right, place)


def _by_example(gradient: Value, left: Value, right: Value, place: int) -> Value:
    """Stacks of matrices, a vector standing in as a row (left) or a column (right)."""
    row, column, g = left.rank == 1, right.rank == 1, gradient.array
    if column:
        g = g[..., None]
    if row:
        g = g[..., None, :]
    a = Value(left.array[..., None, :], left.batched) if row else left
    b = Value(right.array[..., None], right.batched) if column else right
    (wide, first, second), batched = align([Value(g, gradient.batched), a, b])
    if place == 0:
        found = unbroadcast(wide @ _turned(second), batched, a).array
        return Value(found[..., 0, :] if row else found, left.batched)
    found = unbroadcast(_turned(first) @ wide, batched, b).array
    return Value(found[..., 0] if column else found, right.batched)


def _turned(array: Array) -> Array:
    return array.swapaxes(-1, -2)


def dot(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Of the sum of a[i] b[i]: g b and g a."""
    wide = Value(use.gradient.array[..., None], use.gradient.batched)
    return _PRODUCT(use._replace(gradient=wide), places)


def outer(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Of the matrix of a[i] b[j]: sums over the other index."""
    a, b = use.operands
    column, row = Value(a.array[..., :, None], a.batched), Value(b.array[..., None, :], b.batched)
    found = _PRODUCT(use._replace(operands=(column, row)), places)
    cut = [
        v.array[..., 0] if place == 0 else v.array[..., 0, :] for v, place in _pairs(found, places)
    ]
    return [
        Value(array, use.operands[place].batched) for array, place in zip(cut, places, strict=True)
    ]


def _pairs(found: Sequence[Value | None], places: Sequence[int]) -> list[tuple[Value, int]]:
    return [(v, place) for v, place in zip(found, places, strict=True) if v is not None]


_PRODUCT = by_number(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)

PRODUCTS: dict[str, Derivative] = {"matmul": matmul, "dot": dot, "outer": outer}
