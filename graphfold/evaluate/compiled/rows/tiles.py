"""Cut the steps and rows of a recurrence into rectangles in which one piece of code holds.

Rows are sorted, the longest first: those that have a step come before those that do not, and those
whose own last step is a certain one stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from graphfold.evaluate.value import Array

Pins = Mapping[int, frozenset[str]]  # the signals pinned at a step, or so many steps from the end


class Tile(NamedTuple):
    """Steps start … stop - 1 in rows low … high - 1, and the signals pinned in all of them."""

    pinned: frozenset[str]
    start: int
    stop: int
    low: int
    high: int


def tiles(counts: Array, fixed: Pins, ends: Pins) -> list[Tile]:
    """Return the tiles in the order of their steps; `counts` are the sorted lengths."""
    falling = -counts
    found: list[Tile] = []
    for start, stop in pairwise(_cuts(counts, fixed, ends)):
        active = int(np.searchsorted(falling, -start, "right"))
        if active:
            pinned = fixed.get(start, frozenset())
            found += [Tile(p, start, stop, *span)
                      for p, span in _groups(falling, ends, (start, active), pinned)]  # fmt: skip
    return found


def _cuts(counts: Array, fixed: Pins, ends: Pins) -> list[int]:
    """Where something changes."""
    longest = int(counts[0]) if len(counts) else 0
    lengths = np.unique(counts)
    places = [np.array([1, longest + 1]), lengths + 1]
    for step in fixed:
        places.append(np.array([step, step + 1]))
    for offset in ends:
        places += [lengths + offset, lengths + offset + 1]
    cuts = np.unique(np.concatenate(places))
    kept: list[int] = cuts[(cuts >= 1) & (cuts <= longest + 1)].tolist()
    return kept


def _groups(
    falling: Array, ends: Pins, here: tuple[int, int], pinned: frozenset[str]
) -> Iterator[tuple[frozenset[str], tuple[int, int]]]:
    """The active rows at a step, those apart in which signals are pinned from the end."""
    step, active = here
    special: dict[int, tuple[int, frozenset[str]]] = {}
    for offset, names in ends.items():
        low = int(np.searchsorted(falling, offset - step, "left"))
        high = int(np.searchsorted(falling, offset - step, "right"))
        if low < high:
            special[low] = high, names
    place = 0
    for low, (high, names) in sorted(special.items()):
        if place < low:
            yield pinned, (place, low)
        yield pinned | names, (low, high)
        place = high
    if place < active:
        yield pinned, (place, active)
