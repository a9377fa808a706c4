"""In which order a recurrence is computed: column by column, its parts shifted against each other.

Where delays of both signs meet in one component, each signal is a part of its own that lags behind
the first, so that all it reads stands in columns before, or earlier in its own (C. Leiserson and
J. Saxe, "Retiming synchronous circuitry", 1991). Everywhere else there is one part, without a lag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from graphfold.recurrence import Component


@dataclass(frozen=True)
class Part:
    """Signals that are computed together; column c holds their step c - lag, counted onward."""

    signals: tuple[str, ...]
    lag: int = 0


@dataclass(frozen=True)
class Interval:
    """Columns start … stop - 1, and the signals that each of them computes."""

    computed: frozenset[str]
    start: int
    stop: int


@dataclass(frozen=True)
class Columns:
    """The columns of a run over `length` steps, from the last step to the first when `backward`."""

    parts: tuple[Part, ...]
    length: int
    backward: bool

    def step(self, column: int, lag: int) -> int:
        """The step that a part has in a column."""
        place = column - lag
        return self.length + 1 - place if self.backward else place

    def steps(self, start: int, stop: int, lag: int) -> tuple[int, int]:
        """The first step, and the one behind the last, of columns start … stop - 1."""
        ends = self.step(start, lag), self.step(stop - 1, lag)
        return min(ends), max(ends) + 1

    def distance(self, reader: int, delay: int, read: int) -> int:
        """How many columns back a read looks, given both lags."""
        return (-delay if self.backward else delay) + reader - read

    def intervals(self, pins: Mapping[str, Sequence[int]]) -> Iterator[Interval]:
        """All columns, cut where a signal begins, ends or is pinned."""
        lag_of = {signal: part.lag for part in self.parts for signal in part.signals}
        pinned = {
            signal: {self.step(step, 0) + lag for step in pins.get(signal, ())}
            for signal, lag in lag_of.items()
        }
        edges = {end for lag in lag_of.values() for end in (lag + 1, lag + self.length + 1)}
        edges |= {column + i for columns in pinned.values() for column in columns for i in (0, 1)}
        for start, stop in pairwise(sorted(edges)):
            computed = frozenset(
                signal
                for signal, lag in lag_of.items()
                if 1 <= start - lag <= self.length and start not in pinned[signal]
            )
            if computed:
                yield Interval(computed, start, stop)


def parts_of(component: Component, in_order: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of a component; `in_order` is how a step without lags computes its signals."""
    if not component.potentials:
        return (Part(in_order),)
    scale = len(component.signals) + 1
    placed = [
        (*divmod(potential, scale), signal)
        for signal, potential in zip(component.signals, component.potentials, strict=True)
    ]
    least = min(lag for lag, _, _ in placed)
    ranked = sorted(placed, key=lambda one: one[1])
    return tuple(Part((signal,), lag - least) for lag, _, signal in ranked)


def apart(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Each signal a part of its own."""
    return tuple(Part((signal,), part.lag) for part in parts for signal in part.signals)
