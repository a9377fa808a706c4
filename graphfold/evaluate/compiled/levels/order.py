"""The nodes of a tree in the order of their heights: those computed at once are side by side.

The place of an inner node is its number in that order, from 1; a leaf's place is its step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphfold.evaluate.value import Array
from graphfold.trees import Tree


@dataclass(frozen=True, eq=False)
class Levels:
    """`steps[p - 1]` is the node at place p, `places[t - 1]` the place of node t.

    `children` are the places of the children of each node, (T, arity), in the order of places.
    `spans` are the first place of each height and the first one beyond.
    """

    steps: Array
    places: Array
    children: Array
    spans: tuple[tuple[int, int], ...]
    leaf_count: int

    @property
    def widest(self) -> int:
        """The number of nodes of the commonest height."""
        return max((stop - start for start, stop in self.spans), default=0)

    def place(self, step: int) -> int:
        """The place of a node or leaf."""
        return int(self.places[step - 1]) if step > 0 else step


def levels_of(tree: Tree) -> Levels:
    """Sort the inner nodes of a tree by their heights."""
    heights = np.array(tree.heights, np.int64)
    order = np.argsort(heights, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(1, len(order) + 1)
    children = tree.children[order]
    inner = children > 0
    children = np.where(inner, places[np.where(inner, children, 1) - 1], children)
    edges = np.flatnonzero(np.diff(heights[order], prepend=0, append=len(order) + 1)) + 1
    spans = tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    return Levels(order + 1, places, children, spans, tree.leaf_count)
