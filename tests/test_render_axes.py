"""Figures of several axes, of modes, of eliminations, and several figures side by side."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import pytest
from command_line import call
from figures import nodes, squares, wires
from golden_figures import COMPLETE, ENCODER_DECODER

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.options import DrawOptions
from graphfold.render.parts import parts_of
from graphfold.render.picture import Picture
from graphfold.render.scene import STATIC, Scene
from graphfold.render.view import view

MODES = """
graphfold: 1
modes: [train, test]
inputs: {"x[t]": []}
params: {W: []}
init: {"y[0]": zeros}
equations: |
  a[t] = switch(mode, train: x[t], test: y[t-1])
  b[t] = switch(mode, train: W * x[t], test: W * x[t])
  y[t] = a[t] + b[t]
"""


def places(picture: Picture) -> dict[tuple[str, str], tuple[float, float]]:
    """The middles of nodes by (signal, step)."""
    return {(g.signal, g.step): (d.x, d.y) for g, d, _ in nodes(picture)}


def scene(what: object) -> Scene:
    """The scene of one thing, without the folded circuit."""
    return parts_of([what], DrawOptions(pair=False))[0].scenes[0]  # type: ignore[list-item]


def test_what_comes_from_one_axis_and_goes_to_the_next_stands_between_in_its_row() -> None:
    at = places(gf.draw(gf.unfold(ENCODER_DECODER, t=3, u=2), pair=False).picture)
    assert at["e", "3"][0] < at["C", ""][0] < at["d", "0"][0]
    assert at["e", "3"][1] == at["C", ""][1] == at["d", "0"][1]
    assert at["bos", ""][0] < at["fb", "0"][0]
    assert at["bos", ""][1] == at["fb", "0"][1]
    assert at["x", "1"][1] > at["e", "1"][1]  # rows of inputs lie below


def test_axes_stand_in_the_order_in_which_data_flows() -> None:
    c = gf.Circuit("turned")
    u, t = c.axis("u"), c.axis("t")
    x = c.input("x", over=t)
    y = c.signal("y", over=u)
    y[u] = c.define("C", gf.sum(x[t], over=t)) * u
    seen = view(c.freeze())
    assert seen.order.axes == ("t", "u")
    assert dict(seen.order.between) == {"C": 1}


def test_every_axis_is_cut_in_the_middle_for_itself() -> None:
    blocks = scene(gf.unfold(ENCODER_DECODER, t=100_000, u=4)).blocks
    assert [len(block.columns) for block in blocks] == [1 + 3 + 1 + 2, 1 + 4]
    assert [sum(c.gap for c in block.columns) for block in blocks] == [1, 0]


def test_a_window_shows_every_axis_or_leaves_the_others_folded() -> None:
    both = scene(gf.window(ENCODER_DECODER))
    assert [b.folded for b in both.blocks] == [False, False]
    times = [[c.time for c in b.columns] for b in both.blocks]
    assert times == [["\\ldots", f"{a}-1", a, f"{a}+1", "\\ldots"] for a in ("t", "u")]
    one = scene(gf.window(ENCODER_DECODER, "u"))
    assert [b.folded for b in one.blocks] == [True, False]
    assert [(e.source, e.target) for e in one.edges if e.delay] == [(("e", 0), ("e", 0))]


def test_a_window_reads_the_last_step_from_what_is_cut_away() -> None:
    both = scene(gf.window(ENCODER_DECODER))
    assert [e.source for e in both.edges if e.target == ("C", STATIC)] == [("e", 4)]
    assert all(e.dashed for e in both.edges if e.target == ("C", STATIC))


def test_a_folded_circuit_of_two_axes_keeps_its_squares() -> None:
    c = gf.loads(
        "graphfold: 1\naxes: {t: T, u: U}\ninputs: {'x[t]': []}\ninit: {'x[0]': 0, 'y[0]': 0}\n"
        "equations: |\n  s = sum(x[t-1] * x[t] for t)\n  y[u] = y[u-1] + s"
    )
    found = squares(gf.draw(c).picture)
    assert {(g.signal, g.step) for g, _ in found} == {("x", "1"), ("y", "1")}


def test_wires_of_one_mode_carry_its_name() -> None:
    c = gf.loads(MODES)
    folded = scene(c)
    told = {(e.source[0], e.target[0]): [p.latex for p in e.caption] for e in folded.edges}
    assert told["x", "a"] == ["\\text{train}"]
    assert told["y", "a"] == ["\\text{test}"]
    assert told["x", "b"] == ["W"]
    chosen = scene(gf.in_mode(c, "test"))
    assert ("x", "a") not in {(e.source[0], e.target[0]) for e in chosen.edges}


def test_the_modes_of_a_circuit_stand_side_by_side_with_their_rows_in_common() -> None:
    c = gf.loads(MODES)
    modes = [gf.unfold(c, 2, mode=mode) for mode in ("train", "test")]
    picture = gf.draw(modes, pair=False).picture
    beneath = [g for g in picture.groups if g.kind == "caption"]
    assert [g.items[0].run.source for g in beneath] == ["\\text{train}", "\\text{test}"]  # type: ignore[union-attr]
    heights: dict[str, set[float]] = {}
    for group, disc, _ in nodes(picture):
        heights.setdefault(group.signal, set()).add(round(disc.y, 3))
    assert all(len(found) == 1 for found in heights.values())
    lowest = max(disc.y + disc.radius for _, disc, _ in nodes(picture))
    assert all(g.items[0].y > lowest for g in beneath)


def test_captions_are_one_for_each_figure() -> None:
    c = gf.loads(MODES)
    with pytest.raises(gf.DrawingError, match="1 captions for 2 figures"):
        gf.draw([c, c], captions=["one"])
    with pytest.raises(gf.DrawingError, match="captions are a list"):
        gf.draw([c], captions="one")
    with pytest.raises(gf.DrawingError, match="the list is empty"):
        gf.draw([])
    assert gf.draw([c, c], captions=["Train time", "é & _x %"]).svg.count('class="caption"') == 2


def complete(steps: int) -> Picture:
    """Book figure 10.7."""
    return gf.draw(gf.eliminate(gf.unfold(COMPLETE, steps), "h")).picture


def test_every_y_reads_all_earlier_ones_once_h_is_eliminated() -> None:
    ends = {(w.points[0][0], w.points[-1][0]) for w in wires(complete(5))}
    assert len(ends) == len(wires(complete(5))) == 6 * 5 // 2
    assert all(start < end for start, end in ends)


@pytest.mark.parametrize("steps", [4, 6, 50])
def test_no_head_of_nested_arcs_is_buried(steps: int) -> None:
    tips = [wire.points[-1] for wire in wires(complete(steps))]
    assert min(math.dist(a, b) for a, b in combinations(tips, 2)) > 7


def test_without_the_context_the_step_it_came_from_is_read_across_axes() -> None:
    found = scene(gf.eliminate(gf.unfold(ENCODER_DECODER, t=3, u=2), "C"))
    into = [e.source for e in found.edges if e.target == ("e[N_x]", STATIC)]
    out = {e.target for e in found.edges if e.source == ("e[N_x]", STATIC)}
    assert into == [("e", 3)]
    assert out == {("d", 0), ("d", 1), ("d", 2)}


def test_an_elimination_that_joins_every_step_of_two_axes_is_refused() -> None:
    with pytest.raises(gf.DrawingError, match="'d' reads 'x' over another axis"):
        gf.draw(gf.eliminate(gf.unfold(ENCODER_DECODER, 2), ["C", "e"]))


def test_eliminations_with_too_many_wires_are_refused() -> None:
    with pytest.raises(gf.GraphfoldError, match="memory"):
        gf.draw(gf.eliminate(gf.unfold(COMPLETE, 10**12), "h"), elide=False)


def test_a_static_signal_stands_above_the_one_column_it_touches() -> None:
    c: Circuit = gf.loads(
        "graphfold: 1\ninputs: {'x[t]': [], y: []}\ninit: {'h[0]': zeros}\nequations: |\n"
        "  h[t] = h[t-1] + x[t]\n  o = h[T]\n  L = o * y\ndraw: {rows: [x, h, o, L, y]}"
    )
    for steps in (3, 30):
        at = places(gf.draw(gf.unfold(c, steps), pair=False).picture)
        over = {round(at[name, ""][0], 6) for name in ("o", "L", "y")}
        assert over == {round(at["h", str(steps)][0], 6)}


def test_the_command_line_draws_every_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(MODES)
    draw = ["draw", "m.yaml", "--mode", "all", "-o", "-"]
    assert call(*draw).out.count('class="caption"') == 2
    unfold = ["unfold", "m.yaml", "--mode", "all", "--only-unfolded", "-o", "f.svg"]
    assert "mode train; " in call(*unfold).err
    assert Path("f.svg").read_text().count('class="caption"') == 2
    for form in ("dot", "mermaid"):
        text = call(*draw, "--format", form).out
        assert text.count("train") == text.count("test") == 1
    refused = call("unfold", "m.yaml", "--format", "json", "--mode", "all", "-o", "-")
    assert refused.code == 2
    assert "json holds one mode: --mode NAME" in refused.err
