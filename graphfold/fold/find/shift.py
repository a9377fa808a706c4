"""Shifts: move kinds in time so that what repeats stands at steps 1..T, and delays are few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.part import Kind, Slot
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_SEQUENCE = 3  # elements that make a sequence


@dataclass(frozen=True)
class Edge:
    """That one kind reads another `delay` steps ago, except at the steps `missed`.

    `other` is the far end; `reads` tells whether it is the one that is read. `elsewhere` tells at
    which of the missed steps some other element of a sequence is read, which is no history.
    """

    other: int
    delay: int
    reads: bool
    missed: Numbers
    elsewhere: NDArray[np.bool_]


def edges_of(graph: Graph, kinds: list[Kind]) -> list[list[Edge]]:
    """For each kind how it reads others, and they read it."""
    edges: list[list[Edge]] = [[] for _ in kinds]
    for number, kind in enumerate(kinds):
        there = np.flatnonzero(kind.nodes >= 0)
        steps = there + kind.first
        for place, slot in enumerate(kind.slots):
            if slot.kind < 0 or slot.kind == number:
                continue
            read = graph.operand(kind.nodes[there], place)
            wrong = kinds[slot.kind].at(steps - slot.delay) != read
            missed = steps[wrong], _in_sequence(graph, kinds[slot.kind], read)[wrong]
            edges[number].append(Edge(slot.kind, slot.delay, True, *missed))
            edges[slot.kind].append(Edge(number, slot.delay, False, *missed))
    return edges


def _in_sequence(graph: Graph, kind: Kind, read: Numbers) -> NDArray[np.bool_]:
    """Which nodes are elements of a sequence, if the kind is one: out of place, no histories."""
    family = graph.family[read]
    sizes = np.array([len(f.nodes) for f in graph.families] or [0])
    return (family >= 0) & (sizes[family] >= _SEQUENCE) & kind.leaf


def shifted(
    kinds: list[Kind], edges: list[list[Edge]], length: int, early: str
) -> tuple[Kind, ...]:
    """Move the kinds in time so that those of a length stand within 1..T, and delays are few.

    Of those that are `early`, "long" ones end at the last step, "short" ones begin at the first.
    """
    shifts: dict[int, int] = {}
    for number, known in enumerate(kinds):
        if not known.leaf and len(known.nodes) == length:
            shifts[number] = 1 - known.first
        elif not known.leaf and len(known.nodes) > length and early == "long":
            shifts[number] = length - known.last
        elif not known.leaf and len(known.nodes) < length and early == "short":
            shifts[number] = 1 - known.first
    rest = sorted(
        (n for n in range(len(kinds)) if n not in shifts),
        key=lambda n: (kinds[n].leaf, -len(kinds[n].nodes)),
    )
    while rest:
        number = next((n for n in rest if any(e.other in shifts for e in edges[n])), rest[0])
        rest.remove(number)
        shifts[number] = _best_shift(kinds[number], edges[number], shifts, length)
    moved = []
    for number, known in enumerate(kinds):
        slots = tuple(
            replace(s, delay=s.delay + shifts[number] - shifts[s.kind]) if s.kind >= 0
            else _shift_clock(s, shifts[number])
            for s in known.slots
        )  # fmt: skip
        moved.append(replace(known, first=known.first + shifts[number], slots=slots))
    return tuple(moved)


def _shift_clock(slot: Slot, shift: int) -> Slot:
    if slot.clock is None:
        return slot
    slope, start = slot.clock
    return replace(slot, clock=(slope, start - slope * shift))


def _best_shift(known: Kind, edges: list[Edge], shifts: Mapping[int, int], length: int) -> int:
    """The shift with the fewest reads that fit no delay, then the smallest delays.

    Operations stay within 1..length.
    """
    placed = [e for e in edges if e.other in shifts]
    flush_left, flush_right = 1 - known.first, length - known.last
    if known.leaf and len(known.nodes) == length:
        return flush_left
    tried = {flush_left, flush_right}
    for edge in placed:
        for delay in _likely_delays(known, edge, shifts, length):
            other = shifts[edge.other]
            tried.add(delay - edge.delay + other if edge.reads else edge.delay + other - delay)
    if not known.leaf and len(known.nodes) <= length:
        tried = {s for s in tried if flush_left <= s <= flush_right} or {flush_left}

    def cost(shift: int) -> tuple[Any, ...]:
        late = [_delay(edge, shift, shifts) for edge in placed]
        ahead = [d for d in late if d < 0]
        wrong = sum(
            _misfits(e, d, shift if e.reads else shifts[e.other], length)
            for e, d in zip(placed, late, strict=True)
        )
        return wrong, len(ahead) if known.leaf else 0, sum(map(abs, late)), len(ahead), abs(shift)

    return min(sorted(tried), key=cost)


def _delay(edge: Edge, shift: int, shifts: Mapping[int, int]) -> int:
    """The delay of an edge when this end of it is moved by `shift`."""
    moved = shift - shifts[edge.other]
    return edge.delay + (moved if edge.reads else -moved)


def _likely_delays(
    known: Kind, edge: Edge, shifts: Mapping[int, int], length: int
) -> tuple[int, ...]:
    """No delay, one step, and as many as turn early or late misfits into histories."""
    usual = (0, 1, -1)
    if edge.reads or not edge.missed.size:
        return usual
    steps = edge.missed + shifts[edge.other]
    early, late = steps[steps * 2 <= length], steps[steps * 2 > length]
    found = (int(early.max()),) if early.size else ()
    return (*usual, *found, *((int(late.min()) - length - 1,) if late.size else ()))


def _misfits(edge: Edge, delay: int, shift: int, length: int) -> int:
    """How many reads fit neither a delay nor the histories that it has."""
    steps = edge.missed + shift
    inside = (steps >= 1) & (steps <= length)
    history = steps <= delay if delay > 0 else steps > length + delay
    return int((inside & ~(history & ~edge.elsewhere)).sum())
