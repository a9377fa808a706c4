"""Search: align from one anchor after another; the best part, then the best of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from graphfold.fold.find.align import Alignment
from graphfold.fold.find.anchors import Anchor, Anchors
from graphfold.fold.find.make_part import make_part
from graphfold.fold.find.part import FEWEST_STEPS, Part
from graphfold.fold.find.sound import is_sound
from graphfold.fold.graph import Graph

_MOST_PARTS = 24
_FAR_MORE = 4
_MOST_LOST = 3  # repetitions that a part with shorter ones may leave over


def find_parts(graph: Graph) -> tuple[list[Part], Part | None]:
    """The parts that repeat, best first, and the best attempt that was given up."""
    search = _Search(graph)
    parts: list[Part] = []
    while len(parts) < _MOST_PARTS:
        part = search.best()
        if part is None:
            break
        for run in (part, *search.beside(part)):
            parts.append(run)
            search.take(run)
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
    nodes = np.concatenate([k.nodes for k in part.operations])
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
        self.anchors = Anchors(graph)

    def take(self, part: Part) -> None:
        for kind in part.kinds:
            if not kind.leaf:
                self.taken[kind.nodes[kind.nodes >= 0]] = True

    def best(self) -> Part | None:
        """The part that saves most; one with weights of its own only when it saves far more."""
        best: dict[bool, Part] = {}
        left = int((~self.taken & ~self.graph.leaf & (self.graph.family < 0)).sum())
        aligned: list[Alignment] = []
        for anchor in self.anchors.all(self.taken):
            if any(is_known(alignment, anchor) for alignment in aligned):
                continue
            alignment = Alignment(self.graph, self.taken)
            alignment.run(anchor.nodes, anchor.times)
            part = make_part(alignment)
            if part is None:
                continue
            if not self.accepts(part, anchor.trusted):
                if len(part.troubles) and (self.failed is None or part.tried > self.failed.tried):
                    self.failed = part
                continue
            aligned.append(alignment)
            own = any(True for _ in own_weights(self.graph, part))
            if own not in best or is_better(part, best[own]):
                best[own] = part
            if not own and (part.saved + len(part.kinds)) * 10 > left * 9:
                break
        tied = best.get(False)
        if True in best and (tied is None or best[True].score > _FAR_MORE * tied.score):
            return best[True]
        return tied

    def beside(self, part: Part) -> Iterator[Part]:
        """The other runs of the same kinds that are parts, too."""
        for run in part.others:
            if self.accepts(run, trusted=not part.cyclic) and is_sound(self.graph, run):
                yield run

    def accepts(self, part: Part, trusted: bool) -> bool:
        repeats = part.cyclic or trusted
        delays = [abs(s.delay) for k in part.kinds for s in k.slots if s.kind >= 0]
        short = part.steps <= max(delays, default=0)
        large = part.steps >= FEWEST_STEPS and part.score > 0 and not short
        if not (large and repeats and is_repeat(self.graph, part)):
            return False
        return part.cyclic or not are_histories(self.graph, part)
