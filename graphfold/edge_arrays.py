"""All edges of an unfolding as two arrays, filled at memory speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from graphfold.circuit import Link
from graphfold.edges import (
    Group,
    active_steps,
    boundary_reads,
    edge_count,
    link_groups,
    link_sources,
)
from graphfold.memory import ensure_fits
from graphfold.unfolding import Unfolding

Numbers = NDArray[np.int64]


def edge_arrays(unfolding: Unfolding) -> tuple[Numbers, Numbers]:
    r"""All edges as two arrays of node numbers, (sources, targets), int64.

    Filled at memory speed: one arithmetic sequence for each read of the circuit.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> sources, targets = edge_arrays(unfold(loads(text), 2))
    >>> sources.tolist(), targets.tolist()
    ([1, 2, 0, 1], [2, 3, 2, 3])
    """
    count = edge_count(unfolding if unfolding.kept is None else replace(unfolding, kept=None))
    ensure_fits(16 * count, "the edge arrays")
    room = _Room(np.empty(count, np.int64), np.empty(count, np.int64))
    _fill_boundaries(unfolding, room)
    clocks = {axis: np.arange(1, length + 1, dtype=np.int64) for axis, length in unfolding.steps}
    for target, groups in groupby(link_groups(unfolding), key=attrgetter("target")):
        steps, readers = _active(unfolding, target, clocks)
        for group in groups if len(readers) else ():  # what nobody reads need not exist
            _fill_group(unfolding, group, steps, readers, room)
    assert room.used == count, (room.used, count)
    return _renumber(unfolding, room.sources, room.targets)


@dataclass
class _Room:
    """The two arrays, filled from the front, in place: new memory costs more than arithmetic."""

    sources: Numbers
    targets: Numbers
    used: int = 0

    def take(self, count: int) -> tuple[Numbers, Numbers]:
        part = slice(self.used, self.used + count)
        self.used = part.stop
        return self.sources[part], self.targets[part]


def _renumber(unfolding: Unfolding, sources: Numbers, targets: Numbers) -> tuple[Numbers, Numbers]:
    if unfolding.kept is None:
        return sources, targets
    new = np.full(unfolding.whole_count, -1, np.int64)
    new[list(unfolding.kept)] = np.arange(len(unfolding.kept))
    chosen = new[targets] >= 0
    return new[sources[chosen]], new[targets[chosen]]


def _fill_boundaries(unfolding: Unfolding, room: _Room) -> None:
    pairs = []
    for block in unfolding.blocks:
        for instance in getattr(block, "instances", ()):
            if unfolding.is_boundary(*instance):
                for source in dict.fromkeys(boundary_reads(unfolding, *instance)):
                    pairs.append((_number(unfolding, *source), _number(unfolding, *instance)))
    if pairs:
        sources, targets = room.take(len(pairs))
        sources[:], targets[:] = zip(*pairs, strict=True)


def _number(unfolding: Unfolding, signal: str, step: int | None) -> int:
    number = unfolding.whole_number(signal, step)
    assert number is not None, (signal, step)
    return number


def _fill_group(
    unfolding: Unfolding, group: Group, steps: Numbers, readers: Numbers, room: _Room
) -> None:
    if any(link.reach in ("fixed", "all") for link in group.links):
        table = _table(unfolding, group, steps, readers)
        sources, targets = room.take(table.shape[1])
        sources[:], targets[:] = table
        return
    for link in group.links:
        sources, targets = room.take(len(readers))
        targets[:] = readers
        _fill_sources(unfolding, link, steps, sources)


def _fill_sources(unfolding: Unfolding, link: Link, steps: Numbers, sources: Numbers) -> None:
    """The one instance that each reader reads through a link."""
    if link.reach == "static":
        sources[:] = _number(unfolding, link.source, None)
    else:
        numbers_at(unfolding, link.source, steps, link.delay, sources)


def _table(unfolding: Unfolding, group: Group, steps: Numbers, readers: Numbers) -> Numbers:
    """The edges of a group whose links may read the same instance; each edge once."""
    parts = []
    for link in group.links:
        if link.reach in ("step", "static"):
            sources = np.empty_like(readers)
            _fill_sources(unfolding, link, steps, sources)
            parts.append(np.stack([sources, readers]))
        else:
            instances = link_sources(unfolding, link, None)
            read = np.array([_number(unfolding, *i) for i in instances], np.int64)
            parts.append(np.stack([np.tile(read, len(readers)), np.repeat(readers, len(read))]))
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts, axis=1), axis=1)


def _active(
    unfolding: Unfolding, signal: str, clocks: Mapping[str, Numbers]
) -> tuple[Numbers, Numbers]:
    """The steps at which a signal's equation holds, and their node numbers."""
    axis = unfolding.circuit.axis_of[signal]
    if axis is None:
        return np.zeros(1, np.int64), np.array([_number(unfolding, signal, None)], np.int64)
    steps, (_, pins) = clocks[axis], active_steps(unfolding, signal)
    if pins:
        steps = np.delete(steps, np.array(pins) - 1)
    return steps, numbers_at(unfolding, signal, steps)


def numbers_at(
    unfolding: Unfolding, signal: str, steps: Numbers, delay: int = 0, out: Numbers | None = None
) -> Numbers:
    """The node numbers (before pruning) of a sequence signal `delay` before rising steps."""
    table = unfolding.table_of(signal)
    low, high = np.searchsorted(steps, [1 + delay, table.steps + 1 + delay])
    width = len(table.sweep.signals)
    first, second = table.slot(signal, 1), table.slot(signal, 2)
    assert abs(second - first) == width
    numbers = np.multiply(steps, second - first, out=out)
    numbers += first - (second - first) * (1 + delay) + table.first
    if table.missing:
        missing = np.array(table.missing, np.int64) + table.first
        numbers -= np.searchsorted(missing, numbers)
    listed = [*range(low), *range(int(high), len(steps))]
    pins = [step + delay for step in unfolding.pins.get(signal, ())]
    places = np.searchsorted(steps, pins)
    listed += [int(p) for p, t in zip(places, pins, strict=True) if p < high and steps[p] == t]
    for place in listed:
        numbers[place] = _number(unfolding, signal, int(steps[place]) - delay)
    return numbers
