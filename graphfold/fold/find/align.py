"""Alignment: from an anchor, label nodes with a class and a time, all repetitions at once.

Two nodes of one class are the same operation in different repetitions. Labels are only guesses
made by majority; the runs of a part tell where they hold, and the proof decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.part import Kind
from graphfold.fold.graph import Graph, mix
from graphfold.traces.trace import Numbers

_WIDE = 1 << 20  # operations have fewer operands
_MOST_ROUNDS = 400
TAKEN = -2  # the class of nodes that belong to an earlier part


@dataclass
class _Class:
    leaf: bool
    slots: dict[int, tuple[int, int] | None] = field(default_factory=dict)
    readers: dict[int, tuple[int, int] | None] = field(default_factory=dict)
    times: set[int] | None = None
    batches: list[tuple[Numbers, Numbers]] = field(default_factory=list)
    rounds: int = 0


class Alignment:
    """Labels of nodes: `classes[v]` (-1: none) and `times[v]`."""

    def __init__(self, graph: Graph, taken: NDArray[np.bool_]) -> None:
        self.graph = graph
        self.classes = np.where(taken, TAKEN, -1).astype(np.int64)
        self.times = np.zeros(len(taken), np.int64)
        self.found: list[_Class] = []
        self.pending: list[tuple[int, Numbers, Numbers]] = []
        self.unclear: dict[int, None] = {}
        self.seen = 0

    def run(self, nodes: Numbers, times: Numbers) -> None:
        """Label what follows from an anchor: nodes and their times."""
        self.create(nodes, times)
        self.follow()

    def go_on(self, kinds: Sequence[Kind]) -> None:
        """Label what follows from kinds."""
        for kind in kinds:
            there = np.flatnonzero(kind.nodes >= 0)
            self.create(kind.nodes[there], there + kind.first)
        self.follow()

    def follow(self) -> None:
        """Label what follows from the labels."""
        while True:
            while self.pending:
                self.spread(*self.pending.pop())
            if not self.clear_up() and not self.again():
                return

    def again(self) -> bool:
        """Once more through all classes, now that their readers are known; whether that helped.

        A first step that reads a leaf where the others read the step before looks different.
        """
        if len(self.found) == self.seen:
            return False
        self.seen = len(self.found)
        for number in range(len(self.found)):
            nodes, times = self.members(number)
            self.look_again(number, nodes, times)
            self.decide_again(number, nodes, times)
        return bool(self.pending or self.unclear)

    def members(self, number: int) -> tuple[Numbers, Numbers]:
        """The nodes of a class, and their times."""
        batches = self.found[number].batches
        return np.concatenate([b[0] for b in batches]), np.concatenate([b[1] for b in batches])

    def decide_again(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Say what operands are, of which too few were known before."""
        slots = self.found[number].slots
        for place in [p for p, rule in slots.items() if rule is None]:
            del slots[place]
            self.to_operands(number, place, nodes, times)

    def look_again(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Label readers that look different but stand where a known one would."""
        whose, who, places = self.graph.readers_of(nodes)
        labels = self.classes[who]
        if not (labels == -1).any():
            return
        for keys in (self.graph.fine, self.graph.key):
            codes = keys[who] * _WIDE + places
            for chosen in _groups(codes):
                known = chosen[labels[chosen] >= 0]
                free = chosen[self.classes[who[chosen]] == -1]
                if not free.size:
                    continue
                if not known.size:
                    if keys is self.graph.key:
                        code = int(codes[chosen[0]])
                        self.reader_group(number, code, who[free], times[whose[free]])
                    continue
                late = times[whose[known]] - self.times[who[known]]
                (label, delay), count = _most_pair(labels[known], late)
                alone = free[_alone(whose[free]) & ~np.isin(whose[free], whose[known])]
                if count == known.size and alone.size:
                    self.extend(label, who[alone], times[whose[alone]] - delay)

    # -- classes -----------------------------------------------------------------------------

    def create(self, nodes: Numbers, times: Numbers) -> int:
        """Make a class of free nodes."""
        leaf = bool(self.graph.leaf[nodes[0]] or self.graph.family[nodes[0]] >= 0)
        self.found.append(_Class(leaf))
        number = len(self.found) - 1
        self.label(number, nodes, times)
        return number

    def label(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Put nodes into a class at their times."""
        self.classes[nodes], self.times[nodes] = number, times
        self.found[number].batches.append((nodes, times))
        if self.found[number].times is not None:
            self.found[number].times.update(times.tolist())  # type: ignore[union-attr]
        self.pending.insert(0, (number, nodes, times))

    def extend(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Add nodes to a class where they are free and their times are, too."""
        known = self.found[number]
        first = known.batches[0][0][0]
        fits = (self.classes[nodes] == -1) & (self.graph.key[nodes] == self.graph.key[first])
        fits &= self.graph.family[nodes] == self.graph.family[first]
        if not fits.any() or known.rounds > _MOST_ROUNDS:
            return
        known.rounds += 1
        if known.times is None:
            known.times = {int(t) for _, batch in known.batches for t in batch}
        nodes, times = nodes[fits], times[fits]
        free = np.array([t not in known.times for t in times.tolist()])
        nodes, times = nodes[free], times[free]
        alone = _alone(nodes) & _alone(times)
        if alone.any():
            self.label(number, nodes[alone], times[alone])

    # -- spreading ---------------------------------------------------------------------------

    def spread(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Follow what nodes read, and who reads them."""
        if not self.found[number].leaf:
            for place in range(int(self.graph.arity[nodes[0]])):
                self.to_operands(number, place, nodes, times)
        self.to_readers(number, nodes, times)

    def to_operands(self, number: int, place: int, nodes: Numbers, times: Numbers) -> None:
        """Follow one operand of nodes of a class."""
        slots, read = self.found[number].slots, self.graph.operand(nodes, place)
        if place not in slots:
            if len(nodes) < 2:
                return
            slots[place] = self.decide(read, times)
        rule = slots[place]
        if rule is not None:
            self.extend(rule[0], read, times - rule[1])

    def decide(self, read: Numbers, times: Numbers) -> tuple[int, int] | None:
        """The class that a place reads, and how many steps ago; None for anything else."""
        half = len(read) / 2
        if _most(read)[1] > half:
            return None  # one node for all
        labels = self.classes[read]
        if (known := np.flatnonzero(labels >= 0)).size > half:
            late = times[known] - self.times[read[known]]
            (label, delay), count = _most_pair(labels[known], late)
            return (label, delay) if count > half else None
        free = np.flatnonzero(labels == -1)
        family, count = _most(self.graph.family[read[free]]) if free.size else (-1, 0)
        if family >= 0 and count > half:
            return self.from_family(family, read[free], times[free])
        if free.size <= half:
            return None
        key, count = _most(self.graph.key[read[free]])
        chosen = free[(self.graph.key[read[free]] == key) & (self.graph.family[read[free]] < 0)]
        chosen = chosen[_alone(read[chosen])]
        if len(chosen) <= half or self.is_constant(read[chosen[0]]):
            return None
        return self.create(read[chosen], times[chosen]), 0

    def is_constant(self, node: int) -> bool:
        """Whether a node is a constant."""
        return self.graph.trace.op(int(node)) == "const"

    def from_family(self, family: int, read: Numbers, times: Numbers) -> tuple[int, int] | None:
        """All elements of a family as a class, if the index is affine in the time."""
        known = self.graph.family[read] == family
        index, times = self.graph.index[read[known]], times[known]
        order = np.argsort(times, kind="stable")
        index, times = index[order], times[order]
        steps, moves = np.diff(times), np.diff(index)
        usual = np.flatnonzero(steps > 0)
        if not usual.size:
            return None
        (step, move), count = _most_pair(steps[usual], moves[usual])
        if not move or count * 2 <= usual.size or abs(move) > step * _WIDE:
            return None
        nodes, indices = self.graph.families[family].nodes, self.graph.families[family].indices
        free = self.classes[nodes] == -1
        origin = _most(index * step - times * move)[0]
        scaled = indices * step - origin
        free &= scaled % move == 0
        free &= _alone(nodes)
        if not free.any():
            return None
        return self.create(nodes[free], scaled[free] // move), 0

    def to_readers(self, number: int, nodes: Numbers, times: Numbers) -> None:
        """Follow who reads nodes of a class."""
        whose, who, places = self.graph.readers_of(nodes)
        codes = self.graph.key[who] * _WIDE + places
        for chosen in _groups(codes):
            some, late = who[chosen], times[whose[chosen]]
            fine = self.graph.fine[some] * _WIDE + places[chosen]
            split = any(-1 - code in self.found[number].readers for code in set(fine[:4].tolist()))
            if not split and _alone(late).all():
                self.reader_group(number, int(codes[chosen[0]]), some, late)
                continue
            for part in _groups(fine):
                self.reader_group(number, -1 - int(fine[part[0]]), some[part], late[part])

    def reader_group(self, number: int, code: int, who: Numbers, times: Numbers) -> None:
        """Label readers that look alike, one for each node."""
        known = self.found[number].readers
        if code not in known:
            if len(who) < 2 and self.found[number].batches[0][0].size > 1:
                return
            labels = self.classes[who]
            if (labels >= 0).sum() * 2 > len(who):
                at = np.flatnonzero(labels >= 0)
                (label, delay), count = _most_pair(labels[at], times[at] - self.times[who[at]])
                if count * 2 <= len(who):
                    self.unclear[number] = None
                    return
                known[code] = (label, delay)
            elif _alone(times).all() and _alone(who).all():
                free = labels == -1
                if free.sum() >= 2:
                    known[code] = (self.create(who[free], times[free]), 0)
                return
            else:
                self.unclear[number] = None
                return
        rule = known[code]
        if rule is not None:
            one = _alone(times) & _alone(who)
            self.extend(rule[0], who[one], times[one] - rule[1])
            if not one.all():
                self.unclear[number] = None

    # -- where several readers look alike ------------------------------------------------------

    def clear_up(self) -> bool:
        """Tell readers apart by what else they read; whether that gave new labels."""
        before = len(self.found)
        for number in list(self.unclear):
            if self.clear_up_class(number):
                break
        return bool(self.pending) or len(self.found) > before

    def clear_up_class(self, number: int) -> bool:
        """Tell apart the readers of one class."""
        nodes, times = self.members(number)
        whose, who, places = self.graph.readers_of(nodes)
        free = self.classes[who] == -1
        who, places, times = who[free], places[free], times[whose[free]]
        if not who.size:
            del self.unclear[number]
            return False
        told = mix(self.graph.key[who] * _WIDE + places) + self.context(who, times, len(nodes))
        for codes in (told, mix(told) + self.surroundings(who, times)):
            for chosen in sorted(_groups(codes), key=len, reverse=True):
                if len(chosen) < 2 or len(chosen) * 3 < len(nodes):
                    break
                if _alone(times[chosen]).all() and _alone(who[chosen]).all():
                    self.create(who[chosen], times[chosen])
                    return True
        return False

    def context(self, nodes: Numbers, times: Numbers, many: int) -> NDArray[np.uint64]:
        """What each node reads besides: a known class some steps ago, a shared node, or a key."""
        total = np.zeros(len(nodes), np.uint64)
        widest = int(self.graph.arity[nodes].max())
        fans = np.diff(self.graph.out_starts)
        for place in range(min(widest, 16)):
            has = self.graph.arity[nodes] > place
            read = self.graph.operand(nodes[has], place)
            told = self.graph.key[read] + 2**40
            shared = (self.graph.leaf[read] & (self.graph.family[read] < 0)) | (
                fans[read] * 2 >= max(many, 4)
            )
            which = np.where(self.graph.family[read] >= 0, self.graph.index[read], -1)
            told = np.where(shared, self.graph.told[read] ^ mix(which).astype(np.int64), told)
            label = self.classes[read]
            known = label >= 0
            told = np.where(known, label * _WIDE + (times[has] - self.times[read]) + 2**50, told)
            total[has] += mix(mix(told) + np.uint64(place))
        return mix(total)

    def surroundings(self, nodes: Numbers, times: Numbers) -> NDArray[np.uint64]:
        """Who reads each node, and what else those read."""
        whose, who, places = self.graph.readers_of(nodes)
        total = np.zeros(len(nodes), np.uint64)
        told = mix(self.graph.key[who] * _WIDE + places)
        if who.size:
            told = told + self.context(who, times[whose], 2)
            np.add.at(total, whose, mix(told))
        return mix(total)


# -- counting ------------------------------------------------------------------------------------


def _most(values: Numbers) -> tuple[int, int]:
    """The value that occurs most, and how often."""
    found, counts = np.unique(values, return_counts=True)
    best = int(np.argmax(counts))
    return int(found[best]), int(counts[best])


def _most_pair(first: Numbers, second: Numbers) -> tuple[tuple[int, int], int]:
    low, high = int(second.min()), int(second.max())
    wide = high - low + 1
    pairs, counts = np.unique(first * wide + (second - low), return_counts=True)
    best = int(np.argmax(counts))
    return (int(pairs[best] // wide), int(pairs[best] % wide) + low), int(counts[best])


def _alone(values: Numbers) -> NDArray[np.bool_]:
    """Which values occur once."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    alone: NDArray[np.bool_] = counts[inverse.reshape(-1)] == 1
    return alone


def _groups(codes: NDArray[np.generic]) -> list[Numbers]:
    """The places of each distinct code."""
    if not codes.size:
        return []
    order = np.argsort(codes, kind="stable")
    cuts = np.flatnonzero(np.diff(codes[order]) != 0) + 1
    return np.split(order, cuts)


most_pair, most, alone, groups = _most_pair, _most, _alone, _groups
