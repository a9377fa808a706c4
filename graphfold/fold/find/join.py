"""Mend kinds: cut off ends that belong to others, join those that the alignment took for two."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from graphfold.fold.find.grow import same_shape
from graphfold.fold.find.kinds import places_of, with_slots
from graphfold.fold.find.part import Kind
from graphfold.fold.graph import Graph
from graphfold.fold.writing.names import base_of

_MOST_JOINS = 100

Join = tuple[int, int, int]  # a kind, another one that goes on with it, and how much later


def trim(graph: Graph, kinds: list[Kind]) -> list[Kind]:
    """The kinds without nodes at their ends that are out of place; else the same list.

    These read another parameter, or stand apart and read nothing of what the kind reads.
    """
    found = [_trimmed(graph, kinds, kind) for kind in kinds]
    return found if any(a is not b for a, b in zip(found, kinds, strict=True)) else kinds


def _trimmed(graph: Graph, kinds: list[Kind], kind: Kind) -> Kind:
    there = np.flatnonzero(kind.nodes >= 0)
    wrong, met = np.zeros(len(there), bool), np.zeros(len(there), bool)
    for place, slot in enumerate(kind.slots):
        read = graph.operand(kind.nodes[there], place)
        if slot.kind >= 0:
            met |= kinds[slot.kind].at(there + kind.first - slot.delay) == read
        elif slot.clock is not None:
            met |= True
        elif slot.sure:
            met |= read == slot.node
            wrong |= read != slot.node
    apart = np.zeros(len(there), bool)
    if len(there) > 2:
        apart[0], apart[-1] = there[1] > there[0] + 1, there[-1] > there[-2] + 1
    kept = there[~wrong & (met | ~apart)]
    if len(kept) < 2 or (kept[0] == there[0] and kept[-1] == there[-1]):
        return kind
    nodes = kind.nodes[kept[0] : kept[-1] + 1]
    return replace(kind, first=kind.first + int(kept[0]), nodes=nodes)


def join(graph: Graph, kinds: list[Kind]) -> list[Kind]:
    """The kinds, those joined that are read by, or read, the same ones at different steps."""
    for _ in range(_MOST_JOINS):
        found = _by_readers(graph, kinds) or _by_operands(graph, kinds)
        if found is None:
            break
        kinds = with_slots(graph, _joined(kinds, found))
    return kinds


def _by_readers(graph: Graph, kinds: list[Kind]) -> Join | None:
    """Two kinds that one place of a third reads, each at some of the steps."""
    number_of, step_of = places_of(graph, kinds)
    for kind in kinds:
        there = np.flatnonzero(kind.nodes >= 0)
        steps = there + kind.first
        for place, slot in enumerate(kind.slots):
            if slot.kind < 0 or kinds[slot.kind].leaf:
                continue
            read = graph.operand(kind.nodes[there], place)
            numbers = number_of[read]
            for other in np.unique(numbers[(numbers >= 0) & (numbers != slot.kind)]).tolist():
                those = numbers == other
                late = np.unique(steps[those] - step_of[read[those]])
                join = (slot.kind, other, int(late[0]) - slot.delay)
                if late.size == 1 and _fit(kinds, join) and _alike(graph, kinds, *join[:2]):
                    return join
    return None


def _alike(graph: Graph, kinds: list[Kind], *numbers: int) -> bool:
    """Whether two kinds are the same operation."""
    if any(kinds[n].leaf for n in numbers):
        return False
    one, other = (int(kinds[n].nodes[kinds[n].nodes >= 0][0]) for n in numbers)
    named = {base_of([graph.trace.names.get(node)]) for node in (one, other)} - {""}
    same = bool(graph.key[one] == graph.key[other]) and same_shape(graph, one, other)
    return same and len(named) < 2


def _by_operands(graph: Graph, kinds: list[Kind]) -> Join | None:
    """Two kinds that read the same ones, each at some of the steps."""
    alike: dict[int, list[int]] = {}
    for number, kind in enumerate(kinds):
        if not kind.leaf:
            key = int(graph.key[kind.nodes[kind.nodes >= 0][0]])
            alike.setdefault(key, []).append(number)
    for numbers in alike.values():
        for one, other in combinations(sorted(numbers, key=lambda n: -len(kinds[n].nodes)), 2):
            later = _later(graph, kinds, one, other)
            if later is not None and _fit(kinds, (one, other, later)):
                return one, other, later
    return None


def _later(graph: Graph, kinds: list[Kind], one: int, other: int) -> int | None:
    """How many steps later the other kind must stand to read what the one reads.

    Places may read kinds that could be one; at least one place reads the same.
    """
    late = set()
    for slot, theirs in zip(kinds[one].slots, kinds[other].slots, strict=True):
        if slot.kind >= 0 and slot.kind == theirs.kind:
            late.add(slot.delay - theirs.delay)
        elif slot.kind >= 0 and theirs.kind >= 0:
            if not _alike(graph, kinds, slot.kind, theirs.kind):
                return None
        elif slot.kind >= 0 or theirs.kind >= 0 or slot.node != theirs.node:
            return None
    return late.pop() if len(late) == 1 else None


def _fit(kinds: list[Kind], join: Join) -> bool:
    """Whether no step would have two nodes."""
    one, other, later = kinds[join[0]], kinds[join[1]], join[2]
    there = np.flatnonzero(other.nodes >= 0) + other.first + later
    return bool((one.at(there) < 0).all())


def _joined(kinds: list[Kind], join: Join) -> list[Kind]:
    """The kinds without their slots, one put into the other."""
    one, other, later = kinds[join[0]], kinds[join[1]], join[2]
    first = min(one.first, other.first + later)
    last = max(one.last, other.last + later)
    steps = np.arange(first, last + 1)
    nodes = np.maximum(one.at(steps), other.at(steps - later))
    whole = replace(one, first=first, nodes=nodes)
    return [whole if k is one else k for k in kinds if k is not other]
