"""A row of results, and rows as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

HEAD = ("what", "ours", "theirs", "median ratio (min–max)", "goal", "reached")


@dataclass(frozen=True)
class Goal:
    """A bound for the median of the ratios."""

    bound: float
    at_least: bool = False

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}"

    def reached(self, ratios: Sequence[float]) -> bool:
        """Whether the median keeps within the bound."""
        middle = median(ratios)
        return middle >= self.bound if self.at_least else middle <= self.bound


@dataclass(frozen=True)
class Row:
    """What was measured: both sides in words, the ratios of the rounds, and the goal if any."""

    what: str
    ours: str
    theirs: str
    ratios: Sequence[float]
    goal: Goal | None = None

    def cells(self) -> tuple[str, ...]:
        """The cells of the row, as text; without rounds there is nothing to compare."""
        if not self.ratios:
            return self.what, self.ours, self.theirs, "", "", ""
        low, middle, high = min(self.ratios), median(self.ratios), max(self.ratios)
        spread = f"{figures(middle)} ({figures(low)}–{figures(high)})"
        if self.goal is None:
            return self.what, self.ours, self.theirs, spread, "", ""
        reached = "yes" if self.goal.reached(self.ratios) else "no"
        return self.what, self.ours, self.theirs, spread, str(self.goal), reached


def figures(number: float) -> str:
    """Write a number with about three significant figures."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def seconds(times: Sequence[float]) -> str:
    """Write the median of some times with a fitting unit."""
    return _with_unit(median(times), {"s": 1.0, "ms": 1e-3, "µs": 1e-6})


def size(count: float) -> str:
    """Write a number of bytes with a fitting unit."""
    return _with_unit(count, {"GB": 1e9, "MB": 1e6, "kB": 1e3, "B": 1.0})


def _with_unit(amount: float, units: Mapping[str, float]) -> str:
    """Write an amount in the first unit, largest first, that leaves at least 1 of it."""
    unit = next((u for u, scale in units.items() if amount >= scale), [*units][-1])
    return f"{figures(amount / units[unit])} {unit}"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table whose columns line up in plain text, too."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
