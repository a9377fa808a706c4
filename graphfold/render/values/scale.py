"""Numbers to colours, by one scale for the whole figure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from graphfold.colors import mixed

NEGATIVE, ZERO, POSITIVE = "#08519c", "#ffffff", "#b35806"
NOT_FINITE = "#000000"
DECADES = 2.0  # numbers that span more than this are shown by their logarithms
THIN, THICK = 0.6, 3.2  # wires, as multiples of a theme's


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high`: symmetric about 0, from 0 on, or by their logarithms.

    >>> Scale(-2.0, 2.0).color(0.0), Scale(-2.0, 2.0).color(2.0)
    ('#ffffff', '#b35806')
    """

    low: float
    high: float
    logarithmic: bool = False

    def place(self, number: float) -> float:
        """Where a number stands, from -1 (or 0 when none is negative) to 1."""
        if self.logarithmic:
            if number <= self.low:
                return 0.0
            span = math.log(self.high) - math.log(self.low)
            return min((math.log(number) - math.log(self.low)) / span, 1.0)
        return max(-1.0, min(number / self.high, 1.0)) if self.high else 0.0

    def at(self, place: float) -> float:
        """The number that stands at a place."""
        if self.logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            return math.exp(low + place * (high - low))
        return place * self.high

    @property
    def start(self) -> float:
        """The first place: -1 or 0."""
        return -1.0 if self.low < 0 else 0.0

    def color(self, number: float) -> str:
        """The colour of a number: from white, darker with its distance from 0; black if none."""
        if not math.isfinite(number):
            return NOT_FINITE
        place = self.place(number)
        end = POSITIVE if place > 0 and self.low < 0 else NEGATIVE
        return mixed(ZERO, end, abs(place))

    def width(self, number: float) -> float:
        """How much wider a wire is that carries the number."""
        if not math.isfinite(number):
            return THICK
        return round(THIN + (THICK - THIN) * abs(self.place(number)), 3)


def symmetric(numbers: Iterable[float]) -> Scale:
    """Return the scale about 0 that covers all the finite numbers."""
    most = max((abs(n) for n in numbers if math.isfinite(n)), default=0.0)
    return Scale(-most, most) if most else Scale(-1.0, 1.0)


def from_zero(numbers: Iterable[float]) -> Scale:
    """Return the scale of magnitudes that covers all; of logarithms when they span decades."""
    found = [n for n in numbers if math.isfinite(n) and n > 0]
    if not found:
        return Scale(0.0, 1.0)
    low, high = min(found), max(found)
    if math.log10(high) - math.log10(low) > DECADES:
        return Scale(low, high, logarithmic=True)
    return Scale(0.0, high)
