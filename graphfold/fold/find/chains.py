"""Chains: like operations that depend on one another, side by side."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from graphfold.fold.graph import Graph, identity
from graphfold.traces.trace import Numbers

_FARTHEST = 40
_WIDEST = 8
_MOST_ANCESTORS = 300
_MOST_TOLD = 16  # chains that are told apart by all that they are made of


def chains_of(graph: Graph, nodes: Numbers, hashes: NDArray[np.uint64]) -> list[Numbers]:
    """Cut nodes into chains in which each depends on the one before, long ones first.

    `hashes` tell equally long ones apart.

    [] when some node depends on several nearest ones at once.
    """
    parent = _nearest(graph, nodes)
    if parent is None:
        return []
    following: dict[int, int] = {}
    for child, above in enumerate(parent.tolist()):
        if above >= 0:
            if above in following:
                return []
            following[above] = child
    chains = []
    for first in np.flatnonzero(parent < 0).tolist():
        chain = [first]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append(nodes[chain])

    def order(chain: Numbers) -> tuple[int, int, int]:
        return -len(chain), int(hashes[chain[0]]), int(hashes[chain[-1]])

    chains.sort(key=order)
    if len(chains) > _MOST_TOLD:
        return chains
    return sorted(chains, key=lambda chain: (*order(chain), _origins(graph, int(chain[0]))))


def _origins(graph: Graph, node: int) -> str:
    """A text for all that a node is made of, whatever the order of the trace."""
    told: dict[int, str] = {}
    pending = [(node, False)]
    while pending:
        current, ready = pending.pop()
        if len(told) > _MOST_ANCESTORS:
            return ""
        if current in told:
            continue
        operands = graph.trace.operands_of(current)
        if not ready:
            pending.append((current, True))
            pending += [(o, False) for o in operands]
            continue
        texts = [str(graph.fine[current]), *(told[o] for o in operands)]
        texts += [identity(graph.trace, current)] if graph.leaf[current] else []
        told[current] = blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
    return told[node]


def _nearest(graph: Graph, nodes: Numbers) -> Numbers | None:
    """For each node the place of the nearest other one that it depends on, or -1."""
    place = np.full(len(graph.trace), -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    parent = np.full(len(nodes), -1, np.int64)
    origin, front = np.arange(len(nodes)), nodes
    for _ in range(_FARTHEST):
        counts = graph.arity[front]
        offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        read = graph.operands[np.repeat(graph.starts[front], counts) + offsets]
        pairs = np.unique(np.stack([np.repeat(origin, counts), read]), axis=1)
        origin, front = pairs[0], pairs[1]
        met = place[front] >= 0
        found, above = origin[met], place[front[met]]
        if len(np.unique(found)) < len(found):
            return None
        parent[found] = above
        open_ = (parent[origin] < 0) & ~graph.leaf[front]
        origin, front = origin[open_], front[open_]
        if not len(front) or len(front) > _WIDEST * len(nodes):
            break
    return parent
