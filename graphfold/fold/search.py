"""Anchors: where to begin aligning; the best part that repeats, then the best of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, permutations

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.align import Alignment, alone, groups
from graphfold.fold.chains import chains_of
from graphfold.fold.graph import Graph, leaf_hashes, refine_by_operands, refine_by_readers
from graphfold.fold.make_part import make_part
from graphfold.fold.part import Part
from graphfold.traces.trace import Numbers

FEWEST_STEPS = 3
_MOST_PARTS = 24
_ANCHORS_A_ROUND = 4
_ROUNDS = 4
_MOST_ORDERS = 6
_FAR_MORE = 4
_MOST_LOST = 3  # repetitions that a part with shorter ones may leave over


@dataclass(frozen=True)
class Anchor:
    """Nodes with their times; `trusted` when they are elements of an input sequence."""

    nodes: Numbers
    times: Numbers
    trusted: bool = False


def find_parts(graph: Graph) -> tuple[list[Part], Part | None]:
    """The parts that repeat, best first, and the best attempt that was given up."""
    search = _Search(graph)
    parts: list[Part] = []
    while len(parts) < _MOST_PARTS:
        part = search.best()
        if part is None:
            break
        parts.append(part)
        search.take(part)
    return parts, search.failed


def own_weights(graph: Graph, part: Part) -> Iterator[int]:
    """The kinds that are parameters, another one at each step."""
    for number, kind in enumerate(part.kinds):
        if kind.leaf and graph.trace.op(int(kind.nodes[kind.nodes >= 0][0])) == "param":
            yield number


def is_repeat(graph: Graph, part: Part) -> bool:
    """Whether each step has its own weights, as far as it has some: all of them, and no others."""
    own = set(own_weights(graph, part))
    whole = all((part.kinds[number].nodes >= 0).all() for number in own)
    return whole and own.isdisjoint(kind for kind, _ in part.histories)


def are_histories(graph: Graph, part: Part) -> bool:
    """Whether names tell that all a part computes stands before the first step: h[0], h[-1]."""
    nodes = np.concatenate([k.nodes for k in part.kinds if not k.leaf])
    names = (graph.trace.names.get(node, "") for node in nodes.tolist())
    steps = [int(found[1]) for name in names if (found := re.search(r"\[(-?\d+)\]$", name))]
    return bool(steps) and max(steps) <= 0


def is_better(part: Part, other: Part) -> bool:
    """Whether a part saves more; of one that takes several steps of the other at once, far more."""
    for short, long in ((part, other), (other, part)):
        several = short.steps * 2 >= long.steps * 3 and len(short.kinds) * 3 <= len(long.kinds) * 2
        if several and short.score == short.saved:
            return (short.score + _MOST_LOST * len(short.kinds) >= long.score) == (short is part)
    return part.rank > other.rank


def is_known(alignment: Alignment, anchor: Anchor) -> bool:
    """Whether an alignment has put the anchor's nodes into one class, in the same order."""
    label = alignment.classes[anchor.nodes[0]]
    if label < 0 or (alignment.classes[anchor.nodes] != label).any():
        return False
    if sum(len(nodes) for nodes, _ in alignment.found[label].batches) > 1.5 * len(anchor.nodes):
        return False
    ahead = np.diff(alignment.times[anchor.nodes])
    return bool(ahead[0] != 0 and (ahead == np.diff(anchor.times) * ahead[0]).all())


class _Search:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.taken = np.zeros(len(graph.trace), bool)
        self.failed: Part | None = None
        self._hashes: list[NDArray[np.uint64]] = []

    def take(self, part: Part) -> None:
        for kind in part.kinds:
            if not kind.leaf:
                self.taken[kind.nodes[kind.nodes >= 0]] = True

    def best(self) -> Part | None:
        """The part that saves most; one with weights of its own only when it saves far more."""
        best: dict[bool, Part] = {}
        left = int((~self.taken & ~self.graph.leaf & (self.graph.family < 0)).sum())
        aligned: list[Alignment] = []
        for anchor in self.anchors():
            if any(is_known(alignment, anchor) for alignment in aligned):
                continue
            alignment = Alignment(self.graph, self.taken)
            aligned.append(alignment)
            alignment.run(anchor.nodes, anchor.times)
            part = make_part(alignment)
            if part is None:
                continue
            if not self.accepts(part, anchor):
                if part.troubles and (self.failed is None or part.tried > self.failed.tried):
                    self.failed = part
                continue
            own = any(True for _ in own_weights(self.graph, part))
            if own not in best or is_better(part, best[own]):
                best[own] = part
            if not own and (part.saved + len(part.kinds)) * 10 > left * 9:
                break
        tied = best.get(False)
        if True in best and (tied is None or best[True].score > _FAR_MORE * tied.score):
            return best[True]
        return tied

    def accepts(self, part: Part, anchor: Anchor) -> bool:
        repeats = part.cyclic or anchor.trusted
        delays = [abs(s.delay) for k in part.kinds for s in k.slots if s.kind >= 0]
        short = part.steps <= max(delays, default=0)
        large = part.steps >= FEWEST_STEPS and part.score > 0 and not short
        if not (large and repeats and is_repeat(self.graph, part)):
            return False
        return part.cyclic or not are_histories(self.graph, part)

    # -- anchors -----------------------------------------------------------------------------

    def anchors(self) -> Iterator[Anchor]:
        yield from self.sequences()
        yield from self.repeated()

    def sequences(self) -> Iterator[Anchor]:
        """Families, long ones first."""
        families = sorted(self.graph.named, key=lambda f: -len(f.nodes))
        for family in (*families, *sorted(self.graph.families, key=lambda f: -len(f.nodes))):
            free = ~self.taken[family.nodes] & alone(family.indices)
            if family.whole is not None or self.graph.leaf[family.nodes[0]]:
                free &= np.diff(self.graph.out_starts)[family.nodes] > 0
            if free.sum() >= FEWEST_STEPS:
                nodes = family.nodes[free]
                trusted = not self.graph.leaf[nodes[0]] and self.graph.family[nodes[0]] < 0
                trusted = trusted or self.is_input(int(nodes[0]))
                yield Anchor(nodes, family.indices[free], trusted)

    def is_input(self, node: int) -> bool:
        """Whether an element belongs to an input, not to a parameter."""
        trace = self.graph.trace
        for _ in range(8):
            if self.graph.leaf[node] or not self.graph.arity[node]:
                break
            node = int(trace.operands[trace.starts[node]])
        return trace.op(node) == "input"

    def repeated(self) -> Iterator[Anchor]:
        """Operations that look alike and stand one after another."""
        seen: set[bytes] = set()
        for hashes in self.hashes():
            free = np.flatnonzero(~self.taken & ~self.graph.leaf)
            found = sorted(groups(hashes[free]), key=len, reverse=True)
            for chosen in found[:_ANCHORS_A_ROUND]:
                nodes = free[chosen]
                if len(nodes) < FEWEST_STEPS:
                    break
                order = np.argsort(self.graph.levels[nodes], kind="stable")
                nodes = nodes[order]
                if nodes.tobytes() in seen:
                    continue
                seen.add(nodes.tobytes())
                if (np.diff(self.graph.levels[nodes]) > 0).all():
                    yield Anchor(nodes, np.arange(len(nodes)))
                else:
                    yield from self.interleaved(nodes)

    def interleaved(self, nodes: Numbers) -> Iterator[Anchor]:
        """Chains of like operations side by side: as one with a longer delay, or each alone."""
        chains = chains_of(self.graph, nodes, self._hashes[-1])
        if not chains:
            return
        longest = [c for c in chains if len(c) >= len(chains[0]) - 1]
        if 1 < len(longest) <= 4:
            for order in islice(permutations(longest), _MOST_ORDERS):
                count = len(longest)
                times = [np.arange(len(chain)) * count + place for place, chain in enumerate(order)]
                yield Anchor(np.concatenate(order), np.concatenate(times))
        if len(chains[0]) >= FEWEST_STEPS:
            yield Anchor(chains[0], np.arange(len(chains[0])))

    def hashes(self) -> Iterator[NDArray[np.uint64]]:
        """Finer and finer hashes of what nodes read, and who reads them."""
        if not self._hashes:
            current = leaf_hashes(self.graph)
            for _ in range(_ROUNDS):
                current = refine_by_operands(self.graph, current)
                self._hashes.append(current)
            for _ in range(_ROUNDS):
                current = refine_by_readers(self.graph, current)
                self._hashes.append(current)
        yield from self._hashes
