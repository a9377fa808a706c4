"""The unfolded algebra: the lines of the book to the letter, and algebra that computes the same."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from circuits import cases
from hypothesis import given, note, settings
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_path


def example(name: str) -> Circuit:
    return gf.load(example_path(name))


# -- to the letter ------------------------------------------------------------------------------

WRITTEN = {
    ("classical", "s(3)"): ["s(3) = f(s(2); θ) = f(f(s(1); θ); θ)"],
    ("classical", "s[3]"): ["s[3] = f(s[2]; θ) = f(f(s[1]; θ); θ)"],
    ("classical", " s [ 2 ] "): ["s[2] = f(s[1]; θ)"],
    ("classical", "s(t)"): ["s(t) = f(s(t−1); θ)"],
    ("classical", "s[1]"): ["s[1] is given"],
    ("classical", "theta"): ["θ is a parameter"],
    ("driven", "h(t)"): ["h(t) = f(h(t−1), x(t); θ)", "h(t) = g(t)(x(t), x(t−1), …, x(1))"],
    ("driven", "h[t]"): ["h[t] = f(h[t-1], x[t]; θ)", "h[t] = g⁽ᵗ⁾(x[t], x[t-1], …, x[1])"],
    ("driven", "h(2)"): [
        "h(2) = f(h(1), x(2); θ) = f(f(h(0), x(1); θ), x(2); θ)",
        "h(2) = g(2)(x(2), x(1))",
    ],
    ("classical", "s⁽²⁾"): ["s⁽²⁾ = f(s⁽¹⁾; θ)"],
    ("classical", "s^(2)"): ["s⁽²⁾ = f(s⁽¹⁾; θ)"],
    ("classical", "s^{(2)}"): ["s⁽²⁾ = f(s⁽¹⁾; θ)"],
    ("classical", "s⁽ᵗ⁾"): ["s⁽ᵗ⁾ = f(s⁽ᵗ⁻¹⁾; θ)"],
    ("driven", "x[2]"): ["x[2] is an input"],
    ("driven", "h[0]"): ["h[0] is given"],
    ("rnn_loss", "h[0]"): ["h[0] is 0"],
    ("rnn_loss", "L[t]"): [
        "L[t] = -sum(y[t] * log_softmax(o[t]))",
        "L[t] = g⁽ᵗ⁾(x[t], y[t], x[t-1], …, x[1])",
    ],
    ("fibonacci", "F[2]"): ["F[2] = F[1] + F[0] = F[0] + F[-1] + F[0]"],
    ("time_delay", "y[1]"): [
        "y[1] = tanh(K0 @ x[1] + K1 @ x[0] + K2 @ x[-1] + b)",
        "y[1] = g⁽¹⁾(x[1])",
    ],
    ("bidirectional", "g[t]"): ["g[t] = tanh(bg + Wg @ g[t+1] + Ug @ x[t])"],
    ("lstm", "h[t]"): ["h[t] = tanh(s[t]) * q[t]", "h[t] = G⁽ᵗ⁾(x[t], x[t-1], …, x[1])"],
}


@pytest.mark.parametrize(("name", "question"), WRITTEN)
def test_an_instance_is_written_as_the_book_writes_it(name: str, question: str) -> None:
    assert gf.expand(example(name), question).splitlines() == WRITTEN[name, question]


NOTATIONS = {
    "brackets": "s[2] = f(s[1]; θ)",
    "parentheses": "s(2) = f(s(1); θ)",
    "superscripts": "s⁽²⁾ = f(s⁽¹⁾; θ)",
    "latex": r"\boldsymbol{s}^{(2)} = f(\boldsymbol{s}^{(1)}; \boldsymbol{\theta})",
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_notation_can_be_chosen(notation: str) -> None:
    assert gf.expand(example("classical"), "s[2]", notation=notation) == NOTATIONS[notation]


def test_the_steps_count_where_the_future_or_the_length_is_read() -> None:
    lines = gf.expand(example("bidirectional"), "g[1]", steps=2).splitlines()
    assert lines == [
        "g[1] = tanh(bg + Wg @ g[2] + Ug @ x[1])"
        " = tanh(bg + Wg @ tanh(bg + Wg @ g[3] + Ug @ x[2]) + Ug @ x[1])",
        "g[1] = G⁽¹⁾(x[2], x[1])",
    ]


def test_a_sum_over_no_steps_is_zero_and_over_one_is_its_term() -> None:
    assert gf.expand(example("rnn_loss"), "Loss", steps=0) == "Loss = 0"
    assert gf.expand(example("rnn_loss"), "Loss", steps=1).startswith("Loss = L[1] = -sum(y[1]")
    assert gf.expand(example("rnn_loss"), "Loss", steps=2).startswith("Loss = L[1] + L[2] = ")


def test_a_mean_over_one_step_is_not_the_mean_of_a_vector() -> None:
    text = "graphfold: 1\ninputs:\n  x[t]: [3]\nequations: |\n  m = mean(x[t] for t)"
    assert gf.expand(gf.loads(text), "m", steps=1) == "m = x[1]"
    assert gf.expand(gf.loads(text), "m", steps=2) == "m = mean(x[1], x[2])"


def test_the_last_step_is_called_by_the_length_or_by_the_name_alone() -> None:
    written = gf.expand(example("classical"), "s[3]")
    assert gf.expand(example("classical"), "s", steps=3) == written
    assert gf.expand(example("classical"), "s[T]", steps=3) == written


# -- long ---------------------------------------------------------------------------------------


def test_what_is_too_long_gets_names_for_its_parts() -> None:
    lines = gf.expand(example("lstm"), "h[30]").splitlines()
    assert lines[:2] == ["h[30] = tanh(s[30]) * q[30]", "s[30] = f[30] * s[29] + g[30] * i[30]"]
    assert lines[-2:] == ["…", "h[30] = G⁽³⁰⁾(x[30], x[29], x[28], …, x[1])"]
    assert len(lines) < 30


def test_doubling_at_every_step_does_not_double_the_text() -> None:
    text = gf.expand(example("fibonacci"), "F[1000]")
    assert text.startswith("F[1000] = F[999] + F[998]\nF[999] = F[998] + F[997]\n")
    assert len(text) < 2000


@pytest.mark.parametrize("question", ["Loss", "h[100000000000000]"])
def test_any_number_of_steps_is_written_at_once(question: str) -> None:
    text = gf.expand(example("rnn_loss"), question, steps=10**14)
    assert len(text) < 5000
    if question == "Loss":
        assert text.startswith("Loss = L[1] + L[2] + … + L[100000000000000]\n")


# -- questions that have no answer ------------------------------------------------------------

UNKNOWN = {
    ("rnn_loss", "hh[3]"): "unknown signal 'hh'; did you mean 'h'?",
    ("rnn_loss", "Los"): "unknown signal 'Los'; did you mean 'Loss'?",
    ("rnn_loss", ""): "unknown signal ''",
    ("rnn_loss", "h[3"): "unknown signal 'h[3'; did you mean 'h'?",
    ("rnn_loss", "W[3]"): "'W' is static: write W",
    ("rnn_loss", "h[u]"): "'h' has no index 'u'; write h[3]",
    ("rnn_loss", "Loss"): "'Loss' depends on the number of steps: give one",
    ("rnn_loss", "h"): "'h' depends on the number of steps: give one",
    ("bidirectional", "g[1]"): "'g' depends on the number of steps: give one",
    ("classical", "s[0]"): "s[0] is not in this unfolding (t = 1..1)",
    ("classical", "s[9999999999999999999999]"): "unknown signal 's[9999",
}


@pytest.mark.parametrize(("name", "question"), UNKNOWN)
def test_a_question_without_an_answer_is_refused(name: str, question: str) -> None:
    with pytest.raises(gf.UnfoldingError, match="^" + re.escape(UNKNOWN[name, question])):
        gf.expand(example(name), question)


def test_an_instance_past_the_end_is_refused() -> None:
    with pytest.raises(gf.UnfoldingError, match=re.escape("h[3] is not in this unfolding")):
        gf.expand(example("rnn_loss"), "h[3]", steps=2)


def test_an_unknown_notation_is_refused() -> None:
    with pytest.raises(gf.GraphfoldError, match="unknown notation 'latx'; did you mean 'latex'"):
        gf.expand(example("classical"), "s[3]", notation="latx")


# -- LaTeX --------------------------------------------------------------------------------------

LATEX = [
    ("classical", "s[4]", None),
    ("driven", "h[t]", None),
    ("lstm", "h[2]", None),
    ("rnn_loss", "Loss", 2),
    ("biquad", "y[3]", None),
    ("bidirectional", "o[1]", 2),
]


@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("name", "question", "steps"), LATEX)
def test_latex_can_be_typeset(name: str, question: str, steps: int | None) -> None:
    import ziamath

    text = gf.expand(example(name), question, steps=steps, notation="latex")
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin{aligned}") == text.count(r"\end{aligned}")
    for line in re.split(r"\\begin{aligned}|\\end{aligned}|\\\\\n|\n", text):
        if line.strip():
            assert ziamath.Math.fromlatex(line.replace("&", "")).svg()


# -- the algebra is right -----------------------------------------------------------------------


def _reduced(every: Callable[[Any], Any], steps: Callable[[Any], Any]) -> Callable[..., Any]:
    """mean(v) is over the elements of v; mean(v[1], v[2]) is over the steps."""
    return lambda first, *rest: steps([first, *rest]) if rest else every(first)


FUNCTIONS: Mapping[str, Any] = {
    "tanh": np.tanh,
    "sin": np.sin,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "where": np.where,
    "dot": np.dot,
    "outer": np.outer,
    "sum": np.sum,
    "mean": _reduced(np.mean, lambda parts: np.mean(parts, axis=0)),
    "max": _reduced(np.max, lambda parts: np.max(parts, axis=0)),
}


def calculate(text: str, values: Mapping[str, Any]) -> Any:
    """Compute a side of an equation as the Python that it is, with the values of all reads."""
    signals: dict[str, Any] = {}
    for name, value in values.items():
        signal, bracket, step = name.partition("[")
        if bracket:
            signals.setdefault(signal, {})[int(step[:-1])] = np.asarray(value)
        else:
            signals[name] = np.asarray(value)
    return eval(text, {"__builtins__": {}, **FUNCTIONS}, signals)


BRACKETED = {
    "x[t] - y[t]": "x[2] - (p - q)",
    "x[t] + y[t]": "x[2] + (p - q)",
    "y[t] - x[t]": "p - q - x[2]",
    "x[t] * y[t]": "x[2] * (p - q)",
    "x[t] / z[t]": "x[2] / (p / q)",
    "z[t] / x[t]": "p / q / x[2]",
    "-y[t]": "-(p - q)",
    "y[t] ** 2": "(p - q) ** 2",
    "2 ** y[t]": "2 ** (p - q)",
    "x[t] > y[t]": "x[2] > p - q",
    "tanh(y[t])": "tanh(p - q)",
}


@pytest.mark.parametrize("right", BRACKETED)
def test_what_is_put_in_gets_the_brackets_it_needs_and_no_more(right: str) -> None:
    head = "graphfold: 1\ninputs: {'x[t]': []}\nparams: {'p, q': []}\nequations: |\n"
    text = f"{head}  y[t] = p - q\n  z[t] = p / q\n  r[t] = {right}\n"
    line = gf.expand(gf.loads(text), "r[2]").splitlines()[0]
    assert line.split(" = ")[-1] == BRACKETED[right]


def test_many_sums_in_one_equation_take_no_time() -> None:
    sums = " + ".join(f"sum({k} * x[t] for t)" for k in range(1, 40))
    text = f"graphfold: 1\ninputs: {{'x[t]': []}}\nequations: |\n  y = {sums}\n"
    start = time.monotonic()
    assert gf.expand(gf.loads(text), "y", steps=8).startswith("y = 1 * x[1] + 1 * x[2] + ")
    assert time.monotonic() - start < 5


def test_a_sum_over_all_steps_at_every_step_takes_no_time() -> None:
    head = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'y[0]': 0}\nequations: |\n"
    circuit = gf.loads(f"{head}  y[t] = y[t-1] + sum(x[t] for t)\n")
    start = time.monotonic()
    assert gf.expand(circuit, "y[9000]", steps=9000).startswith("y[9000] = y[8999] + (x[1] + ")
    assert time.monotonic() - start < 5


def test_the_unfolded_function_gets_a_letter_that_is_free() -> None:
    head = "graphfold: 1\ninputs: {'x[t]': [], 'g, G, phi': []}\ninit: {'h[0]': 0}\n"
    circuit = gf.loads(f"{head}equations: |\n  h[t] = h[t-1] + x[t]\n")
    assert gf.expand(circuit, "h[2]").splitlines()[-1] == "h[2] = g1⁽²⁾(x[2], x[1])"


@settings(max_examples=60)
@given(cases())
def test_every_side_of_an_expansion_has_the_value_of_the_instance(
    case: tuple[Circuit, int],
) -> None:
    circuit, steps = case
    steps = min(max(steps, 1), 6)
    try:
        unfolding = gf.unfold(circuit, steps)
        values = dict(gf.evaluate(unfolding, random_values(circuit, steps)))
    except gf.UnfoldingError:
        return  # steps too few for a fixed read
    for equation in circuit.equations:
        step = None if circuit.axis_of[equation.signal] is None else steps
        name = equation.signal if step is None else f"{equation.signal}[{step}]"
        first = gf.expand(unfolding, name).splitlines()[0]
        note(first)
        left, *sides = first.split(" = ")
        assert left == name or " is " in left
        for side in sides:
            np.testing.assert_allclose(calculate(side, values), values[name], atol=1e-12)


TWO_INPUTS = (
    "graphfold: 1\ninputs:\n  x[t]: []\n  y[t]: []\ninit:\n  h[0]: zeros\n  k[1]: zeros\n"
    "  e: [zeros, zeros]\nequations: |\n  h[t] = h[t-1] + x[t]\n  L[t] = h[t] * y[t]\n"
    "  z[t] = 2 * y[t]\n  k[t] = k[t-1] + x[t]\n  e[t] = e[t-2] + x[t]\n  S = sum(h[t] for t)\n"
)


@pytest.mark.parametrize(
    ("signal", "function"),
    [
        ("h[t]", "h[t] = g⁽ᵗ⁾(x[t], x[t-1], …, x[1])"),  # the loss reads y, the state does not
        ("L[t]", "L[t] = g⁽ᵗ⁾(x[t], y[t], x[t-1], …, x[1])"),
        ("k[t]", "k[t] = g⁽ᵗ⁾(x[t], x[t-1], …, x[2])"),  # pinned: x[1] is never read
        ("e[t]", ""),  # every other step: no short way to say so
        ("z[t]", ""),  # its equation says it all
    ],
)
def test_the_unfolded_function_takes_the_inputs_that_count(signal: str, function: str) -> None:
    lines = gf.expand(gf.loads(TWO_INPUTS), signal).splitlines()
    assert lines[1:] == ([function] if function else [])
