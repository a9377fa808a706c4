"""Memory that a loop works in: one set for each run that is under way at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graphfold.evaluate.value import Array

Memory = Mapping[str, Array]


@dataclass
class Buffers:
    """Lends the arrays of a loop, so that no two runs share them.

    A run alone always gets the same set. Lists append and pop as a whole, in any thread.
    """

    first: Memory
    _spare: list[Memory] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._spare.append(self.first)

    def take(self) -> Memory:
        """A set that nobody works in."""
        try:
            return self._spare.pop()
        except IndexError:
            return another(self.first)

    def give(self, memory: Memory) -> None:
        """Hand a set back."""
        self._spare.append(memory)


def another(memory: Memory) -> dict[str, Array]:
    """Arrays like these, that overlap one another where these do.

    >>> z = np.zeros(5)
    >>> new = another({"z": z, "part": z[2:4]})
    >>> new["part"][...] = 7
    >>> new["z"][2:4].tolist(), z.tolist()
    ([7.0, 7.0], [0.0, 0.0, 0.0, 0.0, 0.0])
    """
    owners: list[tuple[Array, Array]] = []  # an array with its own memory, and its copy
    return {name: _like(array, owners) for name, array in memory.items()}


def _like(array: Array, owners: list[tuple[Array, Array]]) -> Array:
    own = array.base if isinstance(array.base, np.ndarray) else array
    copy = next((copy for old, copy in owners if old is own), None)
    if copy is None:
        copy = np.empty_like(own)
        owners.append((own, copy))
    if own is array:
        return copy
    start = array.__array_interface__["data"][0] - own.__array_interface__["data"][0]
    return np.ndarray(array.shape, array.dtype, copy, start, array.strides)
