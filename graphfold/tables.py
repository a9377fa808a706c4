"""Node numbers: some nodes are listed, those of a sweep form a table of columns.

Slot (column - 1) * n + place belongs to a signal at a step; a few slots do not exist, where a step
is pinned or a component's signals are shifted against each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from graphfold.instances import Instance
from graphfold.schedule import Sweep


@dataclass(frozen=True)
class Listed:
    """A run of nodes that are listed one by one."""

    first: int
    instances: tuple[Instance, ...]

    @property
    def count(self) -> int:
        """How many nodes."""
        return len(self.instances)

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.instances)


@dataclass(frozen=True)
class Table:
    """The nodes of a sweep: slot (column - 1) * n + position, less the slots that do not exist."""

    first: int
    sweep: Sweep
    steps: int
    missing: tuple[int, ...]

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Each signal's place within a column."""
        return MappingProxyType({s: i for i, s in enumerate(self.sweep.signals)})

    @cached_property
    def columns(self) -> int:
        """The number of columns: the steps and the largest lag."""
        return self.steps + max(self.sweep.lags) if self.steps else 0

    @property
    def count(self) -> int:
        """How many nodes."""
        return self.columns * len(self.sweep.signals) - len(self.missing)

    def slot(self, signal: str, step: int) -> int:
        """The slot of an instance; it may be one that does not exist."""
        place = self.position[signal]
        column = self.steps + 1 - step if self.sweep.backward else step
        return (column - 1 + self.sweep.lags[place]) * len(self.sweep.signals) + place

    def number(self, signal: str, step: int) -> int | None:
        """The node number of an instance, or None when it is missing."""
        slot = self.slot(signal, step)
        below = bisect_left(self.missing, slot)
        if below < len(self.missing) and self.missing[below] == slot:
            return None
        return self.first + slot - below

    def instance(self, number: int) -> Instance:
        """The instance with that node number."""
        return self._at(self._slot_of(number - self.first))

    def __iter__(self) -> Iterator[Instance]:
        missing = frozenset(self.missing)
        slots = range(self.columns * len(self.sweep.signals))
        return (self._at(slot) for slot in slots if slot not in missing)

    def _slot_of(self, rank: int) -> int:
        low, high = 0, len(self.missing)
        while low < high:  # the missing slots below: missing[j] - j never falls
            middle = (low + high) // 2
            if self.missing[middle] - middle <= rank:
                low = middle + 1
            else:
                high = middle
        return rank + low

    def _at(self, slot: int) -> Instance:
        column, place = divmod(slot, len(self.sweep.signals))
        step = column + 1 - self.sweep.lags[place]
        signal = self.sweep.signals[place]
        return signal, self.steps + 1 - step if self.sweep.backward else step


Block = Listed | Table
