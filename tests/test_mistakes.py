"""Errors are the product: every mistake gets its place, its reason and its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphfold as gf
from graphfold.examples import example_path
from graphfold.formats.model_reader import parse_model

RNN = example_path("rnn_loss").read_text(encoding="utf-8")


def report(text: str) -> list[gf.Diagnostic]:
    """All that is wrong with a model text, from whichever stage comes first."""
    try:
        return gf.check(parse_model(text))
    except gf.ModelError as error:
        return list(error.diagnostics)


def lines(text: str) -> list[str]:
    """The report as "line:column message"."""
    return [f"{d.mark} {d.message}" for d in report(text)]


def changed(old: str, new: str) -> str:
    assert old in RNN
    return RNN.replace(old, new, 1)


H = "  h[t] = tanh(a[t])\n"

TABLE = {
    "a key that is misspelt": (
        changed("equations:", "equation:"),
        "15:1 unknown key 'equation'; did you mean 'equations'?",
    ),
    "a parameter given twice": (
        changed("  b: [n_h]\n", "  b: [n_h]\n  b: [n_h]\n"),
        "12:3 key 'b' is given twice (first at line 11)",
    ),
    "a dimension that is not declared": (
        changed("U: [n_h, n_x]", "U: [n_h, nx]"),
        "8:12 dimension 'nx' is not declared; did you mean 'n_x'?",
    ),
    "an operator left out": (
        changed("W @ h[t-1]", "W h[t-1]"),
        "16:16 expected an operator; write W @ h[t-1]",
    ),
    "a bracket left open": (changed("tanh(a[t])", "tanh(a[t]"), "17:14 '(' is never closed"),
    "a function that is misspelt": (
        changed("tanh(a[t])", "tnah(a[t])"),
        "17:10 unknown function 'tnah'; did you mean 'tanh'?",
    ),
    "a signal that does not exist": (
        changed("V @ h[t]", "V @ hh[t]"),
        "18:18 unknown signal 'hh'; did you mean 'h'?",
    ),
    "a signal defined twice": (changed(H, H + H), "18:3 'h' is already defined at line 17"),
    "an input redefined": (
        changed(H, H + "  x[t] = h[t]\n"),
        "18:3 'x' is an input and cannot be redefined",
    ),
    "a sequence read without a step": (
        changed("sum(L[t] for t)", "L"),
        "20:10 'L' is a sequence over t: write L[t], L[T] or sum(L[t] for t)",
    ),
    "a static signal read at a step": (
        changed("U @ x[t]", "U[t] @ x[t]"),
        "16:27 'U' is static and takes no time index",
    ),
    "a cycle without a delay": (
        changed("W @ h[t-1]", "W @ h[t]"),
        "16:18 delay-free cycle: a <- h (16:18), h <- a (17:15); "
        "to use the previous step write h[t-1]",
    ),
    "shapes that do not fit": (
        changed("W: [n_h, n_h]", "W: [n_h, n_x]"),
        "16:16 W @ h[t-1]: W is [n_h, n_x] (line 9) but h is [n_h]",
    ),
    "no history": (
        changed("init:\n  h[0]: zeros\n", ""),
        # two lines fewer stand above the equation
        "14:18 h[t-1] at t = 1 reads h[0], which has no value; add `h[0]: zeros` under init",
    ),
    "no history, the line count kept": (
        changed("init:\n  h[0]: zeros\n", "\n\n"),
        "16:18 h[t-1] at t = 1 reads h[0], which has no value; add `h[0]: zeros` under init",
    ),
    "a pin where a history was meant": (
        changed("h[0]: zeros", "h[1]: zeros"),
        "14:3 this pins h at t = 1; h[0] is still undefined: did you mean h[0]?",
    ),
    "an output that is misspelt": (
        changed("outputs: [o, Loss]", "outputs: [o, Los]"),
        "21:14 unknown output 'Los'; did you mean 'Loss'?",
    ),
}


@pytest.mark.parametrize(("text", "message"), TABLE.values(), ids=TABLE)
def test_every_row_of_the_table_of_mistakes_is_reported_to_the_letter(
    text: str, message: str
) -> None:
    assert lines(text) == [message]


def test_a_pin_where_a_history_was_meant_is_a_warning() -> None:
    (problem,) = report(changed("h[0]: zeros", "h[1]: zeros"))
    assert problem.severity == "warning"
    assert str(problem).startswith("14:3: pin: warning: this pins h")


def test_a_diagnostic_is_printed_as_file_line_column_code_message(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(changed("tanh(a[t])", "tnah(a[t])"))
    with pytest.raises(gf.ModelError) as caught:
        gf.load(path)
    said = f"{path}:17:10: unknown-function: unknown function 'tnah'; did you mean 'tanh'?"
    assert str(caught.value) == said


def test_missing_history_is_reported_but_does_not_stop_loading() -> None:
    circuit = gf.loads(changed("init:\n  h[0]: zeros\n", ""))
    assert [d.stage for d in gf.check(circuit)] == ["history"]


# -- several problems, and stages in order --------------------------------------------------------


def test_all_problems_of_the_file_are_reported_at_once() -> None:
    text = changed("tanh(a[t])", "tanh(a[t]").replace("outputs:", "output:")
    text = text.replace("W @ h[t-1]", "W h[t-1]")
    assert lines(text) == [
        "16:16 expected an operator; write W @ h[t-1]",
        "17:14 '(' is never closed",
        "21:1 unknown key 'output'; did you mean 'outputs'?",
    ]


def test_all_problems_with_names_are_reported_at_once() -> None:
    text = changed("tanh(a[t])", "tnah(a[t])").replace("V @ h[t]", "V @ hh[t]")
    text = text.replace("[o, Loss]", "[o, Los]").replace("U: [n_h, n_x]", "U: [n_h, nx]")
    assert [d.mark and str(d.mark) for d in report(text)] == ["8:12", "17:10", "18:18", "21:14"]


def test_all_problems_with_indices_are_reported_at_once() -> None:
    text = changed("U @ x[t]", "U[t] @ x").replace("sum(L[t] for t)", "L")
    assert lines(text) == [
        "16:27 'U' is static and takes no time index",
        "16:34 'x' is a sequence over t: write x[t], x[T] or sum(x[t] for t)",
        "20:10 'L' is a sequence over t: write L[t], L[T] or sum(L[t] for t)",
    ]


def test_all_misfits_of_shapes_are_reported_at_once() -> None:
    text = changed("W: [n_h, n_h]", "W: [n_h, n_x]").replace("V: [n_y, n_h]", "V: [n_y, n_x]")
    assert [str(d.mark) for d in report(text)] == ["16:16", "18:16"]


def test_every_component_with_a_bad_cycle_is_reported() -> None:
    text = "graphfold: 1\nequations: |\n  a[t] = b[t]\n  b[t] = a[t]\n  c[t] = c[t] + a[t]\n"
    assert lines(text) == [
        "3:10 delay-free cycle: a <- b (3:10), b <- a (4:10); "
        "to use the previous step write b[t-1]",
        "5:10 delay-free cycle: c <- c (5:10); to use the previous step write c[t-1]",
    ]


def test_every_missing_history_is_reported_once() -> None:
    text = "graphfold: 1\nequations: |\n  F[t] = F[t-1] + F[t-2]\n  g[t] = g[t+1] + F[t-1]\n"
    assert lines(text) == [
        "3:10 F[t-1] at t = 1 reads F[0], which has no value; add `F[0]: zeros` under init",
        "3:19 F[t-2] at t = 1 reads F[-1], which has no value; add `F[-1]: zeros` under init",
        "4:10 g[t+1] at t = T reads g[T+1], which has no value; add `g[T+1]: zeros` under init",
    ]


def test_stages_come_in_order_and_a_later_one_waits_for_an_earlier_one() -> None:
    mistakes = {
        "file": ("outputs:", "output:"),
        "names": ("tanh(", "tnah("),
        "axes": ("sum(L[t] for t)", "L"),
        "shapes": ("U: [n_h, n_x]", "U: [n_h, n_y]"),
        "cycles": ("W @ h[t-1]", "W @ h[t]"),
        "history": ("h[0]: zeros", "h[-5]: zeros"),
    }
    left = dict(mistakes)
    while left:
        text = RNN
        for old, new in left.values():
            text = text.replace(old, new, 1)
        assert {d.stage for d in report(text)} == {next(iter(left))}
        left.pop(next(iter(left)))


# -- more mistakes, each with its cure ----------------------------------------------------------

EQUATIONS = {
    "y[t] = x": "'x' is a sequence over t: write x[t], x[T] or sum(x[t] for t)",
    "y = x[t]": "'y' does not run over t: define y[t], or write x[T] or sum(x[t] for t)",
    "y[t] = x[s]": "'x' has no index 's'; write x[t], x[t-1] or x[T]",
    "y[t] = w[0]": "'w' is static and takes no time index",
    "y = t": "'t' has no value here: 'y' does not run over t",
    "y[t] = sum(w for t)": "nothing in this sum depends on t",
    "y[s] = w": "unknown axis 's'; the axis is t",
    "y[t] = w(x[t])": "'w' is a signal, not a function; write w @ (…) or w * (…)",
    "y[t] = tanh": "'tanh' is a function; call it: tanh(…)",
    "y[t] = tanh(x[t], w)": "tanh takes 1 argument, not 2",
    "y[t] = maximum(x[t])": "maximum takes 2 arguments, not 1",
    "y[t] = X[t]": "unknown signal 'X'; did you mean 'x'?",
    "y[t] = x[t] @ w": (
        "x[t] @ w: the left side of @ is a scalar; write *; x is [] (line 3) but w is [] (line 4)"
    ),
    "y[t] = concat(x[t])": (
        "concat(x[t]): concat joins vectors or matrices; use stack for scalars; x is [] (line 3)"
    ),
    "y[t] = softmax(w)": "softmax(w): softmax needs a vector; w is [] (line 4)",
    "tanh[t] = x[t]": "'tanh' is a word of the language; choose another name",
    "zeros = 1": "'zeros' is a word of the language; choose another name",
    "t = 1": "'t' is an axis and cannot be redefined",
    "y = y": "'y' is static but depends on itself: y <- y (6:7); define y[t]",
    "y[t] = y[T]": "'y' needs all steps of 'y' at once: y <- y (6:10); read one step, as y[t-1]",
    "y[t] = sum(y[t] for t)": (
        "'y' needs all steps of 'y' at once: y <- y (6:14); read one step, as y[t-1]"
    ),
}


@pytest.mark.parametrize(("equation", "message"), EQUATIONS.items())
def test_a_mistake_in_an_equation_is_reported_with_its_cure(equation: str, message: str) -> None:
    text = "graphfold: 1\ninputs:\n  x[t]: []\nparams: {w: []}\nequations: |\n  " + equation
    assert [d.message for d in report(text)] == [message]


BOUNDARIES = {
    "hh[0]: zeros": "unknown signal 'hh'; did you mean 'h'?",
    "w[0]: zeros": "'w' is static and has no history",
    "h[t]: zeros": "h[t] names no single step; write h[0] or h[T+1]",
    "h[0]: h[T]": "write a static equation for h[T] first",
    "h[0]: h[t]": "h[0] is one value: it cannot read h[t]",
    "h[0]: t + 1": "h[0] must be static; give its value a name of its own",
    "h[0]: sum(h[t] for t)": "h[0] must be static; give its value a name of its own",
    "h: zeros": "say which step: write `h[0]: …`",
    "h[0]:": "h[0] needs a value: zeros, a number, a list, given",
    "'h(0)': 1": "'h(0)' names no value; write h[0], h[-1] or g[T+1]",
    "h[0.5]: 1": "'h[0.5]' names no value; write h[0], h[-1] or g[T+1]",
    "h[0]: [one]": "a list holds finite numbers only",
    "h[0]: [1e999]": "a list holds finite numbers only",
    "h[0]: []": "a list holds finite numbers only",
    "h[0]: [1, 2]": "h[0] is [2] but h is []",
}


@pytest.mark.parametrize(("boundary", "message"), BOUNDARIES.items())
def test_a_mistake_under_init_is_reported_with_its_cure(boundary: str, message: str) -> None:
    head, tail = "graphfold: 1\nparams: {w: []}\n", "equations: |\n  h[t] = sum(h[t-1]) * w\n"
    found = [d for d in report(f"{head}init:\n  {boundary}\n{tail}") if d.stage != "history"]
    assert message in [d.message for d in found]


FUNCTIONS = {
    "f(a; a): [n]": "f names its argument 'a' twice",
    "f(a): aa + a": "unknown signal 'aa'; did you mean 'a'?",
    "f(a): a * w": "'w' is no argument of f; add it behind the semicolon",
    "f(a): a[t]": "'a' is an argument here and takes no time index",
    "f(a): f(a)": "f calls 'f', which must be declared before it",
    "f(a): t + a": "f has no clock: time is not known inside it",
    "f a: [n]": "a function is declared as f(h, x; theta): [n]",
    "f(a)(b): [n]": "a function is declared as f(h, x; theta): [n]",
    "f(1): [n]": "a function is declared as f(h, x; theta): [n]",
    "f(a): {b: c}": "a function is a shape, as [n], or an expression",
    "f(n): n + 1": "'n' is a dimension and cannot be an argument of f; choose another name",
    "f(T): [n]": "'T' is a length and cannot be an argument of f; choose another name",
    "f(a; t): a": "'t' is an axis and cannot be an argument of f; choose another name",
    "f(for): [n]": "'for' is a word of the language; choose another name",
    "tanh(a): [n]": "'tanh' is a word of the language; choose another name",
}


@pytest.mark.parametrize(("function", "message"), FUNCTIONS.items())
def test_a_mistake_under_functions_is_reported_with_its_cure(function: str, message: str) -> None:
    text = f"graphfold: 1\ndims: [n]\nparams: {{w: []}}\nfunctions:\n  {function}\n"
    assert message in [d.message for d in report(text)]


def test_functions_that_call_one_another_too_deep_are_refused() -> None:
    chain = "".join(f"  f{i}(a): f{i - 1}(a)\n" for i in range(1, 600))
    head = f"graphfold: 1\nfunctions:\n  f0(a): a + 1\n{chain}equations: |\n  y[t] = "
    assert lines(f"{head}f49(t)\n") == [
        "53:3 f50 calls functions more than 50 deep; put some together"
    ]


TWICE = ["'h[-0]': 1", "'h[00]': 1", "h: [1]", "h: [2, 1]"]


@pytest.mark.parametrize("again", TWICE)
def test_a_history_that_is_spelt_in_two_ways_is_given_twice(again: str) -> None:
    tail = "equations: |\n  h[t] = h[t-1]\n"
    text = f"graphfold: 1\ninit:\n  h[0]: 0\n  {again}\n{tail}"
    assert lines(text) == ["4:3 h[0] is given twice (first at line 3)"]


def test_a_name_that_equations_cannot_hold_is_refused() -> None:
    c = gf.Circuit()
    c.param("e\u0301")  # an accent that is a character of its own
    (problem,) = gf.check(c)
    assert problem.message == "'e\u0301' is not a name; use letters, digits and _"


def test_a_function_is_called_as_declared() -> None:
    text = (
        "graphfold: 1\nparams: {w: []}\nfunctions: {'f(a; p)': []}\nequations: |\n"
        "  u = f(w, w)\n  v = f(w; w, w)\n"
    )
    assert lines(text) == ["5:7 write it as declared: f(a; p)"]
    text = text.replace("f(w, w)", "f(w; w)")
    assert lines(text) == ["6:7 f takes 2 arguments, not 3"]


@pytest.mark.parametrize(
    ("label", "good"),
    [(r"\frac{a}{b}", True), (r"{a\}}", True), (r"\frac{a}{b", False), ("a}{", False)],
)
def test_a_label_with_a_brace_too_many_is_refused(label: str, good: bool) -> None:
    head = "graphfold: 1\nequations: |\n  y[t] = t\ndraw:\n"
    found = report(f"{head}  labels: {{y: '{label}'}}\n")
    said = [] if good else ["the label of 'y' has a brace too many or too few"]
    assert [d.message for d in found] == said


HABITS = {  # of those who come from the book, from NumPy or from Python
    "h(t-1)": "16:18 'h' is a signal, not a function; write h[t-1]",
    "h(0)": "16:18 'h' is a signal, not a function; write h[0]",
    "h(T)": "16:18 'h' is a signal, not a function; write h[T]",
    "h(t * 2)": "16:18 'h' is a signal, not a function; write h @ (…) or h * (…)",
    "np.tanh(h[t-1])": "16:21 only .T (transpose) may follow a dot; write tanh(…)",
    "σ(h[t-1])": "16:18 unknown function 'σ'; did you mean 'sigmoid'?",
    "ln(h[t-1])": "16:18 unknown function 'ln'; did you mean 'log'?",
    "h[t-1] if t > 1 else b": "16:25 'if' is no operator; write where(condition, a, b)",
    "(h[t-1] > 0 and b)": "16:30 'and' is no operator; write (a) * (b)",
    "softmax(h[t-1], dim=0)": "16:34 softmax has no setting 'dim'; it has axis",
    "sum(h[t] for t in T)": "16:33 'for t' runs over all steps; leave out the rest",
    "switch(mode, train: b, test: b)": "16:18 the model has no modes; add `modes: [train, test]`",
}


@pytest.mark.parametrize(("written", "message"), HABITS.items())
def test_a_habit_from_elsewhere_is_answered_with_what_to_write(written: str, message: str) -> None:
    assert lines(changed("h[t-1]", written)) == [message]


SECTIONS = {
    "a word of init that is misspelt": (
        changed("h[0]: zeros", "h[0]: zero"),
        ["14:9 unknown signal 'zero'; did you mean 'zeros'?"],
    ),
    "an output with an index": (
        changed("outputs: [o, Loss]", "outputs: [o[t], Loss]"),
        ["21:12 expected ',' or ']'; a name in a list stands without an index: h, not h[t]"],
    ),
    "an output with an index, on a line of its own": (
        changed("outputs: [o, Loss]", "outputs:\n  - o[t]"),
        ["22:5 unknown output 'o[t]'; did you mean 'o'?"],
    ),
    "a name with a dash": (
        changed("  b: [n_h]", "  b-h: [n_h]"),
        ["11:3 'b-h' is not a name; write x or x[t], with _ for -"],
    ),
    "an axis that is not declared, told once": (
        changed("y[t]: [n_y]", "y[u]: [n_y]"),
        ["6:3 unknown axis 'u'; the axis is t"],
    ),
    "a sequence defined without a step": (
        changed("h[t] = tanh(a[t])", "h = tanh(a[t])"),
        [
            "14:3 'h' is static and has no history; define h[t]",
            "16:18 'h' is static and takes no time index",
            "17:12 'h' does not run over t: define h[t], or write a[T] or sum(a[t] for t)",
            "18:18 'h' is static and takes no time index",
        ],
    ),
    "dimensions that are nowhere declared": (
        "graphfold: 1\nparams: {W: [n_h]}\nequations: |\n  y = W\n",
        ["2:14 dimension 'n_h' is not declared; add it to the list `dims`"],
    ),
    "many histories": (
        "graphfold: 1\nequations: |\n  y[t] = y[t-7]\n",
        [
            "3:10 y[t-7] at t = 1, …, 7 reads y[-6], …, y[0], which have no values; "
            "add `y[-6]: zeros` to `y[0]: zeros` under init"
        ],
    ),
    "far boundaries": (
        "graphfold: 1\nequations: |\n  y[t] = y[t+2]\n",
        [
            "3:10 y[t+2] at t = T, T-1 reads y[T+2], y[T+1], which have no values; "
            "add `y[T+1]: zeros` and `y[T+2]: zeros` under init"
        ],
    ),
}


@pytest.mark.parametrize("mistake", SECTIONS)
def test_a_mistake_in_a_section_is_reported_with_its_cure(mistake: str) -> None:
    text, messages = SECTIONS[mistake]
    assert lines(text) == messages
