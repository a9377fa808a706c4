"""Shapes are inferred along the equations and around every recurrence, and checked."""

from __future__ import annotations

import numpy as np
import pytest

import graphfold as gf
from graphfold.examples import example_path
from graphfold.sizes import Size, parse_size, shape_text

HEAD = """\
graphfold: 1
dims: [n, m]
inputs:
  x[t]: [n]
  s[t]: []
params:
  W: [n, n]
  V: [m, n]
  A: [m, n]
  b: [n]
  w: []
functions:
  f(a; p): [m]
  half(a): a / 2
equations: |
"""


def shape(equations: str, signal: str = "y", init: str = "") -> str:
    """The inferred shape of a signal."""
    text = HEAD.replace("equations: |\n", init + "equations: |\n")
    lines = "".join(f"  {line}\n" for line in equations.split(" | "))
    return shape_text(gf.infer_shapes(gf.loads(text + lines))[signal])


SHAPES = {
    "y[t] = x[t]": "[n]",
    "y[t] = W @ x[t] + b": "[n]",
    "y[t] = V @ x[t]": "[m]",
    "y[t] = x[t] @ V.T": "[m]",
    "y[t] = x[t] @ x[t]": "[]",
    "y = A @ W": "[m, n]",
    "y[t] = s[t] * x[t]": "[n]",
    "y = A + b": "[m, n]",
    "y = A.T": "[n, m]",
    "y = transpose(A)": "[n, m]",
    "y = sum(A)": "[]",
    "y = sum(A, 0)": "[n]",
    "y = sum(A, axis=-1)": "[m]",
    "y = mean(A, axis=1)": "[m]",
    "y = max(b)": "[]",
    "y = norm(A, axis=0)": "[n]",
    "y = softmax(A)": "[m, n]",
    "y[t] = dot(x[t], b)": "[]",
    "y[t] = outer(x[t], b)": "[n, n]",
    "y = concat(b, b, b)": "[3*n]",
    "y = concat(A, A, axis=1)": "[m, 2*n]",
    "y = concat(b, V @ b)": "[m + n]",
    "y = stack(b, b)": "[2, n]",
    "y = stack(b, b, axis=-1)": "[n, 2]",
    "y = stack(w, w, w)": "[3]",
    "y = reshape(A, n, m)": "[n, m]",
    "y = reshape(A, m*n)": "[m*n]",
    "y = slice(concat(b, b), 0, n)": "[n]",
    "y = slice(b, 1, n)": "[n - 1]",
    "y = one_hot(w, 5)": "[5]",
    "y = where(b > 0, b, w)": "[n]",
    "y = [[1, 2, 3], [4, 5, 6]]": "[2, 3]",
    "y = n * m": "[]",
    "y[t] = t * x[t]": "[n]",
    "y[t] = x[T] + x[1]": "[n]",
    "y = sum(x[t] for t)": "[n]",
    "y = mean(outer(x[t], x[t-1]) for t)": "[n, n]",
    "y[t] = f(x[t]; b)": "[m]",
    "y[t] = half(x[t])": "[n]",
    "y[t] = tanh(W @ y[t-1] + V.T @ z[t-1]) | z[t] = V @ y[t]": "[n]",
    "y[t] = tanh(W @ y[t-1])": "[n]",
    "y[t] = y[t-1] @ W": "[n]",
    "y[t] = y[t-1] + s[t]": "[]",
    "y[t] = y[t-1] + z[t] | z[t] = y[t-1] * w": "[]",
    "y[t] = y[t-1] * z[t] | z[t] = x[t] + z[t-2]": "[n]",
}


@pytest.mark.parametrize(("equations", "text"), SHAPES.items())
def test_the_shape_of_a_signal_follows_from_its_equation(equations: str, text: str) -> None:
    assert shape(equations) == text


def test_a_recurrence_learns_its_shape_from_its_history() -> None:
    assert shape("y[t] = y[t-1] * 2", init="init:\n  y[0]: b\n") == "[n]"
    assert shape("y[t] = y[t-1] * 2", init="init:\n  y[0]: [1, 2]\n") == "[2]"
    assert shape("y[t] = y[t-1] + x[t]", init="init:\n  y[0]: zeros\n") == "[n]"


def test_a_size_that_begins_with_a_minus_survives_a_round_trip() -> None:
    circuit = gf.Circuit("c", dims=["a", "b"])
    circuit.param("w", Size.of("b") - 2 * Size.of("a"))
    assert gf.loads(gf.dumps(circuit)) == circuit.freeze()


def test_a_circuit_of_scalars_needs_no_shapes() -> None:
    assert shape("y[t] = y[t-1] + y[t-2]") == "[]"


MISFITS = {
    "y = A @ A": "17:9 A @ A: A is [m, n] (line 9)",
    "y[t] = V @ s[t]": "17:12 V @ s[t]: the right side of @ is a scalar; write *; "
    "V is [m, n] (line 8) but s is [] (line 5)",
    "y = A + V.T": "17:9 A + V.T: A is [m, n] (line 9) but V.T is [n, m]",
    "y[t] = x[t] + V @ x[t]": "17:15 x[t] + V @ x[t]: x is [n] (line 4) but V @ x[t] is [m]",
    "y = sum(b, axis=1)": "17:7 sum(b, axis=1): axis 1 does not exist; b is [n] (line 10)",
    "y = dot(A, b)": "17:7 dot(A, b): dot takes two vectors; "
    "A is [m, n] (line 9) but b is [n] (line 10)",
    "y = reshape(A, n)": "17:7 reshape(A, n): [m, n] does not hold as many values as [n]; "
    "A is [m, n] (line 9)",
    "y = slice(b, 0, n + 1)": "17:7 slice(b, 0, n + 1): stop n + 1 is outside 0..n; "
    "b is [n] (line 10)",
    "y = stack(b, w)": "17:7 stack(b, w): b is [n] (line 10) but w is [] (line 11)",
    "y = [[1, 2], [3]]": "17:7 [[1, 2], [3]]: the rows of a list differ in length",
    "y = one_hot(b, 3)": "17:7 one_hot(b, 3): one_hot takes a scalar; b is [n] (line 10)",
    "y[t] = outer(y[t-1], x[t])": "17:10 outer(y[t-1], x[t]): outer takes two vectors; "
    "y is [] but x is [n] (line 4); nothing tells the shape of y: let y[0] be a parameter",
}


@pytest.mark.parametrize(("equation", "said"), MISFITS.items())
def test_what_does_not_fit_is_named_with_its_shapes(equation: str, said: str) -> None:
    with pytest.raises(gf.ModelError) as caught:
        shape(equation)
    (problem,) = caught.value.diagnostics
    text = HEAD + "  " + equation
    assert text.split("\n")[problem.mark.line - 1 if problem.mark else 0].strip() == equation
    assert problem.message == said.partition(" ")[2]


def test_a_history_must_have_the_shape_of_its_signal() -> None:
    with pytest.raises(gf.ModelError) as caught:
        shape("y[t] = W @ y[t-1] + b", init="init:\n  y[0]: W\n")
    assert caught.value.diagnostics[0].message == "y[0] is [n, n] but y is [n]"
    with pytest.raises(gf.ModelError) as caught:
        shape("y[t] = y[t-1] + [1, 2, 3]", init="init:\n  y[0]: [1, 2]\n")
    assert caught.value.diagnostics[0].message == "y[0] is [2] but y is [3]"


def test_a_history_tells_the_shape_where_a_bias_does_not() -> None:
    joined = "y[t] = tanh(concat(A, y[t-1], axis=1) @ U + b)"
    head = "graphfold: 1\ndims: [m, n]\ninputs:\n  A: [m, n]\n  y0: [m, n]\n"
    head += "params:\n  U: [2*n, n]\n  b: [n]\n"
    for init in ("y[0]: y0", "y[0]: A * 2"):
        text = f"{head}init:\n  {init}\nequations: |\n  {joined}\n"
        assert shape_text(gf.infer_shapes(gf.loads(text))["y"]) == "[m, n]"
    text = f"{head}init:\n  y[0]: y0\nequations: |\n  y[t] = y[t-1] + b\n"
    assert shape_text(gf.infer_shapes(gf.loads(text))["y"]) == "[m, n]"


def test_the_shapes_of_the_lstm_are_as_in_the_book() -> None:
    shapes = gf.infer_shapes(gf.load(example_path("lstm")))
    assert {shape_text(shapes[name]) for name in "fgqish"} == {"[n_h]"}


# -- sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("n", "n"),
        ("2*n+n", "3*n"),
        ("n*m + m*n", "2*m*n"),
        ("n - n", "0"),
        ("1 + n", "n + 1"),
        ("-n", "-n"),
        ("n - 2*m", "-2*m + n"),
        ("3*4", "12"),
        ("n*n - 1", "n*n - 1"),
    ],
)
def test_sizes_have_one_normal_form(text: str, normal: str) -> None:
    assert str(parse_size(text)) == normal
    assert parse_size(normal) == parse_size(text)


@pytest.mark.parametrize("text", ["", "-", "n+", "n m*", "*n", "n**2", "1.5", "n/2", "(n)", "n--m"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_size(text)


def test_sizes_calculate_like_numbers() -> None:
    n, m = Size.of("n"), Size.of("m")
    size = (n + 2) * (m - 1) - n * m
    assert size.evaluate({"n": 5, "m": 7}) == (5 + 2) * (7 - 1) - 35
    assert size == 2 * m - n - 2
    assert Size.of(3).constant == 3
    assert size.constant is None


def test_a_long_ring_of_unknown_shapes_is_settled_by_one_of_them() -> None:
    count = 500
    lines = [f"  s{i}[t] = tanh(s{(i + 1) % count}[t-1])" for i in range(count - 1)]
    lines += [f"  s{count - 1}[t] = v + s0[t-1]"]
    head = "graphfold: 1\ndims: [n]\nparams: {v: [n]}\nequations: |\n"
    shapes = gf.infer_shapes(gf.loads(head + "\n".join(lines) + "\n"))
    assert {shape_text(shapes[f"s{i}"]) for i in range(count)} == {"[n]"}


def test_shapes_are_checked_inside_a_cycle_that_is_wrong_too() -> None:
    head = "graphfold: 1\ndims: [n, m]\nparams: {v: [n], w: [m]}\n"
    with pytest.raises(gf.ModelError, match=r"h\[t\] \+ v \+ w: .* is \[n\] but w is \[m\]"):
        gf.loads(f"{head}equations: |\n  h[t] = h[t] + v + w\n")


def test_a_list_in_a_history_gives_a_shape_where_nothing_else_does() -> None:
    for right, shape in (("h[t-1] + 1", "[2]"), ("sum(h[t-1]) * 1", "[]"), ("W @ h[t-1]", "[n]")):
        init = "" if shape == "[]" else "init: {'h[0]': [1, 2]}\n"
        head = f"graphfold: 1\ndims: [n]\nparams: {{W: [n, n]}}\n{init}"
        circuit = gf.loads(f"{head}equations: |\n  h[t] = {right}\n")
        assert shape_text(gf.infer_shapes(circuit)["h"]) == shape


def test_a_recurrence_through_a_function_is_a_vector_beside_a_matrix() -> None:
    circuit = gf.loads(
        "graphfold: 1\ndims: [n]\nparams: {W: [n, n]}\nfunctions: {f(h; W): tanh(W @ h)}\n"
        "init: {'h[0]': zeros}\nequations: |\n  h[t] = f(h[t-1]; W)\n"
    )
    assert [str(size) for size in gf.infer_shapes(circuit)["h"]] == ["n"]


def test_a_part_of_the_state_is_taken_for_a_vector() -> None:
    head = "graphfold: 1\ndims: {n: 2}\ninputs:\n  x[t]: [n]\ninit:\n  h[0]: zeros\nequations: |\n"
    register = gf.loads(head + "  h[t] = concat(x[t], slice(h[t-1], 0, 2*n))\n")
    assert [str(size) for size in gf.infer_shapes(register)["h"]] == ["3*n"]
    values = gf.evaluate(gf.unfold(register, 4), {"x": np.arange(8.0).reshape(4, 2)})
    assert values["h[4]"].tolist() == [6, 7, 4, 5, 2, 3]
    through = gf.loads(head + "  z[t] = concat(x[t], h[t-1])\n  h[t] = slice(z[t], 1, n + 1)\n")
    assert [str(size) for size in gf.infer_shapes(through)["z"]] == ["2*n"]


def test_a_shape_that_only_a_history_can_tell_is_asked_for() -> None:
    text = (
        "graphfold: 1\ndims: [n, m]\ninputs:\n  x[t]: [n]\nparams:\n  M: [m, n]\ninit:\n"
        "  h[0]: zeros\nequations: |\n  w[t] = softmax(h[t-1] @ x[t])\n"
        "  h[t] = h[t-1] + outer(w[t], x[t])\n"
    )
    with pytest.raises(gf.ModelError, match="shape of h: let h\\[0\\] be a parameter"):
        gf.infer_shapes(gf.loads(text))
    found = gf.infer_shapes(gf.loads(text.replace("h[0]: zeros", "h[0]: M")))
    assert [str(size) for size in found["h"]] == ["m", "n"]


def test_a_large_component_that_nothing_tells_a_shape_is_scalar_at_once() -> None:
    count = 2000  # one by one, each guess would look at all the others again
    right = " + ".join(f"s{{{k}}}[t-1]" for k in range(3))
    lines = [
        f"  s{i}[t] = " + right.format(*((7 * i + 11 * k + 1) % count for k in range(3)))
        for i in range(count)
    ]
    shapes = gf.infer_shapes(gf.loads("graphfold: 1\nequations: |\n" + "\n".join(lines) + "\n"))
    assert set(shapes.values()) == {()}
