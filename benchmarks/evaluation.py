"""The reference evaluation: time an instance as the steps grow, and a loop written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.measure import cpu_time, exponent, in_turns, ratios
from benchmarks.table import Goal, Row, seconds

SIZES = {"n_x": 8, "n_h": 16, "n_y": 4}


def rows(quick: bool) -> list[Row]:
    lengths, rounds = ((10, 20, 40), 1) if quick else ((100, 1000, 10_000), 5)
    cases = [_case(steps) for steps in lengths]
    _time(*cases[0])  # imports
    found = [[_time(*case) for case in cases] for _ in range(rounds)]
    counts = [unfolding.node_count for unfolding, _ in cases]
    powers = [exponent(counts, times) for times in found]
    span = f"rnn_loss, {lengths[0]} to {lengths[-1]:,} steps"
    return [
        Row(f"evaluate {span}", "instances**p", "p = 1: linear", powers, Goal(1.1)),
        *(_each(lengths, counts, found, place) for place in range(len(lengths))),
        _by_hand(rounds, lengths[1], *cases[1]),
        _with_lengths(rounds, lengths[0]),
    ]


def _each(lengths: Any, counts: list[int], found: list[list[float]], place: int) -> Row:
    """Time an instance at one length, against the shortest."""
    times = [row[place] / counts[place] for row in found]
    first = [row[0] / counts[0] for row in found]
    ours = f"{seconds(times)} an instance"
    return Row(f"… {lengths[place]:,} steps", ours, f"{seconds(first)}: {lengths[0]} steps",
               ratios(times, first))  # fmt: skip


def _case(steps: int) -> tuple[Any, dict[str, Any]]:
    import graphfold as gf
    from graphfold.examples import example_path

    unfolding = gf.unfold(gf.load(example_path("rnn_loss")), steps)
    return unfolding, gf.random_values(unfolding, 0, sizes=SIZES, roles=("input", "parameter"))


def _time(unfolding: Any, values: Mapping[str, Any]) -> float:
    import graphfold as gf

    return cpu_time(lambda: gf.evaluate(unfolding, values))


def _by_hand(rounds: int, steps: int, unfolding: Any, values: Mapping[str, Any]) -> Row:
    a, b = in_turns(
        rounds, lambda: _time(unfolding, values), lambda: cpu_time(lambda: _loop(values))
    )
    theirs = f"{seconds(b)}: a loop in NumPy"
    return Row(f"evaluate rnn_loss, {steps:,} steps", seconds(a), theirs, ratios(a, b))


def _with_lengths(rounds: int, steps: int) -> Row:
    """Rows of many lengths against the same rows, all as long as the longest."""
    import numpy as np

    import graphfold as gf

    unfolding, _ = _case(steps)
    roles: Any = ("input", "parameter")
    values = gf.random_values(unfolding, 0, sizes=SIZES, roles=roles, batch=64)
    lengths = np.random.default_rng(0).integers(1, steps + 1, 64)
    a, b = in_turns(
        rounds,
        lambda: cpu_time(lambda: gf.evaluate(unfolding, values, lengths=lengths).outputs()),
        lambda: cpu_time(lambda: gf.evaluate(unfolding, values).outputs()),
    )
    return Row(
        "evaluate rnn_loss, 64 rows of many lengths",
        seconds(a),
        f"{seconds(b)}: without lengths",
        ratios(a, b),
        Goal(2),
    )


def _loop(values: Mapping[str, Any]) -> Any:
    import numpy as np

    b, c, recur, read, write = (values[name] for name in ("b", "c", "W", "U", "V"))
    h, loss, outputs = np.zeros(len(b)), 0.0, []
    for x, y in zip(values["x"], values["y"], strict=True):
        h = np.tanh(b + recur @ h + read @ x)
        o = c + write @ h
        shifted = o - o.max()
        loss -= np.sum(y * (shifted - np.log(np.sum(np.exp(shifted)))))
        outputs.append(o)
    return np.array(outputs), loss
