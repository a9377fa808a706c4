"""Kernels for products of vectors and matrices."""

from __future__ import annotations

import numpy as np

from graphfold.evaluate.elementwise import Kernel
from graphfold.evaluate.value import Value, align


def matmul(left: Value, right: Value) -> Value:
    """Multiply as NumPy's `@` does on core axes, example by example of a batch.

    >>> W, h = Value(np.ones((5, 4))), Value(np.ones((32, 4)), batched=True)
    >>> matmul(W, h).array.shape
    (32, 5)
    """
    if not left.batched and (not right.batched or right.rank >= max(left.rank, 2)):
        return Value(np.matmul(left.array, right.array), right.batched)
    if left.rank == 2 and right.rank == 1 and not left.batched:
        return Value(right.array @ left.array.T, True)  # one product for the whole batch
    if left.rank == 1 and right.rank == 2 and not right.batched:
        return Value(left.array @ right.array, True)
    return _matmul_by_example(left, right)


def _matmul_by_example(left: Value, right: Value) -> Value:
    """Multiply stacks of matrices, a vector standing in as a row (left) or a column (right)."""
    row, column = left.rank == 1, right.rank == 1
    if row:
        left = Value(left.array[..., None, :], left.batched)
    if column:
        right = Value(right.array[..., None], right.batched)
    arrays, batched = align([left, right])
    product = np.matmul(*arrays)
    if column:
        product = product[..., 0]
    if row:
        product = product[..., 0] if column else product[..., 0, :]
    return Value(product, batched)


def dot(left: Value, right: Value) -> Value:
    """Return the sum of a[i] * b[i] over the last axis."""
    arrays, batched = align([left, right])
    return Value(np.vecdot(*arrays), batched)


def outer(left: Value, right: Value) -> Value:
    """Return the matrix of all a[i] * b[j]."""
    column = left.array[..., :, None]
    row = right.array[..., None, :]
    return Value(column * row, left.batched or right.batched)


PRODUCTS: dict[str, Kernel] = {"matmul": matmul, "dot": dot, "outer": outer}
