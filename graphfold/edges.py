"""The edges of an unfolding: one by one, counted by arithmetic, or all at once as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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
    links = (link for link in unfolding.circuit.links if link.target == signal)
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
    sources, targets = np.empty(count, np.int64), np.empty(count, np.int64)
    first = 0
    for part in _parts(unfolding):
        last = first + len(part[1])
        sources[first:last], targets[first:last] = part
        first = last
    assert first == count, (first, count)
    return _renumber(unfolding, sources, targets)


def _parts(unfolding: Unfolding) -> Iterator[tuple[Numbers, Numbers]]:
    yield from _boundary_edges(unfolding)
    for group in _groups(unfolding):
        yield from _group_edges(unfolding, group)


def _renumber(unfolding: Unfolding, sources: Numbers, targets: Numbers) -> tuple[Numbers, Numbers]:
    import numpy as np

    if unfolding.kept is None:
        return sources, targets
    new = np.full(unfolding.whole_count, -1, np.int64)
    new[list(unfolding.kept)] = np.arange(len(unfolding.kept))
    chosen = new[targets] >= 0
    return new[sources[chosen]], new[targets[chosen]]


def _boundary_edges(unfolding: Unfolding) -> Iterator[tuple[Numbers, Numbers]]:
    import numpy as np

    pairs = []
    for block in unfolding.blocks:
        for instance in getattr(block, "instances", ()):
            if unfolding.is_boundary(*instance):
                for source in dict.fromkeys(_boundary_reads(unfolding, *instance)):
                    pairs.append((_number(unfolding, *source), _number(unfolding, *instance)))
    if pairs:
        table = np.array(pairs, np.int64)
        yield table[:, 0], table[:, 1]


def _number(unfolding: Unfolding, signal: str, step: int | None) -> int:
    number = unfolding.whole_number(signal, step)
    assert number is not None, (signal, step)
    return number


def _group_edges(unfolding: Unfolding, group: _Group) -> Iterable[tuple[Numbers, Numbers]]:
    import numpy as np

    steps, targets = _active(unfolding, group.target)
    if not len(targets):
        return []
    parts = []
    for link in group.links:
        if link.reach == "static":
            number = _number(unfolding, link.source, None)
            parts.append((np.broadcast_to(np.int64(number), targets.shape), targets))
            continue
        if link.reach == "step":
            parts.append((numbers_at(unfolding, link.source, steps - link.delay), targets))
            continue
        sources = np.array(
            [_number(unfolding, *i) for i in _sources(unfolding, link, None)], np.int64
        )
        parts.append((np.tile(sources, len(targets)), np.repeat(targets, len(sources))))
    if len(parts) > 1 and any(link.reach != "step" for link in group.links):
        both = np.concatenate([np.stack(part) for part in parts], axis=1)
        both = np.unique(both, axis=1)
        return [(both[0], both[1])]
    return parts


def _active(unfolding: Unfolding, signal: str) -> tuple[Numbers, Numbers]:
    """The steps at which a signal's equation holds, and their node numbers."""
    import numpy as np

    axis = unfolding.circuit.axis_of[signal]
    if axis is None:
        return np.zeros(1, np.int64), np.array([_number(unfolding, signal, None)], np.int64)
    length, pins = _readers(unfolding, signal)
    steps = np.arange(1, length + 1, dtype=np.int64)
    if pins:
        steps = np.delete(steps, np.array(pins) - 1)
    return steps, numbers_at(unfolding, signal, steps)


def numbers_at(unfolding: Unfolding, signal: str, steps: Numbers) -> Numbers:
    """The node numbers (before pruning) of a sequence signal at rising steps."""
    import numpy as np

    table = unfolding.table_of(signal)
    low, high = np.searchsorted(steps, [1, table.steps + 1])
    width = len(table.sweep.signals)
    first, second = table.slot(signal, 1), table.slot(signal, 2)
    assert abs(second - first) == width
    numbers = steps * (second - first)
    numbers += first - (second - first) + table.first
    if table.missing:
        missing = np.array(table.missing, np.int64) + table.first
        numbers -= np.searchsorted(missing, numbers)
    listed = [*range(low), *range(int(high), len(steps))]
    pins = [t for s, t in unfolding.declared_boundaries if s == signal and t is not None]
    places = np.searchsorted(steps, pins)
    listed += [int(p) for p, t in zip(places, pins, strict=True) if p < high and steps[p] == t]
    for place in listed:
        numbers[place] = _number(unfolding, signal, int(steps[place]))
    return numbers
