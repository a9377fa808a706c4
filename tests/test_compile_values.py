"""What is given to the compiled run and to gradients, in every form that arrays come in."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from gallery import FUNCTIONS, example, sizes_of
from gallery import random_values as gallery_values

import graphfold as gf

NAMES = ["f", "g", "q", "i", "s", "h"]


class Sub(np.ndarray):
    """An array of a class of one's own."""


def _read_only(array: Any) -> Any:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _unaligned(array: Any) -> Any:
    raw = np.frombuffer(b"x" + array.tobytes(), np.uint8)[1:]
    return raw.view(array.dtype).reshape(array.shape)


def _matrix(array: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.matrix(array) if array.ndim == 2 else array


TAKEN: Mapping[str, Callable[[Any], Any]] = {
    "whole": lambda a: np.rint(3 * a).astype(int),
    "bytes": lambda a: np.rint(a).astype(np.int8),
    "unsigned": lambda a: np.abs(np.rint(a)).astype(np.uint64),
    "truth": lambda a: a > 0,
    "half": lambda a: a.astype(np.float16),
    "single": lambda a: a.astype(np.float32),
    "long": lambda a: a.astype(np.longdouble),
    "big-endian": lambda a: a.astype(">f8"),
    "Fortran": np.asfortranarray,
    "reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "strided": lambda a: np.repeat(a, 2, -1)[..., ::2],
    "read-only": _read_only,
    "unaligned": _unaligned,
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape),
    "unmasked": np.ma.masked_array,
    "matrix": _matrix,
    "subclass": lambda a: a.view(Sub),
    "lists": lambda a: a.tolist(),
    "list of arrays": list,
    "memory": lambda a: memoryview(np.ascontiguousarray(a)),
}

REFUSED: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "complex": (lambda a: a + 0j, "holds complex numbers, not real numbers"),
    "objects": (lambda a: a.astype(object), "holds Python objects, not real numbers"),
    "text": (lambda a: a.astype(str), "holds text, not real numbers"),
    "dates": (lambda a: np.zeros(a.shape, "M8[s]"), "holds dates, not real numbers"),
    "records": (lambda a: np.zeros(a.shape, [("a", float)]), "holds records, not real numbers"),
    "masked": (lambda a: np.ma.masked_array(a, a == a.flat[0]), "holds masked entries"),
    "ragged": (lambda a: [[1.0, 2.0], [3.0]], "is a list whose rows differ in length"),
    "none": (lambda a: None, "is no array but NoneType"),
    "a dictionary": (lambda a: {0: 1}, "is no array but dict"),
    "a generator": (lambda a: (row for row in a), "is no array but generator"),
    "a number": (lambda a: 1.0, r"expected .*, found \(\)"),
    "no axes": (lambda a: np.float64(1), r"expected .*, found \(\)"),
    "too many axes": (lambda a: np.ones((2, *a.shape, 1)), r"expected .*, found \(2, "),
}


@pytest.mark.parametrize("which", ["x", "W", "all"])
@pytest.mark.parametrize("form", TAKEN)
def test_arrays_are_taken_in_any_form(form: str, which: str) -> None:
    plain = gallery_values("lstm", 4, batch=3)
    values = {n: TAKEN[form](a) if which in (n, "all") else a for n, a in plain.items()}
    before = {n: np.array(v) for n, v in values.items()}
    known = gf.evaluate(gf.unfold(example("lstm"), 4), values)
    plan = gf.compile(example("lstm"), keep=NAMES)
    for found in (plan.run(values), plan.run(values)):
        for name, array in found.items():
            expected = known.signal(name)
            assert (array.dtype, array.shape) == (expected.dtype, expected.shape)
            assert type(array) is np.ndarray
            close = 20 * float(np.finfo(array.dtype).eps)
            np.testing.assert_allclose(array, expected, rtol=close, atol=close)
    for name, value in values.items():
        np.testing.assert_array_equal(np.array(value), before[name])


@pytest.mark.parametrize("which", ["x", "W"])
@pytest.mark.parametrize("form", REFUSED)
def test_what_is_no_array_of_numbers_is_refused(form: str, which: str) -> None:
    make, told = REFUSED[form]
    values: dict[str, Any] = dict(gallery_values("lstm", 4))
    values[which] = make(values[which])
    plan = gf.compile(example("lstm"))
    steps_one_by_one = form == "a generator" and which == "x"  # a run takes them so
    for run in (
        *(() if steps_one_by_one else (lambda: plan.run(values),)),
        lambda: gf.grad(example("lstm"), "h[4]", values, cotangent=np.ones(4)),
        lambda: gf.evaluate(gf.unfold(example("lstm"), 4), values),
    ):
        with pytest.raises(gf.ValuesError, match=f"(?m)^{which}: {told}"):
            run()


def test_a_view_that_repeats_a_matrix_has_the_values_of_the_matrix_to_the_last_bit() -> None:
    text = "graphfold: 1\ndims: [n]\nparams: {W: [n, n]}\ninputs: {'x[t]': [n]}\nequations: |\n"
    circuit = gf.loads(text + "  y[t] = W @ x[t]\n")
    random = np.random.default_rng(0)
    values = {"W": random.normal(size=(9, 9)), "x": random.normal(size=(4, 9))}
    expected = gf.evaluate(gf.unfold(circuit, 4), values).signal("y")
    values["W"] = np.broadcast_to(values["W"], (4, 9, 9))
    found = gf.evaluate(gf.unfold(circuit, 4, untie=["W"]), values).signal("y")
    np.testing.assert_array_equal(found, expected)


def test_halves_and_long_doubles_mix_to_the_longer() -> None:
    kinds = (np.float16, np.longdouble, np.float32)
    plain = gallery_values("lstm", 3)
    values = {n: a.astype(kinds[i % 3]) for i, (n, a) in enumerate(plain.items())}
    assert gf.run(example("lstm"), values)["h"].dtype == np.longdouble
    grads = gf.grad(example("lstm"), "h[3]", values, cotangent=np.ones(4))
    assert {g.dtype for g in grads.values()} == {np.dtype(np.longdouble)}


BIG = """graphfold: 1
inputs: {'x[t]': []}
init: {'h[0]': 7e4}
equations: |
  h[t] = h[t-1] + x[t] * 1e300
"""


def test_numbers_of_a_model_that_a_type_cannot_hold_are_refused() -> None:
    circuit, plan = gf.loads(BIG), gf.compile(gf.loads(BIG))
    assert plan.run({"x": np.zeros(2)})["h"].tolist() == [7e4, 7e4]
    told = r"h \(line 5\): 1e\+300 is too large for float32$"
    for values in ({"x": np.zeros(2, np.float32)}, {"x": np.ones((2, 3), np.float32)}):
        with pytest.raises(gf.ValuesError, match=told):
            plan.run(values)
        with pytest.raises(gf.ValuesError, match=told):
            gf.evaluate(gf.unfold(circuit, 2), values)
    with pytest.raises(gf.ValuesError) as caught:
        plan.run({"x": np.zeros(2, np.float16)})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "h (line 5)",
        "h[0] (line 3)",
    ]


# -- nothing at all -------------------------------------------------------------------------------


@pytest.mark.parametrize(("steps", "batch"), [(0, None), (0, 3), (4, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("name", gf.example_names())
def test_no_rows_and_no_steps_have_values_of_the_right_shape(
    name: str, steps: int, batch: int | None
) -> None:
    circuit = gf.flatten(gf.in_mode(example(name)))
    if circuit.trees or (name in FUNCTIONS and (batch or not steps)):
        return  # bound functions here take one example, and with no steps nothing tells sizes
    counts = {axis.name: steps for axis in circuit.axes}
    unfolding = gf.unfold(circuit, counts)
    roles: Any = ("input", "parameter", "history")
    values = gf.random_values(unfolding, 0, sizes=sizes_of(circuit), roles=roles, batch=batch)
    options: Any = {"functions": FUNCTIONS[name]} if name in FUNCTIONS else {}
    names = [equation.signal for equation in circuit.equations]
    for dtype in (np.float32, np.float64):
        given = {n: np.asarray(v, dtype) for n, v in values.items()}
        known = gf.evaluate(unfolding, given, **options)
        found = gf.compile(circuit, keep=names, **options).run(given, steps=counts)
        for signal in names:
            expected = known.signal(signal)
            assert found[signal].shape == expected.shape, signal
            wanted = dtype if given else np.float64  # where no array tells
            assert found[signal].dtype == expected.dtype == wanted, signal
            np.testing.assert_allclose(found[signal], expected, rtol=1e-4, atol=1e-6)
            if circuit.axis_of[signal] is not None:
                assert len(found[signal]) == steps
            if batch is not None and signal in ("h", "o", "L", "Loss") and circuit.inputs:
                assert batch in found[signal].shape


def test_gradients_of_no_rows_are_zeros_and_of_no_steps_are_told() -> None:
    circuit, values = example("rnn_loss"), gallery_values("rnn_loss", 4, batch=3)
    empty = {n: a[:, :0] if n in "xy" else a for n, a in values.items()}
    grads = gf.grad(circuit, "Loss", empty, ["W", "x"])
    assert grads["W"].shape == values["W"].shape
    assert not grads["W"].any()
    assert grads["x"].shape == (4, 0, 3)
    still = {n: a[:0] if n in "xy" else a for n, a in values.items()}
    with pytest.raises(gf.ValuesError, match="Loss does not depend on W"):
        gf.grad(circuit, "Loss", still, ["W"])
    with pytest.raises(gf.UnfoldingError, match="'x' is a sequence: it has no steps here"):
        gf.grad(circuit, "Loss", still, ["x"])
    assert not any(g.any() for g in gf.grad(circuit, "Loss", still).values())


# -- gradients ------------------------------------------------------------------------------------

APART = """graphfold: 1
inputs: {'x[t]': []}
params: {w: [], u: []}
equations: |
  Loss = sum(w * x[t] for t)
  other = sign(u) + w
"""


@pytest.mark.parametrize("loss", ["Loss", "other"])
def test_a_loss_that_does_not_depend_on_a_parameter_says_so(loss: str) -> None:
    values = {"x": [1.0, 2.0], "w": 1.0, "u": 2.0}
    with pytest.raises(gf.ValuesError, match=f"{loss} does not depend on u"):
        gf.grad(gf.loads(APART), loss, values, ["u"])
    assert gf.grad(gf.loads(APART), "Loss", values)["u"] == 0


def test_an_opaque_function_without_a_derivative_says_how_to_give_one() -> None:
    values = gallery_values("driven", 4)
    functions = FUNCTIONS["driven"]
    with pytest.raises(gf.ValuesError, match=r"functions=\{'f': \(function, derivative\)\}"):
        gf.grad(example("driven"), "h[3]", values, functions=functions, cotangent=np.ones(4))


def test_gradients_share_no_memory_with_anything() -> None:
    text = "graphfold: 1\nparams: {w: [3], v: [3]}\nequations: |\n  y = w + v\n"
    values, cotangent = {"w": np.ones(3), "v": np.ones(3)}, np.array([1.0, 2.0, 3.0])
    grads = gf.grad(gf.loads(text), "y", values, cotangent=cotangent)
    grads["w"][...] = 99
    assert grads["v"].tolist() == cotangent.tolist() == [1.0, 2.0, 3.0]
    assert gf.grad(gf.loads(text), "y", values, cotangent=cotangent)["w"].tolist() == [1, 2, 3]


def test_a_circuit_without_steps_needs_no_number_of_them() -> None:
    text = "graphfold: 1\nparams: {w: [3]}\nequations: |\n  y = sum(w)\n"
    assert gf.run(gf.loads(text), {"w": np.ones(3)})["y"] == 3
    counting = gf.loads(text.replace("sum(w)", "sum(w) * T"))
    with pytest.raises(gf.UnfoldingError, match="no input tells how many steps t has"):
        gf.run(counting, {"w": np.ones(3)})
    assert gf.run(counting, {"w": np.ones(3)}, steps=2)["y"] == 6


# -- deep and wide --------------------------------------------------------------------------------


def _check(circuit: Any, name: str) -> None:
    values = {"x": np.linspace(-1, 1, 3), "w": 0.5}
    plan = gf.compile(circuit, keep=[name])
    known = gf.evaluate(gf.unfold(circuit, 3), values).signal(name)
    np.testing.assert_allclose(plan.run(values)[name], known, rtol=1e-9)
    assert len(plan.explain().splitlines()) < 60
    assert str(plan).startswith("<plan of")


def test_a_loop_thousands_of_operations_deep_compiles() -> None:
    c = gf.Circuit("deep")
    t = c.axis("t")
    x, w, h = c.input("x", over=t), c.param("w"), c.signal("h", over=t, init=0)
    value = h[t - 1]
    for number in range(1500):
        value = gf.tanh(value * w + x[t]) if number % 2 else value + 0.1
    h[t] = value
    _check(c.freeze(), "h")


def test_a_sum_of_thousands_of_terms_compiles() -> None:
    c = gf.Circuit("sum")
    t = c.axis("t")
    x, w, h = c.input("x", over=t), c.param("w"), c.signal("h", over=t, init=0)
    value = w * h[t - 1]
    for number in range(1500):
        value = value + x[t] * float(number) if number % 2 else x[t] * 0.5 - value
    h[t] = 1e-4 * value
    _check(c.freeze(), "h")


@pytest.mark.parametrize("kind", ["a chain", "one loop", "many loops"])
def test_thousands_of_signals_compile(kind: str) -> None:
    c = gf.Circuit("wide")
    t = c.axis("t")
    x, w, count = c.input("x", over=t), c.param("w"), 1100
    signals = [
        c.signal(f"s{n}", over=t, init=None if kind == "a chain" else 0) for n in range(count)
    ]
    before = x[t] if kind == "a chain" else signals[-1][t - 1]
    for signal in signals:
        own = signal[t - 1] if kind == "many loops" else before
        signal[t] = gf.tanh(w * own + x[t])
        before = signal[t]
    _check(c.freeze(), f"s{count - 1}")
