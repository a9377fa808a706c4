"""Parts of a trace that repeat: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from graphfold.traces.trace import Numbers

FEWEST_STEPS = 3
_HOLE = 3  # how many saved operations one that would be there in vain is worth


@dataclass(frozen=True)
class Slot:
    """What an operand is at every step: one `node`, or `kind` `delay` steps ago, or a clock.

    `clock` is (a, b) of the number a·t + b; `sure` tells whether `node` is read at most steps.
    """

    node: int = -1
    kind: int = -1
    delay: int = 0
    clock: tuple[float, float] | None = None
    sure: bool = True


@dataclass(frozen=True, eq=False)
class Kind:
    """The nodes that are one operation in all repetitions: nodes[i] at step first + i, or -1."""

    leaf: bool
    first: int
    nodes: Numbers
    slots: tuple[Slot, ...] = ()
    family: int = -1

    @property
    def last(self) -> int:
        """The last step."""
        return self.first + len(self.nodes) - 1

    def at(self, steps: Numbers) -> Numbers:
        """The nodes at some steps, -1 where there is none."""
        places = steps - self.first
        inside = (places >= 0) & (places < len(self.nodes))
        found = np.full(len(steps), -1, np.int64)
        found[inside] = self.nodes[places[inside]]
        return found


def no_troubles() -> Numbers:
    """No operand that is not what the others are."""
    return np.empty((0, 4), np.int64)


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the trace that repeats `steps` times; `histories` is what delays read outside.

    `saved` is how many operations the circuit has less than the trace; `period` how many
    repetitions of the anchor one step takes. `tried` is what it would save if there were no
    `troubles`. `doubtful` counts the histories that are the operation that they stand for.
    A row (start, stop, node, place) of `troubles` is an operand that is not what the others are: no
    run may reach from start to stop. `others` are the runs of the same kinds beside this one.
    """

    steps: int
    kinds: tuple[Kind, ...]
    histories: Mapping[tuple[int, int], int] = field(default_factory=dict)
    period: int = 1
    saved: int = 0
    cyclic: bool = False
    troubles: Numbers = field(default_factory=no_troubles)
    tried: int = 0
    doubtful: int = 0
    others: tuple[Part, ...] = ()

    @property
    def operations(self) -> list[Kind]:
        """The kinds that are no leaves."""
        return [k for k in self.kinds if not k.leaf]

    @property
    def rank(self) -> int:
        """The score, less one step for each history that might be a step itself."""
        return self.score - self.doubtful * len(self.operations)

    @property
    def score(self) -> int:
        """What the part saves, less the steps at which operations would be there in vain."""
        return self.saved - _HOLE * sum(int((k.nodes < 0).sum()) for k in self.operations)
