"""Edges: one by one, counted by arithmetic and as arrays, on circuits chosen to be awkward."""

from __future__ import annotations

import numpy as np
import pytest
from simulator import Simulator

import graphfold as gf
from graphfold.examples import example_path

AWKWARD = {
    "one signal read at one step in two ways": "y[t] = x[t] + x[T] + x[1]",
    "a sum and a step of the same signal": "y[t] = sum(x[t] for t) + x[t] + x[t-1] + x[t+2]",
    "sums that are shifted apart": "y = sum(x[t-4] * x[t+4] for t)",
    "sums that are shifted apart, in a sequence": "y[t] = sum(x[t-4] * x[t+4] for t) + x[t-1]",
    "a read beneath a sum and beside it": "y[t] = x[t-1] + mean(x[t-1] for t)",
    "two delays and a loop": "y[t] = y[t-1] + y[t-3] + x[t-2]",
    "both signs in one component": "y[t] = z[t+2] + y[t-5]\n  z[t] = y[t-3]",
    "far ends": "y[t] = y[t+1] + y[t+3] + x[T+1] + x[T-1]",
    "statics between sweeps": "y[t] = y[t-1] + w\n  s = y[T]\n  z[t] = z[t+1] * s\n  w = x[T]",
    "pins": "p[t] = p[t-1] + q[t] + p[t-2]\n  q[t] = sum(r[t] for t)\n  r[t] = x[t-1]",
}
INIT = "init:\n  p[1]: given\n  p[3]: 2\n  q[2]: v\n  x[2]: v\n"


@pytest.mark.parametrize("equations", AWKWARD.values(), ids=AWKWARD)
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 9])
def test_all_ways_to_the_edges_agree(equations: str, steps: int) -> None:
    init = INIT if equations.startswith("p") else ""
    if steps == 0 and "x[1]" in equations:
        steps = 1
    circuit = gf.loads(
        f"graphfold: 1\ninputs: {{'x[t]': []}}\nparams: {{v: []}}\n{init}"
        f"equations: |\n  {equations}\n"
    )
    simulator, unfolding = Simulator(circuit, steps), gf.unfold(circuit, steps)
    expected = {(r, i) for i in simulator.instances() for r in simulator.reads(*i)}
    single = [(p, i) for i in unfolding.instances() for p in gf.predecessors(unfolding, *i)]
    sources, targets = gf.edge_arrays(unfolding)
    pairs = {
        (unfolding.instance(a), unfolding.instance(b))
        for a, b in zip(sources.tolist(), targets.tolist(), strict=True)
    }
    assert set(single) == expected == pairs
    assert len(single) == len(expected) == len(sources) == gf.edge_count(unfolding)
    assert (sources < targets).all()


def test_edges_come_in_the_order_of_the_equation() -> None:
    unfolding = gf.unfold(gf.load(example_path("rnn_loss")), 3)
    assert gf.predecessors(unfolding, "a", 2) == (
        ("b", None),
        ("W", None),
        ("h", 1),
        ("U", None),
        ("x", 2),
    )
    assert gf.predecessors(unfolding, "Loss", None) == (("L", 1), ("L", 2), ("L", 3))


def test_arrays_are_whole_numbers_of_64_bits() -> None:
    sources, targets = gf.edge_arrays(gf.unfold(gf.load(example_path("lstm")), 5))
    assert sources.dtype == targets.dtype == np.int64


def test_edges_that_memory_cannot_hold_are_refused_before_they_are_made() -> None:
    unfolding = gf.unfold(gf.load(example_path("lstm")), 10**12)
    assert gf.edge_count(unfolding) > 10**13
    with pytest.raises(gf.TooLargeError, match="the edge arrays would need"):
        gf.edge_arrays(unfolding)


def test_a_million_edges_are_those_of_a_short_unfolding_moved_along() -> None:
    circuit = gf.load(example_path("lstm"))
    short, long = (gf.unfold(circuit, steps) for steps in (50, 40_000))
    few, many = (
        set(zip(*map(np.ndarray.tolist, gf.edge_arrays(u)), strict=True)) for u in (short, long)
    )
    assert len(many) == gf.edge_count(long) > 10**6
    assert few <= many
