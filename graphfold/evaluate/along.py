"""Kernels that work along core axes: sums, normalisations, joining and cutting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from graphfold.evaluate.elementwise import Kernel
from graphfold.evaluate.value import Array, Value, spread

EPSILON = 1e-5  # of layer_norm, as in Ba, Kiros and Hinton's code and the frameworks


def place(axis: int, rank: int, batched: bool) -> int:
    """Turn a core axis (negative: from the end) into the array's own; ValueError outside.

    >>> place(-1, 2, batched=True), place(0, 2, batched=True)
    (2, 1)
    """
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} does not exist: the value has {rank} axes")
    return axis % rank + batched


def reduction(function: Callable[[Array, tuple[int, ...]], Array]) -> Kernel:
    """Make a kernel that reduces one core axis, or all of them when none is named."""

    def kernel(value: Value, axis: int | None = None) -> Value:
        array, batched = value
        axes = tuple(range(int(batched), array.ndim))
        if axis is not None:
            axes = (place(axis, value.rank, batched),)
        return Value(function(array, axes), batched)

    return kernel


def normalisation(function: Callable[[Array, int], Array]) -> Kernel:
    """Make a kernel that keeps the shape and works along one core axis, by default the last."""

    def kernel(value: Value, axis: int = -1) -> Value:
        return Value(function(value.array, place(axis, value.rank, value.batched)), value.batched)

    return kernel


def softmax(x: Array, axis: int) -> Array:
    """exp(x) / sum(exp(x)), shifted by the largest entry so that it never overflows."""
    powers: Array = np.exp(x - np.max(x, axis, keepdims=True))
    total: Array = np.sum(powers, axis, keepdims=True)
    return powers / total


def log_softmax(x: Array, axis: int) -> Array:
    """log(softmax(x)) without taking the logarithm of a rounded zero."""
    shifted: Array = x - np.max(x, axis, keepdims=True)
    total: Array = np.log(np.sum(np.exp(shifted), axis, keepdims=True))
    return shifted - total


def layer_norm(x: Array, axis: int) -> Array:
    """(x - mean) / sqrt(variance + 1e-5) along one axis; no gain, no bias."""
    centred: Array = x - np.mean(x, axis, keepdims=True)
    variance: Array = np.mean(np.square(centred), axis, keepdims=True)
    return centred / np.sqrt(variance + EPSILON)


def norm(x: Array, axes: tuple[int, ...]) -> Array:
    """Return the Euclidean length, sqrt(sum(x ** 2))."""
    length: Array = np.sqrt(np.sum(np.square(x), axes))
    return length


def concat(*values: Value, axis: int = 0) -> Value:
    """Join values end to end along a core axis."""
    arrays, batched = spread(values)
    return Value(np.concatenate(arrays, place(axis, values[0].rank, batched)), batched)


def stack(*values: Value, axis: int = 0) -> Value:
    """Join values of one shape along a new core axis."""
    arrays, batched = spread(values)
    return Value(np.stack(arrays, place(axis, values[0].rank + 1, batched)), batched)


def transpose(value: Value) -> Value:
    """Turn the order of the core axes round."""
    array, batched = value
    if not batched:
        return Value(array.T)
    return Value(array.transpose(0, *range(array.ndim - 1, 0, -1)), batched)


def reshape(value: Value, shape: tuple[int, ...]) -> Value:
    """Give the core axes other sizes; the numbers stay in row-major order."""
    batch = value.array.shape[: int(value.batched)]
    return Value(value.array.reshape(*batch, *shape), value.batched)


def cut(value: Value, start: int, stop: int, axis: int = 0) -> Value:
    """Keep the entries start..stop-1 of a core axis; ValueError when they do not all exist."""
    place_ = place(axis, value.rank, value.batched)
    if not 0 <= start <= stop <= value.array.shape[place_]:
        size = value.array.shape[place_]
        raise ValueError(f"slice {start}..{stop} is not within 0..{size}")
    return Value(value.array[(slice(None),) * place_ + (slice(start, stop),)], value.batched)


def one_hot(value: Value, size: int) -> Value:
    """Put a 1 at the index (0-based) and 0 elsewhere, on a new last axis.

    ValueError for an index that is no whole number in 0..size-1.
    """
    entries = np.arange(size, dtype=value.array.dtype)
    hot = (value.array[..., None] == entries).astype(value.array.dtype)
    if not hot.any(axis=-1).all():
        wrong = value.array[~hot.any(axis=-1)].flat[0]
        raise ValueError(f"one_hot needs whole numbers in 0..{size - 1}, found {wrong:g}")
    return Value(hot, value.batched)


ALONG: dict[str, Kernel] = {
    "sum": reduction(np.sum),
    "mean": reduction(np.mean),
    "max": reduction(np.max),
    "norm": reduction(norm),
    "softmax": normalisation(softmax),
    "log_softmax": normalisation(log_softmax),
    "layer_norm": normalisation(layer_norm),
    "concat": concat,
    "stack": stack,
    "transpose": transpose,
    "reshape": reshape,
    "slice": cut,
    "one_hot": one_hot,
}
