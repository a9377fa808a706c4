"""A value under evaluation: an array that may carry a leading batch axis.

The axes behind the batch axis are the *core* axes. Broadcasting looks at core axes only: a batch
never lines up with a row or a column by accident.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Value(NamedTuple):
    """An array; when `batched`, its first axis counts the examples of a mini-batch."""

    array: Array
    batched: bool = False

    @property
    def rank(self) -> int:
        """The number of core axes."""
        return self.array.ndim - self.batched

    @property
    def core(self) -> tuple[int, ...]:
        """The sizes of the core axes."""
        return self.array.shape[int(self.batched) :]


def lift(value: Value, rank: int) -> Array:
    """Return the array with core axes of size 1 put in front until it has `rank` of them.

    >>> lift(Value(np.zeros((32, 4)), batched=True), 2).shape
    (32, 1, 4)
    """
    missing = rank - value.rank
    if missing <= 0 or not value.batched:
        return value.array  # NumPy lines up arrays without a batch axis from the right itself
    return value.array.reshape(value.array.shape[:1] + (1,) * missing + value.array.shape[1:])


def align(values: Sequence[Value]) -> tuple[list[Array], bool]:
    """Return arrays that NumPy broadcasts along core axes alone, and whether any is batched."""
    batched = [v.batched for v in values]
    if not any(batched):
        return [v.array for v in values], False
    rank = max(v.rank for v in values)
    return [lift(v, rank) for v in values], True


def spread(values: Sequence[Value]) -> tuple[list[Array], bool]:
    """Return the arrays with the batch axis repeated where it was absent, if any has one."""
    sizes = [v.array.shape[0] for v in values if v.batched]
    if not sizes:
        return [v.array for v in values], False
    return [spread_to(v, sizes[0]) for v in values], True


def spread_to(value: Value, batch: int) -> Array:
    """Return the array with a batch axis, repeated (without a copy) where it was absent."""
    if value.batched:
        return value.array
    return np.broadcast_to(value.array, (batch, *value.array.shape))


def fit(value: Value, shape: tuple[int, ...]) -> Value:
    """Repeat the value to a core shape, as `h[0]: zeros` fills [n_h]; ValueError if it cannot."""
    if value.core == shape:
        return value
    array = lift(value, len(shape))
    full = (*array.shape[:1], *shape) if value.batched else shape
    return Value(np.broadcast_to(array, full), value.batched)
