"""The figure of an unfolded LSTM without elision: time, bytes and memory as the steps grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import cpu_time, exponent, in_new_process, peak_memory
from benchmarks.table import Goal, Row, seconds, size


@dataclass(frozen=True)
class Figure:
    """What one figure cost."""

    steps: int
    time: float
    bytes: int
    memory: int


def rows(quick: bool) -> list[Row]:
    lengths, rounds = ((10, 40), 1) if quick else ((100, 200, 500, 1000, 2000), 5)
    found = [[in_new_process(_draw, steps) for steps in lengths] for _ in range(rounds)]
    what = f"LSTM figure, {lengths[0]} to {lengths[-1]:,} steps"
    return [
        _row(f"{what}: time", found, [[f.time for f in few] for few in found]),
        _row(f"{what}: bytes", found, [[float(f.bytes) for f in few] for few in found]),
        *_sizes(found),
    ]


def _row(what: str, found: Sequence[Sequence[Figure]], costs: Sequence[Sequence[float]]) -> Row:
    """A row for how a cost grows: the exponent p in cost = c · steps**p."""
    powers = [
        exponent([f.steps for f in few], cost) for few, cost in zip(found, costs, strict=True)
    ]
    return Row(what, "steps**p", "p = 1: linear", powers, Goal(1.1))


def _sizes(found: Sequence[Sequence[Figure]]) -> list[Row]:
    """A row for each length: time, bytes and memory, and the time of a step against the first."""
    result = []
    for place, first in enumerate(found[0]):
        column = [few[place] for few in found]
        ratios = [
            (few[place].time / few[place].steps) / (few[0].time / few[0].steps) for few in found
        ]
        memory = size(median(f.memory for f in column))
        ours = f"{seconds([f.time for f in column])}, {size(first.bytes)}, peak {memory}"
        result.append(
            Row(f"… {first.steps:,} steps", ours, f"time a step, {found[0][0].steps} steps", ratios)
        )
    return result


def _draw(steps: int) -> Figure:
    import graphfold as gf
    from graphfold.examples import example_path

    circuit = gf.load(example_path("lstm"))
    len(gf.draw(gf.unfold(circuit, 3)).svg)  # imports, and glyphs typeset once
    found: list[int] = []

    def work() -> None:
        found.append(len(gf.draw(gf.unfold(circuit, steps), elide=False).svg.encode()))

    return Figure(steps, cpu_time(work), found[0], peak_memory())
