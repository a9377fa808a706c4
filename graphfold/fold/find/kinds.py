"""From guessed labels to kinds: the nodes of one operation by step, and what they mostly read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import lcm

import numpy as np

from graphfold.fold.find.align import Alignment, most, most_pair
from graphfold.fold.find.part import Kind, Slot
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_LONGEST_PERIOD = 64
_SPARSEST = 8


def kinds_of(alignment: Alignment) -> tuple[list[Kind], int]:
    """The classes with their nodes by time, split so that all repeat with one period."""
    members = []
    for number, known in enumerate(alignment.found):
        nodes, times = alignment.members(number)
        order = np.argsort(times, kind="stable")
        if len(nodes) >= 2:
            members.append((known.leaf, nodes[order], times[order]))
    gaps = [most(np.diff(times))[0] for leaf, _, times in members if not leaf and len(times) > 2]
    period = lcm(*(g for g in gaps if 0 < g <= _LONGEST_PERIOD))
    if period > _LONGEST_PERIOD:
        period = max(g for g in gaps if g <= _LONGEST_PERIOD)
    kinds = []
    for leaf, nodes, times in members:
        if times[-1] - times[0] > _SPARSEST * period * len(times):
            continue  # too far apart to be steps of one repetition
        for residue in range(period) if period > 1 else (0,):
            chosen = times % period == residue
            if chosen.sum() >= 2:
                kinds.append(_kind(alignment.graph, leaf, nodes[chosen], times[chosen] // period))
    return kinds, period


def _kind(graph: Graph, leaf: bool, nodes: Numbers, times: Numbers) -> Kind:
    first = int(times[0])
    dense = np.full(int(times[-1]) - first + 1, -1, np.int64)
    dense[times - first] = nodes
    return Kind(leaf, first, dense, family=int(graph.family[nodes[0]]))


def places_of(graph: Graph, kinds: list[Kind]) -> tuple[Numbers, Numbers]:
    """The kind and the step of each node; -1 for nodes of none."""
    kind = np.full(len(graph.trace), -1, np.int64)
    step = np.zeros(len(graph.trace), np.int64)
    for number, known in enumerate(kinds):
        there = np.flatnonzero(known.nodes >= 0)
        kind[known.nodes[there]], step[known.nodes[there]] = number, there + known.first
    return kind, step


def with_slots(graph: Graph, kinds: list[Kind]) -> list[Kind]:
    """Say of each operand what it mostly is."""
    kind, step = places_of(graph, kinds)
    found = []
    for known in kinds:
        if known.leaf:
            found.append(known)
            continue
        there = np.flatnonzero(known.nodes >= 0)
        nodes, steps = known.nodes[there], there + known.first
        count = int(graph.arity[nodes[0]])
        slots = (_slot(graph, graph.operand(nodes, p), steps, kind, step) for p in range(count))
        found.append(replace(known, slots=tuple(slots)))
    return found


def _slot(graph: Graph, read: Numbers, steps: Numbers, kind: Numbers, step: Numbers) -> Slot:
    node, count = most(read)
    labelled = np.flatnonzero(kind[read] >= 0)
    if labelled.size:
        late = steps[labelled] - step[read[labelled]]
        (label, delay), often = most_pair(kind[read[labelled]], late)
        if often >= count or (often > 1 and count == 1):
            return Slot(kind=label, delay=delay)
    clock = _clock(graph, read, steps) if count * 2 <= len(read) else None
    return Slot(clock=clock) if clock else Slot(node=node, sure=count * 2 > len(read))


def _clock(graph: Graph, read: Numbers, steps: Numbers) -> tuple[float, float] | None:
    """The numbers a and b when the operand is the constant a·t + b at each step t."""
    values = [graph.constant.get(int(node)) for node in read]
    pairs = [(s, v) for s, v in zip(steps.tolist(), values, strict=True) if v is not None]
    if len(pairs) < 3 or len(pairs) * 2 <= len(values):
        return None
    (s0, v0), (s1, v1) = pairs[-2:]
    slope = (v1 - v0) / (s1 - s0)
    if not slope:
        return None
    slope = int(slope) if slope == int(slope) else slope
    start = v1 - slope * s1
    met = sum(slope * s + start == v for s, v in pairs)
    return (slope, start) if met * 2 > len(values) else None


def connected(kinds: list[Kind]) -> list[list[Kind]]:
    """The kinds in groups that read each other, numbered anew."""
    near: list[set[int]] = [set() for _ in kinds]
    for number, kind in enumerate(kinds):
        for slot in kind.slots:
            if slot.kind >= 0:
                near[number].add(slot.kind)
                near[slot.kind].add(number)
    found, seen = [], set[int]()
    for first in range(len(kinds)):
        if first in seen:
            continue
        group, pending = {first}, [first]
        while pending:
            fresh = near[pending.pop()] - group
            group |= fresh
            pending += fresh
        seen |= group
        new = {old: place for place, old in enumerate(sorted(group))}
        found.append([_renumbered(kinds[old], new) for old in new])
    return found


def _renumbered(kind: Kind, new: Mapping[int, int]) -> Kind:
    slots = (replace(s, kind=new[s.kind]) if s.kind >= 0 else s for s in kind.slots)
    return replace(kind, slots=tuple(slots))
