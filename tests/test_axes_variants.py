"""Blocks, eliminations and untied parameters of circuits over two axes."""

from __future__ import annotations

import numpy as np
from circuits import clocked_cases, fewest_steps
from hypothesis import given, note
from hypothesis import strategies as st
from simulator import random_values
from test_block import edges
from test_eliminate import graph_of, paths_through

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.instances import format_id

Case = tuple[Circuit, dict[str, int]]


@given(clocked_cases(), st.integers(1, 3), st.integers(0, 1))
def test_blocks_of_one_axis_leave_the_other_as_it_is(case: Case, factor: int, which: int) -> None:
    circuit, lengths = case
    note(gf.dumps(circuit))
    axis = circuit.axes[which].name
    ticks = max(-(-fewest_steps(circuit) // factor), int(" for " in gf.dumps(circuit)))
    whole = {a: max(n, 1) for a, n in lengths.items()} | {axis: factor * ticks}
    blocked = gf.block(circuit, factor, axis)
    found, expected = gf.unfold(blocked, whole | {axis: ticks}), gf.unfold(circuit, whole)
    meaning = {i: blocked.original(*i) for i in found.instances()}
    assert sorted(meaning.values(), key=str) == sorted(expected.instances(), key=str)
    assert {(meaning[a], meaning[b]) for a, b in edges(found)} == edges(expected)
    values = random_values(circuit, whole)
    results = gf.evaluate(found, blocked.split(values))
    wanted = gf.evaluate(expected, values)
    for instance, original in meaning.items():
        np.testing.assert_allclose(
            results[format_id(*instance)], wanted[format_id(*original)], 1e-9, 1e-12
        )


@given(clocked_cases(), st.data())
def test_an_elimination_over_two_axes_keeps_the_paths(case: Case, data: st.DataObject) -> None:
    circuit, lengths = case
    note(gf.dumps(circuit))
    names = data.draw(st.lists(st.sampled_from(circuit.signals), unique=True))
    unfolding = gf.unfold(circuit, lengths)
    left = gf.eliminate(unfolding, names)
    expected = paths_through(graph_of(unfolding), set(names))
    assert {(p, i) for i in left.instances() for p in left.predecessors(*i)} == expected
    assert left.edge_count == len(expected) == len(left.edge_arrays()[0])
    assert left.node_count == len(list(left.instances()))


@given(clocked_cases(), st.data())
def test_a_parameter_is_untied_over_the_axis_that_reads_it(case: Case, data: st.DataObject) -> None:
    circuit, lengths = case
    note(gf.dumps(circuit))
    readers: dict[str, set[str | None]] = {}
    for link in circuit.links:
        readers.setdefault(link.source, set()).add(circuit.axis_of[link.target])
    held = {r.signal for b in circuit.boundaries if b.value for _, r in b.value.reads()}
    free = [p.name for p in circuit.params if p.name not in held
            and len(readers.get(p.name, ())) == 1 and None not in readers[p.name]]  # fmt: skip
    if not free or not all(lengths.values()):
        return
    chosen = data.draw(st.lists(st.sampled_from(free), unique=True, min_size=1))
    tied, untied = gf.unfold(circuit, lengths), gf.unfold(circuit, lengths, untie=chosen)
    steps = {name: lengths[str(*readers[name])] for name in chosen}
    assert untied.node_count == tied.node_count + sum(n - 1 for n in steps.values())
    values = random_values(circuit, lengths)
    copies = {n: np.broadcast_to(values[n], (steps[n], *values[n].shape)) for n in chosen}
    expected, found = gf.evaluate(tied, values), gf.evaluate(untied, {**values, **copies})
    for name in set(expected) - set(chosen):
        np.testing.assert_array_equal(found[name], expected[name])
