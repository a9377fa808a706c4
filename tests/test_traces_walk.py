"""Unfoldings that are no whole blocks, read instance by instance: trees, sums within sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import SIZES, circuits, clocked_cases
from hypothesis import given, settings
from traces import interpret, random_leaves, sized

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_path
from graphfold.instances import format_id
from graphfold.traces.walk import walk_unfolding


def ensure_values(unfolding: Any, trace: gf.Trace) -> None:
    """Each named node of the trace has the value of its instance."""
    leaves = random_leaves(trace)
    found = interpret(trace, leaves)
    values = gf.evaluate(unfolding, fed(unfolding, leaves))
    names = {name: trace.id_of(n) for n, name in trace.names.items()}
    for name in map(format_id, *zip(*unfolding.instances(), strict=True)):
        if name in names:
            np.testing.assert_allclose(values[name], found[names[name]], atol=1e-9)
    computed = {n for n in trace.names if not trace.is_leaf[n]}
    assert computed or not trace.operation_count


def fed(unfolding: Any, leaves: dict[str, Any]) -> dict[str, Any]:
    """What `evaluate` takes: sequences stacked, given histories by their instance."""
    feed: dict[str, Any] = {}
    for signal in unfolding.circuit.declared.values():
        if signal.axis is None:
            feed[signal.name] = leaves[signal.name]
            continue
        steps = range(1, unfolding.length(signal.axis) + 1)
        shape = tuple(size.evaluate(SIZES) for size in signal.shape)
        rows = [leaves.get(f"{signal.name}[{t}]", np.zeros(shape)) for t in steps]
        feed[signal.name] = np.stack(rows) if rows else np.zeros((0, *shape))
    declared = {f"{name}[{t}]" for name in feed for t in range(1, 100)}
    given = {n for n in leaves if "[" in n and n not in declared}
    given |= {format_id(*i) for i in unfolding.instances() if is_given(unfolding, i)}
    return feed | {name: leaves[name] for name in given}


def is_given(unfolding: Any, instance: Any) -> bool:
    """Whether an instance is a boundary without a value."""
    told = unfolding.boundary_value(*instance)
    return unfolding.is_boundary(*instance) and (told is None or told.value is None)


@settings(max_examples=30, deadline=None)
@given(clocked_cases())
def test_a_walk_computes_what_the_unfolding_does(case: tuple[Circuit, dict[str, int]]) -> None:
    circuit, steps = case
    unfolding = gf.unfold(circuit, steps)
    ensure_values(unfolding, sized(walk_unfolding(unfolding), SIZES))


@settings(max_examples=15, deadline=None)
@given(circuits(causal=True))
def test_a_walk_and_whole_blocks_are_the_same_graph(circuit: Circuit) -> None:
    unfolding = gf.unfold(circuit, 7)
    blocks, walk = gf.read_trace(unfolding), walk_unfolding(unfolding)
    assert walk.operation_count == blocks.operation_count
    assert len(walk.outputs) == len(blocks.outputs)
    assert sorted(walk.names.values()) == sorted(blocks.names.values())


@pytest.mark.parametrize("name", ["recursive", "tree_lstm"])
def test_a_tree_has_a_trace(name: str) -> None:
    circuit = gf.load(example_path(name))
    unfolding = gf.unfold(circuit, tree="((the cat) (sat (down (here now))))")
    trace = gf.read_trace(unfolding)
    assert trace.operation_count
    assert not gf.fold(trace) or gf.fold(trace).circuit


def test_a_tree_that_is_a_chain_folds_into_a_recurrence() -> None:
    circuit = gf.load(example_path("recursive"))
    words = "(((((((a b) c) d) e) f) g) h)"
    found = gf.fold(gf.unfold(circuit, tree=words))
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", 7)]


def test_attention_within_a_decoder_has_a_trace_that_folds() -> None:
    circuit = gf.load(example_path("attention"))
    found = gf.fold(gf.unfold(circuit, t=6, u=5))
    assert sorted((r.form, r.steps) for r in found.repetitions) == [
        ("recurrence", 5),
        ("recurrence", 6),
    ]
    assert found.reason == ""
