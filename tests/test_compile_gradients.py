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
    signal = loss.partition("[")[0]
    series = gf.run(circuit, values, steps=dict(unfolding.steps), keep=[signal])[signal]
    front = series.shape[int("[" in loss) :]  # with a batch, even if this step is the same for all
    seed = np.random.default_rng(5).normal(size=front)
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


@pytest.mark.parametrize("stretch", [1, 3, 5, 20])
def test_truncated_gradients_are_those_of_stretches_with_given_states(stretch: int) -> None:
    circuit = example("rnn_loss")
    steps = 11
    unfolding = gf.unfold(circuit, steps)
    values = dict(gf.random_values(unfolding, 3, sizes=sizes_of(circuit), roles=ROLES, batch=2))
    states = gf.evaluate(unfolding, values).signal("h")
    given_start = gf.loads(gf.dumps(circuit).replace("h[0]: zeros", "h[0]: given"))
    total: dict[str, Any] = {}
    for start in range(0, steps, stretch):
        own = {n: v[start : start + stretch] if n in ("x", "y") else v for n, v in values.items()}
        own["h[0]"] = states[start - 1] if start else np.zeros_like(states[0])
        count = len(own["x"])
        for name, array in gf.gradients(gf.unfold(given_start, count), own).items():
            if name in {p.name for p in circuit.params}:
                total[name] = total.get(name, 0) + array
    found = gf.grad(circuit, "Loss", values, truncate=stretch)
    assert found.keys() == total.keys()
    for name, array in found.items():
        np.testing.assert_allclose(array, total[name], 1e-9, 1e-12, err_msg=name)


def test_truncation_takes_a_number_of_steps() -> None:
    with pytest.raises(gf.GraphfoldError, match="1 or more, not 0"):
        gf.differentiate(example("rnn_loss"), truncate=0)
    with pytest.raises(gf.ValuesError, match="truncate= is for compiled gradients"):
        gf.grad(example("rnn_loss"), "Loss", {}, steps=3, truncate=2, per_step=["W"])


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("block", [True, 1, 2, 4, 50])
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("rnn_loss", ""),
        ("lstm", "Loss = sum(h[T]) + mean(sum(s[t-1] * s[t-1]) for t)"),
        ("gru", "Loss = sum(sum(h[t]) for t) * norm(U) + sum(h[T-1])"),
        ("shift_register", "Loss = sum(d[t] * t for t) + d[2]"),
        ("biquad", "Loss = sum(y[t] * y[t] for t)"),
        ("moving_average", "Loss = mean(y[t] * y[t] for t) + y[T] + y[2]"),
    ],
)
def test_checkpoints_change_no_gradient(
    name: str, more: str, block: bool | int, batch: int | None
) -> None:
    text = gf.dumps(gf.flatten(example(name)))
    if more:
        text = text.replace("equations: |\n", f"equations: |\n  {more}\n")
    circuit = gf.loads(text)
    unfolding = gf.unfold(circuit, 7)
    values = gf.random_values(unfolding, 1, sizes=sizes_of(circuit), roles=ROLES, batch=batch)
    wanted = gf.gradients(unfolding, values)
    found = gf.grad(circuit, "Loss", values, list(values), checkpoints=block)
    for own in values:
        expected = wanted[own] if "[" in own else wanted.given(own)
        np.testing.assert_allclose(found[own], expected, 1e-9, 1e-12, err_msg=own)


@settings(max_examples=30)
@given(circuits(causal=True), st.integers(0, 5), st.integers(1, 4), st.sampled_from([None, 2]))
def test_checkpoints_change_no_gradient_of_a_random_circuit(
    circuit: Circuit, more: int, block: int, batch: int | None
) -> None:
    moving = [e.signal for e in circuit.equations if e.axis is not None]
    if not moving:
        return
    terms = " + ".join(f"sum(sum({signal}[t] * cos(t)) for t)" for signal in moving)
    text = gf.dumps(circuit).replace("equations: |\n", f"equations: |\n  Loss = {terms}\n")
    note(text)
    whole = gf.loads(text)
    unfolding = gf.unfold(whole, fewest_steps(whole) + more + 1)
    values = dict(gf.random_values(unfolding, 0, roles=ROLES, batch=batch))
    wrt = [p.name for p in whole.params]
    try:
        found = gf.compile(whole).grad(values, checkpoints=block, steps=dict(unfolding.steps))
    except gf.GraphfoldError as error:  # what cannot be streamed, or has pins
        note(str(error))
        return
    wanted = gf.gradients(unfolding, values)
    for name in wrt:
        np.testing.assert_allclose(found[name], wanted[name], 1e-9, 1e-12, err_msg=name)
