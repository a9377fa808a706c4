"""Engines beyond NumPy: the values of the reference on every array namespace and on JAX."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from circuits import cases, clocked_cases, skewed_circuits
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from namespaces import ENGINES, assert_the_same, doubles, engine
from simulator import random_values
from test_derivatives import BUILT_IN, case_of

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.evaluate.engines.choose import choose
from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.table import OPERATIONS
from graphfold.evaluate.kernels import KERNELS
from graphfold.evaluate.value import Value

LSTM = gf.load(gf.example_path("lstm"))
ROLES: Any = ("input", "parameter", "history")


@pytest.fixture(autouse=True)
def in_doubles() -> Iterator[None]:
    with doubles():
        yield


def few(examples: int) -> Any:
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    return settings(max_examples=examples, suppress_health_check=slow)


# -- the table ------------------------------------------------------------------------------------


def test_every_kernel_of_numpy_has_an_operation_on_namespaces() -> None:
    assert set(OPERATIONS) == BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN - {"one_hot"}))
@few(10)
@given(data=st.data())
def test_an_operation_on_a_namespace_is_that_of_numpy(name: str, data: Any) -> None:
    namespace = choose(engine("array_api_strict"))
    values, attributes = data.draw(case_of(name))
    space = Space(namespace, namespace.xp.float64, None, namespace.xp.float64)
    operands = [Operand(space.moved(v.array), int(v.batched)) for v in values]
    expected = KERNELS[name](*values, **attributes)
    found = OPERATIONS[name](space, *operands, **attributes)
    assert found.dtype == space.dtype
    np.testing.assert_allclose(np.asarray(found), expected.array, rtol=1e-12, atol=1e-12)


EXTREMES = np.array([-np.inf, -1e300, -800.0, -0.0, 0.0, 1e-300, 800.0, 1e300, np.inf, np.nan])
UNARY = ["neg", "tanh", "sigmoid", "relu", "softplus", "exp", "abs", "sign", "square", "norm"]


@pytest.mark.parametrize("on", ENGINES)
@pytest.mark.parametrize("name", UNARY)
def test_extreme_numbers_come_out_as_with_numpy(name: str, on: str) -> None:
    namespace = choose(engine(on))
    space = Space(namespace, namespace.xp.float64)
    with np.errstate(all="ignore"):
        expected = KERNELS[name](Value(EXTREMES)).array
        found = OPERATIONS[name](space, Operand(space.moved(EXTREMES)))
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12)


# -- circuits -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", gf.example_names())
@pytest.mark.parametrize("on", ["array_api_strict", "torch"])
def test_every_model_of_the_gallery_runs_on_a_namespace(
    on: str, name: str, batch: int | None
) -> None:
    circuit, steps = gf.flatten(gf.in_mode(example(name))), dict(unfolded(example(name), 5).steps)
    values = gallery_values(name, 5, batch)  # where there are none, torch computes in float32
    if not circuit.trees and name not in FUNCTIONS and (values or on != "torch"):
        assert_the_same(circuit, steps, values, engine(on))


@pytest.mark.parametrize("name", gf.example_names())
def test_every_model_of_the_gallery_runs_on_jax(name: str) -> None:
    circuit, steps = gf.flatten(gf.in_mode(example(name))), dict(unfolded(example(name), 5).steps)
    if not circuit.trees and name not in FUNCTIONS:
        assert_the_same(circuit, steps, gallery_values(name, 5, 3), engine("jax"))


@pytest.mark.parametrize("on", ["array_api_strict", "numpy"])
@few(40)
@given(cases(), st.sampled_from(["float64", "float32"]))
def test_a_random_circuit_has_the_values_of_the_reference(
    on: str, case: tuple[Circuit, int], dtype: str
) -> None:
    circuit, steps = case
    values = {n: np.asarray(v, dtype) for n, v in random_values(circuit, steps).items()}
    assert_the_same(circuit, steps, values, engine(on))


@few(30)
@given(clocked_cases())
def test_so_has_one_over_two_clocks(case: tuple[Circuit, dict[str, int]]) -> None:
    assert_the_same(*case, random_values(*case), engine("array_api_strict"))


@few(30)
@given(cases(), st.integers(1, 4))
def test_so_has_a_batch(case: tuple[Circuit, int], rows: int) -> None:
    values = dict(gf.random_values(gf.unfold(*case), 0, roles=ROLES, batch=rows))
    assert_the_same(*case, values, engine("array_api_strict"))


@few(40)
@given(skewed_circuits(), st.integers(0, 8))
def test_so_has_one_with_delays_of_both_signs(circuit: Circuit, steps: int) -> None:
    values = dict(gf.random_values(gf.unfold(circuit, steps), 0, roles=ROLES))
    assert_the_same(circuit, steps, values, engine("array_api_strict"))


@few(5)
@given(cases(), st.sampled_from([None, 2]))
def test_so_has_one_on_jax(case: tuple[Circuit, int], rows: int | None) -> None:
    values = dict(gf.random_values(gf.unfold(*case), 0, roles=ROLES, batch=rows))
    assert_the_same(*case, values, engine("jax"))


# -- arrays ---------------------------------------------------------------------------------------


def lstm_values(dtype: str = "float64", batch: int | None = None) -> dict[str, Any]:
    sizes = {"n_x": 2, "n_h": 3}
    values = gf.random_values(gf.unfold(LSTM, 4), 0, sizes=sizes, roles=ROLES, batch=batch)
    return {name: array.astype(dtype) for name, array in values.items()}


@pytest.mark.parametrize("on", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_of_the_namespace_go_in_and_come_out_in_their_dtype(on: str, dtype: str) -> None:
    chosen = engine(on)
    namespace, values = choose(chosen), lstm_values(dtype)
    own = {n: namespace.xp.asarray(np.array(a)) for n, a in values.items()}
    plan = gf.compile(LSTM, engine=chosen)
    expected = gf.compile(LSTM).run(values)["h"]
    for given_, times in ((values, 1), (own, 2), ({**own, "x": values["x"].tolist()}, 1)):
        for _ in range(times):
            found: Any = plan.run(given_)["h"]
            assert isinstance(found, namespace.kind)
            assert found.dtype == getattr(namespace.xp, dtype)
            np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5)


def test_arrays_stay_on_their_device() -> None:
    strict = engine("array_api_strict")
    device = strict.Device("device1")
    values = {n: strict.asarray(a, device=device) for n, a in lstm_values().items()}
    found: Any = gf.compile(LSTM, engine=strict).run(values)["h"]
    assert found.device == device
    values["x"] = strict.asarray(lstm_values()["x"])
    with pytest.raises(gf.ValuesError, match=r"on several devices: x on .*; .*W"):
        gf.compile(LSTM, engine=strict).run(values)


@pytest.mark.parametrize("on", ENGINES)
def test_the_batch_may_come_first(on: str) -> None:
    values = lstm_values(batch=2)
    turned = {**values, "x": values["x"].swapaxes(0, 1)}
    found = gf.compile(LSTM, engine=engine(on)).run(turned, batch_first=True)["h"]
    expected = gf.compile(LSTM).run(turned, batch_first=True)["h"]
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-9)


def test_what_comes_out_shares_no_memory_with_what_went_in() -> None:
    circuit = gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = x[t]")
    x = np.ones(3)
    found = gf.compile(circuit, engine=engine("torch")).run({"x": x})["y"]
    x[:] = 5
    assert found.tolist() == [1, 1, 1]


def test_gradients_flow_back_through_torch() -> None:
    torch = engine("torch")
    values = {n: torch.asarray(a) for n, a in lstm_values().items()}
    values["W"].requires_grad_()
    plan: Any = gf.compile(LSTM, engine=torch, keep=["h"])
    plan.function(values)["h"].sum().backward()
    circuit = gf.loads(
        gf.dumps(LSTM).replace("outputs:", "  Loss = sum(sum(h[t]) for t)\noutputs:")
    )
    expected = gf.grad(circuit, "Loss", lstm_values(), wrt=["W"])["W"]
    np.testing.assert_allclose(values["W"].grad.numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize("on", ENGINES)
def test_a_plan_keeps_parameters_copies_and_goes_to_other_processes(on: str) -> None:
    values = lstm_values()
    shared = {name: array for name, array in values.items() if name != "x"}
    plan = gf.compile(LSTM, engine=engine(on), params=shared)
    expected = np.asarray(plan.run({"x": values["x"]})["h"])
    np.testing.assert_allclose(expected, gf.run(LSTM, values)["h"], rtol=1e-9)
    for other in (copy.copy(plan), copy.deepcopy(plan), pickle.loads(pickle.dumps(plan))):
        np.testing.assert_array_equal(np.asarray(other.run({"x": values["x"]})["h"]), expected)
    zeros = {name: 0 * array for name, array in shared.items()}
    found = plan.with_params(zeros).run({"x": values["x"]})["h"]
    np.testing.assert_allclose(found, gf.run(LSTM, {**zeros, "x": values["x"]})["h"], rtol=1e-9)
    np.testing.assert_array_equal(np.asarray(plan.run({"x": values["x"]})["h"]), expected)


# -- opaque functions -----------------------------------------------------------------------------

CALL = gf.loads(
    "graphfold: 1\ndims: [n]\ninputs: {'x[t]': [n]}\nfunctions: {'f(a)': [n]}\n"
    "init: {'h[0]': zeros}\nequations: |\n  h[t] = f(h[t-1] + x[t])\n  y[t] = f(x[t])"
)


@pytest.mark.parametrize("on", ENGINES)
@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3), (0, 2, 3), (4, 0, 3)])
def test_an_opaque_function_gets_one_example_of_the_namespace(
    on: str, shape: tuple[int, ...]
) -> None:
    chosen = engine(on)
    kind, seen = choose(chosen).kind, []

    def f(a: Any) -> Any:
        seen.append((isinstance(a, kind), tuple(a.shape)))
        return a / 2

    x = np.random.default_rng(0).normal(size=shape)
    found = gf.compile(CALL, functions={"f": f}, engine=chosen).run({"x": x})
    expected = gf.compile(CALL, functions={"f": lambda a: a / 2}).run({"x": x})
    for name, array in expected.items():
        np.testing.assert_allclose(np.asarray(found[name]), array, err_msg=name)
    assert set(seen) <= {(True, (3,))}


@pytest.mark.parametrize("on", ENGINES)
def test_an_opaque_function_that_fails_is_told(on: str) -> None:
    wrong = {
        "gave shape (2,), declared is (3,)": lambda a: a[:2],
        "failed: KeyError": lambda a: {}["no"],
        "the result is no array": lambda a: object(),
    }
    for told, f in wrong.items():
        plan = gf.compile(CALL, functions={"f": f}, engine=engine(on))
        with pytest.raises(gf.ValuesError) as caught:
            plan.run({"x": np.ones((2, 3))})
        assert f"function f {told}" in str(caught.value) or told in str(caught.value)


# -- what is refused ------------------------------------------------------------------------------


def refused(circuit: Circuit = LSTM, on: Any = np, **run: Any) -> str:
    def act() -> None:
        gf.compile(circuit, engine=on).run(lstm_values(), **run)

    with pytest.raises(gf.ValuesError) as caught:
        act()
    return str(caught.value)


def test_an_unknown_engine_is_told_with_a_suggestion() -> None:
    assert "unknown engine 'jaxx'; did you mean 'jax'?" in refused(on="jaxx")
    assert "there are numpy, jax, or an array namespace" in refused(on="tensorflow!")
    assert "module math is no array namespace" in refused(on=__import__("math"))
    assert "engine 3 is no array namespace" in refused(on=3)


@pytest.mark.parametrize(("on", "module"), [("jax", "jax"), (np, "array_api_compat")])
def test_a_missing_package_is_told_with_its_extra(
    on: Any, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    extra = "graphfold[jax]" if on == "jax" else "graphfold[array-api]"
    assert f"pip install '{extra}'" in refused(on=on)


def test_what_only_numpy_runs_is_told() -> None:
    assert "does not do signals over trees; leave out engine=" in refused(example("tree_lstm"))
    assert "does not do out; leave out engine=" in refused(out=[4])
    plan: Any = gf.compile(LSTM, engine=np)
    for act in (plan.init, plan.step):
        with pytest.raises(gf.ValuesError, match="does not do one step at a time"):
            act()


def test_all_that_does_not_fit_is_told_at_once() -> None:
    strict = engine("array_api_strict")
    values = {n: strict.asarray(a) for n, a in lstm_values().items()}
    values |= {"W": strict.ones((3, 2)), "z": 1.0, "b": strict.ones(3, dtype=strict.complex64)}
    del values["U"]
    with pytest.raises(gf.ValuesError) as caught:
        gf.compile(LSTM, engine=strict).run(values)
    told = str(caught.value)
    for line in (
        "parameter U is missing",
        "unknown value 'z'",
        "b: holds complex numbers",
        "2 by W",
    ):
        assert line in told


@pytest.mark.parametrize("on", ENGINES)
def test_arrays_of_any_kind_go_in(on: str) -> None:
    chosen, values = engine(on), lstm_values("float32", 2)
    xp, plan = choose(chosen).xp, gf.compile(LSTM, engine=chosen)
    whole = np.arange(16, dtype=np.int32).reshape(4, 2, 2)
    read_only = values["x"].copy()
    read_only.flags.writeable = False
    kinds = [values["x"][::-1], read_only, values["x"].astype(">f4"), whole, whole > 3]
    for x in [*kinds, *(values["x"][:steps, :rows] for steps in (0, 4) for rows in (0, 2))]:
        expected = gf.compile(LSTM).run({**values, "x": np.ascontiguousarray(x, "float32")})["h"]
        own = xp.asarray(np.array(x, x.dtype.newbyteorder("=")))
        for given_ in (x, own):
            found = np.asarray(plan.run({**values, "x": given_})["h"])
            assert (found.shape, found.dtype) == (expected.shape, np.float32)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("on", ENGINES)
def test_arrays_that_hold_no_fitting_numbers_are_told(on: str) -> None:
    chosen, values = engine(on), lstm_values("float32", 2)
    xp, plan = choose(chosen).xp, gf.compile(LSTM, engine=chosen)
    large = np.full((4, 2, 2), 2**25 + 1, np.int32)
    wrong = {
        "x: holds Python objects": np.full((4, 2, 2), object()),
        "x: holds complex numbers": values["x"].astype(complex),
        "x: holds masked entries": np.ma.masked_array(values["x"], values["x"] > 0),
        "x: holds whole numbers beyond 16,777,216": large,
        "beyond 16,777,216, too large for float32": xp.asarray(large),
    }
    for told, x in wrong.items():
        with pytest.raises(gf.ValuesError, match=told):
            plan.run({**values, "x": x})
    others: dict[str, Any] = {"not list": [1], "NoneType": None, "value '1'": {**values, 1: 2}}
    for told, everything in others.items():
        with pytest.raises(gf.ValuesError, match=told):
            plan.run(everything)


def test_a_dtype_that_the_namespace_does_not_have_is_told() -> None:
    strict = engine("array_api_strict")
    with pytest.raises(gf.ValuesError, match="array_api_strict has no float16"):
        gf.compile(LSTM, engine=strict).run(lstm_values("float16"))


def test_an_operation_that_only_numpy_knows_is_told() -> None:
    gf.register_operation("cube", 1, lambda x: x**3)
    circuit = gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = cube(x[t])")
    with pytest.raises(
        gf.ValuesError, match="operation 'cube' is known to NumPy only; register it with"
    ):
        gf.compile(circuit, engine=np).run({"x": [1.0]})


@pytest.mark.parametrize("on", ENGINES)
def test_an_operation_of_ones_own_runs_on_every_engine(on: str) -> None:
    gf.register_operation("cube", 1, lambda x: x**3, namespace=lambda xp, x: xp.pow(x, x * 0 + 3))
    gf.register_operation(
        "gram",
        2,
        lambda a, b: a.T @ b,
        shape=lambda a, b: (a[1], b[1]),
        namespace=lambda xp, a, b: xp.matmul(xp.matrix_transpose(a), b),
    )
    circuit = gf.loads(
        "graphfold: 1\ndims: {n: 3, m: 2}\ninputs: {'A[t]': [n, m]}\nparams: {B: [n, m]}\n"
        "init: {'s[0]': zeros}\nequations: |\n  y[t] = cube(gram(A[t], B))\n"
        "  s[t] = s[t-1] / 2 + gram(A[t], B + cube(B))\n"
    )
    random = np.random.default_rng(0)
    values = {"A": random.normal(size=(4, 2, 3, 2)), "B": random.normal(size=(3, 2))}
    assert_the_same(circuit, 4, values, engine(on))


@pytest.mark.parametrize("on", ["array_api_strict", "numpy", "torch"])
def test_an_index_that_is_no_whole_number_is_told(on: str) -> None:
    circuit = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = one_hot(x[t], 3)"
    )
    with pytest.raises(gf.ValuesError, match=r"y: one_hot needs whole numbers in 0..2, found 7"):
        gf.compile(circuit, engine=engine(on)).run({"x": [0.0, 7.0]})


def test_the_mean_of_no_steps_is_told() -> None:
    circuit = gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y = mean(x[t] for t)")
    with pytest.raises(gf.ValuesError, match="y: the mean over no steps has no value"):
        gf.compile(circuit, engine=np).run({"x": np.ones(0)})
