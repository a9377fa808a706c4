"""The steps of a block as they stand side by side, and which values pass from one to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from graphfold.render.scene import STATIC, Block, Column, Edge, Scene

THERE = ("node", "pinned", "boundary")


@dataclass(frozen=True)
class Steps:
    """The columns of a block that are steps (or cut away), and those of boundaries around them.

    Steps are counted from 0, those that one column spans included; a value of step -1 is that of
    the last column `before`. `coming` are the instances that read static sites, with these, and
    `leaving` those that static sites read.
    """

    before: tuple[Column, ...]
    columns: tuple[Column, ...]
    after: tuple[Column, ...]
    ties: tuple[Edge, ...] = ()
    coming: frozenset[tuple[str, tuple[str, int]]] = frozenset()
    leaving: frozenset[tuple[str, int]] = frozenset()

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first step of each column, and the number of all."""
        return tuple(accumulate((c.span for c in self.columns), initial=0))

    @property
    def count(self) -> int:
        """The number of steps."""
        return self.starts[-1]

    def place_of(self, step: int) -> int:
        """The number of the column that has a step."""
        return bisect_right(self.starts, step) - 1

    def column(self, step: int) -> Column | None:
        """The column of a step, or of a boundary; None beyond."""
        if step < 0:
            place = len(self.before) + step
            return self.before[place] if place >= 0 else None
        if step < self.count:
            place = self.place_of(step)
            return self.columns[place].at(step - self.starts[place])
        place = step - self.count
        return self.after[place] if place < len(self.after) else None

    def _kinds(self, step: int) -> Column | None:
        if 0 <= step < self.count:
            return self.columns[self.place_of(step)]
        return self.column(step)

    def exists(self, site: str, step: int) -> bool:
        """Whether a site has a value at a step; what is cut away, or beyond it, has all."""
        column = self._kinds(step)
        if column is None:
            return self._open(step)
        return column.gap or column.sites.get(site) in THERE

    def _open(self, step: int) -> bool:
        """Whether steps go on beyond the first, or the last, since these are cut away."""
        return bool(self.columns) and self.columns[0 if step < 0 else -1].gap

    def computes(self, site: str, step: int) -> bool:
        """Whether a site is computed at a step."""
        if not 0 <= step < self.count:
            return self.column(step) is None and self._open(step)
        column = self.columns[self.place_of(step)]
        return column.gap or column.sites.get(site) == "node"

    @cached_property
    def readers(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Who reads a site, how many steps later (negative: before)."""
        found: dict[str, list[tuple[str, int]]] = {}
        for edge in self.ties:
            if edge.delay:
                found.setdefault(edge.source[0], []).append((edge.target[0], edge.delay))
        return {name: tuple(those) for name, those in found.items()}

    def passes(self, site: str, step: int, age: int) -> bool:
        """Whether a value enters a step (from the left, or from the right when age is negative).

        It does when it is there, and this step or one further on reads it.
        """
        origin = step - age
        if not self.exists(site, origin):
            return False
        for target, delay in self.readers.get(site, ()):
            onward = delay >= age if age > 0 else delay <= age
            if onward and age * delay > 0 and self.computes(target, origin + delay):
                return True
        return False

    def told(self, step: int) -> int:
        """The place under which the wires of a step are known: the first of its column."""
        if 0 <= step < self.count:
            step = self.starts[self.place_of(step)]
        return step + len(self.before)

    def comes(self, source: str, target: str, step: int) -> bool:
        """Whether a site reads a static one at a step."""
        return (source, (target, self.told(step))) in self.coming

    def leaves(self, site: str, step: int) -> bool:
        """Whether a static site reads a value of a step."""
        return (site, self.told(step)) in self.leaving

    def each(self) -> Iterator[tuple[int, Column]]:
        """The first step of each column, and the column."""
        return zip(self.starts, self.columns, strict=False)


def steps_of(scene: Scene, block: Block) -> Steps:
    """Return the steps of a block, boundaries apart."""
    columns = list(block.columns)
    first = next((i for i, c in enumerate(columns) if not _is_boundary(c)), len(columns))
    ends = (i for i in range(len(columns), first, -1) if not _is_boundary(columns[i - 1]))
    last = next(ends, first)
    own = tuple(e for e in scene.ties if _within(block.names, e))
    still = [e for e in scene.edges if STATIC in (e.source[1], e.target[1])]
    coming = frozenset((e.source[0], e.target) for e in still if e.source[1] == STATIC)
    leaving = frozenset(e.source for e in still if e.target[1] == STATIC)
    parts = tuple(columns[:first]), tuple(columns[first:last]), tuple(columns[last:])
    return Steps(*parts, own, coming, leaving)


def _within(names: Sequence[str], edge: Edge) -> bool:
    return edge.source[0] in names and edge.target[0] in names


def _is_boundary(column: Column) -> bool:
    kinds = set(column.sites.values())
    return not column.gap and bool(kinds) and kinds == {"boundary"}
