"""Laws over random circuits: what must hold of every circuit, not of examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from circuits import SIZES, all_pairs, any_circuits, cases, circuits, core_shape
from hypothesis import given, note, settings
from hypothesis import strategies as st
from simulator import Instance, Simulator, random_values

import graphfold as gf
from graphfold.checks.cycles import check_cycles
from graphfold.circuit import Circuit
from graphfold.examples import example_names, example_path
from graphfold.instances import format_id
from graphfold.prune import ancestors
from graphfold.recurrence import find_components
from graphfold.unfolding import Unfolding

Edges = set[tuple[Instance, Instance]]


def brute_edges(simulator: Simulator) -> Edges:
    return {(r, i) for i in simulator.instances() for r in simulator.reads(*i)}


# -- files ------------------------------------------------------------------------------------


@given(circuits())
def test_a_circuit_that_is_written_and_read_back_is_equal(circuit: Circuit) -> None:
    text = gf.dumps(circuit)
    note(text)
    assert gf.loads(text) == circuit
    assert gf.dumps(gf.loads(text)) == text


@given(circuits())
def test_random_circuits_have_no_fault_but_missing_history(circuit: Circuit) -> None:
    note(gf.dumps(circuit))
    assert {d.stage for d in gf.check(circuit)} <= {"history"}


@given(cases())
def test_history_is_reported_missing_exactly_when_a_long_unfolding_lacks_it(
    case: tuple[Circuit, int],
) -> None:
    circuit, _ = case
    note(gf.dumps(circuit))
    steps = 15  # longer than all delays, so that no step near the start is near the end
    simulator = Simulator(circuit, steps)
    lacking = {
        name
        for name, step in simulator.instances()
        if simulator.is_boundary(name, step) and (name, step) not in simulator.declared
    }
    assert {d.signal for d in gf.check(circuit)} == lacking


# -- the cycle rule -----------------------------------------------------------------------------


def long_unfolding_is_acyclic(circuit: Circuit) -> bool:
    """Remove what reads nothing that is left, again and again, from a long enough stretch.

    Of a walk without delay that changes between cycles of both signs, some order of the cycles
    stays within 6 N k steps; boundaries count for nothing.
    """
    delays = [abs(d.steps) for d in circuit.delays]
    simulator = Simulator(circuit, 6 * len(circuit.signals) * max(delays, default=0) + 2)
    left = {i for i in simulator.instances() if not simulator.is_boundary(*i)}
    reads = {i: simulator.reads(*i) & left for i in left}
    readers: dict[Instance, list[Instance]] = {i: [] for i in left}
    for instance, sources in reads.items():
        for source in sources:
            readers[source].append(instance)
    ready = [i for i in left if not reads[i]]
    while ready:
        source = ready.pop()
        left.discard(source)
        for reader in readers[source]:
            reads[reader].discard(source)
            if not reads[reader]:
                ready.append(reader)
    return not left


@settings(max_examples=400)
@given(any_circuits())
def test_a_circuit_is_accepted_exactly_when_its_long_unfolding_is_acyclic(circuit: Circuit) -> None:
    assert (not list(check_cycles(circuit))) == long_unfolding_is_acyclic(circuit)


def test_every_pair_of_signals_is_accepted_exactly_when_its_long_unfolding_is_acyclic() -> None:
    for circuit in all_pairs((None, -2, -1, 0, 1, 3)):
        accepted = not list(check_cycles(circuit))
        assert accepted == long_unfolding_is_acyclic(circuit), gf.dumps(circuit)


@settings(max_examples=300)
@given(any_circuits())
def test_the_witness_of_a_bad_cycle_is_a_closed_walk_of_reads_without_delay(
    circuit: Circuit,
) -> None:
    for problem in find_components(circuit)[1]:
        links = problem.links
        assert set(links) <= set(circuit.links)
        for link, following in zip(links, (*links[1:], links[0]), strict=True):
            assert link.target == following.source
        if not problem.message:
            assert sum(link.delay for link in links) == 0


@settings(max_examples=200)
@given(any_circuits())
def test_the_witness_is_a_shortest_cycle_of_reads_without_any_delay_if_there_is_one(
    circuit: Circuit,
) -> None:
    instant = {(i.source, i.target) for i in circuit.links if i.reach == "step" and not i.delay}
    for problem in find_components(circuit)[1]:
        if problem.message or any(link.delay for link in problem.links):
            continue
        signals = {link.source for link in problem.links}
        assert len(signals) == len(problem.links), "no signal comes twice"
        inside = {(a, b) for a, b in instant if a in signals and b in signals}
        assert len(inside) == len(problem.links), "no chord makes a shorter one"


# -- the unfolding ----------------------------------------------------------------------------


def check_numbers(unfolding: Unfolding, expected: set[Instance]) -> None:
    listed = list(unfolding.instances())
    assert len(listed) == unfolding.node_count == len(expected)
    assert set(listed) == expected
    for number, instance in enumerate(listed):
        assert unfolding.number(*instance) == number
        assert unfolding.instance(number) == instance
        assert unfolding.contains(*instance)
        assert unfolding.find(format_id(*instance)) == instance


@given(cases())
def test_numbers_and_instances_are_one_to_one(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    unfolding, expected = gf.unfold(circuit, steps), Simulator(circuit, steps).instances()
    check_numbers(unfolding, expected)
    for signal in circuit.signals:
        for step in (None, *range(-8, steps + 9)):
            assert unfolding.contains(signal, step) == ((signal, step) in expected)


@given(cases())
def test_nodes_are_counted_by_the_rule(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    sequences = [s for s in circuit.signals if circuit.axis_of[s]]
    unfolding = gf.unfold(circuit, steps)
    outside = sum(not 1 <= step <= steps for _, step in unfolding.boundaries)
    statics = len(circuit.signals) - len(sequences)
    assert unfolding.node_count == statics + steps * len(sequences) + outside
    assert outside == len(unfolding.boundaries)


@given(cases())
def test_edges_are_the_reads_and_run_forward(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    unfolding, expected = gf.unfold(circuit, steps), brute_edges(Simulator(circuit, steps))
    single = [(p, i) for i in unfolding.instances() for p in gf.predecessors(unfolding, *i)]
    assert set(single) == expected
    assert len(single) == len(expected) == gf.edge_count(unfolding)
    sources, targets = (numbers.tolist() for numbers in gf.edge_arrays(unfolding))
    pairs = [
        (unfolding.instance(a), unfolding.instance(b))
        for a, b in zip(sources, targets, strict=True)
    ]
    assert len(pairs) == len(expected)
    assert set(pairs) == expected
    assert all(a < b for a, b in zip(sources, targets, strict=True))


@given(cases())
def test_pruning_keeps_the_ancestors_of_the_outputs(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    if not circuit.outputs:
        return
    note(gf.dumps(circuit))
    simulator = Simulator(circuit, steps)
    names = {output.name for output in circuit.outputs}
    goals = [
        i for i in simulator.instances() if i[0] in names and (i[1] is None or 1 <= i[1] <= steps)
    ]
    expected = simulator.ancestors(goals)
    pruned = gf.unfold(circuit, steps, prune=True)
    check_numbers(pruned, expected)
    edges = {(a, b) for a, b in brute_edges(simulator) if b in expected}
    sources, targets = (numbers.tolist() for numbers in gf.edge_arrays(pruned))
    pairs = {
        (pruned.instance(a), pruned.instance(b)) for a, b in zip(sources, targets, strict=True)
    }
    assert pairs == edges
    assert gf.edge_count(pruned) == len(edges)
    assert (ancestors(gf.unfold(circuit, steps)) is None) == (pruned.kept is None)


@given(cases(causal=True))
def test_a_shorter_unfolding_of_a_causal_circuit_is_a_prefix_of_a_longer_one(
    case: tuple[Circuit, int],
) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    steps += 7  # beyond all delays and pins: shorter ones do not read all of the history
    short, long = gf.unfold(circuit, steps), gf.unfold(circuit, steps + 2)
    head = [long.instance(number) for number in range(short.node_count)]
    assert list(short.instances()) == head
    for instance in head:
        assert gf.predecessors(short, *instance) == gf.predecessors(long, *instance)


@given(cases(causal=True))
def test_a_short_unfolding_of_a_causal_circuit_is_a_part_of_a_longer_one(
    case: tuple[Circuit, int],
) -> None:
    circuit, steps = case
    pins = [b.index.offset for b in circuit.boundaries if b.index.offset > steps]
    if pins:  # a pin beyond the last step becomes one with the next step
        return
    short, long = gf.unfold(circuit, steps), gf.unfold(circuit, steps + 1)
    for instance in short.instances():
        assert long.contains(*instance)
        assert gf.predecessors(short, *instance) == gf.predecessors(long, *instance)


# -- values -----------------------------------------------------------------------------------


@given(cases(), st.integers(0, 9))
def test_an_unfolding_evaluates_to_what_the_simulator_says(
    case: tuple[Circuit, int], seed: int
) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    steps += " for t)" in gf.dumps(circuit)  # the simulator knows no shape for a sum of nothing
    values = random_values(circuit, steps, seed)
    simulator = Simulator(circuit, steps, values)
    found = gf.evaluate(gf.unfold(circuit, steps), values)
    assert set(found) == {format_id(*i) for i in simulator.instances()}
    for instance in simulator.instances():
        expected = simulator.value(*instance)
        np.testing.assert_allclose(
            found[format_id(*instance)], expected, 1e-9, 1e-12, err_msg=format_id(*instance)
        )


@given(cases())
def test_inferred_shapes_are_the_evaluated_shapes(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    found = gf.evaluate(gf.unfold(circuit, steps), random_values(circuit, steps))
    inferred = {
        name: tuple(size.evaluate(SIZES) for size in shape)
        for name, shape in gf.infer_shapes(circuit).items()
    }
    assert inferred == {name: core_shape(circuit, name) for name in circuit.signals}
    for name, array in found.items():
        assert array.shape == inferred[name.partition("[")[0]], name


@given(cases(), st.data())
def test_an_untied_parameter_has_a_copy_a_step_and_equal_copies_change_nothing(
    case: tuple[Circuit, int], data: st.DataObject
) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    held = {r.signal for b in circuit.boundaries if b.value for _, r in b.value.reads()}
    held |= {link.source for link in circuit.links if not circuit.axis_of[link.target]}
    free = [p.name for p in circuit.params if p.name not in held]
    if not free:
        return
    chosen = data.draw(st.lists(st.sampled_from(free), unique=True, min_size=1))
    tied, untied = gf.unfold(circuit, steps), gf.unfold(circuit, steps, untie=chosen)
    assert untied.node_count == tied.node_count + (steps - 1) * len(chosen)
    values = random_values(circuit, steps)
    copies = {n: np.broadcast_to(values[n], (steps, *values[n].shape)) for n in chosen}
    expected, found = gf.evaluate(tied, values), gf.evaluate(untied, {**values, **copies})
    for name in set(expected) - set(chosen):
        np.testing.assert_array_equal(found[name], expected[name])


# -- the same on every run ----------------------------------------------------------------------

LISTING = """
import sys, graphfold as gf
for path in sys.argv[1:]:
    written = gf.load(path)
    circuit = gf.flatten(written)
    unfolding = gf.unfold(circuit, 3)
    print(gf.dumps(written), list(unfolding.instances()))
    print([numbers.tolist() for numbers in gf.edge_arrays(unfolding)])
    print(gf.infer_shapes(circuit), unfolding.circuit.delays, unfolding.boundaries)
"""

TANGLED = """\
graphfold: 1
functions: {f(x): [], g(x): []}
equations: |
  y[t] = sum(q[t] for t) + z[t-2] + z[t+1]
  p[t] = p[t-1] + q[t+2]
  r[t] = y[T] + y[t-1]
  q[t] = p[t-3] + f(b[t+1])
  b[t] = b[t+1] * g(c)
  c = mean(z[t] for t)
  z[t] = z[t-1] + t
outputs: [y, b]
"""


def test_unfoldings_are_the_same_under_any_hash_seed(tmp_path: Path) -> None:
    tangled = tmp_path / "tangled.yaml"
    tangled.write_text(TANGLED)
    paths = [str(tangled), *(str(example_path(name)) for name in example_names())]
    runs = [
        subprocess.run(
            [sys.executable, "-c", LISTING, *paths],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert runs[0]
    assert runs[0] == runs[1] == runs[2]
