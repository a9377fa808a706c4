"""Rows of different lengths on engines beyond NumPy: each is what the reference says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from namespaces import ENGINES, doubles, engine
from row_batches import Batch, batches, put_together, values_of

import graphfold as gf
from graphfold.circuit import Circuit

NAN = float("nan")
X = "inputs: {'x[t]': []}"


@pytest.fixture(autouse=True)
def in_doubles() -> Iterator[None]:
    with doubles():
        yield


def model(equations: str, *sections: str) -> Circuit:
    lines = "\n".join("  " + line.strip() for line in equations.strip().splitlines())
    return gf.loads("\n".join(["graphfold: 1", *sections, "equations: |", lines, ""]))


def assert_rows(circuit: Circuit, steps: Any, values: Any, lengths: Any, on: Any) -> None:
    names = [equation.signal for equation in circuit.equations]
    plan = gf.compile(circuit, keep=names, engine=on)
    found = plan.run(values, steps=steps, lengths=lengths, fill=7)
    wanted = gf.evaluate(gf.unfold(circuit, steps), values, lengths=lengths, fill=7)
    for name in names:
        array, expected = np.asarray(found[name]), wanted.signal(name)
        if array.ndim > expected.ndim:  # over an axis of which all rows have all steps
            expected = np.expand_dims(expected, int(circuit.axis_of[name] is not None))
            expected = np.broadcast_to(expected, array.shape)
        assert (array.shape, array.dtype) == (expected.shape, expected.dtype), name
        np.testing.assert_allclose(array, expected, rtol=1e-9, atol=1e-9, err_msg=name)


def assert_batch(batch: Batch, seed: int, on: Any) -> None:
    values = put_together(batch, values_of(batch, seed, set()), set())
    parameters = {p.name for p in batch.circuit.params}
    if values.keys() - parameters:  # else nothing has rows
        assert_rows(batch.circuit, batch.steps, values, batch.lengths, on)


def some(examples: int) -> Any:
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


@some(50)
@given(batches(), st.integers(0, 99))
def test_a_random_circuit_has_the_rows_of_the_reference(batch: Batch, seed: int) -> None:
    assert_batch(batch, seed, engine("array_api_strict"))


@some(25)
@given(batches(clocks=True), st.integers(0, 99))
def test_so_has_one_over_two_clocks(batch: Batch, seed: int) -> None:
    assert_batch(batch, seed, engine("array_api_strict"))


@some(4)
@given(batches(), st.integers(0, 99))
def test_so_has_one_on_jax(batch: Batch, seed: int) -> None:
    assert_batch(batch, seed, engine("jax"))


EDGES = model(
    """
    h[t] = h[t-1] + x[t]
    g[t] = g[t+1] + x[t]
    p[t] = 2 * q[t] + p[t-1]
    q[t] = x[t] + p[t-1] / 4
    last = h[T]
    before = h[T-2]
    average = mean(x[t] for t)
    largest = max(x[t] for t)
    many = T
    """,
    X,
    "init: {'h[0]': 0, 'h[-1]': -5, 'g[T+1]': 100, 'p[0]': 1, 'q[T]': 50, 'q[1]': 3}",
)
PADDED = np.array([[1.0, 5.0, 2.0], [2.0, 7.0, 4.0], [6.0, NAN, NAN], [9.0, NAN, NAN]])


@pytest.mark.parametrize("on", ENGINES)
def test_each_row_starts_and_ends_at_its_own_steps(on: str) -> None:
    assert_rows(EDGES, 4, {"x": PADDED}, [4, 2, 2], engine(on))


@pytest.mark.parametrize("on", ENGINES)
def test_lengths_may_be_arrays_of_the_engine_and_the_batch_first(on: str) -> None:
    chosen = engine(on)
    xp = __import__("jax").numpy if on == "jax" else chosen
    lengths = xp.asarray([4, 2, 2])
    values = {"x": PADDED.T}
    found = gf.compile(EDGES, engine=chosen, keep=["h"]).run(
        values, lengths=lengths, batch_first=True, fill=NAN
    )
    expected = [[1, 3, 9, 18], [5, 12, NAN, NAN], [2, 6, NAN, NAN]]
    np.testing.assert_array_equal(np.asarray(found["h"]), expected)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([4, 5, 2], "lengths[1] = 5 is longer than T = 4"),
        ([4, 2], "batch sizes disagree: x has 3, lengths has 2"),
        ([4.5, 2, 2], "lengths[0] = 4.5 is no whole number"),
        ([4, 2, 0], "average: the mean over no steps has no value: lengths[2] = 0"),
        ({"u": [1, 2, 3]}, "lengths: unknown axis 'u'"),
    ],
)
@pytest.mark.parametrize("on", ["array_api_strict", "jax"])
def test_wrong_lengths_are_told(on: str, lengths: Any, expected: str) -> None:
    circuit = model("average = mean(x[t] for t)", X)
    plan = gf.compile(circuit, engine=engine(on))
    with pytest.raises(gf.ValuesError) as caught:
        plan.run({"x": PADDED}, lengths=lengths)
    assert expected in str(caught.value)


def test_jax_compiles_once_for_all_lengths() -> None:
    engine("jax")
    jax = __import__("jax")
    plan: Any = gf.compile(EDGES, engine="jax")
    x = jax.numpy.nan_to_num(jax.numpy.asarray(PADDED))  # steps that some lengths count
    act = jax.jit(lambda x, lengths: plan.function({"x": x}, lengths=lengths))
    for lengths in ([4, 2, 2], [3, 2, 4], [2, 2, 2]):
        wanted = gf.evaluate(gf.unfold(EDGES, 4), {"x": x}, lengths=lengths)
        found = act(x, jax.numpy.asarray(lengths))
        for name, array in plan.run({"x": x}, lengths=lengths).items():
            np.testing.assert_allclose(found[name], array)
            np.testing.assert_allclose(array, wanted.signal(name))
    assert act._cache_size() == 1
    assert len(plan._compiled) == 1


def test_what_padding_would_do_to_a_gradient_is_not_done() -> None:
    engine("jax")
    jax = __import__("jax")
    circuit = model(
        "h[t] = h[t-1] / 2 + w * log(x[t]) / x[t]\nLoss = sum(h[t] * h[t] for t)",
        X,
        "params: {w: []}",
        "init: {'h[0]': 0}",
    )
    plan: Any = gf.compile(circuit, engine="jax", keep=["Loss"])
    x = np.array([[1.0, 2.0], [3.0, NAN], [4.0, 0.0]])
    found = jax.grad(lambda w: plan.function({"x": x, "w": w}, lengths=[3, 1])["Loss"].sum())(2.0)
    alone = [
        gf.grad(circuit, "Loss", {"x": x[:n, row], "w": 2.0}, wrt=["w"])["w"]
        for row, n in enumerate([3, 1])
    ]
    np.testing.assert_allclose(found, sum(alone), rtol=1e-12)
