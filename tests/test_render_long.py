"""Long figures: what is kept of them, and steps that are laid out once and stamped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from circuits import cases, clocked_cases
from golden_figures import shipped
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.detours import view_without, without
from graphfold.render.options import DrawOptions
from graphfold.render.picture import Disc, Group, Item, Label, Picture, Rect, Stamp, Stroke
from graphfold.render.scene import Scene
from graphfold.render.shorter import shorter
from graphfold.render.spans import each_step, every_step
from graphfold.render.steps import unfolded
from graphfold.render.view import view

SVG = "{http://www.w3.org/2000/svg}"
WHOLE = DrawOptions(elide=False)
some = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


# -- steps that are kept --------------------------------------------------------------------------


def steps_drawn(signal: str, unfolding: gf.Unfolding, **options: Any) -> list[str]:
    """The steps at which a signal is drawn, from left to right."""
    groups = gf.draw(unfolding, pair=False, **options).picture.groups
    found = [g for g in groups if g.signal == signal and g.kind.split()[0] in ("node", "dots")]
    found.sort(key=lambda group: group.items[0].x)
    return [group.step or "…" for group in found]


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (50, ["50"]),
        ("50", ["50"]),
        ("t=50", ["50"]),
        (" t = 50 : 52 ", ["50", "51", "52"]),
        ([50, "70"], ["50", "…", "70"]),
        ("50,70", ["50", "…", "70"]),
        (range(50, 52), ["50", "51"]),
        ([51, "50:52", "t=50"], ["50", "51", "52"]),
    ],
)
def test_named_steps_are_kept(keep: Any, kept: list[str]) -> None:
    drawn = steps_drawn("h", gf.unfold(shipped("rnn_loss"), 100), keep=keep)
    assert drawn == ["0", "1", "2", "3", "…", *kept, "…", "99", "100"]


def test_steps_kept_at_the_ends_change_nothing_and_a_single_step_is_never_cut() -> None:
    unfolding = gf.unfold(shipped("rnn_loss"), 100)
    plain = steps_drawn("h", unfolding)
    assert steps_drawn("h", unfolding, keep=[0, 1, "2:3", 100]) == plain
    assert steps_drawn("h", unfolding, keep=5)[:7] == ["0", "1", "2", "3", "4", "5", "…"]


def test_a_step_is_kept_on_the_axis_that_is_named_or_on_all_that_have_it() -> None:
    unfolding = gf.unfold(shipped("encoder_decoder"), t=40, u=30)
    assert "20" in steps_drawn("e", unfolding, keep="t=20")
    assert "20" not in steps_drawn("d", unfolding, keep="t=20")
    assert "20" in steps_drawn("d", unfolding, keep=20)
    assert "35" in steps_drawn("e", unfolding, keep=35)


def test_the_number_of_steps_at_the_ends_is_chosen() -> None:
    drawn = steps_drawn("h", gf.unfold(shipped("rnn_loss"), 100), first=1, last=4)
    assert drawn == ["0", "1", "…", "97", "98", "99", "100"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"keep": 101}, r"keep: there is no step 101 \(t = 0\.\.100\)"),
        ({"keep": "90:101"}, "there is no step 90:101"),
        ({"keep": -1}, "there is no step -1"),
        ({"keep": "u=3"}, "unknown axis 'u'; there is t"),
        ({"keep": "5:3"}, "'5:3' ends before it begins"),
        ({"keep": "half"}, "'half' is not a step; write 50, 40:44 or t=50"),
        ({"keep": ["x", 200]}, "'x' is not a step.*\n.*no step 200"),
        ({"keep": True}, "'True' is not a step"),
        ({"keep": ""}, "'' is not a step"),
        ({"first": 0}, "first=0, last=2: both are from 1 on"),
    ],
)
def test_steps_that_are_not_there_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(gf.DrawingError, match=told):
        gf.draw(gf.unfold(shipped("rnn_loss"), 100), **options)


def test_more_steps_than_memory_holds_are_refused() -> None:
    with pytest.raises(gf.GraphfoldError, match="memory"):
        gf.draw(gf.unfold(shipped("lstm"), 10**12), keep=f"1:{10**11}")


def test_every_cut_has_the_wires_that_the_first_has() -> None:
    unfolding = gf.unfold(shipped("lstm"), 100)
    groups = gf.draw(unfolding, pair=False, keep=[30, 60]).picture.groups
    dots = Counter(g.signal for g in groups if g.kind == "dots")
    assert dots == {"h": 3, "s": 3}


@pytest.mark.parametrize("name", ["lstm", "encoder_decoder", "fibonacci"])
def test_a_figure_that_is_cut_is_the_same_for_any_number_of_steps(name: str) -> None:
    lengths = (10**5, 10**12)
    shapes = [
        Counter(
            (g.kind, g.signal, g.target)
            for g in gf.draw(gf.unfold(shipped(name), n)).picture.groups
        )
        for n in lengths
    ]
    assert shapes[0] == shapes[1]


# -- steps that are stamped -----------------------------------------------------------------------


def scenes(unfolding: gf.Unfolding) -> tuple[Scene | None, Scene]:
    """The scene with a column for many steps, if there is one, and the plain one."""
    seen = view(unfolding.circuit, unfolding.untied)
    return every_step(seen, unfolding, WHOLE), unfolded(seen, unfolding, WHOLE)


@st.composite
def unfoldings(draw: st.DrawFn, most: int) -> gf.Unfolding:
    """Long unfoldings, some of them with a copy of a parameter for each step."""
    clocks = draw(st.booleans())
    circuit: Circuit = draw(clocked_cases() if clocks else cases())[0]
    lengths = {axis.name: draw(st.integers(30, most)) for axis in circuit.axes}
    untied = [(), *[(p.name,) for p in circuit.params if p.axis is None]]
    try:
        return gf.unfold(circuit, lengths, untie=draw(st.sampled_from(untied)))
    except gf.GraphfoldError:
        assume(False)
        raise


@some
@given(unfoldings(300))
def test_a_column_for_many_steps_stands_for_what_the_plain_scene_has(u: gf.Unfolding) -> None:
    short, plain = scenes(u)
    assume(short is not None)
    assert short is not None
    found = each_step(short)
    assert found.blocks == plain.blocks
    assert Counter(found.edges) == Counter(plain.edges)
    assert replace(found, edges=plain.edges) == plain


@settings(some, max_examples=8)
@given(unfoldings(60), st.booleans())
def test_a_figure_with_stamps_equals_the_plain_one_group_by_group(
    u: gf.Unfolding, pair: bool
) -> None:
    with_stamps = gf.draw(u, elide=False, pair=pair).picture
    assume(with_stamps.symbols)
    ensure_equal(with_stamps, plain_picture(u, pair=pair))


@pytest.mark.parametrize("name", ["lstm", "attention", "bidirectional_cells", "encoder_decoder"])
def test_models_with_stamps_equal_the_plain_figure(name: str) -> None:
    circuit = gf.load(gf.example_path(name))
    u = gf.unfold(circuit, {axis.name: 105 for axis in circuit.axes})
    with_stamps = gf.draw(u, elide=False, open="all").picture
    assert with_stamps.symbols
    ensure_equal(with_stamps, plain_picture(u, open="all"))


def plain_picture(unfolding: gf.Unfolding, **options: Any) -> Picture:
    """The figure with every step laid out."""
    with patch("graphfold.render.spans.every_step", return_value=None):
        return gf.draw(unfolding, elide=False, **options).picture


def ensure_equal(a: Picture, b: Picture) -> None:
    """Compare all groups, whatever their order, their places within 0.01."""
    assert not b.symbols
    size = pytest.approx((b.left, b.top, b.width, b.height), abs=0.011)
    assert (a.left, a.top, a.width, a.height) == size
    ours, theirs = (sorted(p.expanded(), key=place) for p in (a, b))
    assert list(map(name, ours)) == list(map(name, theirs))
    for one, other in zip(ours, theirs, strict=True):
        shared = one.kind == "wire" and len(one.items) == 1  # a head that other wires draw
        items = other.items[:1] if shared else other.items
        for item, like in zip(one.items, items, strict=True):
            assert what(item) == what(like)
            assert where(item) == pytest.approx(where(like), abs=0.011)


def name(group: Group) -> tuple[str, ...]:
    """What a group is."""
    return (group.kind, group.signal, group.step, group.target, group.title)


def place(group: Group) -> tuple[Any, ...]:
    """A key that sorts groups."""
    return (*name(group), round(group.items[0].x, 1))


def what(item: Item) -> tuple[Any, ...]:
    """What an item is, without places."""
    if isinstance(item, Label):
        return (item.run.source, *(glyph.key for glyph in item.run.glyphs))
    if isinstance(item, Stroke):
        return (item.pen, *(kind for kind, _ in item.moves))
    return (type(item).__name__, getattr(item, "pen", ""))


def where(item: Item) -> tuple[float, ...]:
    """All lengths of an item."""
    if isinstance(item, Label):
        return (item.x, item.y, *item.run.box, *(v for g in item.run.glyphs for v in (g.x, g.y)))
    if isinstance(item, Stroke):
        return (item.x, item.y, *(n for _, numbers in item.moves for n in numbers))
    if isinstance(item, Disc):
        return (item.x, item.y, item.radius)
    assert isinstance(item, Rect)
    return (item.x, item.y, item.half_width, item.half_height, item.corner)


def test_many_steps_are_laid_out_as_fast_as_some() -> None:
    lstm = shipped("lstm")
    pictures = [gf.draw(gf.unfold(lstm, n), elide=False).picture for n in (1_000, 10_000)]
    parts = [sum(map(len, p.symbols.values())) for p in pictures]
    assert parts[0] < 100
    assert parts[1] < 120
    stamps = [sum(isinstance(i, Stamp) for g in p.groups for i in g.items) for p in pictures]
    assert stamps[1] - stamps[0] == 2 * 9_000


def test_in_svg_every_step_keeps_its_nodes_with_what_they_are() -> None:
    figure = gf.draw(gf.unfold(shipped("lstm"), 200), pair=False, elide=False)
    root = ET.fromstring(figure.svg)
    groups = (g for g in root.iter(f"{SVG}g") if (g.get("class") or "").startswith("node"))
    told = {(g.get("data-signal"), g.get("data-step"), g.findtext(f"{SVG}title")) for g in groups}
    assert {("f", str(t), f"f[{t}]") for t in range(1, 201)} <= told
    assert len(told) == 7 * 200 + 2


def test_a_step_more_takes_few_bytes() -> None:
    lstm = shipped("lstm")
    sizes = [len(gf.draw(gf.unfold(lstm, n), elide=False).svg) for n in (200, 900)]
    assert (sizes[1] - sizes[0]) / 700 < 1_800  # 8,500 with everything written out


def test_every_use_in_svg_has_its_definition_before_it() -> None:
    for elide in (True, False):
        root = ET.fromstring(gf.draw(gf.unfold(shipped("lstm"), 150), elide=elide).svg)
        known: set[str] = set()
        for element in root.iter():
            if element.tag == f"{SVG}use":
                assert (element.get("href") or "")[1:] in known
            if element.get("id"):
                assert element.get("id") not in known
                known.add(str(element.get("id")))


def test_only_symbols_that_differ_by_time_are_written_out_when_asked_so() -> None:
    picture = gf.draw(gf.unfold(shipped("lstm"), 90), elide=False).picture
    left = {
        i.symbol for g in picture.expanded(only_dated=True) for i in g.items if isinstance(i, Stamp)
    }
    assert left == {s for s in picture.symbols if not picture.dated(s)} != set()


# -- eliminations ---------------------------------------------------------------------------------

CLOCKS = """
graphfold: 1
inputs: {"x[t]": []}
init: {h: [0, 0, 0, 0, 0, 0], g: [0, 0, 0, 0], "y[0]": 0}
equations: |
  h[t] = h[t-6] + x[t]
  g[t] = g[t-4] + y[t-1]
  y[t] = h[t] + g[t]
"""


def scene_without(unfolding: gf.Unfolding, names: list[str], walk: bool) -> Scene | str:
    """The scene of an elimination; `walk` all its steps, or as few as tell the rest."""
    seen, whole = view_without(gf.eliminate(unfolding, names))
    fewer = (lambda x, _: x) if walk else shorter
    with patch("graphfold.render.detours.shorter", fewer):
        try:
            return without(seen, whole, DrawOptions())
        except gf.DrawingError as error:
            return str(error)


@pytest.mark.parametrize("steps", range(2000, 2012))
@pytest.mark.parametrize("names", [["h"], ["g"], ["h", "g"]])
def test_ways_of_many_lengths_are_found_on_a_shorter_unfolding(
    steps: int, names: list[str]
) -> None:
    unfolding = gf.unfold(gf.loads(CLOCKS), steps)
    assert shorter(gf.eliminate(unfolding, names), DrawOptions()).unfolding.node_count < 8_000
    assert scene_without(unfolding, names, False) == scene_without(unfolding, names, True)


@some
@given(unfoldings(500), st.data())
def test_an_elimination_is_drawn_from_a_shorter_one(u: gf.Unfolding, data: st.DataObject) -> None:
    names = st.lists(st.sampled_from([e.signal for e in u.circuit.equations]), min_size=1)
    gone = data.draw(names)
    assert scene_without(u, gone, False) == scene_without(u, gone, True)


def test_an_elimination_of_any_length_is_drawn() -> None:
    circuit = shipped("graphical_state")
    pictures = [gf.draw(gf.eliminate(gf.unfold(circuit, n), "h")).picture for n in (200, 10**12)]
    wires = [Counter((g.signal, g.target) for g in p.groups if g.kind == "wire") for p in pictures]
    assert wires[0] == wires[1]
