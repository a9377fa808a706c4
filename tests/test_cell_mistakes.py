"""What can be wrong with cells is told where it is written, with its cure."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphfold as gf
from graphfold.circuit import Cell, Circuit, Use
from graphfold.expression import Expression, Index, Read
from graphfold.formats.model_reader import parse_model

HEAD = """\
graphfold: 1
dims: [n_x, n_h]
inputs: {'x[t]': [n_x], c: [n_h], 'y[t]': []}
params: {M: [n_x, n_x], N: [n_h, n_h]}
cells:
  rnn:
    dims: [n_x, n_h]
    inputs: {'x[t]': [n_x], c: [n_h]}
    params: {W: [n_h, n_h], U: [n_h, n_x]}
    init: {'h[0]': zeros}
    equations: |
      h[t] = tanh(W @ h[t-1] + U @ x[t] + c)
  acc:
    inputs: {'x[t]': []}
    equations: |
      s[t] = s[t-1] + x[t]
equations: |
"""


def lines(text: str) -> list[str]:
    try:
        found = gf.check(parse_model(text))
    except gf.ModelError as error:
        found = list(error.diagnostics)
    return [f"{d.mark} {d.message}" for d in found]


A = "  a = rnn(x=x[t], c=c)\n"

TABLE = {
    "a wire left out": ("  a = rnn(x=x[t])\n", "18:3 rnn needs the wire 'c'; write rnn(c=…)"),
    "all wires left out": (
        "  a = rnn()\n",
        "18:3 rnn needs the wires 'x', 'c'; write rnn(x=…, c=…)",
    ),
    "a wire too many": (
        "  a = rnn(x=x[t], c=c, z=c)\n",
        "18:24 rnn has no input 'z'; it has x, c, W, U, n_x, n_h",
    ),
    "a wire that is misspelt": (
        "  a = rnn(xx=x[t], c=c)\n",
        "18:11 rnn has no input 'xx'; did you mean 'x'?",
    ),
    "a wire given twice": ("  a = rnn(x=x[t], x=x[t], c=c)\n", "18:19 x is given twice"),
    "a wire without a name": (
        "  a = rnn(x[t], c)\n",
        "18:11 the wires of a cell are named: write rnn(x=…)",
    ),
    "a wire without a value": ("  a = rnn(x=, c=c)\n", "18:11 x has no value"),
    "a wire between two commas": (
        "  a = rnn(x=x[t],, c=c)\n",
        "18:13 a wire is missing between two commas",
    ),
    "a static value for a sequence": (
        "  a = rnn(x=M, c=c)\n",
        "18:11 'x' is a sequence in rnn but its wire is static; "
        "give it a value for each step, as e[t]",
    ),
    "a sequence without its step": (
        "  a = rnn(x=x, c=c)\n",
        "18:11 'x' is a sequence in rnn but its wire is static; write x[t]",
    ),
    "a sequence for a static input": (
        "  a = rnn(x=x[t], c=x[t])\n",
        "18:19 'c' is static in rnn but its wire runs over t; "
        "read one step, such as [T], or sum(… for t)",
    ),
    "a sequence read whole for a static input": (
        "  a = rnn(x=x[t], c=x)\n",
        "18:21 'x' is a sequence over t: write x[t], x[T] or sum(x[t] for t)",
    ),
    "a static value with a step": (
        "  a = rnn(x=x[t], c=c[t])\n",
        "18:21 'c' is static and takes no time index",
    ),
    "an unknown signal in a wire": (
        "  a = rnn(x=xx[t], c=c)\n",
        "18:13 unknown signal 'xx'; did you mean 'x'?",
    ),
    "a wire of the wrong shape": (
        "  a = rnn(x=y[t], c=c)\n",
        "18:11 x=y[t]: a.x is [n_x] but y[t] is []",
    ),
    "a computed wire of the wrong shape": (
        "  a = rnn(x=2 * y[t], c=c)\n",
        "18:11 x=2 * y[t]: a.x is [n_x] but 2 * y[t] is []",
    ),
    "a parameter of the wrong shape": (
        "  a = rnn(x=x[t], c=c, W=M)\n",
        "18:24 W=M: a.W is [n_h, n_h] but M is [n_x, n_x]",
    ),
    "shared parameters of the wrong shape": (
        A + "  b = rnn(x=a.h[t], c=c, n_x=n_h; a)\n",
        "19:35 U=a.U: b.U is [n_h, n_h] but a.U is [n_h, n_x]",
    ),
    "a sequence for a parameter": (
        "  a = rnn(x=x[t], c=c, W=x[t])\n",
        "18:24 'W' is a parameter of rnn: it takes a static value",
    ),
    "an unknown cell": ("  a = rn(x=x[t], c=c)\n", "18:7 unknown cell 'rn'; did you mean 'rnn'?"),
    "an unknown cell that resembles none": (
        "  a = lstm(x=x[t])\n",
        "18:7 unknown cell 'lstm'; name it under `cells`",
    ),
    "a function that is misspelt": (
        A + "  o = sofmax(c, axis=0)\n",
        "19:7 unknown function 'sofmax'; did you mean 'softmax'?",
    ),
    "an unknown signal of a use": (
        A + "  o[t] = a.hh[t]\n",
        "19:10 unknown signal 'a.hh'; did you mean 'a.h'?",
    ),
    "a use read without a signal": (
        A + "  o[t] = a[t]\n",
        "19:10 'a' is a use of a cell: say which of its signals, a.h",
    ),
    "a use that is an output": (
        A + "outputs: [a]\n",
        "19:11 'a' is a use of a cell: say which of its signals, a.h",
    ),
    "an output that is misspelt": (
        A + "outputs: [a.hh]\n",
        "19:11 unknown output 'a.hh'; did you mean 'a.h'?",
    ),
    "a history of an unknown signal": (
        A + "init: {'a.hh[0]': zeros}\n",
        "19:8 unknown signal 'a.hh'; did you mean 'a.h'?",
    ),
    "a history of a use": (
        A + "init: {'a[0]': zeros}\n",
        "19:8 'a' is a use of a cell: say which of its signals, a.h",
    ),
    "a history of the wrong shape": (
        A + "init: {'a.h[0]': N}\n",
        "19:8 a.h[0] is [n_h, n_h] but a.h is [n_h]",
    ),
    "parameters of another cell": (
        A + "  b = acc(x=y[t]; a)\n",
        "19:19 'b' uses acc and cannot share the parameters of 'a', which uses rnn",
    ),
    "parameters of an unknown use": (
        A + "  b = rnn(x=x[t], c=c; aa)\n",
        "19:24 unknown use 'aa'; did you mean 'a'?",
    ),
    "parameters that all share and nobody has": (
        "  a = rnn(x=x[t], c=c; b)\n  b = rnn(x=x[t], c=c; a)\n",
        "18:24 a parameter is shared by all and owned by none: a.W <- b.W <- a.W; "
        "let one be its own",
    ),
    "a parameter that two bind to each other": (
        "  a = rnn(x=x[t], c=c, W=b.W)\n  b = rnn(x=x[t], c=c, W=a.W)\n",
        "18:24 a parameter is shared by all and owned by none: a.W <- b.W <- a.W; "
        "let one be its own",
    ),
    "a name that is an input": (
        "  x = rnn(x=x[t], c=c)\n",
        "18:3 'x' is an input and cannot be redefined",
    ),
    "a name that is a cell": (
        "  rnn = rnn(x=x[t], c=c)\n",
        "18:3 'rnn' is a cell and cannot be redefined",
    ),
    "a name that is given twice": (A + A, "19:3 'a' is already defined at line 18"),
    "a signal named as a use": (A + "  a[t] = x[t]\n", "19:3 'a' is already defined at line 18"),
    "a signal of a use defined again": (
        A + "  a.h[t] = x[t]\n",
        "19:3 'a.h' is defined within 'a' (line 18); give your own signal a name without a dot",
    ),
    "a use that reads itself": (
        "  a = acc(x=a.s[t])\n",
        "18:11 delay-free cycle: a.s <- a.s (18:11); to use the previous step write a.s[t-1]",
    ),
    "uses that read each other": (
        "  a = acc(x=b.s[t])\n  b = acc(x=a.s[t])\n",
        "18:11 delay-free cycle: a.s <- b.s (18:11), b.s <- a.s (19:11); "
        "to use the previous step write b.s[t-1]",
    ),
    "wires that lead to each other": (
        "  a = acc(x=b.x[t])\n  b = acc(x=a.x[t])\n",
        "18:13 delay-free cycle: a.x <- b.x (18:13), b.x <- a.x (19:13); "
        "to use the previous step write b.x[t-1]",
    ),
    "a direction that is none": (
        "  a = rnn(x=x[t], c=c, reverse=maybe)\n",
        "18:32 reverse is true or false, not 'maybe'",
    ),
    "an axis that is none": (
        "  a = rnn(x=x[t], c=c, over=u)\n",
        "18:24 unknown axis 'u'; there is t",
    ),
    "a size that is not declared": (
        "  a = rnn(x=x[t], c=c, n_h=n_hh)\n",
        "18:28 dimension 'n_hh' is not declared; did you mean 'n_h'?",
    ),
    "a size that is none": (
        "  a = rnn(x=x[t], c=c, n_h=x[t])\n",
        "18:28 n_h must be a size such as n_h or 3",
    ),
    "a cell with an index": (
        "  a[t] = rnn(x=x[t], c=c)\n",
        "18:3 a cell is used in a line of its own: write a = rnn(…), without an index",
    ),
    "a cell within an expression": (
        "  o[t] = 2 * rnn(x=x[t], c=c)\n",
        "18:14 a cell is used in a line of its own: write part = rnn(…), then part.h[t]",
    ),
    "a use that is never closed": (
        "  a = rnn(x=x[t],\n    c=c\n  o[t] = y[t]\n",
        "18:10 '(' is never closed",
    ),
    "a cell without a history": (
        "  a = acc(x=y[t])\n",
        "16:14 a.s[t-1] at t = 1 reads a.s[0], which has no value; add `a.s[0]: zeros` under init",
    ),
}


@pytest.mark.parametrize("mistake", TABLE)
def test_a_mistake_is_told_with_its_place_and_its_cure(mistake):
    text, expected = TABLE[mistake]
    assert lines(HEAD + text) == [expected]


def test_all_mistakes_are_told_at_once():
    text = "  a = rnn(x=M, c=x[t])\n  b = acc(z=y[t])\n  d = ac(x=y[t])\n"
    found = lines(HEAD + text)
    assert [line.partition(" ")[0] for line in found] == ["18:11", "18:16", "19:3", "19:11", "20:7"]


def test_a_dimension_that_nobody_tells():
    text = HEAD.replace("dims: [n_x, n_h]", "dims: [n_x, n_z]", 1).replace(
        "c: [n_h], 'y", "c: [n_z], 'y"
    )
    assert lines(text.replace("N: [n_h, n_h]", "N: [n_z, n_z]") + A) == [
        "18:3 nothing tells the dimension 'n_h' of rnn; "
        "write rnn(…, n_h=…) or add n_h to the list `dims`"
    ]


def test_a_wire_of_another_axis():
    text = HEAD.replace("dims:", "axes: {t: T, u: U}\ndims:", 1).replace("'y[t]'", "'y[u]'")
    text = text.replace("inputs: {'x[t]': []}", "inputs: {'x[t]': [], 'z[t]': []}")
    assert lines(text + "  a = acc(x=sum(x[t]), z=y[u])\n") == [
        "19:24 'a' runs over t but its wire 'z' over u"
    ]
    assert lines(text + "  a = acc(x=sum(x[t]) * y[u], z=y[u])\n") == [
        "19:11 the wire 'x' runs over t and u: it can run over one axis only"
    ]


def test_an_axis_that_nobody_tells():
    text = (
        "graphfold: 1\naxes: {u: U, v: V}\ninputs: {'x[u]': [], 'y[v]': []}\ncells:\n  c:\n"
        "    equations: |\n      n[t] = t\nequations: |\n  a = c()\n"
    )
    assert lines(text) == ["9:3 nothing tells the axis that 'a' runs over; write over=u or over=v"]


def test_modes_that_differ():
    cell = (
        "cells:\n  c:\n    modes: [train, test]\n    inputs: {'x[t]': []}\n"
        "    equations: |\n      y[t] = x[t]\n"
    )
    text = "graphfold: 1\ninputs: {'x[t]': []}\n" + cell + "equations: |\n  a = c(x=x[t])\n"
    assert lines(text) == [
        "4:3 the cell 'c' has the modes train, test; add `modes: [train, test]` to the model"
    ]
    assert lines(text.replace("inputs", "modes: [train]\ninputs", 1)) == [
        "5:3 the cell 'c' has the modes train, test, the model train; let them be the same"
    ]


# -- files --------------------------------------------------------------------------------------

CELL = """\
graphfold: 1
name: rnn
dims: [n_x, n_h]
inputs: {'x[t]': [n_x]}
params: {W: [n_h, n_h], U: [n_h, n_x]}
init: {'h[0]': zeros}
equations: |
  h[t] = tanh(W @ h[t-1] + U @ x[t])
"""
MODEL = """\
graphfold: 1
dims: [n_x, n_h]
inputs: {'x[t]': [n_x]}
cells: {rnn: rnn.yaml}
equations: |
  a = rnn(x=x[t])
  b = rnn(x=a.h[t], n_x=n_h)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("model.yaml").write_text(MODEL)
    Path("rnn.yaml").write_text(CELL)
    return tmp_path


def reported(path: str) -> list[str]:
    with pytest.raises(gf.ModelError) as caught:
        gf.load(path)
    return [f"{d.source}:{d.mark}: {d.message}" for d in caught.value.diagnostics]


WRONG = {
    "an operator left out": (
        ("W @ h", "W h"),
        "rnn.yaml:8:17: expected an operator; write W @ h[t-1]",
    ),
    "an unknown signal": (
        ("@ h[", "@ hh["),
        "rnn.yaml:8:19: unknown signal 'hh'; did you mean 'h'?",
    ),
    "a wrong shape": (
        ("W @ h", "U @ h"),
        "rnn.yaml:8:17: U @ h[t-1]: U is [n_h, n_x] (line 5) but h is [n_h]",
    ),
    "a cycle": (
        ("h[t-1]", "h[t]"),
        "rnn.yaml:8:19: delay-free cycle: h <- h (8:19); to use the previous step write h[t-1]",
    ),
    "a key that is misspelt": (
        ("init:", "inits:"),
        "rnn.yaml:6:1: unknown key 'inits'; did you mean 'init'?",
    ),
    "no YAML": (
        ("init: {", "init: {{"),
        "rnn.yaml:7:1: expected ',' or '}'; inside braces a key such as 'x[t]' needs quotes",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_cell_that_is_wrong_is_told_in_its_own_file_and_once(folder, mistake):
    (old, new), expected = WRONG[mistake]
    assert old in CELL
    Path("rnn.yaml").write_text(CELL.replace(old, new))
    assert reported("model.yaml")[0] == expected


def test_mistakes_of_the_model_and_of_its_cells_are_told_together(folder):
    Path("model.yaml").write_text(MODEL.replace("inputs", "input"))
    Path("rnn.yaml").write_text(CELL.replace("W @ h", "W h"))
    assert [line.partition(" ")[0] for line in reported("model.yaml")] == [
        "model.yaml:3:1:",
        "rnn.yaml:8:17:",
    ]


def test_a_file_that_does_not_exist_is_told_where_it_is_named(folder):
    Path("rnn.yaml").unlink()
    assert reported("model.yaml") == [
        "model.yaml:4:14: rnn.yaml: cannot be read: No such file or directory; "
        "a cell is looked for from the folder of this file"
    ]


def test_files_that_contain_each_other(folder):
    Path("a.yaml").write_text("graphfold: 1\ncells: {b: b.yaml}\nequations: |\n  u = b()\n")
    Path("b.yaml").write_text("graphfold: 1\ncells: {a: ./a.yaml}\nequations: |\n  u = a()\n")
    Path("me.yaml").write_text("graphfold: 1\ncells: {me: me.yaml}\nequations: |\n  u = me()\n")
    Path("model.yaml").write_text(MODEL.replace("rnn.yaml", "a.yaml"))
    ring = "cell 'a' contains itself: a.yaml -> b.yaml -> a.yaml"
    assert reported("model.yaml") == reported("a.yaml") == [f"b.yaml:2:12: {ring}"]
    assert reported("me.yaml") == ["me.yaml:2:13: cell 'me' contains itself: me.yaml -> me.yaml"]


def test_an_inline_cell_knows_its_own_cells_only():
    text = (
        "graphfold: 1\ninputs: {'x[t]': []}\ncells:\n  lag: {inputs: {'x[t]': []}}\n  acc:\n"
        "    inputs: {'x[t]': []}\n    equations: |\n      p = acc(x=x[t])\n      q = lag(x=x[t])\n"
    )
    assert lines(text) == [
        "8:11 cell 'acc' contains itself",
        "9:11 cell 'lag' is not known here; name it under the `cells` of 'acc' too",
    ]


def test_the_history_that_a_cell_lacks_is_told_in_its_file(folder):
    Path("rnn.yaml").write_text(CELL.replace("init: {'h[0]': zeros}\n", ""))
    problem, _ = gf.check(gf.load("model.yaml"))
    assert str(problem) == (
        "rnn.yaml:7:19: history: a.h[t-1] at t = 1 reads a.h[0], which has no value; "
        "add `a.h[0]: zeros` under init"
    )


def test_a_cell_is_found_from_the_folder_of_the_model_that_names_it(folder, monkeypatch):
    Path("deep").mkdir()
    Path("deep/model.yaml").write_text(MODEL)
    Path("rnn.yaml").rename("deep/rnn.yaml")
    circuit = gf.load("deep/model.yaml")
    gf.dump(circuit, "elsewhere.yaml")
    assert "rnn: deep/rnn.yaml" in Path("elsewhere.yaml").read_text()
    assert gf.load("elsewhere.yaml") == circuit == gf.loads(gf.dumps(circuit))
    inline = gf.loads(gf.dumps(circuit).replace("deep/rnn.yaml", "deep/./rnn.yaml"))
    assert inline == circuit


def test_two_names_of_one_file_are_one_definition(folder):
    text = MODEL.replace("{rnn: rnn.yaml}", "{rnn: rnn.yaml, other: ./rnn.yaml}")
    first, second = gf.loads(text).cells
    assert first.circuit is second.circuit


# -- Python -------------------------------------------------------------------------------------


def test_mistakes_in_python_are_told_by_name():
    cell, c = gf.Circuit("acc"), gf.Circuit("model")
    t = cell.axis("t")
    x, s = cell.input("x", over=t), cell.signal("s", over=t, init=0)
    s[t] = s[t - 1] + x[t]
    a = c.cell("a", cell)
    with pytest.raises(AttributeError, match="'a' has no signal 'z'; it has x, s"):
        _ = a.z
    with pytest.raises(gf.GraphfoldError, match="a circuit cannot be a cell of itself"):
        c.cell("b", c)
    with pytest.raises(gf.GraphfoldError, match="expected a circuit, not int"):
        c.cell("b", 3)
    with pytest.raises(gf.GraphfoldError, match="over takes an axis"):
        c.cell("b", cell, over="t")
    with pytest.raises(gf.GraphfoldError, match="like takes a use of a cell, not 3"):
        c.cell("b", cell, like=3)
    assert [str(p) for p in gf.check(c)] == ["wire: acc needs the wire 'x'; write acc(x=…)"]
    with pytest.raises(gf.ModelError, match="acc needs the wire 'x'"):
        gf.flatten(c)


def test_a_cell_built_in_python_that_is_wrong_is_named():
    cell, c = gf.Circuit("loop"), gf.Circuit("model")
    t = cell.axis("t")
    s = cell.signal("s", over=t)
    s[t] = s[t] + 1
    c.cell("a", cell)
    (problem,) = gf.check(c)
    assert problem.message.startswith("in the cell 'loop': delay-free cycle: s <- s")


def test_a_circuit_with_cells_has_no_reads_of_its_own():
    cell, c = gf.Circuit("acc"), gf.Circuit("model")
    t = cell.axis("t")
    s = cell.signal("s", over=t, init=0)
    s[t] = s[t - 1] + 1
    c.cell("a", cell)
    with pytest.raises(gf.GraphfoldError, match=r"gf\.flatten"):
        _ = c.freeze().delays
    assert c.delays == gf.flatten(c).delays
    with pytest.raises(gf.GraphfoldError, match="a flat circuit has no file"):
        gf.dumps(gf.flatten(c))


def nested(levels: int) -> Circuit:
    """A running sum within as many cells."""
    inner = gf.Circuit("sum")
    t = inner.axis("t")
    x, s = inner.input("x", over=t), inner.signal("s", over=t, init=0)
    s[t] = s[t - 1] + x[t]
    circuit = inner.freeze()
    wire = Expression((Read("x", Index("t")),))
    for _ in range(levels):
        use = Use("a", "inner", (("x", wire),))
        circuit = Circuit(
            "outer", inputs=circuit.inputs, cells=(Cell("inner", circuit),), uses=(use,)
        )
    return circuit


def test_cells_may_be_nested_beyond_any_limit_of_recursion():
    assert nested(3000) == nested(3000)
    assert nested(3000) != nested(3001)
    circuit = nested(250)
    assert gf.check(circuit) == []
    unfolding = gf.unfold(circuit, 3)
    name = ".".join([*["a"] * 250, "s"])
    assert gf.evaluate(unfolding, {"x": [1.0, 2.0, 3.0]})[f"{name}[3]"] == 6
    with pytest.raises(gf.ModelError, match="nested too deep"):
        gf.loads(gf.dumps(circuit))
