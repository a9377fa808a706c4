"""Whether what a part reads from outside can be computed before it."""

from __future__ import annotations

import numpy as np

from graphfold.fold.find.kinds import places_of
from graphfold.fold.find.part import Part
from graphfold.fold.graph import Graph
from graphfold.traces.trace import Numbers

_FARTHEST = 3_000  # nodes: what stands farther back is not computed from the part


def is_sound(graph: Graph, part: Part) -> bool:
    """Whether no history, and nothing that all steps read, is computed from what depends on it.

    A circuit with such a history is not well formed, though its unfolding might be.
    """
    outside = [(kind, node) for (kind, _), node in part.histories.items()]
    outside += [(n, s.node) for n, k in enumerate(part.kinds) for s in k.slots if s.node >= 0]
    if not outside:
        return True
    kind, _ = places_of(graph, list(part.kinds))
    computed = [(n, node) for n, node in outside if kind[node] >= 0 or not graph.leaf[node]]
    operations = np.concatenate([k.nodes for k in part.operations])
    lowest = int(graph.levels[operations[operations >= 0]].min())
    for number, node in dict.fromkeys(computed):
        origins = _origins(graph, node, kind, lowest)
        if any(number in _depends_on(part, origin) for origin in origins):
            return False
    return True


def _origins(graph: Graph, node: int, kind: Numbers, lowest: int) -> set[int]:
    """The kinds that a node is computed from."""
    found, seen, pending = set[int](), {node}, [node]
    while pending and len(seen) < _FARTHEST:
        current = pending.pop()
        if kind[current] >= 0:
            found.add(int(kind[current]))
            continue
        if graph.levels[current] < lowest:
            continue
        fresh = [o for o in graph.trace.operands_of(current) if o not in seen]
        seen.update(fresh)
        pending += fresh
    return found


def _depends_on(part: Part, number: int) -> set[int]:
    """A kind and all that it reads, at any step."""
    found, pending = {number}, [number]
    while pending:
        read = {s.kind for s in part.kinds[pending.pop()].slots if s.kind >= 0} - found
        found |= read
        pending += read
    return found
