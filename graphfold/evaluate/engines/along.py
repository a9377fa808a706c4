"""Operations along core axes of the arrays of a namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphfold.evaluate.along import EPSILON, place
from graphfold.evaluate.engines.elementwise import Operation
from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space


def reduction(function: Callable[[Any, Any, tuple[int, ...]], Any]) -> Operation:
    """Make an operation that reduces one core axis, or all of them when none is named."""

    def operation(space: Space, operand: Operand, axis: int | None = None) -> Any:
        array, axes = operand.array, tuple(range(operand.lead, operand.array.ndim))
        if axis is not None:
            axes = (_place(operand, axis),)
        if not axes:  # no axes means all to some namespaces
            array, axes = space.xp.expand_dims(array, axis=-1), (array.ndim,)
        return function(space.xp, array, axes)

    return operation


def normalisation(function: Callable[[Any, Any, int], Any]) -> Operation:
    """Make an operation that keeps the shape and works along one core axis, by default the last."""
    return lambda space, operand, axis=-1: function(space.xp, operand.array, _place(operand, axis))


def _place(operand: Operand, axis: int, more: int = 0) -> int:
    return place(axis, operand.rank + more, False) + operand.lead


def along_cores(function: Callable[..., Any]) -> Operation:
    """Make an operation of a function of a namespace and of arrays with all leading axes."""
    return lambda space, *operands: function(space.xp, *repeated(space, operands))


def norm(xp: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The Euclidean length; its gradient at 0 is 0."""
    total = xp.sum(xp.square(x), axis=axes)
    nothing = total == 0
    return xp.where(nothing, total, xp.sqrt(xp.where(nothing, xp.ones_like(total), total)))


def softmax(xp: Any, x: Any, axis: int) -> Any:
    """exp(x) / sum(exp(x)), shifted by the largest entry so that it never overflows."""
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, axis: int) -> Any:
    """log(softmax(x)) without taking the logarithm of a rounded zero."""
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def layer_norm(xp: Any, x: Any, axis: int) -> Any:
    """(x - mean) / sqrt(variance + 1e-5) along one axis; no gain, no bias."""
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    variance = xp.mean(xp.square(centred), axis=axis, keepdims=True)
    return centred / xp.sqrt(variance + EPSILON)


def concat(space: Space, *operands: Operand, axis: int = 0) -> Any:
    """Join values end to end along a core axis."""
    lead = max(operand.lead for operand in operands)
    along = place(axis, operands[0].rank, False) + lead
    return space.xp.concat(repeated(space, operands), axis=along)


def stack(space: Space, *operands: Operand, axis: int = 0) -> Any:
    """Join values of one shape along a new core axis."""
    lead = max(operand.lead for operand in operands)
    along = place(axis, operands[0].rank + 1, False) + lead
    return space.xp.stack(repeated(space, operands), axis=along)


def repeated(space: Space, operands: tuple[Operand, ...]) -> list[Any]:
    """The arrays with all leading axes in full."""
    front = np.broadcast_shapes(*(operand.front for operand in operands))
    return [space.xp.broadcast_to(o.array, (*front, *o.core)) for o in operands]


def transpose(space: Space, operand: Operand) -> Any:
    """Turn the order of the core axes round."""
    lead, count = operand.lead, operand.array.ndim
    return space.xp.permute_dims(operand.array, (*range(lead), *range(count - 1, lead - 1, -1)))


def reshape(space: Space, operand: Operand, shape: tuple[int, ...]) -> Any:
    """Give the core axes other sizes; the numbers stay in row-major order."""
    return space.xp.reshape(operand.array, (*operand.front, *shape))


def cut(_space: Space, operand: Operand, start: int, stop: int, axis: int = 0) -> Any:
    """Keep the entries start..stop-1 of a core axis; ValueError when they do not all exist."""
    along = _place(operand, axis)
    size = operand.array.shape[along]
    if not 0 <= start <= stop <= size:
        raise ValueError(f"slice {start}..{stop} is not within 0..{size}")
    return operand.array[(slice(None),) * along + (slice(start, stop), ...)]


def one_hot(space: Space, operand: Operand, size: int) -> Any:
    """Put a 1 at the index (0-based) and 0 elsewhere, on a new last axis.

    ValueError for an index that is no whole number in 0..size-1; compiled, where no value is known,
    its row is NaN.
    """
    xp, array = space.xp, operand.array
    entries = xp.arange(size, dtype=space.dtype, device=space.device)
    hit = xp.expand_dims(array, axis=-1) == entries
    known = xp.any(hit, axis=-1)
    hot = xp.astype(hit, space.dtype)
    if space.namespace.jax:
        return xp.where(xp.expand_dims(known, axis=-1), hot, xp.nan)
    if not bool(xp.all(known)):
        wrong = float(xp.reshape(array, (-1,))[~xp.reshape(known, (-1,))][0])
        raise ValueError(f"one_hot needs whole numbers in 0..{size - 1}, found {wrong:g}")
    return hot


ALONG: dict[str, Operation] = {
    "sum": reduction(lambda xp, x, axes: xp.sum(x, axis=axes)),
    "mean": reduction(lambda xp, x, axes: xp.mean(x, axis=axes)),
    "max": reduction(lambda xp, x, axes: xp.max(x, axis=axes)),
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
