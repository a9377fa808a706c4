"""A signal's values at all steps it has, boundaries included, as one array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphfold.evaluate.value import Array


@dataclass(frozen=True)
class Track:
    """`array[step - first]` is the value at a step; (rows, [B,] *core)."""

    array: Array
    first: int
    batched: bool

    def row(self, step: int) -> Array:
        """The value at a step."""
        return self.array[step - self.first, ...]

    def rows(self, start: int, stop: int) -> Array:
        """The values at steps start … stop - 1."""
        return self.array[start - self.first : stop - self.first, ...]

    def put(self, step: int, array: Array, batched: bool) -> None:
        """Set the value at a step, repeated to its shape as `h[0]: zeros` is."""
        row = self.row(step)
        if batched:
            core = row.ndim - 1
            missing = core - (array.ndim - 1)
            array = array.reshape(array.shape[:1] + (1,) * missing + array.shape[1:])
        row[...] = array


def empty_track(
    steps: tuple[int, int], batch: int | None, core: tuple[int, ...], dtype: np.dtype[np.generic]
) -> Track:
    """A track for steps first … last, all zeros; `batch` None has no batch axis."""
    first, last = steps
    front = () if batch is None else (batch,)
    return Track(np.zeros((last - first + 1, *front, *core), dtype), first, batch is not None)
