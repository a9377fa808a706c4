"""The compiled run of rows that differ in length: the same values as the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from row_batches import Batch, batches, put_together, values_of

import graphfold as gf
from graphfold.circuit import Circuit

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def assert_the_same(
    circuit: Circuit, steps: Any, values: dict[str, Any], lengths: Any, **options: Any
) -> None:
    """Every signal of every equation, and every input, as the reference has it."""
    given_names = [s.name for s in circuit.declared.values() if s.name in values]
    names = [*(equation.signal for equation in circuit.equations), *given_names]
    shown: dict[str, Any] = {"lengths": lengths, "fill": 7}
    found = gf.compile(circuit, keep=names, **options).run(values, steps=steps, **shown)
    wanted = gf.evaluate(gf.unfold(circuit, steps), values, **shown, **options)
    for name in names:
        expected = wanted.signal(name)
        if found[name].ndim > expected.ndim:  # the same in all rows
            expected = np.expand_dims(expected, int(circuit.axis_of[name] is not None))
            expected = np.broadcast_to(expected, found[name].shape)
        if not expected.size and expected.ndim > found[name].ndim:  # no steps: rows are not told
            expected = expected[:, 0]
        assert found[name].shape == expected.shape, name
        assert found[name].dtype == expected.dtype, name
        small = 1e-4 if expected.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(found[name], expected, rtol=small, atol=small, err_msg=name)


def check(batch: Batch, data: st.DataObject, seed: int, dtype: str = "float64") -> None:
    circuit = batch.circuit
    note(gf.dumps(circuit))
    static = [s.name for s in circuit.inputs if s.axis is None]
    shared = data.draw(st.sets(st.sampled_from(static))) if static else set()
    values = put_together(batch, values_of(batch, seed, shared), shared)
    if values.keys() - shared - {p.name for p in circuit.params}:
        values = {name: np.asarray(value, dtype) for name, value in values.items()}
        assert_the_same(circuit, batch.steps, values, batch.lengths)


@few
@given(batches(), st.data(), st.integers(0, 9), st.sampled_from(["float64", "float32"]))
def test_a_batch_with_lengths_has_the_values_of_the_reference(
    batch: Batch, data: st.DataObject, seed: int, dtype: str
) -> None:
    check(batch, data, seed, dtype)


@few
@given(batches(clocks=True), st.data(), st.integers(0, 9))
def test_so_has_one_over_two_clocks(batch: Batch, data: st.DataObject, seed: int) -> None:
    check(batch, data, seed)


@few
@given(batches(), st.integers(0, 9))
def test_values_that_all_rows_share_have_lengths_too(batch: Batch, seed: int) -> None:
    inputs = [s.name for s in batch.circuit.inputs]
    if inputs:
        roles: Any = ("input", "parameter", "history")
        unfolding = gf.unfold(batch.circuit, batch.steps)
        rows = len(batch.rows)
        values = dict(gf.random_values(unfolding, seed, roles=roles, batch=rows))
        alone = dict(gf.random_values(unfolding, seed, roles=roles))
        try:
            gf.evaluate(unfolding, values, lengths=batch.lengths)
        except gf.ValuesError:
            return  # a row needs other boundaries than the longest
        for name in inputs[1:]:
            values[name] = alone[name]
        assert_the_same(batch.circuit, batch.steps, values, batch.lengths)


@pytest.mark.parametrize("name", gf.example_names())
def test_every_model_of_the_gallery_runs_compiled_with_lengths(name: str) -> None:
    circuit, unfolding = gf.flatten(gf.in_mode(example(name))), unfolded(example(name), 6)
    values = {} if circuit.trees else gallery_values(name, 6, 4)
    if not any(s.axis for s in circuit.inputs) or circuit.trees:
        return  # nothing has rows
    shared = {p.name for p in circuit.params}
    if name in FUNCTIONS:
        theta = {n: v if n in shared else v.astype(float) for n, v in values.items()}
        functions = {"functions": FUNCTIONS[name]}
        assert_the_same(circuit, dict(unfolding.steps), theta, [4, 6, 3, 5], **functions)
        return
    steps = dict(unfolding.steps)
    lengths = {axis: np.minimum([4, 6, 3, 5], steps[axis]) for axis in steps}
    assert_the_same(circuit, steps, values, lengths)
