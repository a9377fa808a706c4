"""A tree as arrays: the children of every inner node, by number, and the words of the leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graphfold.caches import Recomputed
from graphfold.errors import UnfoldingError, shorten

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Tree(Recomputed):
    """An ordered tree; make one with `parse_tree`.

    Inner nodes are the steps 1..T in post-order, so children come before their parents and the
    root is T. Leaves are counted 1..K in reading order, and leaf k has the step 1 - k. `children`
    is (T, arity): row t - 1 holds the steps of the children of inner node t. `words` are the
    leaves' words, "" where a leaf has none.

    UnfoldingError when the numbers make no tree.

    >>> import graphfold as gf
    >>> tree = gf.parse_tree("((the cat) (sat down))")
    >>> tree.children.tolist(), tree.words
    ([[0, -1], [-2, -3], [1, 2]], ('the', 'cat', 'sat', 'down'))
    """

    children: Numbers
    words: tuple[str, ...] = field(default=("",))

    def __post_init__(self) -> None:
        children = np.array(self.children, np.int64)
        children.flags.writeable = False
        object.__setattr__(self, "children", children)
        object.__setattr__(self, "words", tuple(self.words))
        steps = np.arange(1, len(children) + 1)[:, None]
        expected = np.arange(1 - len(self.words), len(children))
        if children.ndim != 2 or (children >= steps).any() or not self._once(expected):
            raise UnfoldingError("these children make no tree; make it with gf.parse_tree")

    def _once(self, expected: Numbers) -> bool:
        """Whether all nodes but the root are children, each of one node."""
        if not len(self.children):
            return len(self.words) == 1
        return np.array_equal(np.sort(self.children, axis=None), expected)

    @property
    def inner_count(self) -> int:
        """The number of inner nodes, T."""
        return len(self.children)

    @property
    def leaf_count(self) -> int:
        """The number of leaves, K."""
        return len(self.words)

    @property
    def arity(self) -> int:
        """How many children an inner node has; 0 for a single leaf."""
        return self.children.shape[1] if self.inner_count else 0

    @cached_property
    def rows(self) -> list[list[int]]:
        """The children as Python numbers."""
        found: list[list[int]] = self.children.tolist()
        return found

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """The first and the last leaf beneath each inner node."""
        found: list[tuple[int, int]] = []
        for row in self.rows:
            ends = [found[c - 1] if c > 0 else (1 - c, 1 - c) for c in (row[0], row[-1])]
            found.append((ends[0][0], ends[1][1]))
        return found

    @cached_property
    def heights(self) -> list[int]:
        """How far each inner node stands above the deepest of its leaves."""
        found: list[int] = []
        for row in self.rows:
            found.append(1 + max(found[c - 1] if c > 0 else 0 for c in row))
        return found

    def __str__(self) -> str:
        return write_node(self.rows, self.words, self.inner_count)

    def __repr__(self) -> str:
        text = shorten(write_node(self.rows, self.words, self.inner_count, 80), 60)
        return f"<tree of {self.leaf_count:,} leaves: {text}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        return self.words == other.words and np.array_equal(self.children, other.children)

    def __hash__(self) -> int:
        return hash((self.words, self.children.tobytes()))


def write_node(
    rows: Sequence[Sequence[int]], words: Sequence[str], step: int, limit: int | None = None
) -> str:
    """Write the tree beneath a node with brackets; past `limit` characters the rest is left out.

    A leaf without a word is written as its number.
    """
    pieces: list[str] = []
    length, before = 0, "("
    waiting: list[int | str] = [step]
    while waiting and (limit is None or length <= limit):
        item = waiting.pop()
        if isinstance(item, int) and item > 0:
            waiting += [")", *reversed(rows[item - 1])]
            text = "("
        else:
            text = item if isinstance(item, str) else words[-item] or str(1 - item)
        gap = "" if before == "(" or text == ")" else " "
        pieces.append(gap + text)
        length, before = length + len(text) + 1, text
    return "".join(pieces)
