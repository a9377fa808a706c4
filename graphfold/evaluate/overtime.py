"""Reductions over the steps of an axis: sum, mean and max of one value a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphfold.evaluate.value import Array, Value, spread


def stack_steps(values: Sequence[Value]) -> Value:
    """Put the values of 1, 2, … on a new first axis; the batch axis, if any, comes second."""
    arrays, batched = spread(values)
    return Value(np.stack(arrays), batched)


def reduce_steps(operation: str, values: Sequence[Value], nothing: Value | None) -> Value:
    """Reduce one value a step; the sum of no steps is `nothing`.

    Sums are taken in at least double precision, so that a long float32 sequence loses no digits.
    ValueError for the mean or maximum of no steps.
    """
    if not values:
        if operation == "sum_over" and nothing is not None:
            return nothing
        raise ValueError(f"the {operation.removesuffix('_over')} over no steps has no value")
    stacked = stack_steps(values)
    return Value(_REDUCE[operation](stacked.array), stacked.batched)


def sum_steps(array: Array) -> Array:
    """Add up the entries along the first axis, in at least double precision."""
    wide = np.promote_types(array.dtype, np.float64)
    return np.asarray(np.sum(array, axis=0, dtype=wide))


def _sum(array: Array) -> Array:
    return sum_steps(array).astype(array.dtype)


def _mean(array: Array) -> Array:
    wide = np.promote_types(array.dtype, np.float64)
    return np.asarray(np.mean(array, axis=0, dtype=wide)).astype(array.dtype)


def _max(array: Array) -> Array:
    return np.asarray(np.max(array, axis=0))


_REDUCE = {"sum_over": _sum, "mean_over": _mean, "max_over": _max}
