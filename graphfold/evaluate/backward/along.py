"""Derivatives of the operations along core axes.

Where several entries are the maximum, they share its gradient equally; the gradient of the norm at
0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from graphfold.evaluate.along import EPSILON, reshape, transpose
from graphfold.evaluate.along import place as place_of
from graphfold.evaluate.backward.derivative import (
    Application,
    Derivative,
    no_derivative,
    unbroadcast,
)
from graphfold.evaluate.value import Array, Value

Along = Callable[[Array, Array, Array, Any], Array]  # gradient, result, operand, axes


def _one(pull: Callable[[Application], Array]) -> Derivative:
    """Make a derivative of an operation on one operand."""

    def derivative(use: Application, places: Sequence[int]) -> list[Value | None]:
        return [Value(np.asarray(pull(use)), use.operands[0].batched) for _ in places]

    return derivative


def _reduction(pull: Along) -> Derivative:
    """Of a reduction: gradient and result come with the reduced axes kept, of size 1."""

    def of(use: Application) -> Array:
        (operand,), axis = use.operands, use.attributes.get("axis")
        axes: tuple[int, ...] = tuple(range(int(operand.batched), operand.array.ndim))
        if axis is not None:
            axes = (place_of(axis, operand.rank, operand.batched),)
        g, y = np.expand_dims(use.gradient.array, axes), np.expand_dims(use.result.array, axes)
        return pull(g, y, operand.array, axes)

    return _one(of)


def _normalisation(pull: Along) -> Derivative:
    def of(use: Application) -> Array:
        (operand,), axis = use.operands, use.attributes.get("axis", -1)
        along = place_of(axis, operand.rank, operand.batched)
        return pull(use.gradient.array, use.result.array, operand.array, along)

    return _one(of)


def _mean(g: Array, y: Array, x: Array, axes: tuple[int, ...]) -> Array:
    return np.broadcast_to(g / np.prod([x.shape[a] for a in axes], dtype=g.dtype), x.shape)


def max_share(g: Array, y: Array, x: Array, axes: Any) -> Array:
    """Give the gradient of a maximum y to the entries of x that are it, in equal shares."""
    largest = ((x == y) | (np.isnan(x) & np.isnan(y))).astype(x.dtype)
    count: Array = np.sum(largest, axes, keepdims=True)
    pulled: Array = g * largest / count
    return pulled


def _norm(g: Array, y: Array, x: Array, axes: tuple[int, ...]) -> Array:
    return np.where(y == 0, 0, g * x / np.where(y == 0, 1, y).astype(x.dtype))


def _softmax(g: Array, y: Array, x: Array, axis: int) -> Array:
    """Return y (g - sum(g y)): the Jacobian is diag(y) - y yᵀ."""
    total: Array = np.sum(g * y, axis, keepdims=True)
    pulled: Array = y * (g - total)
    return pulled


def _log_softmax(g: Array, y: Array, x: Array, axis: int) -> Array:
    """Return g - softmax(x) sum(g)."""
    total: Array = np.sum(g, axis, keepdims=True)
    pulled: Array = g - np.exp(y) * total
    return pulled


def _layer_norm(g: Array, y: Array, x: Array, axis: int) -> Array:
    """(g - mean(g) - y mean(g y)) / s, s = sqrt(variance + 1e-5) (Ba, Kiros and Hinton, 2016)."""
    spread: Array = np.sqrt(np.var(x, axis, keepdims=True) + x.dtype.type(EPSILON))
    mean: Array = np.mean(g, axis, keepdims=True)
    along: Array = np.mean(g * y, axis, keepdims=True)
    pulled: Array = (g - mean - y * along) / spread
    return pulled


def _slice(use: Application) -> Array:
    (operand,), (start, stop) = use.operands, (use.attributes["start"], use.attributes["stop"])
    along = place_of(use.attributes.get("axis", 0), operand.rank, operand.batched)
    found = np.zeros(operand.array.shape, use.gradient.array.dtype)
    found[(slice(None),) * along + (slice(start, stop),)] = use.gradient.array
    return found


def concat(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Cut the gradient where the operands were joined."""
    axis, first = use.attributes.get("axis", 0), use.operands[0]
    sizes = [v.core[place_of(axis, v.rank, False)] for v in use.operands]
    ends = [0, *accumulate(sizes)]
    along = place_of(axis, first.rank, use.gradient.batched)
    cuts = [(slice(None),) * along + (slice(ends[p], ends[p + 1]),) for p in places]
    return _parts(use, places, cuts)


def stack(use: Application, places: Sequence[int]) -> list[Value | None]:
    """Take the operand's entry of the new axis."""
    axis, rank = use.attributes.get("axis", 0), use.operands[0].rank + 1
    along = place_of(axis, rank, use.gradient.batched)
    return _parts(use, places, [(slice(None),) * along + (p,) for p in places])


def _parts(
    use: Application, places: Sequence[int], cuts: Sequence[tuple[slice | int, ...]]
) -> list[Value | None]:
    g, batched = use.gradient
    pairs = zip(places, cuts, strict=True)
    return [unbroadcast(g[cut], batched, use.operands[place]) for place, cut in pairs]


ALONG: dict[str, Derivative] = {
    "sum": _reduction(lambda g, y, x, axes: np.broadcast_to(g, x.shape)),
    "mean": _reduction(_mean),
    "max": _reduction(max_share),
    "norm": _reduction(_norm),
    "softmax": _normalisation(_softmax),
    "log_softmax": _normalisation(_log_softmax),
    "layer_norm": _normalisation(_layer_norm),
    "concat": concat,
    "stack": stack,
    "transpose": _one(lambda use: transpose(use.gradient).array),
    "reshape": _one(lambda use: reshape(use.gradient, use.operands[0].core).array),
    "slice": _one(_slice),
    "one_hot": no_derivative,
}
