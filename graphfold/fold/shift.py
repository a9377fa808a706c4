"""Shifts: move kinds in time so that what repeats stands at steps 1..T, and delays are few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphfold.fold.part import Kind, Slot


def shifted(kinds: list[Kind], length: int, early: str) -> tuple[Kind, ...]:
    """Move the kinds in time so that those of a length stand within 1..T, and delays are few.

    Of those that are `early`, "long" ones end at the last step, "short" ones begin at the first.
    """
    shifts: dict[int, int] = {}
    edges = _kind_edges(kinds)
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
        number = next((n for n in rest if any(m in shifts for m, _, _ in edges[n])), rest[0])
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


def _kind_edges(kinds: list[Kind]) -> list[list[tuple[int, int, bool]]]:
    """For each kind the others: (which, delay of what it reads or of what reads it, it reads)."""
    edges: list[list[tuple[int, int, bool]]] = [[] for _ in kinds]
    for number, known in enumerate(kinds):
        for slot in known.slots:
            if slot.kind >= 0 and slot.kind != number:
                edges[number].append((slot.kind, slot.delay, True))
                edges[slot.kind].append((number, slot.delay, False))
    return edges


def _best_shift(
    known: Kind, edges: list[tuple[int, int, bool]], shifts: Mapping[int, int], length: int
) -> int:
    """The shift with the smallest delays; operations stay within 1..length."""
    placed = [(delay, shifts[m], reads) for m, delay, reads in edges if m in shifts]
    flush_left, flush_right = 1 - known.first, length - known.last
    if known.leaf and len(known.nodes) == length:
        return flush_left
    tried = {flush_left, flush_right}
    for delay, other, reads in placed:
        at_once = other - delay if reads else other + delay
        tried |= {at_once, at_once + 1, at_once - 1}
    if not known.leaf and len(known.nodes) <= length:
        tried = {s for s in tried if flush_left <= s <= flush_right} or {flush_left}

    def cost(shift: int) -> tuple[Any, ...]:
        late = [d + shift - o if reads else d + o - shift for d, o, reads in placed]
        ahead = [d for d in late if d < 0]
        return (len(ahead) if known.leaf else 0, sum(map(abs, late)), len(ahead), abs(shift))

    return min(sorted(tried), key=cost)
