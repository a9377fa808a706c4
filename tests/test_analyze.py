"""Cycles and delays: counted by hand, and against networkx by brute force."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import networkx as nx
import pytest
from circuits import any_circuits, circuits
from hypothesis import given, note

import graphfold as gf
from graphfold.analyze import MOST_CYCLES, Analysis
from graphfold.checks.cycles import check_cycles
from graphfold.circuit import Circuit
from graphfold.examples import example_path


def analyze(name: str) -> Analysis:
    return gf.analyze(gf.load(example_path(name)))


HAND = {  # delays, registers, recurrences with their direction and cycles
    "classical": ([("s", 1)], 1, [("causal", [("s",)])]),
    "fibonacci": ([("F", 1), ("F", 2)], 2, [("causal", [("F",), ("F",)])]),
    "time_delay": ([("x", 1), ("x", 2)], 2, []),
    "biquad": ([("x", 1), ("x", 2), ("y", 1), ("y", 2)], 4, [("causal", [("y",), ("y",)])]),
    "bidirectional": ([("h", 1), ("g", -1)], 1, [("causal", [("h",)]), ("anti-causal", [("g",)])]),
    "rnn_loss": ([("h", 1)], 1, [("causal", [("a", "h")])]),
}


@pytest.mark.parametrize("name", HAND)
def test_the_examples_as_counted_by_hand(name: str) -> None:
    analysis = analyze(name)
    delays, registers, recurrences = HAND[name]
    assert sorted((d.signal, d.steps) for d in analysis.delays) == sorted(delays)
    assert analysis.registers == registers
    found = [(r.direction, [c.signals for c in r.cycles]) for r in analysis.recurrences]
    assert found == recurrences
    assert all(r.complete for r in analysis.recurrences)


def test_the_cycles_of_an_lstm() -> None:
    (recurrence,) = analyze("lstm").recurrences
    assert [(c.signals, c.delays) for c in recurrence.cycles][:2] == [
        (("s",), (1,)),
        (("q", "h"), (0, 1)),
    ]
    assert {c.total for c in recurrence.cycles} == {1}


def test_parallel_delays_are_cycles_of_their_own() -> None:
    text = "a[t] = b[t] + b[t-1]\n  b[t] = a[t-1] * a[t-2]"
    (recurrence,) = gf.analyze(gf.loads(f"graphfold: 1\nequations: |\n  {text}")).recurrences
    assert sorted(c.total for c in recurrence.cycles) == [1, 2, 2, 3]


def test_a_circuit_without_delays_has_nothing_to_tell() -> None:
    analysis = gf.analyze(gf.loads("graphfold: 1\nequations: |\n  y = 1"))
    assert (analysis.delays, analysis.registers, analysis.recurrences) == ((), 0, ())


def test_very_many_cycles_are_not_all_listed() -> None:
    names = [f"s{i}" for i in range(14)]
    lines = (f"  {n}[t] = " + " + ".join(f"{m}[t-1]" for m in names) for n in names)
    circuit = gf.loads("graphfold: 1\nequations: |\n" + "\n".join(lines))
    start = time.monotonic()
    (recurrence,) = gf.analyze(circuit).recurrences
    assert time.monotonic() - start < 5
    assert len(recurrence.cycles) == MOST_CYCLES
    assert not recurrence.complete


SHOW_CYCLES = """
import sys
import graphfold as gf
print(gf.analyze(gf.loads(sys.argv[1])).recurrences[0].cycles)
"""


def test_the_cycles_that_are_listed_do_not_depend_on_hash_seeds() -> None:
    names = [f"s{i}" for i in range(9)]
    lines = (f"  {n}[t] = " + " + ".join(f"{m}[t-1]" for m in names) for n in names)
    text = "graphfold: 1\nequations: |\n" + "\n".join(lines)
    shown = {
        subprocess.run(
            [sys.executable, "-c", SHOW_CYCLES, text],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in "012"
    }
    assert len(shown) == 1


@given(circuits())
def test_every_cycle_is_one_and_has_the_sign_of_its_direction(circuit: Circuit) -> None:
    note(gf.dumps(circuit))
    steps = {(k.source, k.target, k.delay) for k in circuit.links if k.reach == "step"}
    for recurrence in gf.analyze(circuit).recurrences:
        sign = 1 if recurrence.direction == "causal" else -1
        for cycle in recurrence.cycles:
            targets = (*cycle.signals[1:], cycle.signals[0])
            walk = zip(cycle.signals, targets, cycle.delays, strict=True)
            assert set(walk) <= steps
            assert sign * cycle.total > 0
            assert len(set(cycle.signals)) == len(cycle.signals)


@given(any_circuits())
def test_recurrences_are_the_strong_components(circuit: Circuit) -> None:
    if any(check_cycles(circuit)):
        return
    graph = nx.DiGraph([(link.source, link.target) for link in circuit.links])
    wanted = {
        frozenset(c)
        for c in nx.strongly_connected_components(graph)
        if len(c) > 1 or graph.has_edge(*(list(c) * 2))
    }
    assert {frozenset(r.signals) for r in gf.analyze(circuit).recurrences} == wanted


def test_a_circuit_that_is_not_well_formed_is_refused() -> None:
    circuit = gf.Circuit("loop")
    t = circuit.axis("t")
    a = circuit.signal("a", over=t)
    a[t] = a[t] + 1
    with pytest.raises(gf.ModelError, match="delay-free cycle"):
        gf.analyze(circuit)
