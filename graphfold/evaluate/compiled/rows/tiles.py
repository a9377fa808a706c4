"""Cut the places and rows of a recurrence into rectangles in which one piece of code holds.

Rows are sorted, the longest first: those that have a step come before those that do not, and those
of one length stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from graphfold.evaluate.value import Array


@dataclass(frozen=True)
class Pinned:
    """A signal of a recurrence: its shift, and where it is pinned, from the start and the end."""

    name: str
    shift: int
    fixed: frozenset[int]
    ends: frozenset[int]

    def holds(self, place: int, count: int) -> bool:
        """Whether the equation holds at a place in a row of that length."""
        step = place - self.shift
        return 1 <= step <= count and step not in self.fixed and step - count not in self.ends


class Tile(NamedTuple):
    """Places start … stop - 1 in rows low … high - 1, and the signals computed nowhere there."""

    absent: frozenset[str]
    start: int
    stop: int
    low: int
    high: int


def tiles(counts: Array, signals: Sequence[Pinned]) -> list[Tile]:
    """Return the tiles in the order of their places; `counts` are the sorted lengths."""
    falling, found = -counts, list[Tile]()
    shifts = sorted({signal.shift for signal in signals})
    ends = sorted({(s.shift, offset) for s in signals for offset in s.ends})
    for start, stop in pairwise(_cuts(counts, signals)):
        edges = {0}
        for shift in shifts:
            edges.add(int(np.searchsorted(falling, shift - start, "right")))
        for shift, offset in ends:
            last = shift + offset - start
            edges |= {int(np.searchsorted(falling, last, side)) for side in ("left", "right")}
        active = int(np.searchsorted(falling, shifts[-1] - start, "right"))
        for low, high in pairwise(sorted(edge for edge in edges if edge <= active)):
            count = int(counts[low])
            absent = frozenset(s.name for s in signals if not s.holds(start, count))
            found.append(Tile(absent, start, stop, low, high))
    return found


def _cuts(counts: Array, signals: Sequence[Pinned]) -> list[int]:
    """The places where something changes."""
    lengths = np.unique(counts)
    places = [np.concatenate(list(_changes(lengths, signal))) for signal in signals]
    cuts = np.unique(np.concatenate(places))
    kept: list[int] = cuts[cuts >= 1].tolist()
    return kept


def _changes(lengths: Array, signal: Pinned) -> Iterator[Array]:
    steps = [1, *signal.fixed, *(step + 1 for step in signal.fixed)]
    yield np.array(steps) + signal.shift
    yield lengths + 1 + signal.shift
    for offset in signal.ends:
        yield lengths + offset + signal.shift
        yield lengths + offset + 1 + signal.shift
