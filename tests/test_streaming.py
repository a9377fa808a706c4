"""Streaming: going on from a returned state is one long run."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from circuits import cases, clocked_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.evaluate.reference import evaluate

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def names_of(circuit: Circuit) -> list[str]:
    return [equation.signal for equation in circuit.equations]


def split(circuit: Circuit, values: dict[str, Any], axis: str) -> tuple[dict[str, Any], ...]:
    """The inputs along an axis, and all other values."""
    moving = {s.name for s in circuit.inputs if s.axis == axis}
    return (
        {n: v for n, v in values.items() if n in moving},
        {n: v for n, v in values.items() if n not in moving},
    )


def stream(
    plan: gf.Plan, values: dict[str, Any], cuts: list[int], axis: str = "t", **options: Any
) -> dict[str, Any]:
    """All kept values of a run in blocks that end at `cuts`; the state is pickled in between."""
    inputs, rest = split(plan.circuit, values, axis)
    state = plan.init(values=rest, **options)
    blocks: dict[str, list[Any]] = {}
    for first, last in zip([0, *cuts], cuts, strict=False):
        block = {n: np.asarray(v)[first:last] for n, v in inputs.items()}
        if last - first == 1:
            state, found = plan.step(state, {n: v[0] for n, v in block.items()})
            found = {n: np.asarray(v)[None] for n, v in found.items()}
        else:
            state, found = plan.advance(state, block, last - first)
        state = pickle.loads(pickle.dumps(state))
        for name, value in found.items():
            blocks.setdefault(name, []).append(value)
    assert state.step == cuts[-1]
    return {n: np.concatenate(b) for n, b in blocks.items()} | plan.finish(state)


def assert_one_long_run(
    circuit: Circuit, lengths: Any, values: dict[str, Any], cuts: list[int], **options: Any
) -> None:
    names = names_of(circuit)
    axis = options.get("over", "t")
    found = stream(gf.compile(circuit, keep=names), values, cuts, axis, **options)
    wanted = evaluate(gf.unfold(circuit, lengths), values)
    for name in names:
        expected = wanted.signal(name)
        assert found[name].shape == expected.shape, name
        assert found[name].dtype == expected.dtype, name
        small = 1e-4 if expected.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(found[name], expected, rtol=small, atol=small, err_msg=name)


def refused(circuit: Circuit, axis: str) -> str:
    """Why a circuit cannot be streamed, or ""."""
    try:
        gf.compile(circuit, keep=names_of(circuit)).init(over=axis)
    except (gf.UnfoldingError, gf.ValuesError) as error:
        return str(error) if "cannot be streamed" in str(error) else ""
    return ""


@st.composite
def cut_up(draw: Any, steps: int) -> list[int]:
    """Where the blocks of a run of so many steps end."""
    inside = draw(st.sets(st.integers(1, max(1, steps - 1))))
    return [*sorted(one for one in inside if one < steps), steps]


@few
@given(cases(causal=True), st.data(), st.sampled_from(["float64", "float32"]))
def test_steps_and_blocks_give_the_values_of_one_long_run(
    case: tuple[Circuit, int], data: Any, dtype: str
) -> None:
    circuit, steps = case[0], case[1] + 3
    values = {n: np.asarray(v, dtype) for n, v in random_values(circuit, steps).items()}
    assert_one_long_run(circuit, steps, values, data.draw(cut_up(steps)))


@few
@given(cases(), st.data())
def test_so_does_any_circuit_that_is_not_refused(case: tuple[Circuit, int], data: Any) -> None:
    circuit, steps = case[0], case[1] + 3
    values = random_values(circuit, steps)
    cuts = data.draw(cut_up(steps))
    if not refused(circuit, "t"):
        assert_one_long_run(circuit, steps, values, cuts)


@few
@given(clocked_cases(), st.sampled_from("tu"), st.data())
def test_so_does_one_over_two_clocks(
    case: tuple[Circuit, dict[str, int]], axis: str, data: Any
) -> None:
    circuit, steps = case[0], case[1] | {axis: case[1][axis] + 3}
    values, cuts = random_values(circuit, steps), data.draw(cut_up(steps[axis]))
    if not refused(circuit, axis):
        assert_one_long_run(circuit, steps, values, cuts, over=axis, steps=steps)
