"""Laws over random trees and random circuits over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from circuits import circuits
from hypothesis import assume, given, note
from hypothesis import strategies as st
from simulator import random_values
from tree_circuits import CHILDREN, Nested, tree_cases, trees, unary
from tree_simulator import TreeSimulator

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.instances import format_id
from graphfold.unfolding import Unfolding

Case = tuple[Circuit, Nested]


@given(tree_cases())
def test_a_circuit_over_a_tree_that_is_written_and_read_back_is_equal(case: Case) -> None:
    text = gf.dumps(case[0])
    note(text)
    assert gf.loads(text) == case[0]
    assert {d.stage for d in gf.check(case[0])} <= {"history"}


def check_numbers(unfolding: Unfolding, expected: set[tuple[str, int | None]]) -> None:
    listed = list(unfolding.instances())
    assert len(listed) == unfolding.node_count == len(expected)
    assert set(listed) == expected
    for number, instance in enumerate(listed):
        assert unfolding.number(*instance) == number
        assert unfolding.instance(number) == instance
        assert unfolding.find(format_id(*instance)) == instance


@given(tree_cases())
def test_numbers_and_instances_over_a_tree_are_one_to_one(case: Case) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    unfolding, expected = gf.unfold(circuit, tree=nested), TreeSimulator(*case).instances()
    check_numbers(unfolding, expected)
    for signal in circuit.signals:
        for step in (None, *range(-25, 25)):
            assert unfolding.contains(signal, step) == ((signal, step) in expected)
    outside = {(s, t) for s, t in expected if t is not None and unfolding.is_boundary(s, t)}
    assert set(unfolding.boundaries) == outside


@given(tree_cases())
def test_edges_over_a_tree_are_the_reads_and_run_forward(case: Case) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    simulator, unfolding = TreeSimulator(*case), gf.unfold(circuit, tree=nested)
    expected = {(r, i) for i in simulator.instances() for r in simulator.reads(*i)}
    single = [(p, i) for i in unfolding.instances() for p in gf.predecessors(unfolding, *i)]
    assert set(single) == expected
    assert len(single) == len(expected) == gf.edge_count(unfolding)
    sources, targets = (numbers.tolist() for numbers in gf.edge_arrays(unfolding))
    pairs = list(zip(sources, targets, strict=True))
    found = {(unfolding.instance(a), unfolding.instance(b)) for a, b in pairs}
    assert len(pairs) == len(expected)
    assert found == expected
    assert all(a < b for a, b in pairs)


@given(tree_cases())
def test_pruning_over_a_tree_keeps_the_ancestors_of_the_outputs(case: Case) -> None:
    circuit, nested = case
    if not circuit.outputs:
        return
    simulator, names = TreeSimulator(*case), {output.name for output in circuit.outputs}
    whole = gf.unfold(circuit, tree=nested)
    wanted = [i for i in simulator.instances() if i[0] in names and not whole.is_boundary(*i)]
    found, waiting = set(wanted), wanted
    while waiting:
        new = simulator.reads(*waiting.pop()) - found
        found |= new
        waiting += new
    check_numbers(gf.unfold(circuit, tree=nested, prune=True), found)


@given(tree_cases(), st.integers(0, 9))
def test_a_circuit_over_a_tree_evaluates_to_what_the_simulator_says(case: Case, seed: int) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    if not isinstance(nested, tuple) and " for t)" in gf.dumps(circuit):
        return  # the simulator knows no shape for a sum of nothing
    values = TreeSimulator(*case).random_values(seed)
    simulator = TreeSimulator(circuit, nested, values)
    found = gf.evaluate(gf.unfold(circuit, tree=nested), values)
    assert set(found) == {format_id(*i) for i in simulator.instances()}
    for instance in simulator.instances():
        name, expected = format_id(*instance), simulator.value(*instance)
        np.testing.assert_allclose(found[name], expected, 1e-9, 1e-12, err_msg=name)


@given(tree_cases(), st.integers(0, 9))
def test_a_batch_over_one_tree_equals_each_row_alone(case: Case, seed: int) -> None:
    circuit, nested = case
    unfolding = gf.unfold(circuit, tree=nested)
    rows = [TreeSimulator(*case).random_values(seed + i) for i in range(3)]
    params = {p.name for p in circuit.params}
    lead = {n: int(circuit.axis_of.get(n) is not None or n.endswith("[k]")) for n in rows[0]}
    batch = {
        n: rows[0][n] if n in params else np.stack([r[n] for r in rows], lead[n]) for n in rows[0]
    }
    together = gf.evaluate(unfolding, batch)
    for place, row in enumerate(rows):
        alone = gf.evaluate(unfolding, {**row, **{n: batch[n] for n in params}})
        for name, array in alone.items():
            both = together[name]
            one = both[place] if both.ndim > array.ndim else both
            np.testing.assert_allclose(one, array, 1e-9, 1e-12, err_msg=name)


@given(circuits(causal=True), st.integers(0, 6), st.integers(0, 9))
def test_a_chain_as_a_tree_equals_the_chain(circuit: Circuit, steps: int, seed: int) -> None:
    assume(any(circuit.axis_of.values()))
    chain, over = unary(circuit)
    note(gf.dumps(over))
    nested: Nested = "leaf"
    for _ in range(steps):
        nested = (nested,)
    one, two = gf.unfold(chain, steps), gf.unfold(over, tree=nested)
    assert two.node_count == one.node_count
    assert gf.edge_count(two) == gf.edge_count(one)
    assert edges(two) == edges(one)
    values = random_values(chain, steps, seed)
    at_leaf = {n.replace("[0]", "[k]"): v[None] for n, v in values.items() if n.endswith("[0]")}
    rest = {n: v for n, v in values.items() if not n.endswith("[0]")}
    expected, found = gf.evaluate(one, values), gf.evaluate(two, {**rest, **at_leaf})
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def edges(unfolding: Unfolding) -> set[tuple[object, object]]:
    sources, targets = (numbers.tolist() for numbers in gf.edge_arrays(unfolding))
    pairs = zip(sources, targets, strict=True)
    return {(unfolding.instance(a), unfolding.instance(b)) for a, b in pairs}


@given(st.sampled_from([1, 2, 3]).flatmap(lambda a: trees(a, 12)), st.data())
def test_a_tree_is_the_same_from_tuples_brackets_and_a_graph(
    nested: Nested, data: st.DataObject
) -> None:
    import networkx as nx

    tree = gf.parse_tree(nested)
    assert gf.parse_tree(str(tree)) == tree
    graph, names = nx.DiGraph(), [0]

    def grow(part: Nested) -> int:
        node = names[0] = names[0] + 1
        graph.add_node(node, **({"word": part} if isinstance(part, str) else {}))
        edges = [(node, grow(child)) for child in part] if isinstance(part, tuple) else []
        numbered = list(enumerate(edges))
        for order, (parent, child) in data.draw(st.permutations(numbered)):
            graph.add_edge(parent, child, order=order)
        return node

    grow(nested)
    assert gf.parse_tree(graph) == tree
    assert hash(gf.parse_tree(graph)) == hash(tree)


@given(trees(2, 12))
def test_children_come_before_their_parents_left_before_right(nested: Nested) -> None:
    tree = gf.parse_tree(nested, CHILDREN[2])
    assert tree.leaf_count == tree.inner_count + 1
    leaves = [1 - c for row in tree.rows for c in row if c <= 0]
    assert sorted(leaves) == list(range(1, tree.leaf_count + 1)) or not leaves
    ends = {c: (1 - c, 1 - c) for c in range(0, -tree.leaf_count, -1)}
    for step, (left, right) in enumerate(tree.rows, start=1):
        assert ends[left][1] + 1 == ends[right][0]
        assert max(left, right) < step
        ends[step] = (ends[left][0], ends[right][1])
        assert tree.spans[step - 1] == ends[step]


@given(tree_cases())
def test_an_untied_parameter_over_a_tree_has_a_copy_a_node(case: Case) -> None:
    circuit, nested = case
    held = {r.signal for b in circuit.boundaries if b.value for _, r in b.value.reads()}
    held |= {i.source for i in circuit.links if circuit.axis_of[i.target] != "t"}
    free = [p.name for p in circuit.params if p.name not in held]
    read = [n for n in free if any(i.source == n for i in circuit.links)]
    if not read:
        return
    tied, untied = gf.unfold(circuit, tree=nested), gf.unfold(circuit, tree=nested, untie=read)
    assert untied.node_count == tied.node_count + (tied.length("t") - 1) * len(read)
    assert replace(untied, circuit=circuit, untied=frozenset()) == tied
