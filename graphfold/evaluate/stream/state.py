"""Where a stream has got to, as plain data; and the arithmetic of what it gathers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from graphfold.evaluate.overtime import sum_steps
from graphfold.evaluate.value import Array

Arrays = Mapping[str, Array]


class _Plain:
    """Mappings among the fields are read-only, and pickled as what they are."""

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if isinstance(value, dict):
                object.__setattr__(self, one.name, MappingProxyType(dict(value)))

    def __reduce__(self) -> tuple[type[_Plain], tuple[Any, ...]]:
        values = [getattr(self, one.name) for one in fields(self)]  # type: ignore[arg-type]
        plain = (dict(v) if isinstance(v, MappingProxyType) else v for v in values)
        return type(self), tuple(plain)


@dataclass(frozen=True, eq=False)
class Start(_Plain):
    """What a stream is started with: its axis, values by name, the size of a batch.

    `steps` are the lengths of other axes.
    """

    axis: str
    values: Arrays = field(repr=False)
    batch: int | None = None
    steps: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False)
class State(_Plain):
    """A stream after some steps; it can be kept, pickled and gone on from, more than once.

    `rows` are the last values of each sequence that later steps read, the oldest first:
    (delay, *shape) or (delay, B, *shape). `totals` are the sums and maxima so far of what is
    reduced over time. No step changes a state. `sizes` is None, and there are no rows, until the
    sizes of dimensions are known. `dtype` is that of the floating arrays so far.
    """

    start: Start
    step: int = 0
    rows: Arrays = field(default_factory=dict, repr=False)
    totals: Arrays = field(default_factory=dict, repr=False)
    sizes: Mapping[str, int] | None = field(default=None, repr=False)
    dtype: np.dtype[Any] | None = None


def frozen(array: Array) -> Array:
    """A copy that nobody can write to."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def latest(old: Array, new: Array, rank: int) -> Array:
    """As many of the last rows of `old` and then `new` as `old` has, either of them batched."""
    depth = len(old)
    if len(new) >= depth and new.ndim >= old.ndim:
        return frozen(new[len(new) - depth :])
    pair = [old[min(len(new), depth) :], new[max(0, len(new) - depth) :]]
    batch = next((one.shape[1] for one in pair if one.ndim > rank + 1), None)
    return frozen(np.concatenate([spread_rows(one, rank, batch) for one in pair]))


def spread_rows(rows: Array, rank: int, batch: int | None) -> Array:
    """Rows with a batch axis, if there is a batch."""
    if batch is None or rows.ndim > rank + 1:
        return rows
    return np.broadcast_to(rows[:, None], (len(rows), batch, *rows.shape[1:]))


def gather(how: str, old: Array | None, new: Array) -> Array:
    """What has been gathered once more steps, (steps, …), have gone by."""
    if how == "max_over":
        found = np.max(new, axis=0)
        return frozen(found if old is None else np.maximum(old, found))
    found = sum_steps(new)
    return frozen(found if old is None else old + found)
