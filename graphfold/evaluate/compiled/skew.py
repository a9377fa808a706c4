"""Recurrences with delays of both signs: their signals are computed at steps of their own.

At place w of such a loop a signal has step w - shift. Shifts are chosen so that all it reads has
been computed at places before, or, in the order of the signals, at the same place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.ready import Values
from graphfold.recurrence import Component

Stretch = tuple[frozenset[str], int, int]


def shifts_of(component: Component) -> dict[str, int]:
    """The shift of each signal, in the order within a place; none where potentials are absent."""
    scale = len(component.signals) + 1
    timed = zip(component.potentials, component.signals, strict=False)
    found = {s: divmod(p, scale) for p, s in sorted(timed, key=lambda one: one[0] % scale)}
    lags = {signal: lag for signal, (lag, _) in found.items()}
    low, high = min(lags.values(), default=0), max(lags.values(), default=0)
    forward = component.direction == "causal"
    return {signal: lag - low if forward else high - lag for signal, lag in lags.items()}


def stretches(
    signals: Sequence[str],
    shifts: Mapping[str, int],
    length: int,
    pins: Mapping[str, Sequence[int]],
) -> list[Stretch]:
    """Places start … stop - 1 in order, with the signals not computed at any of them."""
    cuts = set[int]()
    for signal in signals:
        shift = shifts.get(signal, 0)
        cuts |= {1 + shift, length + 1 + shift}
        cuts |= {p + shift + more for p in pins.get(signal, ()) for more in (0, 1)}
    pinned = {signal: frozenset(pins.get(signal, ())) for signal in signals}
    found: list[Stretch] = []
    for start, stop in pairwise(sorted(cuts)):
        steps = {signal: start - shifts.get(signal, 0) for signal in signals}
        absent = (s for s, t in steps.items() if not 1 <= t <= length or t in pinned[s])
        found.append((frozenset(absent), start, stop))
    return found


@dataclass
class ShiftedValues(Values):
    """Values of all steps of the loop's axis, each at the places of the signal that needs them."""

    axis: str = ""
    shifts: Mapping[str, int] = field(default_factory=dict)
    _moved: dict[tuple[str, int], Flow] = field(default_factory=dict)

    def of(self, signal: str, node: int) -> Flow:
        """The value of a node by places of the loop; what is beyond its steps is 0."""
        flow = super().of(signal, node)
        most = max(self.shifts.values(), default=0)
        if self.axis not in flow.axes or not most:
            return flow
        if (signal, node) not in self._moved:
            clock, shift = flow.axes.index(self.axis), self.shifts[signal]
            around = [(0, 0)] * flow.array.ndim
            around[clock] = (shift, most - shift)
            self._moved[signal, node] = flow._replace(array=np.pad(flow.array, around))
        return self._moved[signal, node]
