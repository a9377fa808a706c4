"""Turn a part round in time, when only the search made it run backwards."""

from __future__ import annotations

from dataclasses import replace

from graphfold.fold.find.part import Kind, Part, Slot
from graphfold.fold.graph import Graph


def forward(graph: Graph, part: Part) -> Part:
    """The part with time turned round if it looks ahead only, and no sequence says that it should.

    A network that reads x[1], x[2] … from the last to the first stays as it is.
    """
    delays = [s.delay for k in part.kinds for s in k.slots if s.kind >= 0 and s.delay]
    ahead = bool(delays) and max(delays) < 0
    ordered = any(_ascends(graph, kind) for kind in part.kinds)
    return _mirrored(part) if part.cyclic and ahead and not ordered else part


def _ascends(graph: Graph, kind: Kind) -> bool:
    """Whether the indices of a sequence, or those in the names of a signal, grow with time."""
    nodes = kind.nodes[kind.nodes >= 0]
    if kind.family >= 0:
        return len(nodes) > 1 and bool(graph.index[nodes[-1]] > graph.index[nodes[0]])
    for family in graph.named:
        order = dict(zip(family.nodes.tolist(), family.indices.tolist(), strict=True))
        known = [order[n] for n in nodes.tolist() if n in order]
        if len(known) > 1:
            return bool(known[-1] > known[0])
    return False


def _mirrored(part: Part) -> Part:
    last = part.steps + 1
    kinds = tuple(
        replace(k, nodes=k.nodes[::-1].copy(), slots=tuple(_turned(s, last) for s in k.slots))
        for k in part.kinds
    )
    others = tuple(_mirrored(other) for other in part.others)
    histories = {(kind, last - step): node for (kind, step), node in part.histories.items()}
    return replace(part, kinds=kinds, histories=histories, others=others)


def _turned(slot: Slot, last: int) -> Slot:
    if slot.kind >= 0:
        return replace(slot, delay=-slot.delay)
    if slot.clock is None:
        return slot
    slope, start = slot.clock
    return replace(slot, clock=(-slope, start + slope * last))
