"""From guessed labels to a part that repeats exactly: one period, aligned, over its longest run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import lcm
from typing import Any

import numpy as np

from graphfold.fold.align import Alignment, most, most_pair
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_LONGEST_PERIOD = 64
_SPARSEST = 8
_HOLE = 3  # how many saved operations one that would be there in vain is worth


@dataclass(frozen=True)
class Slot:
    """What an operand is at every step: one `node`, or `kind` `delay` steps ago."""

    node: int = -1
    kind: int = -1
    delay: int = 0
    clock: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Kind:
    """The nodes that are one operation in all repetitions: nodes[i] at step first + i, or -1."""

    leaf: bool
    first: int
    nodes: Numbers
    slots: tuple[Slot, ...] = ()
    family: int = -1

    @property
    def last(self) -> int:
        """The last step."""
        return self.first + len(self.nodes) - 1

    def at(self, steps: Numbers) -> Numbers:
        """The nodes at some steps, -1 where there is none."""
        places = steps - self.first
        inside = (places >= 0) & (places < len(self.nodes))
        found = np.full(len(steps), -1, np.int64)
        found[inside] = self.nodes[places[inside]]
        return found


@dataclass(frozen=True)
class Trouble:
    """An operand that is not what the others are; no fold may reach from `start` to `stop`."""

    start: int
    stop: int
    node: int
    place: int


@dataclass(frozen=True)
class Part:
    """A part of the trace that repeats `steps` times; `before` holds what delays read outside.

    `saved` is how many operations the circuit has less than the trace; `period` how many
    repetitions of the anchor one step takes. `tried` is what it would save if there were no
    `troubles`.
    """

    steps: int
    kinds: tuple[Kind, ...]
    histories: Mapping[tuple[int, int], int] = field(default_factory=dict)
    period: int = 1
    saved: int = 0
    cyclic: bool = False
    troubles: tuple[Trouble, ...] = ()
    tried: int = 0

    @property
    def score(self) -> int:
        """What the part saves, less the steps at which operations would be there in vain."""
        kinds = [k for k in self.kinds if not k.leaf]
        return self.saved - _HOLE * sum(int((k.nodes < 0).sum()) for k in kinds)


def make_part(alignment: Alignment) -> Part | None:
    """The longest run of exact repetition among the labels; None when there is none."""
    kinds, period = _kinds(alignment)
    found = []
    for together in _connected(_with_slots(alignment.graph, kinds)):
        lengths = [len(k.nodes) for k in together if not k.leaf]
        if not lengths:
            continue
        usual = most(np.array(lengths))[0]
        most_steps = max(lengths)
        tried = [(most_steps, ""), (usual, ""), (usual, "long"), (most_steps, "short")]
        ways = (_shifted(together, *way) for way in tried)
        once = {tuple(k.first for k in way): way for way in ways}
        found += [_longest(alignment.graph, Part(0, way, period=period)) for way in once.values()]
    parts = [part for part in found if part is not None]
    return max(parts, key=lambda p: (p.score, -len(p.histories)), default=None)


def _connected(kinds: list[Kind]) -> list[list[Kind]]:
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


# -- kinds ---------------------------------------------------------------------------------------


def _kinds(alignment: Alignment) -> tuple[list[Kind], int]:
    """The classes with their nodes by time, split so that all repeat with one period."""
    members = []
    for known in alignment.found:
        nodes = np.concatenate([b[0] for b in known.batches])
        times = np.concatenate([b[1] for b in known.batches])
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


def _places(graph: Graph, kinds: list[Kind]) -> tuple[Numbers, Numbers]:
    """The kind and the step of each node; -1 for nodes of none."""
    kind = np.full(len(graph.trace), -1, np.int64)
    step = np.zeros(len(graph.trace), np.int64)
    for number, known in enumerate(kinds):
        there = np.flatnonzero(known.nodes >= 0)
        kind[known.nodes[there]], step[known.nodes[there]] = number, there + known.first
    return kind, step


def _with_slots(graph: Graph, kinds: list[Kind]) -> list[Kind]:
    """Say of each operand what it mostly is."""
    kind, step = _places(graph, kinds)
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
    return Slot(clock=clock) if clock else Slot(node=node)


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


# -- alignment of kinds --------------------------------------------------------------------------


def _shifted(kinds: list[Kind], length: int, early: str) -> tuple[Kind, ...]:
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


# -- the longest run -----------------------------------------------------------------------------


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


def _longest(graph: Graph, part: Part) -> Part | None:
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
    return replace(found, histories=_histories(graph, found))


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
