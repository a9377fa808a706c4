"""Modes: a circuit with switches is one circuit for each mode."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from circuits import circuits
from command_line import call
from hypothesis import given, note
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit, Mode
from graphfold.examples import example_path
from graphfold.expression import Apply, Expression
from graphfold.formats.model_reader import parse_model

HEAD = """\
graphfold: 1
axes: {t: T, u: U}
modes: [train, test]
inputs: {"x[t]": [], "y[u]": []}
init: {"h[0]": zeros}
equations: |
  k = y[1]
"""


def lines(equations: str) -> list[str]:
    try:
        found = gf.check(parse_model(HEAD + "".join(f"  {e}\n" for e in equations.split("\n"))))
    except gf.ModelError as error:
        found = list(error.diagnostics)
    return [f"{d.mark} {d.message}" for d in found]


MISTAKES = {
    "h[t] = h[t-1] + y[u]": [
        "8:19 'h' does not run over u: define h[u], or write y[U] or sum(y[u] for u)"
    ],
    "h[t] = h[t-1] + y[t]": ["8:19 'y' has no index 't'; write y[u], y[u-1] or y[U]"],
    "h[t] = h[t-1] + u": ["8:19 'u' has no value here: 'h' does not run over u"],
    "h[t] = h[t-1] + q[U]\nq[u] = h[1] + y[u]": [
        "8:19 'h' over t and 'q' over u depend on each other: "
        "h <- q (8:19), q <- h (9:10); one must be finished before the other starts"
    ],
    "h[t] = switch(mode, train: h[t-1], tets: k)": [
        "8:10 unknown mode 'tets'; did you mean 'test'?"
    ],
    "h[t] = switch(mode, train: h[t-1], other: k)": [
        "8:10 unknown mode 'other'; there are train, test"
    ],
    "h[t] = switch(mode, train: h[t-1])": [
        "8:10 switch says nothing for mode 'test'; add `test: …`"
    ],
    "h[t] = switch(mode, train: k, train: k, test: k)": [
        "8:10 mode 'train' has two branches in one switch; keep one"
    ],
    "h[t] = switch(mode, train: h[t-1], test: h[t])": [
        "8:44 in mode test: delay-free cycle: h <- h (8:44); to use the previous step write h[t-1]"
    ],
    "h[t] = switch(mode, train: h[t-1], test: h[t-2])": [
        "8:44 in mode test: h[t-2] at t = 1 reads h[-1], which has no value; "
        "add `h[-1]: zeros` under init"
    ],
    "h[t] = switch(k, train: k, test: k)": [
        "8:17 switch chooses by the mode: switch(mode, train: a, test: b)"
    ],
    "h[t] = switch(mode, train k)": ["8:23 expected a branch, as train: a, found 'train'"],
    "h[t] = switch(mode)": ["8:10 switch has no branches; write switch(mode, train: a, test: b)"],
    "h[t] = h[t-1] + mode": [
        "8:19 the mode stands in a switch only: switch(mode, train: a, test: b)"
    ],
}


@pytest.mark.parametrize(("equations", "expected"), MISTAKES.items(), ids=MISTAKES)
def test_a_mistake_with_axes_or_modes_is_placed_and_explained(
    equations: str, expected: list[str]
) -> None:
    assert lines(equations) == expected


def test_what_is_wrong_in_both_modes_is_told_once_without_them() -> None:
    assert lines("h[t] = h[t]") == [
        "8:10 delay-free cycle: h <- h (8:10); to use the previous step write h[t-1]"
    ]


def switched(circuit: Circuit, other: Circuit) -> Circuit:
    """A circuit that is `circuit` in mode a; in mode b its equations are those of `other`."""
    equations = []
    for equation, second in zip(circuit.equations, other.equations, strict=True):
        first, shift = equation.expression.nodes, len(equation.expression.nodes)
        moved = [
            replace(n, operands=tuple(o + shift for o in n.operands)) if isinstance(n, Apply) else n
            for n in second.expression.nodes
        ]
        roots = (equation.expression.root, shift + second.expression.root)
        switch = Apply("switch", roots, (("modes", ("a", "b")),))
        equations.append(replace(equation, expression=Expression((*first, *moved, switch))))
    return replace(circuit, modes=(Mode("a"), Mode("b")), equations=tuple(equations))


def negated(circuit: Circuit) -> Circuit:
    """The circuit with every value of every equation negated."""
    equations = [
        replace(
            e,
            expression=Expression(
                (*e.expression.nodes, Apply("neg", (e.expression.root,))),
            ),
        )
        for e in circuit.equations
    ]
    return replace(circuit, equations=tuple(equations))


@given(circuits(), st.booleans())
def test_a_circuit_in_a_mode_is_the_circuit_of_its_branches(circuit: Circuit, first: bool) -> None:
    both = switched(circuit, negated(circuit))
    note(gf.dumps(both))
    assert gf.in_mode(both, "a" if first else "b") == (circuit if first else negated(circuit))
    assert gf.in_mode(both) == circuit


@given(circuits())
def test_a_circuit_with_modes_that_is_written_and_read_back_is_equal(circuit: Circuit) -> None:
    named = gf.in_mode(switched(circuit, negated(circuit)), "b")
    text = gf.dumps(switched(circuit, named))
    note(text)
    again = gf.loads(text)
    assert [gf.in_mode(again, m) for m in "ab"] == [circuit, named]
    assert gf.dumps(again) == text


def fed_back(c: Any) -> Any:
    t = c.axis("t")
    y, o = c.input("y", over=t), c.signal("o", over=t, init=0)
    o[t] = gf.tanh(gf.switch(train=y[t - 1], test=o[t - 1]))
    c.init(y, 0, 0)
    return o


def test_a_switch_in_python_is_a_switch_in_a_file() -> None:
    c = gf.Circuit("feedback", modes=["train", "test"])
    fed_back(c)
    text = (
        "graphfold: 1\nname: feedback\nmodes: [train, test]\ninputs: {'y[t]': []}\n"
        "init: {'o[0]': zeros, 'y[0]': zeros}\n"
        "equations: |\n  o[t] = tanh(switch(mode, train: y[t-1], test: o[t-1]))\n"
    )
    assert c.freeze() == gf.loads(text)
    assert gf.unfold(c, 3, mode="test").mode == "test"
    assert gf.window(c, mode="test").mode == "test"


def test_python_is_told_what_is_wrong_with_its_modes() -> None:
    c = gf.Circuit("feedback", modes=["train", "test"])
    fed_back(c)
    with pytest.raises(gf.GraphfoldError, match="unknown mode 'tset'; did you mean 'test'"):
        gf.unfold(c, 3, mode="tset")
    with pytest.raises(gf.GraphfoldError, match="modes is a list of names"):
        gf.Circuit("feedback", modes="train")
    with pytest.raises(gf.GraphfoldError, match="switch has no branches"):
        gf.switch()
    plain = gf.Circuit("plain")
    plain.define("y", 1)
    with pytest.raises(gf.GraphfoldError, match="unknown mode 'test'; the model has no modes"):
        gf.unfold(plain, 3, mode="test")


def test_the_command_line_says_which_mode_it_looks_at() -> None:
    model = example_path("teacher_forcing")
    data = model.with_suffix(".npz")
    assert call("eval", model, "--inputs", data).lines == ["mode train"]
    assert call("eval", model, "--inputs", data, "--mode", "test").lines == ["mode test"]
    assert call("expand", model, "h[2]").lines == ["mode train"]
    assert call("analyze", model, "--mode", "test").out.startswith("mode test\n")
    done = call("eval", model, "--inputs", data, "--mode", "tset")
    assert (done.code, done.lines) == (2, ["error: unknown mode 'tset'; did you mean 'test'?"])
