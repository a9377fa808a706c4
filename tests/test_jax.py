"""The JAX engine: gradients, transformations, precision, long delays, several devices."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from circuits import cases
from gallery import example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, assume, given, settings
from namespaces import assert_the_same
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.evaluate.engines.choose import choose
from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.table import OPERATIONS

jax = pytest.importorskip("jax")
jnp = jax.numpy

ROLES: Any = ("input", "parameter", "history")


@pytest.fixture(autouse=True)
def in_doubles() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def model(equations: str, *sections: str) -> Circuit:
    lines = "\n".join("  " + line.strip() for line in equations.strip().splitlines())
    return gf.loads("\n".join(["graphfold: 1", *sections, "equations: |", lines, ""]))


def derived(circuit: Circuit, loss: str, values: Any, steps: Any = None) -> dict[str, Any]:
    """The gradients by JAX with respect to all values."""
    plan: Any = gf.compile(circuit, engine="jax", keep=[loss])
    arrays = {name: jnp.asarray(array) for name, array in values.items()}
    pull = jax.jit(jax.grad(lambda given: plan.function(given, steps)[loss].sum()))
    found: dict[str, Any] = pull(arrays)
    return found


def expected_gradient(circuit: Circuit, loss: str, values: Any, name: str, steps: Any) -> Any:
    try:
        return gf.grad(circuit, loss, values, wrt=[name], steps=steps)[name]
    except gf.ValuesError:  # the loss does not depend on it
        return np.zeros_like(values[name])


def assert_gradients(circuit: Circuit, loss: str, values: Any, steps: Any) -> None:
    for name, found in derived(circuit, loss, values, steps).items():
        expected = expected_gradient(circuit, loss, values, name, steps)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8, err_msg=name)


# -- gradients ------------------------------------------------------------------------------------


def with_size(circuit: Circuit) -> Circuit:
    """The circuit and a scalar that depends on all signals at all steps."""
    terms = ["0"]
    for name, axis in ((e.signal, e.axis) for e in circuit.equations):
        read = name if axis is None else f"{name}[{axis}]"
        squares = f"sum({read} * {read})"
        terms.append(squares if axis is None else f"sum({squares} for {axis})")
    text = gf.dumps(circuit)
    place = text.index("equations: |\n") + len("equations: |\n")
    return gf.loads(f"{text[:place]}  size = {' + '.join(terms)}\n{text[place:]}")


@pytest.mark.parametrize("name", ["rnn_loss", "bidirectional", "attention", "time_skip"])
def test_jax_grad_of_a_model_equals_gf_grad(name: str) -> None:
    steps = dict(unfolded(example(name), 4).steps)
    assert_gradients(with_size(example(name)), "size", gallery_values(name, 4), steps)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(cases())
def test_jax_grad_of_a_random_circuit_equals_gf_grad(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    values = random_values(circuit, steps)
    assume(steps and values)
    assert_gradients(with_size(circuit), "size", values, steps)


KINKS: list[tuple[str, list[list[float]], dict[str, Any], list[list[float]]]] = [
    ("relu", [[-1, 0, 2]], {}, [[0, 0, 1]]),
    ("abs", [[-2, 0, 2]], {}, [[-1, 0, 1]]),
    ("sign", [[-2, 0, 2]], {}, [[0, 0, 0]]),
    ("maximum", [[1, 2, 3], [2, 2, 2]], {}, [[0, 0.5, 1], [1, 0.5, 0]]),
    ("minimum", [[1, 2, 3], [2, 2, 2]], {}, [[1, 0.5, 0], [0, 0.5, 1]]),
    ("max", [[3, 1, 3]], {}, [[0.5, 0, 0.5]]),
    ("norm", [[0, 0]], {}, [[0, 0]]),
    ("sigmoid", [[0, -800, 800]], {}, [[0.25, 0, 0]]),
    ("softplus", [[0, -800, 800]], {}, [[0.5, 0, 1]]),
    ("eq", [[1, 2], [1, 1]], {}, [[0, 0], [0, 0]]),
    ("where", [[0, 1], [5, 5], [6, 6]], {}, [[0, 0], [0, 1], [1, 0]]),
    (
        "clip",
        [[-1, 0, 1, 2, 5], [0] * 5, [2] * 5],
        {},
        [[0, 1, 1, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]],
    ),
    ("pow", [[0, 0, 0, 3], [0, 1, 2, 0]], {}, [[0, 1, 0, 0], [0, 0, 0, float(np.log(3))]]),
]


@pytest.mark.parametrize(("name", "operands", "attributes", "expected"), KINKS)
def test_kinks_have_the_subgradients_of_gf_grad(
    name: str, operands: Any, attributes: Any, expected: Any
) -> None:
    namespace = choose("jax")
    space = Space(namespace, jnp.float64)

    def total(*arrays: Any) -> Any:
        return OPERATIONS[name](space, *map(Operand, arrays), **attributes).sum()

    arrays = [jnp.asarray(operand, jnp.float64) for operand in operands]
    found = jax.grad(total, tuple(range(len(arrays))))(*arrays)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-12)


# -- one scan -------------------------------------------------------------------------------------


def counted(circuit: Circuit, values: Any, steps: Any = None) -> tuple[int, int]:
    """How many loops and how many products there are, wherever they stand."""
    plan: Any = gf.compile(circuit, engine="jax")
    text = str(jax.make_jaxpr(lambda v: plan.function(v, steps))(values))
    return text.count("scan["), text.count("dot_general[")


def test_a_recurrence_is_one_scan_with_one_product_a_step() -> None:
    lstm = example("lstm")
    scans, products = counted(lstm, gallery_values("lstm", 50))
    assert scans == 1
    assert products == 5  # four of U @ x[t] for all steps at once, one of W, Wf, Wg, Wo and h


def test_a_pin_cuts_the_scan_in_two() -> None:
    circuit = model(
        "h[t] = 0.5 * h[t-1] + x[t]", "inputs: {'x[t]': []}", "init: {'h[0]': 0, 'h[4]': 9}"
    )
    values = {"x": np.arange(8.0)}
    assert counted(circuit, values)[0] == 2
    assert_the_same(circuit, 8, values, "jax")


@pytest.mark.parametrize("sign", [1, -1])
def test_delays_of_both_signs_are_one_scan(sign: int) -> None:
    back, ahead = ("-3", "+1") if sign > 0 else ("+3", "-1")
    circuit = model(
        f"""
        a[t] = 0.5 * c[t{back}] + x[t]
        b[t] = 0.5 * a[t{ahead}] + sin(t)
        c[t] = 0.5 * b[t] + 0.25 * a[t]
        Loss = sum(a[t] * c[t] for t)
        """,
        "inputs: {'x[t]': []}",
        "init: {'b[5]': 2}",
    )
    unfolding = gf.unfold(circuit, 12)
    values = gf.random_values(unfolding, 0, {}, roles=ROLES)
    assert counted(circuit, values)[0] == 2  # before the pin and behind it
    assert_the_same(circuit, 12, values, "jax")
    assert_gradients(circuit, "Loss", values, 12)


@pytest.mark.parametrize("delay", [1, 2, 8, 9, 30])
@pytest.mark.parametrize("ahead", [False, True])
def test_long_delays_read_the_right_step(delay: int, ahead: bool) -> None:
    sign = "+" if ahead else "-"
    names = [
        f"'h[{'T+' if ahead else ''}{k if ahead else 1 - k}]': {k}" for k in range(1, delay + 1)
    ]
    circuit = model(
        f"h[t] = 0.5 * h[t{sign}{delay}] + 0.25 * h[t{sign}1] + x[t]\nLoss = sum(h[t] for t)",
        "inputs: {'x[t]': []}",
        f"init: {{{', '.join(names)}, 'h[20]': 3}}",
    )
    values = {"x": np.random.default_rng(0).normal(size=40)}
    assert_the_same(circuit, 40, values, "jax")
    assert_gradients(circuit, "Loss", values, 40)


def test_values_are_compiled_once_for_each_shape() -> None:
    traced = []

    def f(a: Any) -> Any:
        traced.append(a.shape)
        return a

    circuit = model(
        "y[t] = f(x[t])", "dims: [n]", "inputs: {'x[t]': [n]}", "functions: {'f(a)': [n]}"
    )
    plan = gf.compile(circuit, functions={"f": f}, engine="jax")
    for shape in ((4, 2), (4, 2), (5, 2), (4, 3), (4, 2)):
        plan.run({"x": np.ones(shape)})
    assert traced == [(2,), (2,), (3,)]


def test_the_pure_function_maps_and_compiles_with_other_code() -> None:
    circuit = model("h[t] = tanh(w * h[t-1] + x[t])", "inputs: {'x[t]': []}",
                    "params: {w: []}", "init: {'h[0]': 0}")  # fmt: skip
    plan: Any = gf.compile(circuit, engine="jax")
    x, ws = jnp.arange(5.0), jnp.asarray([0.1, 0.2, 0.3])
    every = jax.jit(jax.vmap(lambda w: plan.function({"x": x, "w": w})["h"]))(ws)
    for w, h in zip(ws, every, strict=True):
        np.testing.assert_allclose(h, gf.run(circuit, {"x": x, "w": w})["h"], rtol=1e-12)


# -- precision and mistakes -----------------------------------------------------------------------

RUNNING = model("s[t] = s[t-1] + x[t]", "inputs: {'x[t]': []}", "init: {'s[0]': 0}")


def test_float64_that_jax_would_cut_is_refused() -> None:
    plan = gf.compile(RUNNING, engine="jax")
    with jax.enable_x64(False):
        with pytest.raises(
            gf.ValuesError, match=r"x: float64, which JAX would cut .*jax_enable_x64"
        ):
            plan.run({"x": np.ones(3)})
        single = plan.run({"x": np.ones(3, np.float32)})["s"]
        plain = plan.run({"x": [1.0, 2.0]})["s"]
    double = plan.run({"x": np.ones(3)})["s"]
    assert [str(a.dtype) for a in (single, plain, double)] == ["float32", "float32", "float64"]


def test_bfloat16_stays_bfloat16() -> None:
    found: Any = gf.compile(RUNNING, engine="jax").run({"x": jnp.ones(3, jnp.bfloat16)})["s"]
    assert found.dtype == jnp.bfloat16
    assert found.astype(float).tolist() == [1, 2, 3]


def test_an_index_that_is_no_whole_number_gives_nan() -> None:
    circuit = model("y[t] = one_hot(x[t], 2)", "inputs: {'x[t]': []}")
    found = gf.compile(circuit, engine="jax").run({"x": [1.0, 2.0, 0.5]})["y"]
    np.testing.assert_array_equal(found, [[0, 1], [np.nan] * 2, [np.nan] * 2])


def test_a_function_written_with_numpy_is_told() -> None:
    circuit = model("y[t] = f(x[t])", "inputs: {'x[t]': []}", "functions: {'f(a)': []}")
    plan = gf.compile(circuit, functions={"f": np.tanh}, engine="jax")
    with pytest.raises(gf.ValuesError, match=r"function f failed: write it with jax\.numpy"):
        plan.run({"x": np.ones(3)})


# -- several devices ------------------------------------------------------------------------------

SHARDED = """
import jax, numpy as np, graphfold as gf
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
assert len(jax.devices()) == 2
c = gf.load(gf.example_path("lstm"))
u, sizes = gf.unfold(c, 6), {"n_x": 2, "n_h": 3}
values = gf.random_values(u, 0, sizes=sizes, roles=("input", "parameter"), batch=4)
values = {k: v.astype(np.float32) for k, v in values.items()}
mesh = Mesh(np.array(jax.devices()), ("batch",))
given = {k: jax.device_put(v, NamedSharding(mesh, P())) for k, v in values.items()}
given["x"] = jax.device_put(values["x"], NamedSharding(mesh, P(None, "batch")))
plan = gf.compile(c, engine="jax")
h = plan.run(given)["h"]
assert [s.data.shape for s in h.addressable_shards] == [(6, 2, 3), (6, 2, 3)], h.sharding
np.testing.assert_allclose(h, gf.run(c, values)["h"], rtol=2e-5, atol=2e-6)
step = jax.jit(jax.grad(lambda p: (plan.function({**given, **p})["h"] ** 2).sum()))
W = step({"W": given["W"]})["W"]
loops = jax.jit(plan.function).lower(given).compile().as_text()
assert "all-gather" not in loops and "all-reduce" not in loops
print("W", W.shape)
"""


def test_a_batch_on_two_devices_stays_there() -> None:
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "JAX_PLATFORMS": "cpu",
    }
    done = subprocess.run(
        [sys.executable, "-c", SHARDED],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "W (3, 3)\n"


def test_the_examples_of_the_docs_run() -> None:
    text = (Path(__file__).parents[1] / "docs" / "engines.md").read_text()
    blocks = list(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    plain = "\n".join(block for block in blocks if not block.startswith(">>>"))
    source = re.search(r'"""\\\n(.*?)\.\.\. """', text, re.DOTALL)
    assert source is not None
    rnn = gf.loads(source[1].replace("... ", ""))
    names: dict[str, Any] = {"gf": gf, "rnn": rnn}
    exec(plain, names)
    assert {n: g.shape for n, g in names["gradient"].items()} == {"U": (1, 2), "W": (1, 1)}
    assert names["every"].shape == (5,)
    assert names["h"].shape == (3, 4 * len(jax.devices()), 1)
