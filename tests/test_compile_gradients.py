"""Compiled gradients: those that the walk back through the unfolding finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import circuits, fewest_steps
from gallery import FUNCTIONS, example, sizes_of, unfolded
from hypothesis import given, note, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.instances import format_id

ROLES: Any = ("input", "parameter", "history")


def assert_the_same(unfolding: gf.Unfolding, values: Any, loss: str, rtol: float = 1e-9) -> None:
    circuit = unfolding.circuit
    value, signal = gf.evaluate(unfolding, values)[loss], loss.partition("[")[0]
    series = gf.run(circuit, values, steps=dict(unfolding.steps), keep=[signal])[signal]
    if series.ndim > value.ndim + ("[" in loss):
        return  # this step is the same for all examples, others are not
    seed = np.random.default_rng(5).normal(size=value.shape)
    wanted = gf.gradients(unfolding, values, loss, cotangent=seed)
    plan = gf.compile(circuit)
    signals = [s for s in circuit.signals if s != loss]
    for name in (*signals, *(n for n in values if "[" in n)):
        try:
            found = plan.grad(values, loss, name, cotangent=seed, steps=dict(unfolding.steps))
        except gf.ValuesError:
            assert not np.any(wanted[name] if "[" in name else wanted.given(name)), name
            continue
        axis = circuit.axis_of.get(name)
        if axis is None or name in values:
            expected = wanted[name] if "[" in name else wanted.given(name)
            np.testing.assert_allclose(found[name], expected, rtol, rtol / 100, err_msg=name)
            continue
        for step, array in enumerate(found[name], 1):
            own = wanted[format_id(name, step)]
            shared = own.ndim < array.ndim  # a value that is the same for all examples
            same = array.sum(axis=0) if shared else array
            np.testing.assert_allclose(same, own, rtol, rtol / 100, err_msg=f"{name} {step}")


@settings(max_examples=40)
@given(
    circuit=st.booleans().flatmap(lambda clocks: circuits(clocks=clocks)),
    data=st.data(),
    batch=st.sampled_from([None, 1, 3]),
)
def test_a_random_circuit_has_its_gradients(
    circuit: Circuit, data: st.DataObject, batch: int | None
) -> None:
    note(gf.dumps(circuit))
    least = fewest_steps(circuit) + data.draw(st.integers(0, 4))
    steps = {axis.name: least + place for place, axis in enumerate(circuit.axes)}
    unfolding = gf.unfold(circuit, steps)
    signals = [e.signal for e in circuit.equations]
    instances = [format_id(*i) for i in unfolding.instances() if i[0] in signals]
    if instances:
        values = dict(gf.random_values(unfolding, 0, roles=ROLES, batch=batch))
        assert_the_same(unfolding, values, data.draw(st.sampled_from(instances)))


@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize("name", gf.example_names())
def test_a_model_of_the_gallery_has_its_gradients(name: str, batch: int | None) -> None:
    circuit = gf.flatten(gf.in_mode(example(name)))
    if circuit.trees or name in FUNCTIONS:
        return
    unfolding = unfolded(circuit, 5)
    values = gf.random_values(unfolding, 1, sizes=sizes_of(circuit), roles=ROLES, batch=batch)
    loss = list(gf.evaluate(unfolding, values).outputs())[-1]
    axis = unfolding.circuit.axis_of[loss]
    assert_the_same(unfolding, values, loss if axis is None else f"{loss}[3]")
