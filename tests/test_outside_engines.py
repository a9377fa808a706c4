"""Recurrent layers and filters, compiled and by the reference, against engines of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engines import run_operator, run_reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outside import GATES, Array, Layer
from scipy import signal

import graphfold as gf

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
directions = st.sampled_from(["forward", "reverse", "bidirectional"])
kinds = pytest.mark.parametrize(
    ("kind", "after"), [("RNN", False), ("LSTM", False), ("GRU", False), ("GRU", True)]
)


@st.composite
def sizes(draw: Any) -> dict[str, Any]:
    """Sizes and options of a layer; batches of eight rows and more are laid out differently."""
    small = st.integers(1, 6)
    return {
        "direction": draw(directions),
        "steps": draw(small),
        "batch": draw(st.sampled_from([1, 2, 7, 8, 9])),
        "inputs": draw(small),
        "hidden": draw(small),
        "seed": draw(st.integers(0, 99)),
        "started": draw(st.booleans()),
        "peepholes": draw(st.booleans()),
    }


def inputs(layer: Layer, lengths: Any = None) -> dict[str, Any]:
    """ONNX's inputs in their order, None for those left out."""
    order = ["X", "W", "R", "B", "sequence_lens", "initial_h"]
    order += ["initial_c", "P"] if layer.kind == "LSTM" else []
    return {name: layer.arrays.get(name) for name in order} | {"sequence_lens": lengths}


def agree(found: Array, expected: Array) -> None:
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


@kinds
@given(chosen=sizes())
@few
def test_a_layer_is_the_operator_of_onnx(kind: str, after: bool, chosen: dict[str, Any]) -> None:
    layer = Layer(kind, after=after, **chosen)
    plan = gf.compile(layer.circuit())
    single, double = plan.run(layer.values(np.float32)), plan.run(layer.values())
    walked = gf.evaluate(gf.unfold(layer.circuit(), layer.steps), layer.values())
    assert single["h" + layer.ways[0]].dtype == np.float32
    (runtime,) = run_operator(kind, inputs(layer), **layer.attributes)
    (reference,) = run_reference(kind, inputs(layer), **layer.attributes)
    agree(layer.stacked(single), runtime)
    np.testing.assert_allclose(layer.stacked(double), reference, rtol=1e-9, atol=1e-12)
    steps = {"h" + way: walked.signal("h" + way) for way in layer.ways}
    np.testing.assert_allclose(layer.stacked(steps), reference, rtol=1e-9, atol=1e-12)


@kinds
@given(chosen=sizes(), data=st.data())
@few
def test_lengths_are_those_of_onnx_runtime(
    kind: str, after: bool, chosen: dict[str, Any], data: Any
) -> None:
    layer = Layer(kind, after=after, **chosen)
    rows = st.lists(st.integers(1, layer.steps), min_size=layer.batch, max_size=layer.batch)
    lengths = np.array(data.draw(rows))
    given_lengths = inputs(layer, lengths.astype(np.int32))
    (runtime,) = run_operator(kind, given_lengths, **layer.attributes)
    values, circuit = layer.values(np.float32), layer.circuit()
    agree(layer.stacked(gf.run(circuit, values, lengths)), runtime)
    walked = gf.evaluate(gf.unfold(circuit, layer.steps), values, lengths=lengths)
    agree(layer.stacked({"h" + way: walked.signal("h" + way) for way in layer.ways}), runtime)


# -- filters --------------------------------------------------------------------------------------


@given(
    ahead=st.integers(0, 4),
    back=st.integers(1, 4),
    shape=st.sampled_from([(1,), (30,), (9, 3), (30, 8)]),
    seed=st.integers(0, 99),
)
@few
def test_a_linear_filter_with_a_past_is_scipys(
    ahead: int, back: int, shape: tuple[int, ...], seed: int
) -> None:
    random = np.random.default_rng(seed)
    b, a = random.normal(size=ahead + 1), random.normal(size=back) / back
    x, past_x = random.normal(size=shape), random.normal(size=ahead)
    past_y = random.normal(size=back)
    plan = gf.compile(_filter(ahead, back))
    values = {f"b{k}": b[k] for k in range(ahead + 1)} | {f"a{k + 1}": a[k] for k in range(back)}
    values |= {f"y[{-k}]": past_y[k] for k in range(back)} | {"x": x}
    values |= {f"x[{-k}]": past_x[k] for k in range(ahead)}
    start = signal.lfiltic(b, [1, *a], past_y, past_x)
    start = np.broadcast_to(start.reshape(-1, *(1 for _ in shape[1:])), (len(start), *shape[1:]))
    expected, _ = signal.lfilter(b, [1, *a], x, axis=0, zi=start)
    np.testing.assert_allclose(plan.run(values)["y"], expected, rtol=1e-9, atol=1e-9)


def _filter(ahead: int, back: int) -> gf.Circuit:
    terms = ["b0 * x[t]", *(f"b{k} * x[t-{k}]" for k in range(1, ahead + 1))]
    minus = "".join(f" - a{k} * y[t-{k}]" for k in range(1, back + 1))
    params = [f"b{k}" for k in range(ahead + 1)] + [f"a{k}" for k in range(1, back + 1)]
    past = [f"x[{-k}]" for k in range(ahead)] + [f"y[{-k}]" for k in range(back)]
    init = "".join(f"\n  {name}: given" for name in past)
    return gf.loads(
        f"graphfold: 1\ninputs:\n  x[t]: []\nparams:\n  {', '.join(params)}: []\ninit:{init}\n"
        f"equations: |\n  y[t] = {' + '.join(terms)}{minus}\noutputs: [y]\n"
    )


# -- PyTorch and JAX, where they are installed -----------------------------------------------------

ORDER = {"RNN": "n", "LSTM": "ifno", "GRU": "rzn"}  # of PyTorch


def torch_layer(torch: Any, layer: Layer) -> tuple[Any, Any]:
    """The layer as PyTorch's, in double precision, and its states to start with."""
    kind = getattr(torch.nn, layer.kind)
    made = kind(layer.inputs, layer.hidden, bidirectional=len(layer.ways) == 2).double()
    for way, _ in enumerate(layer.ways):
        for letter, name in (("W", "weight_ih_l0"), ("R", "weight_hh_l0")):
            put(torch, layer, getattr(made, name + "_reverse" * way), layer.arrays[letter][way])
        for name, array in zip(("bias_ih_l0", "bias_hh_l0"),
                               np.split(layer.arrays["B"][way], 2), strict=True):  # fmt: skip
            put(torch, layer, getattr(made, name + "_reverse" * way), array)
    states = [torch.from_numpy(layer.arrays["initial_" + s]) for s in layer.states]
    return made, tuple(states) if len(states) > 1 else states[0]


def put(torch: Any, layer: Layer, parameter: Any, array: Array) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(sorted_gates(layer, array, GATES, ORDER)))


def sorted_gates(layer: Layer, array: Array, source: Any, target: Any) -> Array:
    """The rows of gates in another order."""
    parts = array.reshape(len(source[layer.kind]), layer.hidden, *array.shape[1:])
    places = [source[layer.kind].index(gate) for gate in target[layer.kind]]
    return parts[places].reshape(array.shape)


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@given(chosen=sizes())
@settings(few, max_examples=5)
def test_a_layer_and_its_gradients_are_those_of_pytorch(
    kind: str, direction: str, chosen: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    fixed = {"direction": direction, "started": True, "peepholes": False, "after": True}
    layer = Layer(kind, **(chosen | fixed))
    made, states = torch_layer(torch, layer)
    x = torch.from_numpy(layer.arrays["X"]).requires_grad_()
    y, _ = made(x, states)
    weights = np.random.default_rng(1).normal(size=y.shape)
    (y * torch.from_numpy(weights)).sum().backward()
    ways = [y.detach().numpy()[..., k * layer.hidden :][..., : layer.hidden]
            for k in range(len(layer.ways))]  # fmt: skip
    found = gf.run(layer.circuit(), layer.values())
    np.testing.assert_allclose(layer.stacked(found), np.stack(ways, 1), rtol=1e-9, atol=1e-12)
    gradients = weighted_gradients(layer, weights)
    np.testing.assert_allclose(gradients["x"], x.grad.numpy(), rtol=1e-8, atol=1e-10)
    for way, letter in enumerate(layer.ways):
        for name, own in (("weight_ih_l0", "W"), ("weight_hh_l0", "R"), ("bias_hh_l0", "C")):
            grad = getattr(made, name + "_reverse" * way).grad.numpy()
            expected = sorted_gates(layer, grad, ORDER, GATES)
            got = np.concatenate([gradients[own + gate + letter] for gate in GATES[kind]])
            np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-10)


def weighted_gradients(layer: Layer, weights: Array) -> dict[str, Array]:
    """The derivatives of Σ weights · h, by the inputs and all parameters but peepholes."""
    text = gf.dumps(layer.circuit())
    head, _, tail = text.partition("equations: |\n")
    names = ", ".join("v" + way for way in layer.ways)
    head = head.replace("inputs:\n", "inputs:\n" + "".join(f"  v{w}[t]: [n]\n" for w in layer.ways))
    total = " + ".join(f"sum(sum(v{way}[t] * h{way}[t]) for t)" for way in layer.ways)
    circuit = gf.loads(f"{head}equations: |\n  Loss = {total}\n{tail}")
    parts = np.split(weights, len(layer.ways), axis=-1)
    values = layer.values() | dict(zip(names.split(", "), parts, strict=True))
    wrt = [name for name in values if name[0] in "xWRC" and "[" not in name]
    return gf.grad(circuit, "Loss", values, wrt)


def test_gradients_through_a_scan_are_those_of_jax() -> None:
    jax = pytest.importorskip("jax")
    layer = Layer("GRU", "forward", 5, 3, 2, 4, 0, after=False)
    v = layer.values(np.float32)
    names = [name for name in v if name != "x"]

    def loss(x: Any, parameters: dict[str, Any]) -> Any:
        p = dict(parameters)

        def total(gate: str, x: Any, h: Any) -> Any:
            own = p["B" + gate + "a"] + p["C" + gate + "a"] + x @ p["W" + gate + "a"].T
            return own + h @ p["R" + gate + "a"].T

        def step(h: Any, x: Any) -> Any:
            z, r = jax.nn.sigmoid(total("z", x, h)), jax.nn.sigmoid(total("r", x, h))
            h = (1 - z) * jax.numpy.tanh(total("n", x, r * h)) + z * h
            return h, (h**2).sum()

        return jax.lax.scan(step, p["ha[0]"], x)[1].sum()

    expected = jax.grad(loss, (0, 1))(v["x"], {name: v[name] for name in names})
    text = gf.dumps(layer.circuit())
    more = "equations: |\n  Loss = sum(sum(ha[t] * ha[t]) for t)\n"
    circuit = gf.loads(text.replace("equations: |\n", more))
    found = gf.grad(circuit, "Loss", v, ["x", *names])
    agree(found["x"], np.asarray(expected[0]))
    for name in names:
        agree(found[name], np.asarray(expected[1][name]))
