"""The edges of an unfolding: one by one, or counted by arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphfold.circuit import Link
from graphfold.instances import Instance
from graphfold.unfolding import Unfolding


def predecessors(unfolding: Unfolding, signal: str, step: int | None) -> tuple[Instance, ...]:
    """The instances that an instance reads, in the order of its equation."""
    if unfolding.is_boundary(signal, step):
        return tuple(dict.fromkeys(boundary_reads(unfolding, signal, step)))
    links = unfolding.circuit.links_into.get(signal, ())
    return tuple(dict.fromkeys(i for link in links for i in link_sources(unfolding, link, step)))


def boundary_reads(unfolding: Unfolding, signal: str, step: int | None) -> Iterator[Instance]:
    """What the value of a boundary reads: static signals."""
    boundary = unfolding.boundary_value(signal, step)
    if boundary is not None and boundary.value is not None:
        yield from ((read.signal, None) for _, read in boundary.value.reads())


def link_sources(unfolding: Unfolding, link: Link, step: int | None) -> Iterator[Instance]:
    """What an instance at a step reads through one link."""
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
class Group:
    """All links from one signal to another: what every reader reads, and the delays."""

    source: str
    target: str
    links: tuple[Link, ...]


def link_groups(unfolding: Unfolding) -> list[Group]:
    """The links of the circuit, those between the same two signals together."""
    found: dict[tuple[str, str], list[Link]] = {}
    for link in unfolding.circuit.links:
        found.setdefault((link.source, link.target), []).append(link)
    return [Group(*pair, tuple(links)) for pair, links in found.items()]


def edge_count(unfolding: Unfolding) -> int:
    """The number of edges; before pruning it costs nothing that grows with the steps."""
    if unfolding.kept is not None:
        return sum(len(predecessors(unfolding, *i)) for i in unfolding.instances())
    boundaries = (i for b in unfolding.blocks for i in getattr(b, "instances", ()))
    total = sum(
        len(set(boundary_reads(unfolding, *i))) for i in boundaries if unfolding.is_boundary(*i)
    )
    return total + sum(_count(unfolding, group) for group in link_groups(unfolding))


def _count(unfolding: Unfolding, group: Group) -> int:
    readers, pins = active_steps(unfolding, group.target)
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


def active_steps(unfolding: Unfolding, target: str) -> tuple[int, list[int]]:
    """The number of steps of a signal, and those at which it is pinned and reads nothing."""
    axis = unfolding.circuit.axis_of[target]
    if axis is None:
        return 1, []
    return unfolding.length(axis), list(unfolding.pins.get(target, ()))


def _always_read(unfolding: Unfolding, group: Group) -> tuple[range, set[int]]:
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
