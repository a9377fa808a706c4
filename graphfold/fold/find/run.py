"""The longest run of steps over which kinds repeat exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from graphfold.fold.find.part import Kind, Part, Trouble
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers


def _troubles(graph: Graph, part: Part) -> Iterator[Trouble]:
    """Where operands are not what their slots say."""
    for known in part.kinds:
        there = np.flatnonzero(known.nodes >= 0)
        nodes, steps = known.nodes[there], there + known.first
        for place, slot in enumerate(known.slots):
            read = graph.operand(nodes, place)
            if slot.clock is not None:
                wrong = np.flatnonzero(~_on_clock(graph, slot.clock, read, steps))
            elif slot.kind < 0:
                wrong = np.flatnonzero(read != slot.node)
            else:
                wrong = np.flatnonzero(part.kinds[slot.kind].at(steps - slot.delay) != read)
            spread = slot.delay if slot.kind >= 0 else 0
            for at in wrong.tolist():
                step = int(steps[at])
                start, stop = sorted((step - spread, step))
                yield Trouble(start, stop, int(nodes[at]), place)


def _on_clock(graph: Graph, clock: tuple[float, float], read: Numbers, steps: Numbers) -> Any:
    slope, start = clock
    pairs = zip(read.tolist(), steps.tolist(), strict=True)
    return np.array([graph.constant.get(n) == slope * s + start for n, s in pairs], bool)


def longest(graph: Graph, part: Part) -> Part | None:
    """The longest run of steps of some kinds that is exact; None when histories never agree."""
    operations = [k for k in part.kinds if not k.leaf]
    low, high = min(k.first for k in operations), max(k.last for k in operations)
    troubles = tuple(_troubles(graph, part))
    spans = [(t.start, t.stop) for t in troubles]
    for _ in range(20):
        run = _longest_run(spans, low, high)
        stops = run is None or run[1] < high or run[0] > low
        inside = tuple(t for t in troubles if stops and t.start >= low and t.stop <= high)
        cut = None if run is None else _cut(graph, part, *run, inside)
        if cut is None or run is None:
            saved = sum(int((k.nodes >= 0).sum()) - 1 for k in operations)
            return Part(0, (), {}, part.period, -1, False, inside, tried=saved)
        disagreeing = _disagreeing(graph, cut)
        if not disagreeing:
            return cut
        spans += [(step + run[0] - 1, step + run[0] - 1) for step in disagreeing]
    return None


def _longest_run(spans: list[tuple[int, int]], low: int, high: int) -> tuple[int, int] | None:
    """The longest run of steps that wholly contains no span; the first of equal ones."""
    latest: dict[int, int] = {}
    for start, stop in spans:
        latest[stop] = max(latest.get(stop, start), start)
    best: tuple[int, int] | None = None
    first = low
    for step in range(low, high + 1):
        if step in latest and latest[step] >= first:
            first = latest[step] + 1
        if first <= step and (best is None or step - first > best[1] - best[0]):
            best = (first, step)
    return best


def _cut(
    graph: Graph, part: Part, start: int, stop: int, troubles: tuple[Trouble, ...]
) -> Part | None:
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
