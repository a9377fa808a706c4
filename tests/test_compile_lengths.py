"""The compiled run of rows that differ in length: the same values as the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import circuits, fewest_steps
from gallery import FUNCTIONS, example
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from row_batches import Batch, batches, put_together, values_of

import graphfold as gf
from graphfold.circuit import Circuit

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def assert_the_same(circuit: Circuit, steps: Any, values: dict[str, Any], lengths: Any,
                    **options: Any) -> None:  # fmt: skip
    """Every signal of every equation, and every input, as the reference has it."""
    given_names = [s.name for s in circuit.declared.values() if s.name in values]
    names = [*(equation.signal for equation in circuit.equations), *given_names]
    shown = {"lengths": lengths, "fill": 7}
    found = gf.compile(circuit, keep=names, **options).run(values, steps=steps, **shown)
    wanted = gf.evaluate(gf.unfold(circuit, steps), values, **shown, **options)
    for name in names:
        expected = wanted.signal(name)
        if found[name].ndim > expected.ndim:  # the same in all rows
            expected = np.expand_dims(expected, int(circuit.axis_of[name] is not None))
            expected = np.broadcast_to(expected, found[name].shape)
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
