"""Bad input of the compiled run: a clear message each, and never wrong numbers."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values

import graphfold as gf

OPAQUE = """graphfold: 1
dims: [n]
inputs: {'x[t]': [n]}
params: {W: [n, n], theta: [n]}
functions:
  f(a; theta): [n]
init: {'h[0]': zeros}
equations: |
  h[t] = f(tanh(W @ h[t-1] + x[t]); theta)
"""
SHARED = """graphfold: 1
dims: [n]
inputs: {'x[t]': [n]}
params: {W: [n]}
equations: |
  same = W
  three = 3
  last = x[T]
  moved[t] = x[t]
"""
GROWTH = "graphfold: 1\ninit: {'h[0]': 1}\nequations: |\n  h[t] = 2 * h[t-1]\n"
OUTER = (
    "graphfold: 1\ninputs: {'x[t]': [n]}\ndims: [n]\nequations: |\n  y[t] = sum(outer(x[t], x[t]))"
)


def opaque_values() -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes = {"x": (6, 3), "W": (3, 3), "theta": (3,)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


def product(a: Any, theta: Any) -> Any:
    return a * theta


# -- what belongs to whom -------------------------------------------------------------------------


def test_an_opaque_function_gets_read_only_views_and_freezes_nothing() -> None:
    values, seen = opaque_values(), list[Any]()

    def keeping(a: Any, theta: Any) -> Any:
        seen.append(a)
        with pytest.raises(ValueError, match="read-only"):
            a[0] = 1
        return a * theta

    circuit = gf.loads(OPAQUE)
    plan = gf.compile(circuit, functions={"f": keeping})
    first, again = plan.run(values)["h"], plan.run(values)["h"]
    expected = gf.evaluate(gf.unfold(circuit, 6), values, functions={"f": product}).signal("h")
    np.testing.assert_allclose(first, expected)
    np.testing.assert_array_equal(first, again)
    assert all(array.flags.writeable for array in values.values())
    np.testing.assert_allclose(seen[0] * values["theta"], first[0])  # kept, and not overwritten
    np.testing.assert_allclose(seen[5] * values["theta"], first[5])


def _add(values: dict[str, Any], number: float) -> None:
    for array in values.values():
        np.add(array, number, out=array)


@pytest.mark.parametrize("mode", ["compiled", "reference"])
def test_results_are_nobody_elses(mode: str) -> None:
    circuit, values = gf.loads(SHARED), {"x": np.ones((4, 2)), "W": np.ones(2)}
    names = ["x", "W", "same", "three", "last", "moved"]
    plan = gf.compile(circuit, keep=names)
    for _ in range(2):
        if mode == "compiled":
            found = plan.run(values)
        else:
            known = gf.evaluate(gf.unfold(circuit, 4), values)
            found = {name: known.signal(name) for name in names}
        before = {name: array.copy() for name, array in found.items()}
        _add(values, 1)
        for name, array in found.items():
            np.testing.assert_array_equal(array, before[name])
        _add(values, -1)
        for name, array in found.items():
            if mode == "compiled":
                array[...] = 99
            assert not any(np.shares_memory(array, given) for given in values.values()), name
    assert plan.run(values)["three"] == 3


def test_the_results_of_a_run_stay_when_the_plan_runs_again() -> None:
    values = gallery_values("lstm", 5)
    plan = gf.compile(example("lstm"), keep=["h", "s"])
    first = plan.run(values)
    kept = {name: array.copy() for name, array in first.items()}
    plan.run({name: array + 1 for name, array in values.items()})
    for name, array in first.items():
        np.testing.assert_array_equal(array, kept[name])


# -- threads, copies, other processes -------------------------------------------------------------


@pytest.mark.parametrize("name", ["lstm", "gru", "bidirectional", "driven"])
def test_one_plan_serves_many_threads(name: str) -> None:
    functions, count = FUNCTIONS.get(name), 8
    circuit = gf.in_mode(example(name))
    names = [equation.signal for equation in circuit.equations]
    plan = gf.compile(circuit, functions=functions, keep=names)
    many = [gallery_values(name, 40, seed=seed) for seed in range(count)]
    steps = dict(unfolded(example(name), 40).steps)
    fresh = gf.compile(circuit, functions=functions, keep=names)
    expected = [fresh.run(values, steps=steps) for values in many]
    start = Barrier(count)

    def work(number: int) -> list[dict[str, Any]]:
        start.wait()
        return [plan.run(many[number], steps=steps) for _ in range(15)]

    with ThreadPoolExecutor(count) as pool:
        for number, results in enumerate(pool.map(work, range(count))):
            for found in results:
                for key, array in found.items():
                    np.testing.assert_array_equal(array, expected[number][key], err_msg=key)


def test_a_function_may_run_the_plan_that_calls_it() -> None:
    values, inner = opaque_values(), "tanh(W @ h[t-1] + x[t])"
    circuit = gf.loads(OPAQUE.replace(f"f({inner}; theta)", f"f({inner}; theta) + {inner}"))
    expected = gf.compile(circuit, functions={"f": product}).run(values)["h"]

    def nested(a: Any, theta: Any) -> Any:
        if not busy:
            busy.append(True)
            plan.run({**values, "x": values["x"] + 1})
            busy.clear()
        return a * theta

    busy: list[bool] = []
    plan = gf.compile(circuit, functions={"f": nested})
    np.testing.assert_array_equal(plan.run(values)["h"], expected)


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_plan_copies_and_pickles(how: Any, used: bool) -> None:
    values = opaque_values()
    plan = gf.compile(gf.loads(OPAQUE), functions={"f": product}, keep=["h"])
    if used:
        plan.run(values)
    other = how(plan)
    assert other is not plan
    np.testing.assert_array_equal(other.run(values)["h"], plan.run(values)["h"])


def test_a_plan_says_which_function_cannot_be_pickled() -> None:
    plan = gf.compile(gf.loads(OPAQUE), functions={"f": lambda a, theta: a * theta})
    with pytest.raises(
        gf.ValuesError, match="function f cannot be sent to another process; define"
    ):
        pickle.dumps(plan)
    values = opaque_values()
    other = copy.deepcopy(plan)
    np.testing.assert_array_equal(other.run(values)["h"], plan.run(values)["h"])


# -- sizes beyond memory --------------------------------------------------------------------------


def test_more_steps_than_memory_holds_are_refused_before_any_is_set_aside() -> None:
    with pytest.raises(gf.TooLargeError, match="most of them for h, would need 8 TB"):
        gf.run(gf.loads(GROWTH), {}, steps=10**12)


def test_a_view_that_repeats_one_number_is_refused() -> None:
    with pytest.raises(gf.TooLargeError, match=r"x of shape \(1000000000000, 3\) would need 24 TB"):
        gf.run(gf.loads(SHARED), {"x": np.broadcast_to(1.0, (10**12, 3)), "W": np.ones(3)})


def test_products_beyond_memory_are_refused() -> None:
    with pytest.raises(gf.TooLargeError, match="most of them for y, would need 8 TB"):
        gf.run(gf.loads(OUTER), {"x": np.ones((1, 10**6))})


# -- the call -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [-1, 2.5, True, "3", [3], float("nan"), 10**30, {"s": 2}])
def test_steps_that_are_no_number_are_refused(steps: Any) -> None:
    plan = gf.compile(gf.loads(GROWTH))
    assert plan.run({}, steps=1)["h"].tolist() == [2.0]
    with pytest.raises(gf.UnfoldingError):
        plan.run({}, steps=steps)


@pytest.mark.parametrize("values", [None, [1, 2], 3, "x"])
def test_values_that_are_no_mapping_are_refused(values: Any) -> None:
    with pytest.raises(gf.ValuesError, match="values must map names to arrays, not"):
        gf.compile(gf.loads(GROWTH)).run(values, steps=3)


def test_names_to_keep_may_come_in_any_form() -> None:
    circuit = example("lstm")
    values = gallery_values("lstm", 3)
    for keep in ("h", ["h"], ("h",), (name for name in ["h"]), {"h": 1}):
        assert list(gf.compile(circuit, keep=keep).run(values)) == ["h"]
    with pytest.raises(gf.ValuesError, match=r"unknown signal 'hh'.*\nunknown signal '3'"):
        gf.compile(circuit, keep=["hh", "h", 3])  # type: ignore[list-item]
