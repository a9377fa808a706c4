"""Circuits built in Python: equal to model files, and wrong use gets a readable error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphfold as gf
from graphfold.examples import example_path
from graphfold.expression import Const, Index, Read
from graphfold.sizes import shape_of


def rnn_loss() -> gf.Circuit:
    c = gf.Circuit("rnn with output and loss", dims=["n_x", "n_h", "n_y"])
    t = c.axis("t")
    x, y = c.input("x", "n_x", over=t), c.input("y", "n_y", over=t)
    U, W, V = c.param("U", "n_h", "n_x"), c.param("W", "n_h", "n_h"), c.param("V", "n_y", "n_h")
    b, bias = c.param("b", "n_h"), c.param("c", "n_y")
    a, h, o, L = (c.signal(name, over=t) for name in "ahoL")
    c.init(h, 0, 0)
    a[t] = b + W @ h[t - 1] + U @ x[t]
    h[t] = gf.tanh(a[t])
    o[t] = bias + V @ h[t]
    L[t] = -gf.sum(y[t] * gf.log_softmax(o[t]))
    loss = c.define("Loss", gf.sum(L[t], over=t))
    c.output(o, loss)
    c.draw(rows="xhoLy", hide=["a", "Loss"])
    return c


def bidirectional() -> gf.Circuit:
    c = gf.Circuit("bidirectional rnn", dims=["n_x", "n_h", "n_g", "n_y"])
    t = c.axis("t")
    x, y = c.input("x", "n_x", over=t), c.input("y", "n_y", over=t)
    Uh, Wh, bh = c.param("Uh", "n_h", "n_x"), c.param("Wh", "n_h", "n_h"), c.param("bh", "n_h")
    Ug, Wg, bg = c.param("Ug", "n_g", "n_x"), c.param("Wg", "n_g", "n_g"), c.param("bg", "n_g")
    Vh, Vg, bias = c.param("Vh", "n_y", "n_h"), c.param("Vg", "n_y", "n_g"), c.param("c", "n_y")
    h, g, o, L = (c.signal(name, over=t) for name in "hgoL")
    c.init(h, 0, 0)
    c.init(g, t.last + 1, 0)
    c.draw(rows="xhgoLy")
    h[t] = gf.tanh(bh + Wh @ h[t - 1] + Uh @ x[t])
    g[t] = gf.tanh(bg + Wg @ g[t + 1] + Ug @ x[t])
    o[t] = bias + Vh @ h[t] + Vg @ g[t]
    L[t] = -gf.sum(y[t] * gf.log_softmax(o[t]))
    c.output(o, L)
    return c


def classical() -> gf.Circuit:
    c = gf.Circuit("classical dynamical system", dims=["n", "p"])
    t = c.axis("t")
    theta = c.param("theta", "p")
    f = c.function("f", ["s"], ["theta"], shape=["n"])
    s = c.signal("s", over=t)
    c.init(s, 1, "given")
    s[t] = f(s[t - 1], theta)
    c.output(s)
    return c


def fibonacci() -> gf.Circuit:
    c = gf.Circuit("Fibonacci numbers")
    t = c.axis("t")
    F = c.signal("F", over=t, init=[1, 0])
    F[t] = F[t - 1] + F[t - 2]
    c.output(F)
    return c


@pytest.mark.parametrize("make", [rnn_loss, bidirectional, classical, fibonacci])
def test_building_in_python_and_reading_a_file_give_equal_circuits(
    make: Callable[[], gf.Circuit],
) -> None:
    built, read = make(), gf.load(example_path(make.__name__))
    assert built == read
    assert built.freeze() == read
    assert read == built
    assert gf.loads(gf.dumps(built)) == built.freeze()
    assert gf.unfold(built, 3) == gf.unfold(read, 3)


def test_circuits_that_differ_are_not_equal() -> None:
    a, b = fibonacci(), fibonacci()
    assert a == b
    b.param("w")
    assert a != b
    assert a != "a circuit"


def test_delays_are_one_per_signal_and_k_however_many_read_them() -> None:
    c = gf.Circuit()
    t = c.axis()
    h, g = c.signal("h", over=t), c.signal("g", over=t)
    h[t] = h[t - 1] + g[t + 2] * h[t - 1]
    g[t] = h[t - 1] + gf.sum(h[t - 3], over=t) + h[1]
    assert [(d.signal, d.steps) for d in c.delays] == [("h", 1), ("g", -2), ("h", 3)]


def expression(value: Any) -> str:
    """How an equation with that value is written."""
    c = gf.Circuit(dims=["n"])
    c.axis()
    c.define("y", value)
    return gf.dumps(c).split("y = ")[1].strip()


def test_every_operator_makes_a_term_from_either_side() -> None:
    c = gf.Circuit()
    t = c.axis()
    a, b = c.param("a"), c.input("b", over=t)
    pairs = {
        "a + 1": a + 1,
        "1 + a": 1 + a,
        "a - 1": a - 1,
        "1 - a": 1 - a,
        "a * 2": a * 2,
        "2 * a": 2 * a,
        "a / 2": a / 2,
        "2 / a": 2 / a,
        "a ** 2": a**2,
        "2 ** a": 2**a,
        "a % 2": a % 2,
        "2 % a": 2 % a,
        "-a": -a,
        "abs(a)": abs(a),
        "a.T": a.T,
        "a < 2": a < 2,
        "a <= 2": a <= 2,
        "a > 2": a > 2,
        "a >= 2": a >= 2,
        "a == 2": a == 2,
        "a != 2": a != 2,
        "[1, 2] @ a": np.array([1, 2]) @ a,
        "a @ [1.5, 2]": a @ [1.5, 2],
        "b[t-1] + b[T] * b[T-1] - b[1]": b[t - 1] + b[t.last] * b[t.last - 1] - b[1],
        "sum(b[t] for t)": gf.sum(b[t], over=t),
        "sum(a, axis=0)": gf.sum(a, axis=0),
        "sum(a)": gf.sum(a),
        "softmax(a)": gf.softmax(a, axis=-1),  # the default
        "slice(a, 0, n)": gf.slice(a, 0, "n"),
        "slice(a, 1, 2*n, axis=1)": gf.slice(a, start=1, stop="2*n", axis=1),
        "reshape(a, n, 3)": gf.reshape(a, "n", 3),
        "reshape(a, n)": gf.reshape(a, shape=["n"]),
        "concat(a, a, axis=1)": gf.concat(a, a, axis=1),
        "where(a > 0, a, 0)": gf.where(a > 0, a, 0),
    }
    for text, term in pairs.items():
        assert expression(term) == text


def test_the_step_is_a_value_on_either_side_of_an_operator() -> None:
    c = gf.Circuit()
    t = c.axis()
    pairs = {
        "0.1 * t": 0.1 * t,
        "t * 2": t * 2,
        "2 / t": 2 / t,
        "t / T": t / t.last,
        "t % 2 == 0": t % 2 == 0,
        "t == 1": t == 1,
        "t < 3": t < 3,
        "-t": -t,
        "t ** 2": t**2,
        "t + 1": 1 + t,
        "t - 1": t - 1,
        "5 - t": 5 - t,
        "sin(t)": gf.sin(t),
        "T": t.last,
    }
    for text, term in pairs.items():
        assert expression(term) == text


def test_a_sum_of_5000_terms_needs_no_recursion() -> None:
    a = gf.Circuit().param("a")
    total = sum((a * k for k in range(5000)), 0)
    assert expression(total).count("+") == 5000


def test_shared_terms_become_one_node() -> None:
    c = gf.Circuit()
    a = c.param("a")
    term = a
    for _ in range(50):
        term = term + term
    c.define("y", term)
    assert len(c.freeze().equation["y"].expression.nodes) == 51
    with pytest.raises(gf.GraphfoldError, match="too long to write"):
        gf.dumps(c)


def test_numpy_numbers_and_arrays_are_constants_and_steps() -> None:
    c = gf.Circuit()
    t = c.axis()
    h = c.signal("h", over=t, init=np.array([0.5, 1]))
    h[t] = h[t - np.int64(1)] * np.float32(0.5) + np.eye(2, dtype=int) @ h[t - 1]
    nodes = c.freeze().equation["h"].expression.nodes
    assert nodes[:3] == (Read("h", Index("t", -1)), Const(0.5), nodes[2])
    assert Const(((1, 0), (0, 1))) in nodes
    boundary = c.freeze().boundaries[0].value
    assert boundary is not None
    assert boundary.nodes == (Const((0.5, 1)),)


def test_whole_numbers_too_large_for_a_float_to_count_survive_a_round_trip() -> None:
    c = gf.Circuit()
    c.define("y", c.param("a") * (2**60 + 1))
    assert gf.loads(gf.dumps(c)) == c.freeze()


def test_numpy_numbers_are_sizes_and_a_tuple_is_a_shape() -> None:
    c = gf.Circuit(dims={"n": np.int64(3)})
    x = c.param("x", np.int64(4), "n")
    shape = (("shape", shape_of(12, "n")),)
    assert gf.reshape(x, 12, "n").attributes == gf.reshape(x, (12, "n")).attributes == shape
    assert gf.reshape(x, shape=[12, "n"]).attributes == shape
    assert c.freeze().params[0].shape == shape_of(4, "n")
    assert gf.loads(gf.dumps(c)) == c.freeze()


def test_an_axis_that_is_declared_already_keeps_its_length() -> None:
    c = gf.Circuit("")
    c.axis("n", "N")
    assert str(c.axis("n").last.index) == "N"
    c.define("y", c.axis("n").last)
    assert gf.loads(gf.dumps(c)) == c.freeze()


def test_histories_are_given_oldest_first() -> None:
    c = gf.Circuit()
    t = c.axis()
    c.signal("h", over=t, init=["given", 2, c.param("q")])
    assert [(str(b.index), b.value is None) for b in c.freeze().boundaries] == [
        ("-2", True),
        ("-1", False),
        ("0", False),
    ]


# -- wrong use ------------------------------------------------------------------------------------

c = gf.Circuit("wrong", dims=["n"])
t = c.axis()
x = c.input("x", "n", over=t)
W = c.param("W", "n")

WRONG: dict[str, Callable[[], Any]] = {
    "over takes an axis, as in t = c.axis('t'), not 't'": lambda: gf.sum(x[t], over="t"),
    "over takes an axis, as in t = c.axis('t'), not 'T'": lambda: c.input("y", over="T"),
    "only sum, mean and max of one term go over an axis, not tanh": lambda: gf.tanh(x, over=t),
    "expected a signal of the circuit, not 'x'": lambda: c.output("x"),
    "expected a signal of the circuit, not 'y'": lambda: c.init("y", 0, 0),
    "None is neither a term nor a finite number nor a list of them": lambda: x + None,
    "'a' is neither a term nor a finite number nor a list of them": lambda: x * "a",
    "nan is neither a term nor a finite number nor a list of them": lambda: x * float("nan"),
    "1j is neither a term nor a finite number nor a list of them": lambda: x * 1j,
    "[] is neither a term nor a finite number nor a list of them": lambda: x * [],
    "x takes an index such as t, t - 1, t.last or 1, not 't'": lambda: x["t"],
    "x takes an index such as t, t - 1, t.last or 1, not 0.5": lambda: x[0.5],
    "x takes an index such as t, t - 1, t.last or 1, not True": lambda: x[True],
    "x takes an index such as t, t - 1, t.last or 1, not slice(1, 2, None)": lambda: x[1:2],
    "x has no end to run through; read x[t]": lambda: list(x),
    "a term has no truth value; choose with gf.where(c, a, b)": lambda: 1 if x[t] > 0 else 0,
    "define x[t] and shift the reads; single steps go to init()": lambda: x.__setitem__(t - 1, W),
    "a size is a whole number, a dimension or a text such as '4*n_h', not (2.5,)": lambda: c.param(
        "V", 2.5
    ),
    "a size is a whole number, a dimension or a text such as '4*n_h', not ('n-',)": lambda: c.param(
        "V", "n-"
    ),
    "axis must be a whole number, not 'n'": lambda: gf.sum(W, axis="n"),
    "sum has no setting 'axs'; did you mean 'axis'?": lambda: gf.sum(W, axs=0),
    "slice needs its stop": lambda: gf.slice(W, 0),
    "tanh takes 1 argument, not 2": lambda: gf.tanh(W, W),
    "slice is given its start twice": lambda: gf.slice(W, 0, 1, start=1),
    "reshape has no setting 'shap'; did you mean 'shape'?": lambda: gf.reshape(W, 1, shap=1),
    "sum over t has no setting 'axis'; give the inner sum a call of its own": lambda: gf.sum(
        x[t], over=t, axis=0
    ),
    "dims is a list of symbols: dims=['n_h']": lambda: gf.Circuit("wrong", dims="n_h"),
    "the size of n must be a whole number, not 3.5": lambda: gf.Circuit("wrong", dims={"n": 3.5}),
    "axis 't' has the length T already": lambda: c.axis("t", "N"),
    "give f either a shape or a body": lambda: c.function("f", ["x"]),
    f"{10**400!r} is neither a term nor a finite number nor a list of them": lambda: t + 10**400,
}


@pytest.mark.parametrize(("message", "use"), WRONG.items(), ids=WRONG)
def test_wrong_use_of_the_builder_says_what_was_expected(
    message: str, use: Callable[[], Any]
) -> None:
    with pytest.raises(gf.GraphfoldError) as caught:
        use()
    assert str(caught.value) == message


def test_what_the_builder_cannot_see_is_left_to_the_check() -> None:
    c = gf.Circuit("unfinished")
    t = c.axis()
    h, g = c.signal("h", over=t), c.signal("g", over=t)
    h[t] = gf.tanh() + g[t] + gf.maximum(h[t - 1])
    assert [str(d) for d in gf.check(c)] == [
        "arguments: tanh takes 1 argument, not 0",
        "unknown-signal: unknown signal 'g'",
        "arguments: maximum takes 2 arguments, not 1",
    ]
    with pytest.raises(gf.ModelError, match="unknown signal 'g'"):
        gf.unfold(c, 3)


def test_a_name_that_graphfold_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'graphfold' has no attribute 'nothing'"):
        gf.nothing  # noqa: B018


def test_a_function_of_numpy_is_refused_with_the_one_to_write() -> None:
    c = gf.Circuit()
    t = c.axis("t")
    a, h = c.param("a", 2, 2), c.signal("h", over=t, init=0)
    with pytest.raises(gf.GraphfoldError, match=r"numpy.tanh takes no terms; write gf.tanh\(…\)"):
        np.tanh(h[t])
    with pytest.raises(gf.GraphfoldError, match=r"numpy.dot takes no terms; write gf.dot\(…\)"):
        np.dot(a, h[t])
    with pytest.raises(gf.GraphfoldError, match=r"numpy\.add takes no terms"):
        np.add(h[t], 1, where=True)
    with pytest.raises(gf.GraphfoldError, match="no setting 'dim'; it has axis"):
        gf.softmax(h[t], dim=0)


def test_an_array_or_a_number_of_numpy_on_the_left_asks_the_term() -> None:
    c = gf.Circuit()
    t = c.axis("t")
    x = c.input("x", 2, over=t)
    y, z, s = c.signal("y", over=t), c.signal("z", over=t), c.signal("s", over=t, init=0)
    y[t] = np.eye(2) @ x[t] - np.array([1.0, 2.0]) / x[t] + np.float64(2) ** x[t] % np.int64(3)
    z[t] = np.float64(1) < x[t]
    s[t] = s[np.int64(-1) + t]
    texts = gf.dumps(c)
    assert "[[1.0, 0.0], [0.0, 1.0]] @ x[t] - [1.0, 2.0] / x[t] + 2.0 ** x[t] % 3" in texts
    assert "z[t] = x[t] > 1.0" in texts
    assert "s[t] = s[t-1]" in texts
