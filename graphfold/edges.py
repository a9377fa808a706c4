"""The edges of an unfolding: one by one, counted by arithmetic, or all at once as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from graphfold.circuit import Link
from graphfold.instances import Instance
from graphfold.unfolding import Unfolding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]


def predecessors(unfolding: Unfolding, signal: str, step: int | None) -> tuple[Instance, ...]:
    """The instances that an instance reads, in the order of its equation."""
    if unfolding.is_boundary(signal, step):
        return tuple(dict.fromkeys(_boundary_reads(unfolding, signal, step)))
    links = unfolding.circuit.links_into.get(signal, ())
    return tuple(dict.fromkeys(i for link in links for i in _sources(unfolding, link, step)))


def _boundary_reads(unfolding: Unfolding, signal: str, step: int | None) -> Iterator[Instance]:
    boundary = unfolding.boundary_value(signal, step)
    if boundary is not None and boundary.value is not None:
        yield from ((read.signal, None) for _, read in boundary.value.reads())


def _sources(unfolding: Unfolding, link: Link, step: int | None) -> Iterator[Instance]:
    axis = unfolding.circuit.axis_of[link.source]
    if axis is None:
        yield link.source, None
    elif link.index is not None:
        yield link.source, unfolding.resolve(link.index, axis)
    elif link.reach == "all":
        yield from ((link.source, t - link.delay) for t in range(1, unfolding.length(axis) + 1))
    elif step is not None:
        yield link.source, step - link.delay


@dataclass(frozen=True)
class _Group:
    """All links from one signal to another: what every reader reads, and the delays."""

    source: str
    target: str
    links: tuple[Link, ...]


def _groups(unfolding: Unfolding) -> list[_Group]:
    found: dict[tuple[str, str], list[Link]] = {}
    for link in unfolding.circuit.links:
        found.setdefault((link.source, link.target), []).append(link)
    return [_Group(*pair, tuple(links)) for pair, links in found.items()]


def edge_count(unfolding: Unfolding) -> int:
    """The number of edges; before pruning it costs nothing that grows with the steps."""
    if unfolding.kept is not None:
        return len(edge_arrays(unfolding)[0])
    boundaries = (i for b in unfolding.blocks for i in getattr(b, "instances", ()))
    total = sum(
        len(set(_boundary_reads(unfolding, *i))) for i in boundaries if unfolding.is_boundary(*i)
    )
    return total + sum(_count(unfolding, group) for group in _groups(unfolding))


def _count(unfolding: Unfolding, group: _Group) -> int:
    readers, pins = _readers(unfolding, group.target)
    always, points = _always_read(unfolding, group)
    delays = {link.delay for link in group.links if link.reach == "step"}
    total = (readers - len(pins)) * (len(always) + len(points))
    for delay in delays:
        moved = range(always.start + delay, always.stop + delay)
        met = len(range(max(1, moved.start), min(readers + 1, moved.stop)))
        met += sum(1 <= point + delay <= readers for point in points)
        met -= sum(pin in moved or pin - delay in points for pin in pins)
        total += readers - len(pins) - max(met, 0)
    return total


def _readers(unfolding: Unfolding, target: str) -> tuple[int, list[int]]:
    axis = unfolding.circuit.axis_of[target]
    if axis is None:
        return 1, []
    length = unfolding.length(axis)
    pins = [t for s, t in unfolding.declared_boundaries if s == target and t is not None]
    return length, [t for t in pins if 1 <= t <= length]


def _always_read(unfolding: Unfolding, group: _Group) -> tuple[range, set[int]]:
    """What every instance of the target reads: a range of steps, and single steps beside it."""
    axis = unfolding.circuit.axis_of[group.source]
    if axis is None:
        return range(0), {0}
    length = unfolding.length(axis)
    shifts = [link.delay for link in group.links if link.reach == "all"] if length else []
    points = {unfolding.resolve(link.index, axis) for link in group.links if link.index}
    whole = range(1 - max(shifts), length + 1 - min(shifts)) if shifts else range(0)
    if shifts and len(whole) > 2 * length:  # shifts further apart than the axis is long: gaps
        points |= {t - d for d in shifts for t in range(1, length + 1)}
        whole = range(0)
    return whole, {point for point in points if point not in whole}


def edge_arrays(unfolding: Unfolding) -> tuple[Numbers, Numbers]:
    r"""All edges as two arrays of node numbers, (sources, targets), int64.

    Filled at memory speed: one arithmetic sequence for each read of the circuit.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> sources, targets = edge_arrays(unfold(loads(text), 2))
    >>> sources.tolist(), targets.tolist()
    ([1, 2, 0, 1], [2, 3, 2, 3])
    """
    import numpy as np

    from graphfold.memory import ensure_fits

    count = edge_count(unfolding if unfolding.kept is None else replace(unfolding, kept=None))
    ensure_fits(16 * count, "the edge arrays")
    room = _Room(np.empty(count, np.int64), np.empty(count, np.int64))
    _fill_boundaries(unfolding, room)
    clocks = {axis: np.arange(1, length + 1, dtype=np.int64) for axis, length in unfolding.steps}
    for target, groups in groupby(_groups(unfolding), key=attrgetter("target")):
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
    import numpy as np

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
                for source in dict.fromkeys(_boundary_reads(unfolding, *instance)):
                    pairs.append((_number(unfolding, *source), _number(unfolding, *instance)))
    if pairs:
        sources, targets = room.take(len(pairs))
        sources[:], targets[:] = zip(*pairs, strict=True)


def _number(unfolding: Unfolding, signal: str, step: int | None) -> int:
    number = unfolding.whole_number(signal, step)
    assert number is not None, (signal, step)
    return number


def _fill_group(
    unfolding: Unfolding, group: _Group, steps: Numbers, readers: Numbers, room: _Room
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


def _table(unfolding: Unfolding, group: _Group, steps: Numbers, readers: Numbers) -> Numbers:
    """The edges of a group whose links may read the same instance; each edge once."""
    import numpy as np

    parts = []
    for link in group.links:
        if link.reach in ("step", "static"):
            sources = np.empty_like(readers)
            _fill_sources(unfolding, link, steps, sources)
            parts.append(np.stack([sources, readers]))
        else:
            instances = _sources(unfolding, link, None)
            read = np.array([_number(unfolding, *i) for i in instances], np.int64)
            parts.append(np.stack([np.tile(read, len(readers)), np.repeat(readers, len(read))]))
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts, axis=1), axis=1)


def _active(
    unfolding: Unfolding, signal: str, clocks: Mapping[str, Numbers]
) -> tuple[Numbers, Numbers]:
    """The steps at which a signal's equation holds, and their node numbers."""
    import numpy as np

    axis = unfolding.circuit.axis_of[signal]
    if axis is None:
        return np.zeros(1, np.int64), np.array([_number(unfolding, signal, None)], np.int64)
    steps, (_, pins) = clocks[axis], _readers(unfolding, signal)
    if pins:
        steps = np.delete(steps, np.array(pins) - 1)
    return steps, numbers_at(unfolding, signal, steps)


def numbers_at(
    unfolding: Unfolding, signal: str, steps: Numbers, delay: int = 0, out: Numbers | None = None
) -> Numbers:
    """The node numbers (before pruning) of a sequence signal `delay` before rising steps."""
    import numpy as np

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
    pins = [t + delay for s, t in unfolding.declared_boundaries if s == signal and t is not None]
    places = np.searchsorted(steps, pins)
    listed += [int(p) for p, t in zip(places, pins, strict=True) if p < high and steps[p] == t]
    for place in listed:
        numbers[place] = _number(unfolding, signal, int(steps[place]) - delay)
    return numbers
