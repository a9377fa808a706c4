"""Fixed steps of an axis: numbers, or counted from its length, which may be known."""

from __future__ import annotations

from dataclasses import dataclass

from graphfold.expression import Index
from graphfold.terms import Term, apply


@dataclass(frozen=True)
class Clock:
    """An axis and its length; where `steps` is None it is longer than all that is looked at."""

    axis: str
    length: str
    steps: int | None = None

    def fix(self, index: Index) -> Index:
        """The one way to write a fixed step."""
        if index.base and self.steps is not None:
            return Index("", index.offset + self.steps)
        return index

    def inside(self, index: Index) -> bool:
        """Whether a fixed step is one of 1..T."""
        index = self.fix(index)
        if index.base:
            return index.offset <= 0
        return index.offset >= 1 and (self.steps is None or index.offset <= self.steps)

    def is_step(self, index: Index) -> Term:
        """The condition t == index, as a term."""
        step = apply("step", axis=self.axis)
        if not index.base:
            return step == index.offset
        length = apply("length", axis=self.axis)
        return step == (length + index.offset if index.offset else length)


def index_name(index: Index) -> str:
    """An index as a part of a name: "0", "m1" for -1, "T", "Tp1" for T+1."""
    return str(index).replace("-", "m").replace("+", "p")
