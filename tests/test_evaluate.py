"""The evaluator against independent computations: loops by hand, SciPy, ONNX Runtime."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import onnxruntime
import pytest
from circuits import span
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from scipy import signal

from graphfold import flatten, infer_shapes, inline, load, loads, unfold
from graphfold.circuit import Circuit, Equation, Function, Signal
from graphfold.errors import Mark, TooLargeError
from graphfold.evaluate import KERNELS, Evaluation, evaluate, random_values
from graphfold.evaluate.elementwise import elementwise
from graphfold.examples import example_path
from graphfold.expression import Apply, Expression, Read
from graphfold.language.equations import read_expression
from graphfold.language.parser import Scope
from graphfold.language.tokens import Line

Array = np.ndarray[Any, np.dtype[Any]]

FUNCTIONS = {
    "driven": {"f": lambda h, x, theta: np.tanh(theta[0] * h + theta[1] * x.sum() + theta[2])},
    "classical": {"f": lambda s, theta: np.cos(theta[0] * s + theta[1])},
}
EXAMPLES = (
    *("bidirectional", "biquad", "classical", "driven", "fibonacci", "lstm", "rnn_loss"),
    *("bidirectional_cells", "stacked_lstm", "time_delay"),
)
SIZES = {"n_x": 3, "n_h": 4, "n_g": 2, "n_y": 5, "n_1": 6, "n_2": 2, "n": 2, "p": 3}


def example(name: str) -> Circuit:
    return flatten(load(example_path(name)))


def model(equations: str, *sections: str) -> Circuit:
    return loads("\n".join(["graphfold: 1", *sections, "equations: |", f"  {equations}"]))


def fill(circuit: Circuit, steps: int, batch: int | None = None, seed: int = 0) -> dict[str, Any]:
    sizes = {d.name: SIZES[d.name] for d in circuit.dims}
    roles: Any = ("input", "parameter", "history")
    unfolding = unfold(circuit, **span(circuit, steps))
    return dict(random_values(unfolding, seed, sizes=sizes, roles=roles, batch=batch))


def run(circuit: Circuit, steps: int, values: dict[str, Any], **options: Any) -> Evaluation:
    functions = FUNCTIONS.get(circuit.name.split(",")[0].split()[0], {})
    unfolding = unfold(circuit, **span(circuit, steps), **options)
    return evaluate(unfolding, values, functions=functions)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


# -- the models of the book, by loops -----------------------------------------


def test_the_driven_system_is_a_loop_over_its_function() -> None:
    circuit = example("driven")
    v = fill(circuit, 6)
    found = run(circuit, 6, v)
    h = v["h[0]"]
    for t in range(6):
        h = FUNCTIONS["driven"]["f"](h, v["x"][t], v["theta"])
        np.testing.assert_array_equal(found[f"h[{t + 1}]"], h)


def test_the_classical_system_starts_at_its_pinned_state() -> None:
    circuit = example("classical")
    v = fill(circuit, 3)
    found = run(circuit, 3, v)
    assert list(found) == ["theta", "s[1]", "s[2]", "s[3]"]
    f = FUNCTIONS["classical"]["f"]
    once = f(v["s[1]"], v["theta"])
    np.testing.assert_array_equal(found.signal("s"), [v["s[1]"], once, f(once, v["theta"])])


@pytest.mark.parametrize("steps", [1, 7, 1000])
def test_one_circuit_serves_every_length(steps: int) -> None:
    circuit = example("rnn_loss")
    v = fill(circuit, steps)
    found = run(circuit, steps, v)
    h, loss = np.zeros(4), 0.0
    for t in range(steps):
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ v["x"][t])
        o = v["c"] + v["V"] @ h
        loss -= float(v["y"][t] @ (o - np.log(np.exp(o).sum())))
        np.testing.assert_allclose(found[f"h[{t + 1}]"], h, rtol=1e-12)
        np.testing.assert_allclose(found[f"o[{t + 1}]"], o, rtol=1e-12)
    np.testing.assert_allclose(found["Loss"], loss, rtol=1e-12)


def test_the_lstm_of_the_book() -> None:
    circuit = example("lstm")
    v = fill(circuit, 9)
    h = s = np.zeros(4)
    states = []
    for x in v["x"]:
        f, g, q, i = (
            sigmoid(v["b" + k] + v["U" + k] @ x + v["W" + k] @ h) for k in ("f", "g", "o", "")
        )
        s = f * s + g * i
        h = np.tanh(s) * q
        states.append((s, h))
    found = run(circuit, 9, v)
    np.testing.assert_allclose(found.signal("s"), [s for s, _ in states], rtol=1e-12)
    np.testing.assert_allclose(found.signal("h"), [h for _, h in states], rtol=1e-12)


def test_a_lookahead_starts_at_the_far_end() -> None:
    circuit = example("bidirectional")
    v = fill(circuit, 5)
    found = run(circuit, 5, v)
    h, g, forward, back = np.zeros(4), np.zeros(2), [], []
    for t in range(5):
        h = np.tanh(v["bh"] + v["Wh"] @ h + v["Uh"] @ v["x"][t])
        g = np.tanh(v["bg"] + v["Wg"] @ g + v["Ug"] @ v["x"][4 - t])
        forward.append(h)
        back.insert(0, g)
    np.testing.assert_allclose(found.signal("g"), back, rtol=1e-12)
    o = v["c"] + np.array(forward) @ v["Vh"].T + np.array(back) @ v["Vg"].T
    np.testing.assert_allclose(found.signal("o"), o, rtol=1e-12)
    np.testing.assert_array_equal(found["g[6]"], np.zeros(2))


# -- independent engines -----------------------------------------


LSTM_TANH = """i[t] = sigmoid(bi + Wi @ x[t] + Ri @ h[t-1])
  o[t] = sigmoid(bo + Wo @ x[t] + Ro @ h[t-1])
  f[t] = sigmoid(bf + Wf @ x[t] + Rf @ h[t-1])
  z[t] = tanh(bz + Wz @ x[t] + Rz @ h[t-1])
  c[t] = f[t] * c[t-1] + i[t] * z[t]
  h[t] = o[t] * tanh(c[t])"""


def test_an_lstm_with_tanh_is_the_one_of_onnx_runtime() -> None:
    circuit = model(
        LSTM_TANH,
        "dims: [n_x, n_h]",
        "inputs: {'x[t]': [n_x]}",
        "params:",
        "  Wi, Wo, Wf, Wz: [n_h, n_x]",
        "  Ri, Ro, Rf, Rz: [n_h, n_h]",
        "  bi, bo, bf, bz: [n_h]",
        "init: {'h[0]': given, 'c[0]': given}",
    )
    v = {k: a.astype(np.float32) for k, a in fill(circuit, 12, batch=6).items()}

    def joined(letter: str) -> Array:
        return np.concatenate([v[letter + gate] for gate in "iofz"])[None]

    biases = np.concatenate([joined("b"), np.zeros((1, 16), np.float32)], axis=1)
    arrays = {"X": v["x"], "W": joined("W"), "R": joined("R"), "B": biases}
    states = {"h0": v["h[0]"][None], "c0": v["c[0]"][None]}
    ys, last_h, last_c = _onnx_lstm({**arrays, "": np.zeros(0), **states})
    found = evaluate(unfold(circuit, 12), v)
    np.testing.assert_allclose(found.signal("h"), ys[:, 0], atol=2e-6)
    np.testing.assert_allclose(found["h[12]"], last_h[0], atol=2e-6)
    np.testing.assert_allclose(found["c[12]"], last_c[0], atol=2e-6)


def _onnx_lstm(arrays: dict[str, Array]) -> list[Array]:
    named = {k: a for k, a in arrays.items() if k}
    node = helper.make_node("LSTM", list(arrays), ["Y", "Yh", "Yc"], hidden_size=4)
    ins = [helper.make_tensor_value_info(n, TensorProto.FLOAT, a.shape) for n, a in named.items()]
    outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("Y", "Yh", "Yc")]
    return _session(helper.make_graph([node], "lstm", ins, outs), named)


def _session(graph: Any, arrays: dict[str, Array]) -> list[Array]:
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, arrays))


def test_the_biquad_is_scipys_filter() -> None:
    rng = np.random.default_rng(3)
    v = {"x": rng.normal(size=500), "b0": 0.2, "b1": 0.4, "b2": 0.2, "a1": -0.5, "a2": 0.3}
    found = run(example("biquad"), 500, v).signal("y")
    expected = signal.lfilter([0.2, 0.4, 0.2], [1, -0.5, 0.3], v["x"])
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)


def test_fibonacci_counts_in_whole_numbers() -> None:
    found = run(example("fibonacci"), 78, {}).signal("F")
    numbers = [1, 0]  # F[-1], F[0]
    for _ in range(78):
        numbers.append(numbers[-1] + numbers[-2])
    assert found.tolist() == numbers[2:]


def test_a_time_delay_network_is_a_convolution() -> None:
    circuit = example("time_delay")
    v = fill(circuit, 20)
    kernels = np.stack([v["K0"], v["K1"], v["K2"]])
    summed = np.zeros((20, 5))
    for out in range(5):
        for channel in range(3):
            summed[:, out] += np.convolve(v["x"][:, channel], kernels[:, out, channel])[:20]
    expected = np.tanh(summed + v["b"])
    np.testing.assert_allclose(run(circuit, 20, v).signal("y"), expected, rtol=1e-11)


def test_an_operation_of_ones_own_keeps_the_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    widened = elementwise(lambda x: np.tanh(x.astype(np.float64)))
    monkeypatch.setitem(KERNELS, "tanh", widened)
    found = run(model("y[t] = tanh(x[t])", *X), 4, {"x": SERIES.astype(np.float32)})
    assert found["y[1]"].dtype == np.float32


# -- laws -----------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_batch_of_32_is_32_single_runs(name: str) -> None:
    circuit = example(name)
    v = fill(circuit, 7, batch=32)
    together = run(circuit, 7, v)
    for row in range(32):
        alone = run(circuit, 7, {k: _row(circuit, k, a, row) for k, a in v.items()})
        for instance, value in alone.items():
            whole = together[instance]
            own = whole[row] if whole.ndim > value.ndim else whole
            np.testing.assert_allclose(own, value, rtol=1e-12, atol=1e-12)


def _row(circuit: Circuit, name: str, array: Array, row: int) -> Array:
    kind = circuit.kind_of(name.split("[", maxsplit=1)[0])
    if kind == "param":
        return array
    still = "[" in name or circuit.axis_of[name] is None
    return np.asarray(array[row] if still else array[:, row])


@pytest.mark.parametrize("name", [n for n in EXAMPLES if not n.startswith("bidirectional")])
def test_a_shorter_unfolding_is_a_prefix_of_a_longer_one(name: str) -> None:
    circuit = example(name)
    v = fill(circuit, 9)
    long = run(circuit, 9, v)
    inputs = {s.name for s in circuit.inputs if s.axis is not None}
    short = run(circuit, 4, {k: a[:4] if k in inputs else a for k, a in v.items()})
    for instance, value in short.items():
        if instance != "Loss":
            np.testing.assert_array_equal(value, long[instance])


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", EXAMPLES)
def test_inferred_shapes_are_evaluated_shapes_and_the_dtype_is_kept(
    name: str, batch: int | None
) -> None:
    circuit = example(name)
    shapes = infer_shapes(circuit)
    v = {k: a.astype(np.float32) for k, a in fill(circuit, 4, batch).items()}
    for instance, value in run(circuit, 4, v).items():
        core = tuple(s.evaluate(SIZES) for s in shapes[instance.split("[")[0]])
        lead = value.shape[: value.ndim - len(core)]
        assert value.shape[len(lead) :] == core, instance
        assert lead in ((), (batch,)), instance
        assert value.dtype == (np.float32 if v else np.float64), instance


@settings(max_examples=25, deadline=None)
@given(steps=st.integers(0, 6), batch=st.none() | st.integers(0, 3), seed=st.integers(0, 99))
def test_batch_first_is_the_same_but_for_the_border(
    steps: int, batch: int | None, seed: int
) -> None:
    circuit = example("rnn_loss")
    v = fill(circuit, steps, batch, seed)
    turned = dict(v)
    if batch is not None:
        turned["x"], turned["y"] = v["x"].swapaxes(0, 1), v["y"].swapaxes(0, 1)
    unfolding = unfold(circuit, steps)
    usual = evaluate(unfolding, v)
    found = evaluate(unfolding, turned, batch_first=True)
    for name, value in usual.outputs().items():
        sequence = circuit.axis_of[name] is not None and batch is not None
        expected = value.swapaxes(0, 1) if sequence else value
        np.testing.assert_array_equal(found.outputs()[name], expected)
        assert found.outputs()[name].shape == expected.shape


def test_pruning_changes_no_value() -> None:
    circuit = model(
        "h[t] = h[t-1] + x[t]\n  waste[t] = z[t] * h[t]\n  y = h[T]",
        "inputs: {'x[t]': [], 'z[t]': []}",
        "init: {'h[0]': zeros}",
        "outputs: [y]",
    )
    x = np.arange(4.0)
    whole = run(circuit, 4, {"x": x, "z": x})
    pruned = run(circuit, 4, {"x": x}, prune=True)
    assert pruned["y"] == whole["y"] == 6
    assert "waste[2]" in whole
    assert "waste[2]" not in pruned


def test_untied_copies_of_one_array_change_nothing_and_different_ones_do() -> None:
    circuit = example("rnn_loss")
    v = fill(circuit, 3)
    tied = run(circuit, 3, v)
    same = run(circuit, 3, {**v, "W": np.stack([v["W"]] * 3)}, untie=["W"])
    np.testing.assert_array_equal(same.signal("o"), tied.signal("o"))
    other = np.stack([v["W"], v["W"], 2 * v["W"]])
    found = run(circuit, 3, {**v, "W": other}, untie=["W"])
    np.testing.assert_array_equal(found["o[2]"], tied["o[2]"])
    h = np.tanh(v["b"] + 2 * v["W"] @ tied["h[2]"] + v["U"] @ v["x"][2])
    np.testing.assert_allclose(found["h[3]"], h, rtol=1e-12)


# -- single features -----------------------------------------


X = ["inputs: {'x[t]': []}"]
SERIES = np.array([3.0, -1.0, 4.0, 1.5])


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("y = sum(x[t] for t)", 7.5),
        ("y = mean(x[t] for t)", 1.875),
        ("y = max(x[t] for t)", 4.0),
        ("y = 2 * sum(x[t] * t for t) + T", 2 * (3 - 2 + 12 + 6) + 4),
        ("y = x[T] - x[1] + x[T-1]", 1.5 - 3 + 4),
        ("y = sum(x[t] - mean(x[t] for t) for t)", 0.0),
        ("y = max((x[t] - mean(x[t] for t)) ** 2 for t)", 2.875**2),
        ("y = sum(T * t for t)", 40.0),
        ("y = sum(x[t] for t) / sum(x[t] ** 2 for t)", 7.5 / (9 + 1 + 16 + 2.25)),
    ],
)
def test_static_readings_of_a_sequence(equation: str, expected: float) -> None:
    found = run(model(equation, *X), 4, {"x": SERIES})
    np.testing.assert_allclose(found["y"], expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("y[t] = x[t] - mean(x[t] for t)", SERIES - 1.875),
        ("y[t] = x[t] * t", SERIES * [1, 2, 3, 4]),
        ("y[t] = x[t] + x[T] * sum(x[t] * t for t)", SERIES + 1.5 * 19),
        ("y[t] = t % 2 == 1", [1, 0, 1, 0]),
        ("y[t] = where(x[t] > 2, x[t], -T)", [3, -4, 4, -4]),
    ],
)
def test_sequences_that_read_more_than_their_step(equation: str, expected: Any) -> None:
    found = run(model(equation, *X), 4, {"x": SERIES})
    np.testing.assert_allclose(found.signal("y"), expected, rtol=1e-14)


@pytest.mark.parametrize("batch", [None, 3])
def test_reductions_over_time_leave_the_other_axes(batch: int | None) -> None:
    circuit = model(
        "s = sum(x[t] for t)\n  m = mean(x[t] for t)\n  g = max(x[t] for t)",
        "dims: [n]",
        "inputs: {'x[t]': [n]}",
    )
    x = fill(circuit, 6, batch)["x"]
    found = run(circuit, 6, {"x": x})
    np.testing.assert_allclose(found["s"], x.sum(0))
    np.testing.assert_allclose(found["m"], x.mean(0))
    np.testing.assert_array_equal(found["g"], x.max(0))


def test_a_static_part_of_a_sequence_is_computed_once() -> None:
    calls = []

    def f(x: Array) -> Array:
        calls.append(x)
        return x

    circuit = model(
        "y[t] = x[t] + f(p) + sum(f(p) * t for t)", *X, "params: {p: []}", "functions: {f(a): []}"
    )
    found = evaluate(unfold(circuit, 4), {"x": SERIES, "p": 2.0}, functions={"f": f})
    np.testing.assert_array_equal(found.signal("y"), SERIES + 22)
    assert len(calls) == 1


def test_a_delay_of_three_steps_and_histories_oldest_first() -> None:
    circuit = model("h[t] = h[t-3] + x[t]", *X, "init: {h: [10, 20, 30]}")
    found = run(circuit, 4, {"x": SERIES})
    assert [found[f"h[{t}]"] for t in (-2, -1, 0)] == [10, 20, 30]
    np.testing.assert_array_equal(found.signal("h"), [13, 19, 34, 14.5])


def test_a_pin_takes_the_place_of_the_equation() -> None:
    circuit = model("h[t] = h[t-1] * 2", "init: {'h[0]': 1, 'h[3]': 100}")
    np.testing.assert_array_equal(run(circuit, 4, {}).signal("h"), [2, 4, 100, 200])


def test_a_history_may_be_computed_from_what_is_static() -> None:
    circuit = model(
        "h[t] = h[t-1] + C\n  C = 2 * p",
        "dims: [n]",
        "inputs: {p: [n]}",
        "params: {Q: [n, n]}",
        "init: {'h[0]': Q @ C}",
    )
    p, q = np.ones((5, 2)), np.array([[1.0, 2.0], [3.0, 4.0]])
    found = run(circuit, 2, {"p": p, "Q": q})
    np.testing.assert_array_equal(found["h[2]"], np.tile([10.0, 18.0], (5, 1)))


def test_a_defined_function_stands_for_its_body() -> None:
    circuit = model(
        "h[t] = g(h[t-1], x[t]; w) + g(x[t], 1; w)",
        *X,
        "params: {w: []}",
        "functions:\n  twice(z): 2 * z\n  g(a, b; c): tanh(c * a + twice(b))",
        "init:\n  h[0]: g(w, w; w)",
    )
    found = run(circuit, 4, {"x": SERIES, "w": 0.3})
    h = np.tanh(0.09 + 0.6)
    np.testing.assert_allclose(found["h[0]"], h)
    for t, x in enumerate(SERIES):
        h = np.tanh(0.3 * h + 2 * x) + np.tanh(0.3 * x + 2)
        np.testing.assert_allclose(found[f"h[{t + 1}]"], h, rtol=1e-13)


def _nested(depth: int, call: str) -> Circuit:
    """Functions f0, f1, … each of which calls the one before it twice."""
    functions = [Function("f0", ("a",), body=Expression((Read("a"),)))]
    for number in range(1, depth):
        inner = Scope({}, frozenset(), {f.name: f for f in functions})
        text = Line(call.format(f"f{number - 1}"), Mark(1, 1))
        functions.append(Function(f"f{number}", ("a",), body=read_expression(text, inner)))
    last = Apply("call", (0,), (("function", functions[-1].name),))
    equation = Equation("y", None, Expression((Read("x"), last)))
    inputs = (Signal("x", "input", None, ()),)
    return Circuit("nested", inputs=inputs, functions=tuple(functions), equations=(equation,))


def test_functions_within_functions_cost_no_more_than_their_operations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inlined = inline.inline_functions(_nested(30, "{0}(a) + {0}(a + 1)"))
    assert len(inlined.equation["y"].expression.nodes) < 30**2
    monkeypatch.setattr(inline, "_MOST_NODES", 5000)
    with pytest.raises(TooLargeError, match="functions within functions give over 5,000"):
        inline.inline_functions(_nested(40, "{0}(2 * a) + {0}(a / 3 + 1)"))


def test_an_argument_that_a_function_ignores_changes_no_numbering() -> None:
    circuit = model(
        "h[t] = first(x[t], h[t-1])\n  y = h[T]",
        *X,
        "functions:\n  first(a, b): a",
        "init: {'h[0]': zeros}",
        "outputs: [y]",
    )
    for prune in (False, True):
        found = run(circuit, 4, {"x": SERIES}, prune=prune)
        assert found["y"] == 1.5
        assert found["h[0]"] == 0


def test_sizes_are_numbers_and_sums_of_sizes_are_solved() -> None:
    circuit = model(
        "y = sum(v) / n + m\n  z = slice(v, 0, 2*n)",
        "dims: [n, m]",
        "params: {v: [2*n + 1], w: ['n*m']}",
    )
    found = run(circuit, 1, {"v": np.ones(7), "w": np.zeros(6)})
    assert found["y"] == 7 / 3 + 2
    assert found["z"].shape == (6,)


def test_a_default_size_is_used_when_no_array_tells() -> None:
    circuit = model("y = one_hot(k, n)", "dims: {n: 4}", "inputs: {k: []}")
    assert run(circuit, 1, {"k": 2}).outputs()["y"].tolist() == [0, 0, 1, 0]


def test_a_list_under_init_tells_a_size() -> None:
    circuit = model(
        "h[t] = b + W @ h[t-1]",
        "dims: [n]",
        "params: {W: [n, n], b: [n]}",
        "init: {'h[0]': [1, 2]}",
    )
    assert random_values(unfold(circuit, 3), seed=1)["W"].shape == (2, 2)


def test_a_list_of_one_under_init_is_repeated() -> None:
    circuit = model("h[t] = b + h[t-1]", "dims: [n]", "params: {b: [n]}", "init: {'h[0]': [7]}")
    assert run(circuit, 1, {"b": np.arange(3)})["h[1]"].tolist() == [7, 8, 9]


def test_a_long_float32_sum_keeps_its_digits() -> None:
    circuit = model("y = sum(x[t] for t)\n  m = mean(x[t] for t)", *X)
    found = run(circuit, 30_000, {"x": np.full(30_000, 0.1, np.float32)})
    assert found["y"].dtype == found["m"].dtype == np.float32
    np.testing.assert_allclose([found["y"], found["m"]], [3000, 0.1], rtol=1e-7)


# -- no steps, no examples -----------------------------------------


@pytest.mark.parametrize("batch", [None, 0, 2])
def test_no_steps_leave_sums_of_nothing(batch: int | None) -> None:
    circuit = example("rnn_loss")
    found = run(circuit, 0, fill(circuit, 0, batch))
    lead = () if batch is None else (batch,)
    np.testing.assert_array_equal(found["Loss"], np.zeros(lead))
    assert found.signal("o").shape == (0, *lead, 5)
    assert not [instance for instance in found if "[" in instance]


def test_the_sum_of_no_vectors_is_a_vector_of_zeros() -> None:
    circuit = model(
        "y = 1 + sum(W @ x[t] for t)",
        "dims: [n]",
        "inputs: {'x[t]': [n]}",
        "params: {W: [3, n]}",
    )
    found = run(circuit, 0, {"W": np.ones((3, 2)), "x": np.ones((0, 2))})
    assert found["y"].tolist() == [1, 1, 1]


def test_the_sum_of_no_batched_vectors_is_batched() -> None:
    circuit = model(
        "y = W @ sum(x[t] for t)", "dims: [n]", "inputs: {'x[t]': [n]}", "params: {W: [3, n]}"
    )
    found = run(circuit, 0, {"W": np.ones((3, 2)), "x": np.ones((0, 4, 2))})
    assert found["y"].tolist() == np.zeros((4, 3)).tolist()


def test_an_empty_batch_has_empty_values() -> None:
    for name in EXAMPLES:
        circuit = example(name)
        for instance, value in run(circuit, 3, fill(circuit, 3, batch=0)).items():
            assert np.isfinite(value).all(), instance


# -- the result -----------------------------------------


def test_the_result_is_a_mapping_in_topological_order() -> None:
    circuit = example("rnn_loss")
    found = run(circuit, 3, fill(circuit, 3))
    assert len(found) == len(list(found)) == 25
    assert list(found.outputs()) == ["o", "Loss"]
    assert found.signal("W") is found["W"]
    assert "h[4]" not in found
    assert found.get("nothing") is None


def test_results_cannot_change_the_callers_arrays() -> None:
    x = SERIES.copy()
    p = np.array(2.0)
    found = run(model("y[t] = x[t] + p", *X, "params: {p: []}"), 4, {"x": x, "p": p})
    for instance in ("x[1]", "p", "y[1]"):
        with pytest.raises(ValueError, match="read-only"):
            found[instance][...] = 9
    found.signal("x")[:] = 9
    np.testing.assert_array_equal(x, SERIES)
    x[0] = p[...] = 1  # the caller's own arrays stay writable


def test_a_callable_may_reuse_its_memory_and_cannot_harm_its_arguments() -> None:
    buffer = np.zeros(2)

    def f(s: Array, theta: Array) -> Array:
        with pytest.raises(ValueError, match="read-only"):
            s += 1
        buffer[:] = s + theta[0]
        return buffer

    found = evaluate(
        unfold(example("classical"), 3), {"theta": [1.0], "s[1]": [1, 2]}, functions={"f": f}
    )
    assert found.signal("s").tolist() == [[1, 2], [2, 3], [3, 4]]


def test_a_thousand_steps_take_well_under_a_second() -> None:
    circuit = example("rnn_loss")
    v = fill(circuit, 1000)
    start = time.process_time()
    run(circuit, 1000, v)
    assert time.process_time() - start < 20


def test_zero_and_minus_zero_are_two_numbers() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n"
    circuit = loads(f"{text}  y[t] = maximum(x[t] / 0.0, x[t] / -0.0) + x[t] / -0.0\n")
    with np.errstate(all="ignore"):
        values = evaluate(unfold(circuit, 1), {"x": np.ones(1)})
    assert np.isnan(values["y[1]"])


def test_an_instance_is_asked_for_by_a_text() -> None:
    result = evaluate(unfold(load(example_path("fibonacci")), 3), {})
    with pytest.raises(KeyError, match="a text such as 'h\\[3\\]'"):
        result["F", 2]  # type: ignore[index]
    assert ("F", 2) not in result  # type: ignore[comparison-overlap]
