"""The compiled run over trees: the same values as the reference, height by height."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from agreement import assert_agrees
from gallery import example, sizes_of
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from tree_circuits import Nested, tree_cases

import graphfold as gf
from graphfold.circuit import Circuit

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def assert_the_same(circuit: Circuit, tree: Any, values: dict[str, Any], **options: Any) -> None:
    given_names = [s.name for s in circuit.declared.values() if s.name in values]
    names = [*(equation.signal for equation in circuit.equations), *given_names]
    found = gf.compile(circuit, keep=names).run(values, tree=tree, **options)
    wanted = gf.evaluate(gf.unfold(circuit, tree=tree), values, **options)
    for name in names:
        assert_agrees(circuit, name, found[name], wanted.signal(name))


@few
@given(tree_cases(12), st.sampled_from(["float64", "float32"]), st.integers(0, 3))
def test_a_circuit_over_a_tree_has_the_values_of_the_reference(
    case: tuple[Circuit, Nested], dtype: str, batch: int
) -> None:
    circuit, nested = case
    note(gf.dumps(circuit))
    roles: Any = ("input", "parameter", "history")
    unfolding = gf.unfold(circuit, tree=nested)
    drawn = gf.random_values(unfolding, 0, roles=roles, batch=batch or None)
    assert_the_same(circuit, nested, {n: np.asarray(v, dtype) for n, v in drawn.items()})


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", ["recursive", "tree_lstm"])
def test_models_of_the_gallery_over_trees_run_compiled(name: str, batch: int | None) -> None:
    circuit = gf.flatten(example(name))
    roles: Any = ("input", "parameter")
    for tree in ("the", "(the cat)", "((the (big cat)) ((sat down) there))"):
        unfolding = gf.unfold(circuit, tree=tree)
        values = gf.random_values(unfolding, 0, roles=roles, sizes=sizes_of(circuit), batch=batch)
        assert_the_same(circuit, tree, dict(values))
        first = {s.name for s in circuit.inputs if s.axis and batch}
        turned = {n: v.swapaxes(0, 1) if n in first else v for n, v in values.items()}
        assert_the_same(circuit, tree, turned, batch_first=True)


def test_a_tree_lstm_multiplies_one_matrix_a_child_for_all_nodes_of_a_height() -> None:
    told = gf.compile(example("tree_lstm")).explain({"n_x": 2, "n_h": 3}, code=True)
    assert "all nodes of a height at once" in told
    assert told.count(".dot(") == 2


def test_what_a_tree_cannot_have_is_told() -> None:
    plan = gf.compile(example("recursive"))
    with pytest.raises(gf.UnfoldingError, match="t is a tree: say which one"):
        plan.run({})
    with pytest.raises(gf.ValuesError, match="lengths: t is a tree"):
        plan.run({}, tree="(a b)", lengths=[1])
    with pytest.raises(gf.UnfoldingError, match="no axis of this circuit is a tree"):
        gf.compile(example("lstm")).run({}, tree="(a b)", steps=1)


def test_nodes_keep_their_numbers_though_they_are_computed_by_height() -> None:
    circuit = gf.loads(
        "graphfold: 1\naxes: {k: K, t: {length: T, children: [left, right], leaves: k}}\n"
        "inputs: {'x[k]': [], 'z[t]': []}\ninit: {'h[k]': 'x[k] * k'}\n"
        "equations: |\n  h[t] = h[left] + 2 * h[right] + z[t] / t\n"
        "  third = h[3] + h[-1]\n  y[t] = h[left] - h[2] * z[t] + t\n"
    )
    tree = "((((a b) c) (d e)) (f (g h)))"
    values = {"x": np.arange(1.0, 9.0), "z": np.linspace(0, 1, 7)}
    assert_the_same(circuit, tree, values)
    two = {name: np.stack([array, -array], axis=1) for name, array in values.items()}
    assert_the_same(circuit, tree, two)
    assert_the_same(circuit, tree, {"x": values["x"], "z": two["z"]})
