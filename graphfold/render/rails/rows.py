"""The steps of a block as they stand side by side, and which values pass from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from graphfold.render.rails.ports import MOST
from graphfold.render.scene import Block, Column, Edge

THERE = ("node", "pinned", "boundary")


@dataclass(frozen=True)
class Steps:
    """The columns of a block that are steps (or cut away), and those of boundaries around them.

    Steps are counted from 0; a value of step -1 is that of the last column `before`.
    """

    before: tuple[Column, ...]
    steps: tuple[Column, ...]
    after: tuple[Column, ...]
    ties: tuple[Edge, ...]

    def column(self, step: int) -> Column | None:
        """The column of a step, or of a boundary; None beyond."""
        if step < 0:
            place = len(self.before) + step
            return self.before[place] if place >= 0 else None
        if step < len(self.steps):
            return self.steps[step]
        place = step - len(self.steps)
        return self.after[place] if place < len(self.after) else None

    def exists(self, site: str, step: int) -> bool:
        """Whether a site has a value at a step; what is cut away has all."""
        column = self.column(step)
        return column is not None and (column.gap or column.sites.get(site) in THERE)

    def computes(self, site: str, step: int) -> bool:
        """Whether a site is computed at a step."""
        if not 0 <= step < len(self.steps):
            return False
        column = self.steps[step]
        return column.gap or column.sites.get(site) == "node"

    @cached_property
    def readers(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Who reads a site, how many steps later (negative: before)."""
        found: dict[str, list[tuple[str, int]]] = {}
        for edge in self.ties:
            if edge.delay and abs(edge.delay) <= MOST:
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
            reader = origin + delay
            onward = delay >= age if age > 0 else delay <= age
            if onward and age * delay > 0 and self.computes(target, reader):
                return True
        return False


def steps_of(block: Block, ties: Sequence[Edge]) -> Steps:
    """Return the steps of a block, boundaries apart."""
    columns = list(block.columns)
    first = next((i for i, c in enumerate(columns) if not _is_boundary(c)), len(columns))
    last = next((i for i in range(len(columns), first, -1) if not _is_boundary(columns[i - 1])),
                first)  # fmt: skip
    names = set(block.names)
    own = tuple(e for e in ties if e.source[0] in names and e.target[0] in names)
    return Steps(tuple(columns[:first]), tuple(columns[first:last]), tuple(columns[last:]), own)


def _is_boundary(column: Column) -> bool:
    kinds = set(column.sites.values())
    return not column.gap and bool(kinds) and kinds == {"boundary"}
