"""An unfolding of ten million instances, against one of a few steps: it is arithmetic."""

from __future__ import annotations

import tracemalloc
from typing import Any

from benchmarks.measure import cpu_time, in_turns, ratios
from benchmarks.table import Goal, Row, seconds, size

FEW = 10
REPEAT = 20  # one look is too short for a clock


def rows(quick: bool) -> list[Row]:
    import graphfold as gf
    from graphfold.examples import example_path

    circuit = gf.load(example_path("lstm"))
    instances, rounds = (10_000, 3) if quick else (10_000_000, 51)
    steps = instances * FEW // gf.unfold(circuit, FEW).node_count
    what, few = f"unfold the LSTM, {instances:,} instances", f"{FEW} steps"
    a, b = in_turns(rounds, lambda: _time(circuit, steps), lambda: _time(circuit, FEW))
    m, n = in_turns(3, lambda: _memory(circuit, steps), lambda: _memory(circuit, FEW))
    return [
        Row(what, seconds(a), f"{seconds(b)}: {few}", ratios(a, b), Goal(1.5)),
        Row(f"{what}: memory", size(max(m)), f"{size(max(n))}: {few}", ratios(m, n), Goal(1.1)),
    ]


def _look(circuit: Any, steps: int, times: int = 1) -> None:
    """Unfold, count nodes and edges, and look at the instance in the middle and at the last."""
    import graphfold as gf

    for _ in range(times):
        unfolding = gf.unfold(circuit, steps)
        nodes = unfolding.node_count
        gf.edge_count(unfolding)
        for number in (nodes // 2, nodes - 1):
            gf.predecessors(unfolding, *unfolding.instance(number))


def _time(circuit: Any, steps: int) -> float:
    return cpu_time(lambda: _look(circuit, steps, REPEAT)) / REPEAT


def _memory(circuit: Any, steps: int) -> float:
    tracemalloc.start()
    _look(circuit, steps)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
