"""What a figure shows: ties through hidden signals, captions, rows, columns."""

from __future__ import annotations

import pytest
from golden_figures import READOUT, shipped

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.options import DrawOptions
from graphfold.render.scene import STATIC, Scene
from graphfold.render.steps import unfolded
from graphfold.render.symbolic import windows
from graphfold.render.view import folded, view


def model(equations: str, more: str = "", rest: str = "") -> Circuit:
    """A model of vectors x and matrices A to D."""
    lines = "".join(f"  {line}\n" for line in equations.split("; "))
    return gf.loads(
        "graphfold: 1\ndims: [n]\ninputs: {'x[t]': [n], z: [n]}\n"
        f"params: {{'A, B, C, D': [n, n], k: []}}\n{more}\nequations: |\n{lines}{rest}"
    )


def captions(scene: Scene) -> dict[tuple[str, str, int], str]:
    """The captions of a scene's edges by (source, target, delay)."""
    return {
        (e.source[0], e.target[0], e.delay): " ".join(p.latex for p in e.caption)
        for e in scene.edges
    }


def letters(scene: Scene) -> dict[tuple[str, str, int], str]:
    """The captions without their fonts."""
    return {
        key: text.replace(r"\boldsymbol{", "").replace("}", "")
        for key, text in captions(scene).items()
    }


@pytest.mark.parametrize(
    ("side", "caption"),
    [
        ("A @ P[t-1] @ A.T", ["A", "\\cdot", "{A}^{\\top}"]),
        ("P[t-1] @ A @ B", ["A", "B"]),
        ("A @ (B @ P[t-1])", ["A", "B"]),
        ("P[t-1] * s", ["s"]),
    ],
)
def test_factors_stand_on_their_side_of_the_value(side: str, caption: list[str]) -> None:
    circuit = gf.loads(
        "graphfold: 1\ndims: [n]\nparams: {'A, B': [n, n], s: []}\ninit: {'P[0]': A}\n"
        f"draw: {{labels: {{A: A, B: B, s: s}}}}\nequations: |\n  P[t] = {side}\n"
    )
    (edge,) = [e for e in folded(view(circuit)).edges if e.delay]
    assert [piece.latex for piece in edge.caption] == caption


def test_hidden_signals_are_contracted() -> None:
    scene = folded(view(shipped("rnn_loss")))
    assert letters(scene) == {
        ("x", "h", 0): "U",
        ("h", "h", 1): "W",
        ("h", "o", 0): "V",
        ("o", "L", 0): "",
        ("y", "L", 0): "",
    }


def test_delays_add_up_and_labels_join_outermost_first() -> None:
    hidden = "draw: {hide: [a]}"
    c = model(
        "a[t] = A @ x[t-1]; y[t] = B @ (C @ a[t-2]) + k*x[t]",
        "init: {'x[0]': zeros, a: [zeros, zeros]}",
        hidden,
    )
    assert letters(folded(view(c))) == {("x", "y", 3): "B C A", ("x", "y", 0): "k"}


def test_a_hidden_signal_that_reads_itself_stays() -> None:
    c = model("h[t] = A @ h[t-1] + x[t]", "init: {'h[0]': zeros}", "draw: {hide: [h]}")
    assert "h" in folded(view(c)).sites


def test_transposed_and_repeated_ways() -> None:
    c = model("y[t] = A.T @ x[t] + B @ x[t] + x[t]")
    assert letters(folded(view(c))) == {("x", "y", 0): r"{A^{\top , B"}


def test_a_function_gives_its_name() -> None:
    scene = folded(view(shipped("driven")))
    assert captions(scene) == {("h", "h", 1): "f", ("x", "h", 0): "f"}


def test_rows_follow_the_data_flow() -> None:
    rows = [row.names for row in view(shipped("lstm")).rows]
    assert rows == [("x",), ("f", "g", "q", "i"), ("s",), ("h",)]


def test_an_input_stands_below_its_first_reader_and_statics_apart() -> None:
    c = model("h[t] = x[t] + z; o[t] = A @ h[t]; y = sum(o[t] for t)")
    assert [(row.names, row.static) for row in view(c).rows] == [
        (("z",), True),
        (("x",), False),
        (("h",), False),
        (("o",), False),
        (("y",), True),
    ]


def test_rows_as_the_model_asks() -> None:
    assert [row.names for row in view(shipped("rnn_loss")).rows] == [
        ("x",),
        ("h",),
        ("o",),
        ("L",),
        ("y",),
    ]


def test_a_window_has_a_stub_for_each_source_and_for_each_target() -> None:
    scene = windows(view(shipped("lstm")), "t", 1, 1)
    assert dict(scene.columns[0].sites) == {"h": "stub", "s": "stub"}
    assert set(scene.columns[-1].sites) == {"f", "g", "q", "i", "s"}
    cut = [e for e in scene.edges if e.dashed]
    assert {e.source[1] for e in cut} | {e.target[1] for e in cut} == {0, 1, 3, 4}


def test_pinned_instances_have_no_wires_into_them() -> None:
    circuit, steps = shipped("classical"), 3
    scene = unfolded(view(circuit), gf.unfold(circuit, steps), DrawOptions())
    assert scene.columns[0].sites["s"] == "pinned"
    assert [(e.source[1], e.target[1]) for e in scene.edges] == [(0, 1), (1, 2)]


def test_untied_parameters_carry_the_step() -> None:
    circuit = shipped("rnn_loss")
    unfolding = gf.unfold(circuit, 2, untie=["W"])
    scene = unfolded(view(unfolding.circuit, unfolding.untied), unfolding, DrawOptions())
    stepped = {e.source[0] for e in scene.edges if any(p.stepped for p in e.caption)}
    assert stepped == {"h"}


def test_static_signals_are_drawn_once() -> None:
    circuit, steps = gf.loads(READOUT), 3
    scene = unfolded(view(circuit), gf.unfold(circuit, steps), DrawOptions())
    ends = [(e.source, e.target) for e in scene.edges if STATIC in (e.source[1], e.target[1])]
    assert ends == [(("c", STATIC), ("h", c)) for c in (1, 2, 3)] + [(("h", 3), ("y", STATIC))]


def test_a_wire_into_cut_steps_ends_where_it_is_read_unless_a_state_goes_on() -> None:
    c = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = x[t] + x[t-2]\n  h[t] = h[t-1]"
    )
    scene = unfolded(view(c), gf.unfold(c, 30), DrawOptions())
    dots = {(n, i) for i, column in enumerate(scene.columns) for n in column.sites if column.gap}
    into = {(e.source[0], e.target[0]) for e in scene.edges if e.target in dots}
    out = {(e.source[0], e.target[0]) for e in scene.edges if e.source in dots}
    assert into == out == {("x", "y"), ("h", "h")}


def test_what_cannot_be_drawn_is_refused_with_a_cure() -> None:
    c = gf.Circuit("c")
    t = c.axis()
    h = c.signal("h", over=t)
    h[t] = h[t] + 1
    with pytest.raises(gf.ModelError, match="delay-free cycle"):
        gf.draw(c)
    with pytest.raises(gf.GraphfoldError, match="expected a circuit, not str"):
        gf.draw("model.yaml")  # type: ignore[arg-type]
    with pytest.raises(gf.DrawingError, match="no option is called 'scal'; did you mean 'scale'"):
        gf.draw(model("y[t] = A @ x[t]"), scal=3)
