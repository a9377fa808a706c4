"""Folding: time as the trace grows, and the trace of an LSTM cell over 4,000 steps."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import cpu_time, exponent
from benchmarks.table import Goal, Row, seconds

CELL = """graphfold: 1
inputs: {"x[t]": [4]}
params: {W: [16, 8], b: [16]}
init: {"h[0]": zeros, "c[0]": zeros}
equations: |
  z[t] = W @ concat(x[t], h[t-1]) + b
  c[t] = sigmoid(slice(z[t], 4, 8)) * c[t-1] + sigmoid(slice(z[t], 0, 4)) * tanh(slice(z[t], 8, 12))
  h[t] = sigmoid(slice(z[t], 12, 16)) * tanh(c[t])
outputs: [h]
"""


def rows(quick: bool) -> list[Row]:
    lengths, rounds = ((20, 40, 80), 1) if quick else ((400, 4_000, 60_000), 3)
    traces = [_trace(steps) for steps in lengths]
    _time(traces[0])  # imports
    found = [[_time(trace) for trace in traces] for _ in range(rounds)]
    counts = [trace.operation_count for trace in traces]
    powers = [exponent(counts, times) for times in found]
    sizes = {_size(trace) for trace in traces}
    told = ", ".join(str(size) for size in sorted(sizes))
    middle = [times[1] for times in found]
    last = f"fold an LSTM cell, {counts[0]:,} to {counts[-1]:,} operations"
    return [
        Row(last, "operations**p", "p = 1: linear", powers, Goal(1.15)),
        Row(f"… {lengths[1]:,} steps, {counts[1]:,} operations", seconds(middle), "1 s", middle,
            Goal(1)),
        Row("… operations of the circuit", told, "16, whatever the steps",
            [max(sizes) / 16], Goal(1)),
    ]  # fmt: skip


def _trace(steps: int) -> Any:
    """The trace without names of operations, as a tool would record it."""
    from dataclasses import replace

    import graphfold as gf

    trace = gf.read_trace(gf.unfold(gf.loads(CELL), steps))
    leaf = trace.is_leaf
    return replace(trace, names={n: name for n, name in trace.names.items() if leaf[n]})


def _time(trace: Any) -> float:
    import graphfold as gf

    return cpu_time(lambda: gf.fold(trace))


def _size(trace: Any) -> int:
    import graphfold as gf

    return gf.fold(trace).size
