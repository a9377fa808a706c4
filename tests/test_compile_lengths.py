"""The compiled run of rows that differ in length: the same values as the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import skewed_circuits
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


@few
@given(skewed_circuits(), st.lists(st.integers(1, 8), min_size=1, max_size=6))
def test_delays_of_both_signs_have_lengths_too(circuit: Circuit, lengths: list[int]) -> None:
    note(gf.dumps(circuit))
    unfolding, roles = gf.unfold(circuit, max(lengths)), ("input", "parameter", "history")
    drawn: Any = gf.random_values(unfolding, 0, roles=roles, batch=len(lengths))  # type: ignore[arg-type]
    if drawn:
        try:
            gf.evaluate(unfolding, drawn, lengths=lengths)
        except gf.ValuesError:
            return  # a row needs other boundaries than the longest
        assert_the_same(circuit, max(lengths), dict(drawn), lengths)


# -- by hand -----------------------------------------------------------------------------------

NAN = np.nan
TWO_CLOCKS = """
graphfold: 1
axes: {t: T, u: U}
inputs: {"x[t]": [], "v[u]": []}
init: {"h[0]": 1, "h[T]": 2, "g[U+1]": 1, "k[T+1]": 1, "k[T-1]": 3}
functions: {"f(a, b)": []}
equations: |
  h[t] = tanh(sum(h[t-1] * v[u] for u)) + x[t]
  g[u] = g[u+1] + max(g[u+1] * x[t] for t) + v[u]
  k[t] = k[t+1] + mean(f(k[t+1] * v[u], x[t]) for u)
  b = mean(sum(v[u] * x[t] for u) for t)
  a[t] = f(mean(v[u] * t for u), T - t)
"""


def padded(lengths: list[int]) -> Any:
    """A sequence (5, B) of different numbers, NaN beyond the rows' lengths."""
    whole = np.arange(5.0 * len(lengths)).reshape(5, -1) / 10
    return np.where(np.arange(5)[:, None] < lengths, whole, NAN)


@pytest.mark.parametrize("counted", [("t", "u"), ("t",), ("u",)])
def test_recurrences_over_two_clocks_reduce_each_others_valid_steps(
    counted: tuple[str, ...],
) -> None:
    all_lengths = {"t": [2, 5, 3, 2], "u": [3, 1, 5, 2]}
    lengths = {axis: all_lengths[axis] for axis in counted}
    full = [5, 5, 5, 5]
    values = {"x": padded(lengths.get("t", full)), "v": padded(lengths.get("u", full))}

    def f(a: Any, b: Any) -> Any:
        assert not np.isnan(a + b), "padding has been read"
        return a * np.cos(b)

    assert_the_same(gf.loads(TWO_CLOCKS), {"t": 5, "u": 5}, values, lengths, functions={"f": f})


def test_an_opaque_function_is_called_for_valid_steps_only() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'h[0]': 0, 'h[T]': 1, 'y[T-1]': 3}\n"
    text += "functions: {'f(a, b)': [], 'g(a)': []}\nequations: |\n"
    circuit = gf.loads(text + "  h[t] = f(h[t-1], x[t])\n  y[t] = g(x[t])\n")
    calls: dict[str, list[float]] = {"f": [], "g": []}

    def f(a: Any, b: Any) -> Any:
        calls["f"].append(float(b))
        return a + b

    def g(a: Any) -> Any:
        calls["g"].append(float(a))
        return -a

    lengths = [2, 4, 1]
    x = padded(lengths)
    found = gf.run(circuit, {"x": x}, lengths, functions={"f": f, "g": g}, fill=NAN)
    assert sorted(calls["g"]) == [0.1, 0.2, 0.3, 0.4, 1.0]  # and y is at the last but one
    assert len(calls["f"]) == sum(lengths) - 3  # at its last step each row is pinned
    pinned = np.arange(5)[:, None] == np.array(lengths) - 2
    np.testing.assert_array_equal(found["y"], np.where(pinned, 3, -x))


def test_rows_come_back_in_their_order_with_the_batch_first_and_a_fill() -> None:
    circuit = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'g[T+1]': 0}\n"
        "equations: |\n  g[t] = g[t+1] + x[t]\n  last = x[T]\n"
    )
    x = padded([1, 4, 2]).T
    found = gf.run(circuit, {"x": x}, [1, 4, 2], batch_first=True, fill=-1)
    sums = np.nancumsum(x[:, ::-1], axis=1)[:, ::-1]
    np.testing.assert_allclose(found["g"], np.where(np.isnan(x), -1, sums))
    np.testing.assert_allclose(found["last"], [x[0, 0], x[1, 3], x[2, 1]])


@pytest.mark.parametrize(
    ("lengths", "told"),
    [
        ([9, 1, 1], "longer than T = 5"),
        ([1.5, 1, 1], "no whole number"),
        ([1, 1], "batch sizes disagree"),
        ([1, 0, 1], r"the mean over no steps has no value: lengths\[1\] = 0"),
        ({"s": [1, 1, 1]}, "unknown axis 's'"),
    ],
)
def test_wrong_lengths_are_told_as_the_reference_tells_them(lengths: Any, told: str) -> None:
    circuit = gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  m = mean(x[t] for t)")
    values = {"x": padded([5, 5, 5])}
    with pytest.raises(gf.ValuesError, match=told) as found:
        gf.run(circuit, values, lengths)
    with pytest.raises(gf.ValuesError) as wanted:
        gf.evaluate(gf.unfold(circuit, 5), values, lengths=lengths)
    assert str(found.value) == str(wanted.value)


@pytest.mark.parametrize("lengths", [[0, 0], []])
def test_no_steps_and_no_rows_are_lengths_too(lengths: list[int]) -> None:
    circuit = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'h[0]': 2}\n"
        "equations: |\n  h[t] = h[t-1] * x[t]\n  last = h[T]\n  all = sum(h[t] for t)\n"
    )
    assert_the_same(circuit, 5, {"x": np.ones((5, len(lengths)))}, lengths)


def test_a_plan_is_kept_for_other_lengths() -> None:
    circuit = gf.load(gf.example_path("lstm"))
    plan, sizes = gf.compile(circuit), {"n_x": 2, "n_h": 3}
    roles: Any = ("input", "parameter")
    unfolding = gf.unfold(circuit, 6)
    values = dict(gf.random_values(unfolding, 0, sizes=sizes, roles=roles, batch=4))
    for lengths in ([6, 1, 3, 2], [2, 2, 5, 5], [6, 6, 6, 6], [0, 1, 0, 4]):
        found = plan.run(values, lengths=lengths)["h"]
        wanted = gf.evaluate(unfolding, values, lengths=lengths).signal("h")
        np.testing.assert_allclose(found, wanted, atol=1e-12)
