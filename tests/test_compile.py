"""The compiled run: the same values as the reference, over all circuits there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import cases, clocked_cases, skewed_circuits
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def assert_the_same(circuit: Circuit, steps: Any, values: dict[str, Any], **options: Any) -> None:
    names = [equation.signal for equation in circuit.equations]
    found = gf.compile(circuit, keep=names, **options).run(values, steps=steps)
    wanted = gf.evaluate(gf.unfold(circuit, steps), values, **options)
    for name in names:
        expected = wanted.signal(name)
        assert found[name].shape == expected.shape, name
        assert found[name].dtype == expected.dtype, name
        small = 1e-4 if expected.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(found[name], expected, rtol=small, atol=small, err_msg=name)


@few
@given(cases(), st.sampled_from(["float64", "float32"]))
def test_a_compiled_circuit_has_the_values_of_the_reference(
    case: tuple[Circuit, int], dtype: str
) -> None:
    circuit, steps = case
    values = {n: np.asarray(v, dtype) for n, v in random_values(circuit, steps).items()}
    assert_the_same(circuit, steps, values)


@few
@given(clocked_cases())
def test_so_has_one_over_two_clocks(case: tuple[Circuit, dict[str, int]]) -> None:
    assert_the_same(*case, random_values(*case))


@few
@given(cases(), st.sampled_from([1, 2, 4, 9]))
def test_a_batch_has_the_values_of_the_reference(case: tuple[Circuit, int], rows: int) -> None:
    circuit, steps = case
    unfolding = gf.unfold(circuit, steps)
    roles: Any = ("input", "parameter", "history")
    values = dict(gf.random_values(unfolding, 0, roles=roles, batch=rows))
    assert_the_same(circuit, steps, values)


@pytest.mark.parametrize("batch", [None, 3, 8])
@pytest.mark.parametrize("name", gf.example_names())
def test_every_model_of_the_gallery_runs_compiled(name: str, batch: int | None) -> None:
    circuit, unfolding = gf.in_mode(example(name)), unfolded(example(name), 5)
    if circuit.trees or (name in FUNCTIONS and batch):
        return  # a tree tells no number of steps; bound functions here take one example
    options = {"functions": FUNCTIONS[name]} if name in FUNCTIONS else {}
    steps = dict(unfolding.steps)
    assert_the_same(gf.flatten(circuit), steps, gallery_values(name, 5, batch), **options)


def test_a_plan_is_kept_for_other_lengths_and_batches() -> None:
    circuit = gf.load(gf.example_path("lstm"))
    plan = gf.compile(circuit)
    for steps, batch in ((3, None), (7, None), (5, 2), (3, None)):
        unfolding = gf.unfold(circuit, steps)
        roles: Any = ("input", "parameter")
        sizes = {"n_x": 2, "n_h": 3}
        values = dict(gf.random_values(unfolding, 0, sizes=sizes, roles=roles, batch=batch))
        found = plan.run(values)["h"]
        np.testing.assert_allclose(found, gf.evaluate(unfolding, values).signal("h"), atol=1e-12)


def test_run_gives_the_outputs_and_takes_lengths() -> None:
    circuit = gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y = x[T]")
    x = [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    assert gf.run(circuit, {"x": x})["y"].tolist() == [3.0, 6.0]
    assert gf.run(circuit, {"x": x}, lengths=[2, 3])["y"].tolist() == [2.0, 6.0]


def test_products_with_one_state_are_one_product() -> None:
    told = gf.compile(gf.load(gf.example_path("lstm"))).explain({"n_x": 4, "n_h": 8}, code=True)
    assert "32 × 8 product with h[t-1]: Wf, Wg, Wo, W" in told
    assert told.count("dot(") == 1


def test_what_is_wrong_is_told() -> None:
    circuit = gf.load(gf.example_path("lstm"))
    with pytest.raises(gf.ValuesError, match="unknown signal 'hh'; did you mean 'h'"):
        gf.compile(circuit, keep=["hh"])
    with pytest.raises(gf.UnfoldingError, match="give steps="):
        gf.compile(circuit).run({})
    with pytest.raises(gf.ValuesError, match="parameter U is missing"):
        gf.compile(circuit).run({"x": np.zeros((3, 2))})


def test_a_recurrence_may_read_its_own_boundaries_at_every_step() -> None:
    circuit = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': []}\n"
        "init: {'a[0]': 0.5, 'b[0]': 2, 'b[2]': 7, 'b[T+1]': 3}\n"
        "equations: |\n  a[t] = tanh(b[t] + x[t])\n  b[t] = a[t-1] + b[0] * b[2] - b[T+1] * a[0]"
    )
    assert_the_same(circuit, 4, {"x": np.array([1.0, -2.0, 3.0, 0.5])})


@few
@given(skewed_circuits(), st.integers(0, 7), st.sampled_from([None, 2]))
def test_delays_of_both_signs_have_the_values_of_the_reference(
    circuit: Circuit, steps: int, batch: int | None
) -> None:
    note(gf.dumps(circuit))
    roles: Any = ("input", "parameter", "history")
    values = gf.random_values(gf.unfold(circuit, steps), 0, roles=roles, batch=batch)
    assert_the_same(circuit, steps, dict(values))


BOTH_SIGNS = (
    "graphfold: 1\ninputs: {'x[t]': []}\n"
    "init: {'a[-1]': 1, 'a[0]': 2, 'b[T+1]': given, 'b[3]': 5, 'c[T+1]': 1}\n"
    "equations: |\n  a[t] = b[t+1] + x[t] - 0.5 * t\n  b[t] = a[t-2] * tanh(x[t] - t)\n"
    "  c[t] = sin(d[t-2] + x[t]) + a[t+1]\n  d[t] = c[t+1] - x[t]\n"
)


def test_delays_of_both_signs_run_as_one_loop_of_shifted_signals() -> None:
    circuit = gf.loads(BOTH_SIGNS)
    told = gf.compile(circuit).explain({})
    assert "step by step" in told
    roles: Any = ("input", "history")
    for steps in range(3, 6):
        for batch in (None, 2):
            values = gf.random_values(gf.unfold(circuit, steps), 0, roles=roles, batch=batch)
            assert_the_same(circuit, steps, dict(values))
