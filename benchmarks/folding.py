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


PAIR = """graphfold: 1
axes: {t: T, u: U}
inputs: {"x[t]": [4]}
params: {W: [4, 4], V: [4, 4], C: [4, 4]}
init: {"h[0]": zeros, "s[0]": last}
equations: |
  h[t] = tanh(W @ h[t-1] + x[t])
  last = h[T]
  s[u] = tanh(V @ s[u-1] + C @ last)
outputs: [s]
"""
BROKEN = 500  # steps after which one operation is another one


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
        *_harder(quick),
    ]  # fmt: skip


def _harder(quick: bool) -> list[Row]:
    """One recurrence after another, and one that an odd operation breaks now and then."""
    lengths, rounds = ((100, 400), 1) if quick else ((2_000, 8_000), 3)
    found = []
    for what, make in (("an encoder and a decoder", _pair), ("a loop broken at places", _broken)):
        traces = [make(steps) for steps in lengths]
        counts = [trace.operation_count for trace in traces]
        times = [[_time(trace) for trace in traces] for _ in range(rounds)]
        powers = [exponent(counts, each) for each in times]
        told = f"fold {what}, {counts[0]:,} to {counts[-1]:,} operations"
        found.append(Row(told, "operations**p", "p = 1: linear", powers, Goal(1.15)))
    return found


def _pair(steps: int) -> Any:
    import graphfold as gf

    return gf.read_trace(gf.unfold(gf.loads(PAIR), t=steps, u=steps))


def _broken(steps: int) -> Any:
    import graphfold as gf

    nodes: list[dict[str, Any]] = [{"id": "W", "op": "param", "name": "W", "shape": [4, 4]}]
    nodes.append({"id": "h0", "op": "input", "name": "h0", "shape": [4]})
    for step in range(1, steps + 1):
        op = "sin" if step % BROKEN == 0 else "tanh"
        nodes.append({"id": f"m{step}", "op": "matmul", "operands": ["W", f"h{step - 1}"]})
        nodes.append({"id": f"h{step}", "op": op, "operands": [f"m{step}"]})
    return gf.read_trace({"graphfold_trace": 1, "nodes": nodes, "outputs": [f"h{steps}"]})


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
