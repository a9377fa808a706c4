"""Growth: find the nodes that kinds lack at their ends.

A first step that reads histories, and a last one that nobody reads, look unlike the others, so that
the alignment may miss them. What is known of a kind tells which node stands at a step: what
its readers read there, or what reads the operands that it must read there. As the labels, these are
guesses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.find.kinds import places_of
from graphfold.fold.find.part import Kind, Slot
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_FARTHEST = 64  # steps beyond the ends
_MOST_READERS = 100_000


def grow(graph: Graph, kinds: list[Kind], taken: NDArray[np.bool_]) -> list[Kind]:
    """The kinds with the nodes that they lacked, as far as these are free; else the same list."""
    return _Growth(graph, kinds, taken).run()


class _Growth:
    def __init__(self, graph: Graph, kinds: list[Kind], taken: NDArray[np.bool_]) -> None:
        self.graph, self.kinds = graph, kinds
        self.used = taken | (places_of(graph, kinds)[0] >= 0)
        self.fresh: dict[tuple[int, int], int] = {}
        self.readers: list[list[tuple[int, int, int]]] = [[] for _ in kinds]
        for number, kind in enumerate(kinds):
            for place, slot in enumerate(kind.slots):
                if slot.kind >= 0:
                    self.readers[slot.kind].append((number, place, slot.delay))
        self.waiting: list[deque[tuple[int, int]]] = [deque() for _ in range(5)]
        self.names: dict[int, dict[int, int] | None] = {}
        self.doubled: dict[int, bool] = {}
        self.constants = {value: node for node, value in graph.constant.items()}

    def run(self) -> list[Kind]:
        for number, kind in enumerate(self.kinds):
            if not kind.leaf:
                self.ask((number, kind.first - 1), (number, kind.last + 1))
                holes = np.flatnonzero(kind.nodes < 0)[:_FARTHEST] + kind.first
                self.ask(*((number, step) for step in holes.tolist()))
        while (level := next((n for n, waiting in enumerate(self.waiting) if waiting), -1)) >= 0:
            place = self.waiting[level].popleft()
            if self.is_open(*place) and not self.fill(level, *place) and level < 4:
                self.defer(level + 1, *place)
        if not self.fresh:
            return self.kinds
        return [self.grown(number) for number in range(len(self.kinds))]

    def ask(self, *places: tuple[int, int]) -> None:
        """Look for the nodes of kinds at some steps."""
        self.waiting[0] += [place for place in places if self.is_open(*place)]

    def defer(self, level: int, number: int, step: int) -> None:
        """Try a place again with weaker evidence: first steps before last ones."""
        waiting = self.waiting[level]
        early = step < self.kinds[number].first
        (waiting.appendleft if early else waiting.append)((number, step))

    def is_open(self, number: int, step: int) -> bool:
        """Whether a kind could have a node at a step, and has none."""
        kind = self.kinds[number]
        near = kind.first - _FARTHEST <= step <= kind.last + _FARTHEST
        return not kind.leaf and near and self.at(number, step) < 0

    def fill(self, level: int, number: int, step: int) -> bool:
        """Put a node where a kind has none, if this kind of evidence tells which."""
        kind = self.kinds[number]
        node = self.candidate(level, number, step)
        if node < 0:
            return False
        self.fresh[number, step], self.used[node] = node, True
        self.ask((number, step - 1), (number, step + 1))
        self.ask(*((s.kind, step - s.delay) for s in kind.slots if s.kind >= 0))
        self.ask(*((reader, step + delay) for reader, _, delay in self.readers[number]))
        return True

    def at(self, number: int, step: int) -> int:
        """The node of a kind at a step, or -1."""
        kind = self.kinds[number]
        place = step - kind.first
        if 0 <= place < len(kind.nodes) and kind.nodes[place] >= 0:
            return int(kind.nodes[place])
        return self.fresh.get((number, step), -1)

    # -- candidates --------------------------------------------------------------------------

    def candidate(self, level: int, number: int, step: int) -> int:
        """The node that a kind must have at a step; -1 when the evidence is missing or unclear.

        What its readers read is the best evidence, then names, then what it reads: computed
        values before those that are the same at all steps. Of several, at last, any will do.
        """
        readers = [(self.at(r, step + delay), place) for r, place, delay in self.readers[number]]
        read = {self.operand(node, place) for node, place in readers if node >= 0}
        if level == 0 or read:
            found = [*read] if len(read) == 1 else []
        elif level == 1:
            found = [self.named(number, step)]
        else:
            found = self.by_operands(number, step, moving=level == 2)
            if self.has_doubles(number):
                found = [node for node in found if self.is_read_alike(number, step, node)]
        found = [node for node in found if node >= 0 and self.fits(number, step, node)]
        if len(found) > 1:
            found = self.first(found) if level == 4 else self.alike(found)
        return found[0] if found else -1

    def by_operands(self, number: int, step: int, moving: bool) -> list[int]:
        """The free nodes that read what the kind must read, as far as that is known."""
        if self.named(number, step) >= 0:
            return []
        best: Numbers | None = None
        for place, slot in enumerate(self.kinds[number].slots):
            read = self.expected(slot, step)
            common = slot.node in self.graph.constant  # as the 2 of h / 2: no evidence
            if read < 0 or common or (moving and slot.node >= 0):
                continue
            start, stop = self.graph.out_starts[read : read + 2]
            if stop - start > _MOST_READERS or (best is not None and stop - start >= len(best)):
                continue
            who, places = self.graph.out_targets[start:stop], self.graph.out_places[start:stop]
            best = who[(places == place) & ~self.used[who]]
        return [] if best is None else best.tolist()

    def has_doubles(self, number: int) -> bool:
        """Whether other operations read what a kind reads in the same way."""
        if number not in self.doubled:
            kind = self.kinds[number]
            there = kind.nodes[kind.nodes >= 0]
            node = int(there[len(there) // 2])
            self.doubled[number] = any(
                slot.kind >= 0 and self.alike_readers(node, place) > 1
                for place, slot in enumerate(kind.slots)
            )
        return self.doubled[number]

    def alike_readers(self, node: int, place: int) -> int:
        """How many operations like a node read its operand at the same place."""
        graph = self.graph
        _, who, places = graph.readers_of(np.array([self.operand(node, place)]))
        return int(((places == place) & (graph.key[who] == graph.key[node])).sum())

    def is_read_alike(self, number: int, step: int, node: int) -> bool:
        """Whether those that read a node may be those that read the kind; so may nobody."""
        _, who, places = self.graph.readers_of(np.array([node]))
        pairs = list(zip(who.tolist(), places.tolist(), strict=True))
        return not pairs or any(
            place == at
            and (self.at(r, step + delay) == reader or self.fits(r, step + delay, reader))
            for r, at, delay in self.readers[number]
            for reader, place in pairs
        )

    def expected(self, slot: Slot, step: int) -> int:
        """The node that an operand must be, or -1 where that is not known."""
        if slot.kind >= 0:
            node = self.at(slot.kind, step - slot.delay)
            return node if node >= 0 else self.history(slot.kind, step - slot.delay)
        if slot.clock is None:
            return slot.node if slot.sure else -1
        return self.constants.get(slot.clock[0] * step + slot.clock[1], -1)

    def history(self, number: int, step: int) -> int:
        """What others read where a kind has no node; -1 when nobody does."""
        for reader, place, delay in self.readers[number]:
            node = self.at(reader, step + delay)
            if node >= 0:
                return self.operand(node, place)
        return -1

    def fits(self, number: int, step: int, node: int) -> bool:
        """Whether a node is free, the same operation, and reads what is known."""
        graph, kind = self.graph, self.kinds[number]
        model = int(kind.nodes[kind.nodes >= 0][0])
        if self.used[node] or graph.key[node] != graph.key[model]:
            return False
        if graph.leaf[node] or graph.family[node] >= 0:
            return False
        if self.is_other(number, step, node) or not same_shape(graph, node, model):
            return False
        return all(
            self.reads(slot, step, self.operand(node, place))
            for place, slot in enumerate(kind.slots)
        )

    def reads(self, slot: Slot, step: int, node: int) -> bool:
        if slot.clock is not None:
            return self.graph.constant.get(node) == slot.clock[0] * step + slot.clock[1]
        expected = self.expected(slot, step)
        return expected < 0 or expected == node

    def operand(self, node: int, place: int) -> int:
        return int(self.graph.operands[self.graph.starts[node] + place])

    # -- several candidates ------------------------------------------------------------------

    def named(self, number: int, step: int) -> int:
        """The node whose name goes on with those of the kind, or -1."""
        if number not in self.names:
            self.names[number] = self.naming(number)
        known = self.names[number]
        return -1 if known is None else known.get(step, -1)

    def naming(self, number: int) -> dict[int, int] | None:
        """The nodes by step, when those of a kind are numbered one after another in their names."""
        kind = self.kinds[number]
        there = np.flatnonzero(kind.nodes >= 0)
        for family in self.graph.named:
            known = np.isin(family.nodes, kind.nodes[there])
            if known.sum() < 2:
                continue
            index = dict(zip(family.nodes.tolist(), family.indices.tolist(), strict=True))
            pairs = [(int(p), index[n]) for p in there if (n := int(kind.nodes[p])) in index]
            (p, i), (q, j) = pairs[0], pairs[-1]
            if (j - i) % (q - p):
                return None
            stride = (j - i) // (q - p)
            return {
                (k - i) // stride + p + kind.first: n
                for n, k in index.items()
                if stride and not (k - i) % stride
            }
        return None

    def first(self, found: list[int]) -> list[int]:
        """The first of several that nothing tells apart, whatever the order of the trace."""
        told, fine = self.graph.told, self.graph.fine
        return [min(found, key=lambda n: (int(told[n]), int(fine[n]), n))]

    def is_other(self, number: int, step: int, node: int) -> bool:
        """Whether the name of a node says that it is something else."""
        known = self.named(number, step)
        return node in self.graph.trace.names and bool(self.names[number]) and known != node

    def alike(self, found: list[int]) -> list[int]:
        """One of several that read the same, and that nobody reads: they are interchangeable."""
        graph = self.graph
        rows = {tuple(graph.trace.operands_of(node)) for node in found}
        fans = graph.out_starts[np.array(found) + 1] - graph.out_starts[found]
        named = any(node in graph.trace.names for node in found)
        return [] if named or len(rows) > 1 or fans.any() else [min(found)]

    # -- the end -----------------------------------------------------------------------------

    def grown(self, number: int) -> Kind:
        steps = sorted(step for place, step in self.fresh if place == number)
        if not steps:
            return self.kinds[number]
        kind = self.kinds[number]
        first, last = min(kind.first, steps[0]), max(kind.last, steps[-1])
        nodes = kind.at(np.arange(first, last + 1))
        for step in steps:
            nodes[step - first] = self.fresh[number, step]
        return replace(kind, first=first, nodes=nodes)


def same_shape(graph: Graph, one: int, other: int) -> bool:
    """Whether two nodes have the same shape, as far as that is told."""
    shapes = graph.trace.shape_of(one), graph.trace.shape_of(other)
    return None in shapes or shapes[0] == shapes[1]
