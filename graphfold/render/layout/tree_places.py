"""Where the nodes of a tree stand: leaves side by side, each node midway above its children.

E. Reingold and J. Tilford, "Tidier drawings of trees" (1981), ask for as much: nodes of one height
level, a parent centred, no crossings. All leaves stand in one row here, in reading order, so a
subtree has the columns of its leaves to itself, and one pass from the leaves up is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphfold.trees import Tree

STEEP, MOST = 0.4, 150.0  # how much a band rises for the widest branch in it, and at most
BROAD = (0.62, 900.0)  # the same where several nodes stand side by side at a place


@dataclass(frozen=True)
class Places:
    """x of every inner node; for each height its lowest row y, its highest, and the rise to it."""

    x: Sequence[float]
    low: Sequence[float]
    top: Sequence[float]
    rise: Sequence[float]
    pitch: float

    def x_of(self, step: int) -> float:
        """The middle of an inner node, or of the leaf 1 - step."""
        return self.x[step - 1] if step > 0 else -step * self.pitch


@dataclass(frozen=True)
class Bands:
    """The space between parents and children.

    `tops` are the heights of a leaf's and a node's highest rows, upwards negative; `least` is the
    rise from leaves to nodes, and from nodes to nodes. Wide branches ask for more, and more so
    when the places are `broad`. All of them grow by `stretch`.
    """

    tops: tuple[float, float]
    least: tuple[float, float]
    broad: bool
    stretch: float


def places(tree: Tree, pitch: float, bands: Bands) -> Places:
    """Place a tree whose leaves are a pitch apart."""
    steep, most = BROAD if bands.broad else (STEEP, MOST)
    tops, least = bands.tops, bands.least
    x: list[float] = []
    wide = [0.0] * (1 + (tree.heights[-1] if tree.inner_count else 0))
    for row, height in zip(tree.rows, tree.heights, strict=True):
        ends = [x[c - 1] if c > 0 else -c * pitch for c in (row[0], row[-1])]
        x.append((ends[0] + ends[1]) / 2)
        wide[height] = max(wide[height], (ends[1] - ends[0]) / 2)
    low, top, rise = [0.0], [tops[0]], [0.0]
    for height in range(1, len(wide)):
        rise.append(bands.stretch * max(least[height > 1], min(steep * wide[height], most)))
        low.append(top[-1] - rise[-1])
        top.append(low[-1] + tops[1])
    return Places(x, low, top, rise, pitch)
