"""The longest run of steps over which kinds repeat exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.part import FEWEST_STEPS, Kind, Part, Slot
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_MOST_RUNS = 24


def _troubles(graph: Graph, part: Part) -> Numbers:
    """Where operands are not what their slots say: a row (start, stop, node, place) each."""
    rows = [np.empty((0, 4), np.int64)]
    for known in part.kinds:
        there = np.flatnonzero(known.nodes >= 0)
        nodes, steps = known.nodes[there], there + known.first
        for place, slot in enumerate(known.slots):
            wrong = ~_met(graph, part, slot, graph.operand(nodes, place), steps)
            at, delay = steps[wrong], slot.delay if slot.kind >= 0 else 0
            start, stop = np.minimum(at, at - delay), np.maximum(at, at - delay)
            rows.append(np.stack([start, stop, nodes[wrong], np.full(len(at), place)], axis=1))
    return np.concatenate(rows)


def _met(graph: Graph, part: Part, slot: Slot, read: Numbers, steps: Numbers) -> NDArray[np.bool_]:
    """At which steps an operand is what its slot says."""
    if slot.clock is not None:
        return _on_clock(graph, slot.clock, read, steps)
    wanted = slot.node if slot.kind < 0 else part.kinds[slot.kind].at(steps - slot.delay)
    return np.asarray(read == wanted)


def _on_clock(
    graph: Graph, clock: tuple[float, float], read: Numbers, steps: Numbers
) -> NDArray[np.bool_]:
    slope, start = clock
    pairs = zip(read.tolist(), steps.tolist(), strict=True)
    return np.array([graph.constant.get(n) == slope * s + start for n, s in pairs], bool)


def longest(graph: Graph, part: Part) -> Part | None:
    """The longest run of steps of some kinds that is exact; None when histories never agree."""
    runs = _Runs(graph, part)
    found = runs.within(runs.low, runs.high)
    if found is None:
        return None
    run, cut = found
    return replace(cut, others=runs.beside(run)) if run else cut


@dataclass
class _Runs:
    """The runs of some kinds that are exact, one after another."""

    graph: Graph
    part: Part

    def __post_init__(self) -> None:
        self.operations = self.part.operations
        self.low = min(k.first for k in self.operations)
        self.high = max(k.last for k in self.operations)
        self.troubles = _troubles(self.graph, self.part)
        self.spans = self.troubles[:, :2]

    def within(self, low: int, high: int) -> tuple[tuple[int, int] | None, Part] | None:
        """The longest run between two steps; no run and what was tried, or None."""
        for _ in range(20):
            run = _longest_run(self.spans, low, high)
            whole = run == (self.low, self.high)
            inside = (self.troubles[:, 0] >= self.low) & (self.troubles[:, 1] <= self.high)
            told = self.troubles[inside & (not whole)]
            cut = None if run is None else _cut(self.graph, self.part, *run, told)
            if cut is None or run is None:
                saved = sum(int((k.nodes >= 0).sum()) - 1 for k in self.operations)
                return None, Part(0, (), {}, self.part.period, -1, False, told, tried=saved)
            disagreeing = _disagreeing(self.graph, cut)
            if not disagreeing:
                return run, cut
            steps = np.array(disagreeing) + run[0] - 1
            self.spans = np.concatenate([self.spans, np.stack([steps, steps], axis=1)])
        return None

    def beside(self, run: tuple[int, int]) -> tuple[Part, ...]:
        """The other runs, before and after one."""
        found: list[Part] = []
        pending = [(self.low, run[0] - 1), (run[1] + 1, self.high)]
        while pending and len(found) < _MOST_RUNS:
            low, high = pending.pop(0)
            told = self.within(low, high) if high - low + 1 >= FEWEST_STEPS else None
            if told is None or told[0] is None:
                continue
            start, stop = told[0]
            part = told[1]
            if stop - start + 1 >= FEWEST_STEPS:
                found.append(part)
                pending += [(low, start - 1), (stop + 1, high)]
        return tuple(found)


def _longest_run(spans: Numbers, low: int, high: int) -> tuple[int, int] | None:
    """The longest run of steps that wholly contains no span; the first of equal ones."""
    if high < low:
        return None
    inside = spans[(spans[:, 1] >= low) & (spans[:, 1] <= high)]
    first = np.full(high - low + 1, low)
    np.maximum.at(first, inside[:, 1] - low, inside[:, 0] + 1)
    first = np.maximum.accumulate(first)
    lengths = np.arange(low, high + 1) - first
    best = int(np.argmax(lengths))
    return (int(first[best]), low + best) if lengths[best] >= 0 else None


def _cut(graph: Graph, part: Part, start: int, stop: int, troubles: Numbers) -> Part | None:
    """The part between two steps, counted from 1."""
    steps = stop - start + 1
    kept: dict[int, Kind] = {}
    for number, known in enumerate(part.kinds):
        nodes = known.at(np.arange(start, stop + 1))
        if (nodes >= 0).any():
            kept[number] = replace(known, nodes=nodes, first=1)
    kept = _without_rare(part, kept, steps)
    kept = _without_unread(kept)
    new = {old: number for number, old in enumerate(kept)}
    kinds = tuple(
        replace(k, slots=tuple(replace(s, kind=new.get(s.kind, -2 if s.kind >= 0 else -1),
                                       clock=_shift(s.clock, start)) for s in k.slots))
        for k in kept.values()
    )  # fmt: skip
    if any(s.kind == -2 for k in kinds for s in k.slots) or steps < 2:
        return None
    operations = [k for k in kinds if not k.leaf]
    saved = sum(int((k.nodes >= 0).sum()) - 1 for k in operations)
    found = Part(steps, kinds, {}, part.period, saved, _is_cyclic(kinds), troubles, saved)
    histories = _histories(graph, found)
    return replace(found, histories=histories, doubtful=_doubtful(graph, kinds, histories))


def _doubtful(
    graph: Graph, kinds: tuple[Kind, ...], histories: Mapping[tuple[int, int], int]
) -> int:
    """How many histories are the operation that they stand for."""
    pairs = (
        (kinds[number].nodes[kinds[number].nodes >= 0][0], node)
        for (number, _), node in histories.items()
        if not kinds[number].leaf
    )
    return sum(bool(graph.key[one] == graph.key[other]) for one, other in pairs)


def _shift(clock: tuple[float, float] | None, start: int) -> tuple[float, float] | None:
    return None if clock is None else (clock[0], clock[1] + clock[0] * (start - 1))


def _without_rare(part: Part, kept: dict[int, Kind], steps: int) -> dict[int, Kind]:
    """Leave out operations that are there at few steps and that no other reads."""
    while True:
        read = {s.kind for k in kept.values() for s in k.slots}
        rare = [
            n for n, k in kept.items()
            if not k.leaf and n not in read and (k.nodes >= 0).sum() * 2 < steps
        ]  # fmt: skip
        if not rare:
            return kept
        kept = {n: k for n, k in kept.items() if n not in rare}


def _without_unread(kept: dict[int, Kind]) -> dict[int, Kind]:
    """Leave out leaves that no operation reads."""
    read = {s.kind for k in kept.values() for s in k.slots}
    return {n: k for n, k in kept.items() if not k.leaf or n in read}


def _outside_reads(graph: Graph, part: Part) -> Iterator[tuple[tuple[int, int], int, int]]:
    """What delays read before the first step and after the last: (kind, step), node, reader's."""
    for known in part.kinds:
        for place, slot in enumerate(known.slots):
            if slot.kind < 0 or not slot.delay:
                continue
            steps = np.arange(1, part.steps + 1)
            if slot.delay > 0:
                steps = steps[: slot.delay]
            else:
                steps = steps[max(0, part.steps + slot.delay) :]
            nodes = known.at(steps)
            for node, step in zip(nodes.tolist(), steps.tolist(), strict=True):
                if node >= 0:
                    read = int(graph.operand(np.array([node]), place)[0])
                    yield (slot.kind, step - slot.delay), read, step


def _histories(graph: Graph, part: Part) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for place, node, _ in _outside_reads(graph, part):
        found.setdefault(place, node)
    return found


def _disagreeing(graph: Graph, part: Part) -> list[int]:
    """Steps at which a delay reads another value before the first step than others read there."""
    return [s for place, node, s in _outside_reads(graph, part) if part.histories[place] != node]


def _is_cyclic(kinds: tuple[Kind, ...]) -> bool:
    """Whether some kind depends on itself."""
    following = [{s.kind for s in k.slots if s.kind >= 0} for k in kinds]
    waiting = [len(f) for f in following]
    readers: list[list[int]] = [[] for _ in kinds]
    for number, those in enumerate(following):
        for other in those:
            readers[other].append(number)
    ready = [n for n, count in enumerate(waiting) if not count]
    done = 0
    while ready:
        done += 1
        for reader in readers[ready.pop()]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    return done < len(kinds)
