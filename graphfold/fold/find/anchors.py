"""Anchors: where to begin aligning, nodes that may be one operation at one step after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, permutations

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.align import alone, groups
from graphfold.fold.find.chains import chains_of
from graphfold.fold.find.part import FEWEST_STEPS
from graphfold.fold.graph import (
    Family,
    Graph,
    leaf_hashes,
    mix,
    refine_by_operands,
    refine_by_readers,
)
from graphfold.traces.trace import Numbers

_ANCHORS_A_ROUND = 4
_ROUNDS = 4
_MOST_ORDERS = 6
_MOST_SHARED = 12


@dataclass(frozen=True)
class Anchor:
    """Nodes with their times; `trusted` when they are elements of an input sequence."""

    nodes: Numbers
    times: Numbers
    trusted: bool = False


class Anchors:
    """The anchors of a graph, likely ones first."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.taken = np.zeros(len(graph.trace), bool)
        self._hashes: list[NDArray[np.uint64]] = []

    def all(self, taken: NDArray[np.bool_]) -> Iterator[Anchor]:
        """The anchors among the nodes that no part has taken."""
        self.taken = taken
        yield from self.sequences()
        yield from self.clocks()
        yield from self.shared()
        yield from self.repeated()

    def sequences(self) -> Iterator[Anchor]:
        """Families, long ones first."""
        families = sorted(self.graph.named, key=self.family_order)
        for family in (*families, *sorted(self.graph.families, key=self.family_order)):
            free = ~self.taken[family.nodes] & alone(family.indices)
            if family.whole is not None or self.graph.leaf[family.nodes[0]]:
                free &= np.diff(self.graph.out_starts)[family.nodes] > 0
            if free.sum() >= FEWEST_STEPS:
                nodes = family.nodes[free]
                trusted = not self.graph.leaf[nodes[0]] and self.graph.family[nodes[0]] < 0
                trusted = trusted or self.is_input(int(nodes[0]))
                yield Anchor(nodes, family.indices[free], trusted)

    def family_order(self, family: Family) -> tuple[int, str, int]:
        """Long families first; equal ones whatever the order of the trace."""
        told = mix(self.graph.told[family.nodes]).sum()
        return -len(family.nodes), family.name, int(told)

    def is_input(self, node: int) -> bool:
        """Whether an element belongs to an input, not to a parameter."""
        trace = self.graph.trace
        for _ in range(8):
            if self.graph.leaf[node] or not self.graph.arity[node]:
                break
            node = int(trace.operands[trace.starts[node]])
        return trace.op(node) == "input"

    def clocks(self) -> Iterator[Anchor]:
        """Operations on the constants of a sequence in equal distances: sin(1), sin(2), sin(3)."""
        constants = self.graph.constant
        if len(constants) < FEWEST_STEPS:
            return
        nodes = np.array([*constants], np.int64)
        values = np.array([*constants.values()], float)
        whose, who, places = self.graph.readers_of(nodes)
        free = ~self.taken[who] & np.isfinite(values[whose])
        whose, who, places = whose[free], who[free], places[free]
        codes = mix(self.graph.key[who]) + mix(places) + self.roles()[who]
        for chosen in sorted(groups(codes), key=len, reverse=True)[:_MOST_SHARED]:
            order = np.argsort(values[whose[chosen]], kind="stable")
            read, steps = who[chosen][order], values[whose[chosen]][order]
            ahead = np.diff(steps)
            if len(read) >= FEWEST_STEPS and ahead[0] > 0 and (ahead == ahead[0]).all():
                yield Anchor(read, np.arange(len(read)), trusted=True)

    def roles(self) -> NDArray[np.uint64]:
        """What tells nodes apart by who reads them, whatever they read."""
        found = mix(self.graph.key)
        for _ in range(2):
            found = refine_by_readers(self.graph, found)
        return found

    def shared(self) -> Iterator[Anchor]:
        """Operations that read one parameter at the same place, one after another."""
        fans = np.diff(self.graph.out_starts)
        leaves = np.flatnonzero(self.graph.leaf & (fans >= FEWEST_STEPS))
        order = np.lexsort((self.graph.index[leaves], self.graph.told[leaves], -fans[leaves]))
        found = []
        for leaf in leaves[order][:_MOST_SHARED].tolist():
            _, who, places = self.graph.readers_of(np.array([leaf]))
            free = ~self.taken[who]
            who, places = who[free], places[free]
            found += [who[c] for c in groups(mix(self.graph.key[who]) + mix(places))]
        for group in sorted(found, key=len, reverse=True)[:_MOST_SHARED]:
            if len(np.unique(group)) == len(group) >= FEWEST_STEPS:
                order = np.argsort(self.graph.levels[group], kind="stable")
                yield from self.one_after_another(group[order])

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
                nodes = nodes[np.argsort(self.graph.levels[nodes], kind="stable")]
                if nodes.tobytes() not in seen:
                    seen.add(nodes.tobytes())
                    yield from self.one_after_another(nodes)

    def one_after_another(self, nodes: Numbers) -> Iterator[Anchor]:
        """Nodes by their levels, where these tell their order."""
        if (np.diff(self.graph.levels[nodes]) > 0).all():
            yield Anchor(nodes, np.arange(len(nodes)))
        else:
            yield from self.interleaved(nodes)

    def interleaved(self, nodes: Numbers) -> Iterator[Anchor]:
        """Chains of like operations side by side: as one with a longer delay, or each alone."""
        [*_, finest] = self.hashes()
        chains = chains_of(self.graph, nodes, finest)
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
