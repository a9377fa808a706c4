"""Cycles and delays: counted by hand, and against networkx by brute force."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from fractions import Fraction
from itertools import pairwise, product

import networkx as nx
import pytest
from circuits import any_circuits, circuits, skewed_circuits
from hypothesis import given, note, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.analyze import MOST_CYCLES, Analysis, Cycle
from graphfold.checks.cycles import check_cycles
from graphfold.circuit import Circuit, Link
from graphfold.cycle_ratio import Edge, extreme_cycle, ratio
from graphfold.examples import example_path
from graphfold.recurrence import is_boundary_read


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


# -- ratios and paths ----------------------------------------------------------------------------


def equations(*lines: str, rest: str = "", inputs: str = "x[t]") -> Analysis:
    body = "".join(f"  {line}\n" for line in lines)
    return gf.analyze(
        gf.loads(f"graphfold: 1\n{rest}inputs: {{'{inputs}': []}}\nequations: |\n{body}")
    )


DEEP = {  # figure 10.13 of the book: the shortest path from step to step, and the longest
    "a: a hidden state in two layers": (
        ["h[t] = tanh(h[t-1] + x[t])", "z[t] = tanh(z[t-1] + h[t])"],
        *(1, 1),
    ),
    "b: a deeper way from state to state": (
        ["h[t] = tanh(q[t] + x[t])", "q[t] = tanh(h[t-1])"],
        *(2, 2),
    ),
    "c: a skip connection past it": (
        ["h[t] = tanh(q[t] + h[t-1] + x[t])", "q[t] = tanh(h[t-1])"],
        *(1, 2),
    ),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_recurrent_networks_have_the_paths_of_the_book(name: str) -> None:
    lines, shortest, longest = DEEP[name]
    analysis = equations(*lines)
    assert (analysis.shortest_path, analysis.iteration_bound) == (shortest, longest)


@pytest.mark.parametrize("steps", [1, 2, 5, 1000])
def test_a_skip_of_d_steps_makes_the_path_d_times_shorter(steps: int) -> None:
    analysis = equations(f"h[t] = tanh(h[t-1] + h[t-{steps}] + x[t])")
    assert analysis.shortest_path == Fraction(1, steps)
    assert analysis.iteration_bound == 1


def test_teacher_forcing_leaves_no_cycle() -> None:
    """Figure 10.4 of the book: the only way back is the output; with the target there is none."""
    free = equations("h[t] = tanh(o[t-1] + x[t])", "o[t] = h[t]")
    assert [c.signals for r in free.recurrences for c in r.cycles] == [("h", "o")]
    forced = equations("h[t] = tanh(y[t-1] + x[t])", "o[t] = h[t]", inputs="x[t], y[t]")
    assert (forced.iteration_bound, forced.shortest_path) == (None, None)
    assert (forced.longest_cycle, forced.recurrences) == (None, ())


def test_the_slowest_of_several_loops_counts() -> None:
    """By hand: the loops abc and bcd have 3 signals in 2 steps, abec and becd have 4 in 2."""
    analysis = equations(
        "a[t] = x[t] + c[t-2]", "b[t] = a[t] + d[t-1]", "c[t] = b[t] + e[t]", "e[t] = b[t]",
        "d[t] = c[t-1]",
    )  # fmt: skip
    assert analysis.iteration_bound == 2
    assert analysis.shortest_path == Fraction(3, 2)


def test_a_recurrence_against_time_is_measured_in_the_mirror() -> None:
    ahead = equations("g[t] = q[t+2] + g[t+1]", "q[t] = g[t] + x[t]")
    back = equations("g[t] = q[t-2] + g[t-1]", "q[t] = g[t] + x[t]")
    assert ahead.recurrences[0].direction == "anti-causal"
    assert (ahead.iteration_bound, ahead.shortest_path) == (1, 1)
    assert ahead.iteration_bound == back.iteration_bound
    both = equations("g[t] = g[t+3] + x[t]", "h[t] = q[t-1] + x[t]", "q[t] = h[t]")
    assert (both.iteration_bound, both.shortest_path) == (2, Fraction(1, 3))
    assert both.shortest_cycle == Cycle(("g",), (-3,))


def test_a_history_that_is_read_by_number_is_no_cycle() -> None:
    (recurrence,) = equations("h[t] = h[t-1] * h[0]").recurrences
    assert [c.delays for c in recurrence.cycles] == [(1,)]
    assert recurrence.iteration_bound == 1


def brute_ratios(signals: tuple[str, ...], links: tuple[Link, ...]) -> list[Fraction]:
    """The ratio of every simple cycle, with every choice of delays."""
    graph = nx.DiGraph([(link.source, link.target) for link in links])
    found = []
    for cycle in nx.simple_cycles(graph):
        pairs = zip(cycle, (*cycle[1:], cycle[0]), strict=True)
        choices = [[k.delay for k in links if (k.source, k.target) == pair] for pair in pairs]
        found += [Fraction(len(cycle), abs(sum(delays))) for delays in product(*choices)]
    return found


def check_ratios(circuit: Circuit) -> None:
    for recurrence in gf.analyze(circuit).recurrences:
        ratios = brute_ratios(recurrence.signals, recurrence.links)
        assert recurrence.iteration_bound == max(ratios)
        assert recurrence.shortest_path == min(ratios)
        for cycle in (recurrence.longest_cycle, recurrence.shortest_cycle):
            targets = (*cycle.signals[1:], cycle.signals[0])
            walk = set(zip(cycle.signals, targets, cycle.delays, strict=True))
            assert walk <= {(k.source, k.target, k.delay) for k in recurrence.links}
            assert len(set(cycle.signals)) == len(cycle.signals)


@given(circuits())
def test_the_ratios_are_those_of_all_cycles(circuit: Circuit) -> None:
    note(gf.dumps(circuit))
    check_ratios(circuit)


@settings(max_examples=300)
@given(skewed_circuits())
def test_the_ratios_are_those_of_all_cycles_of_a_large_component(circuit: Circuit) -> None:
    note(gf.dumps(circuit))
    check_ratios(circuit)


@given(skewed_circuits(), st.integers(1, 4))
def test_in_blocks_of_j_steps_the_ratios_are_j_times_as_large(circuit: Circuit, j: int) -> None:
    """Parhi (1999), section 5.3: unfolding by J multiplies the iteration bound by J."""
    note(gf.dumps(circuit))
    whole, blocked = gf.analyze(circuit), gf.analyze(gf.block(circuit, j))
    if whole.iteration_bound is None or whole.shortest_path is None:
        assert blocked.iteration_bound is None
        return
    assert blocked.iteration_bound == j * whole.iteration_bound
    assert blocked.shortest_path == j * whole.shortest_path


def test_a_long_ring_with_many_chords_takes_seconds_at_most() -> None:
    choose, count = random.Random(3), 3000
    edges = [Edge(i, (i + 1) % count, int(i == count - 1)) for i in range(count)]
    for _ in range(5 * count):
        a, b = choose.randrange(count), choose.randrange(count)
        edges.append(Edge(a, b, choose.randint(0, 1000) + (a >= b)))
    start = time.process_time()
    assert ratio(extreme_cycle(count, edges, longest=True)) == count
    assert ratio(extreme_cycle(count, edges, longest=False)) < Fraction(1, 400)
    assert time.process_time() - start < 20


@given(circuits())
def test_the_critical_path_is_a_longest_path_without_delay(circuit: Circuit) -> None:
    note(gf.dumps(circuit))
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(circuit.equation)
    bounds = {}
    for link in circuit.links:
        outside = link.index is not None and is_boundary_read(circuit, link.source, link.index)
        if outside:
            bounds.setdefault(link.source, []).append(link.target)
        elif not link.delay and link.source in circuit.equation:
            graph.add_edge(link.source, link.target)
    for boundary in circuit.boundaries:
        for _, read in boundary.value.reads() if boundary.value else ():
            for target in bounds.get(boundary.signal, ()):
                if read.signal in circuit.equation:
                    graph.add_edge(read.signal, target)
    path = gf.analyze(circuit).critical_path
    assert len(path) == nx.dag_longest_path_length(graph, weight=None, default_weight=1) + 1
    assert all(nx.has_path(graph, a, b) for a, b in pairwise(path))
    bound = gf.analyze(circuit).iteration_bound
    if bound is not None and len({k.delay > 0 for k in circuit.links if k.delay}) == 1:
        assert len(path) >= bound, "a cycle of L signals and D delays has L / D in a row"


def test_the_critical_path_goes_through_static_signals_and_stops_at_delays() -> None:
    analysis = equations(
        "a = w", "b = a + 1", "h[t] = b * h[t-1]", "o[t] = h[t]", "y = o[T]", "z[t] = y * x[t]",
        "q[t] = z[t-1]", rest="params: {w: []}\n",
    )  # fmt: skip
    assert analysis.critical_path == ("a", "b", "h", "o", "y", "z")


def test_the_value_of_a_history_comes_before_all_time() -> None:
    analysis = equations("c = 2", "d = c", "h[t] = h[t-1]", rest="init: {'h[0]': d}\n")
    assert analysis.critical_path == ("c", "d")
