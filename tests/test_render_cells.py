"""Figures of circuits made of cells: closed uses are boxes, open ones frames."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

import pytest
from figures import box, everything, overlap, wires
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_path
from graphfold.render.layout.borders import Border
from graphfold.render.picture import Box, Disc, Group, Picture, Rect

few = settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow], deadline=None)
Draw = Any


def cell_of(draw: Draw, name: str, inner: gf.Cell | None = None) -> gf.Cell:
    """A cell of one or two states, perhaps around a use of another."""
    c = gf.Circuit(name)
    t = c.axis("t")
    last = u = c.input("u", over=t)
    if inner is not None:
        last = c.cell("inner", inner, u=u[t]).s
    names = draw(st.sampled_from([("s",), ("z", "s"), ("z", "r", "s")]))
    states = {name: c.signal(name, over=t, init=0) for name in names}
    for own, state in states.items():
        value = 2 * last[t] + c.param(f"w_{own}") * u[t]
        for read in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
            value = value + states[read][t - draw(st.integers(1, 2))]
        state[t] = gf.tanh(value)
        last = state
    return gf.Cell(c.name, c.freeze())


@st.composite
def circuits_of_cells(draw: Draw) -> Circuit:
    """One to three uses of two cells, above and beside each other, with signals around."""
    cells = [cell_of(draw, "plain")]
    cells.append(cell_of(draw, "other", draw(st.sampled_from([None, cells[0]]))))
    c = gf.Circuit("cells")
    t = c.axis("t")
    values = [c.input("x", over=t)]
    for number in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["low", "a_longer_name"])) + str(number)
        read = draw(st.sampled_from(values))[t - draw(st.sampled_from([0, 0, 0, 1]))]
        reverse = draw(st.sampled_from([False, False, True]))
        use = c.cell(name, draw(st.sampled_from(cells)), u=read, reverse=reverse)
        values.append(use.s)
    g = c.signal("g", over=t)
    g[t] = gf.tanh(draw(st.sampled_from(values))[t])
    o, v = c.signal("o", over=t), c.param("V")
    o[t] = g[t] + sum(v * value[t] for value in values[-2:])
    c.output(o)
    return c.freeze()


@st.composite
def figures(draw: Draw, opened: Sequence[str] = ("", "all", "first")) -> tuple[Circuit, Picture]:
    """Folded circuits, unfoldings and windows, their uses closed or open."""
    circuit = draw(circuits_of_cells())
    asked = {"": (), "all": "all", "first": (circuit.uses[0].name,)}[draw(st.sampled_from(opened))]
    return circuit, gf.draw(draw(shown(circuit)), open=asked).picture


def shown(circuit: Circuit) -> st.SearchStrategy[Any]:
    """What can be drawn of a circuit."""
    ways = [lambda: circuit, lambda: gf.unfold(circuit, 3), lambda: gf.unfold(circuit, 11)]
    return st.sampled_from([*ways, lambda: gf.window(circuit)]).map(lambda way: way())


def borders(picture: Picture) -> list[tuple[Group, Disc | Rect]]:
    """The nodes and boxes."""
    found = []
    for group in picture.groups:
        if group.kind.split()[0] in ("node", "cell"):
            shape = group.items[0]
            assert isinstance(shape, Disc | Rect)
            found.append((group, shape))
    return found


def frames(picture: Picture) -> list[tuple[Group, Box]]:
    """The frames and what they cover."""
    groups = [group for group in picture.groups if group.kind == "frame"]
    return [(group, around(group.items[0])) for group in groups]


def around(shape: object) -> Box:
    """What a node, a box or a frame covers."""
    if isinstance(shape, Disc):
        r = shape.radius
        return (shape.x - r, shape.y - r, shape.x + r, shape.y + r)
    assert isinstance(shape, Rect)
    dx, dy = shape.half_width, shape.half_height
    return (shape.x - dx, shape.y - dy, shape.x + dx, shape.y + dy)


def gap(shape: Disc | Rect, x: float, y: float) -> float:
    """How far a point is outside of a node or a box."""
    if isinstance(shape, Disc):
        return Border(shape.radius).gap(x - shape.x, y - shape.y)
    wide = shape.half_width - shape.half_height
    return Border(shape.half_height, wide, shape.corner).gap(x - shape.x, y - shape.y)


def within(inner: Box, outer: Box) -> bool:
    """Whether a box lies in another."""
    return (
        outer[0] < inner[0] and outer[1] < inner[1] and inner[2] < outer[2] and inner[3] < outer[3]
    )


def overlaps(picture: Picture) -> Iterator[str]:
    """Nodes, boxes and frames that overlap."""
    for (one, a), (two, b) in combinations(borders(picture), 2):
        if overlap(around(a), around(b)):
            yield f"{one.signal}[{one.step}] over {two.signal}[{two.step}]"
    for (one, here), (two, there) in combinations(frames(picture), 2):
        nested = within(there, here) and two.signal.startswith(f"{one.signal}.")
        if not nested and overlap(here, there):
            yield f"frame {one.signal}[{one.step}] over {two.signal}[{two.step}]"


def strangers(picture: Picture) -> Iterator[str]:
    """Nodes that are not in their frame, or in another."""
    for frame, place in frames(picture):
        for group, shape in borders(picture):
            own = group.signal.startswith(f"{frame.signal}.") and group.step == frame.step
            if own and not within(around(shape), place):
                yield f"{group.signal}[{group.step}] out of its frame"
            if not own and overlap(around(shape), place):
                yield f"{group.signal}[{group.step}] in {frame.signal}[{frame.step}]"


def loose(picture: Picture) -> Iterator[str]:
    """Wires that do not end on the border of what they lead to, or pass through a node."""
    shapes: dict[str, list[Disc | Rect]] = {}
    for group, shape in borders(picture):
        shapes.setdefault(group.signal, []).append(shape)
    dots = {group.signal for group in picture.groups if group.kind == "dots"}
    for wire in wires(picture):
        name = f"{wire.group.signal} -> {wire.group.target} at {wire.group.step}"
        ends = [abs(gap(shape, *wire.points[-1])) for shape in shapes[wire.group.target]]
        if min(ends) > 0.1 and wire.group.target not in dots:
            yield f"{name} ends {min(ends)} off"
        for group, shape in borders(picture):
            end = group.signal in (wire.group.signal, wire.group.target)
            if min(gap(shape, *p) for p in wire.points) < (-1 if end else 2):
                yield f"{name} passes through {group.signal}"


def covered(picture: Picture) -> Iterator[str]:
    """Names of frames that leave it, or are covered by a node or another name."""
    names = [(frame, box(frame.items[1]), place) for frame, place in frames(picture)]
    for frame, label, place in names:
        if not within(label, place):
            yield f"the name of {frame.signal} leaves it"
        if any(overlap(label, around(shape)) for _, shape in borders(picture)):
            yield f"the name of {frame.signal} is covered"
    for (one, here, _), (two, there, _) in combinations(names, 2):
        if overlap(here, there):
            yield f"the names of {one.signal} and {two.signal}"


def outside(picture: Picture) -> Iterator[str]:
    """What leaves the canvas."""
    right, bottom = picture.left + picture.width, picture.top + picture.height
    for x, y in everything(picture):
        if not (picture.left < x < right and picture.top < y < bottom):
            yield f"({x}, {y}) is outside"


@settings(few, max_examples=15)
@given(figures())
def test_figures_of_cells_are_well_made(figure: tuple[Circuit, Picture]) -> None:
    _, picture = figure
    for law in (overlaps, strangers, loose, covered, outside):
        assert not [*law(picture)]


@few
@given(figures(opened=("all",)))
def test_every_use_that_is_open_has_a_frame_in_every_step(figure: tuple[Circuit, Picture]) -> None:
    circuit, picture = figure
    found = {(group.signal, group.step) for group, _ in frames(picture)}
    steps = {group.step for group, _ in borders(picture) if group.signal == "g"}
    assert found == {(g.name, step) for g in gf.flatten(circuit).groups for step in steps}


@few
@given(circuits_of_cells(), st.sampled_from([(), "all"]))
def test_columns_are_equally_spaced(circuit: Circuit, opened: Any) -> None:
    picture = gf.draw(gf.unfold(circuit, 4), pair=False, open=opened).picture
    places: dict[str, list[tuple[int, float]]] = {}
    for group, shape in borders(picture):
        places.setdefault(group.signal, []).append((int(group.step), shape.x))
    for frame, (left, _, _, _) in frames(picture):
        places.setdefault(f"{frame.signal} frame", []).append((int(frame.step), left))
    pitches = [
        (x - before) / (step - last)
        for found in places.values()
        for (last, before), (step, x) in pairwise(sorted(found))
    ]
    assert all(math.isclose(pitch, pitches[0], abs_tol=0.01) for pitch in pitches)


@few
@given(circuits_of_cells(), st.sampled_from([(), "all"]))
def test_the_same_figure_comes_out_the_same(circuit: Circuit, opened: Any) -> None:
    assert gf.draw(circuit, open=opened).svg == gf.draw(circuit, open=opened).svg


@few
@given(circuits_of_cells())
def test_closed_uses_show_their_delays_and_nothing_of_their_inside(circuit: Circuit) -> None:
    picture = gf.draw(circuit).picture
    flat = gf.flatten(circuit)
    uses = {use.name for use in circuit.uses}
    assert {g.signal for g, _ in borders(picture)} == uses | {"x", "g", "o"}
    squares = {(g.signal, int(g.step)) for g in picture.groups if g.kind == "delay"}
    assert squares == {(d.signal.partition(".")[0], d.steps) for d in flat.delays}
    for wire in wires(picture):
        assert wire.group.signal.count(".") == wire.group.target.count(".") == 0


def test_a_stack_of_closed_layers_is_one_column_of_boxes() -> None:
    picture = gf.draw(gf.unfold(gf.load(example_path("stacked_lstm")), 3), pair=False).picture
    found = {(g.signal, g.step): shape for g, shape in borders(picture)}
    assert len({round(found[n, "2"].x, 3) for n in ("x", "lower", "middle", "upper", "o")}) == 1
    heights = [found[n, "2"].y for n in ("x", "lower", "middle", "upper", "o")]
    assert heights == sorted(heights, reverse=True)
    across = [w.group for w in wires(picture) if w.group.signal == w.group.target]
    assert len(across) == 9
    named = [w.group for w in wires(picture) if len(w.group.items) > 2]
    assert {group.target for group in named} == {"o"}


def test_a_use_that_runs_backward_passes_its_state_to_the_left() -> None:
    picture = gf.draw(
        gf.unfold(gf.load(example_path("bidirectional_cells")), 3), pair=False
    ).picture
    for wire in wires(picture):
        if wire.group.signal == wire.group.target:
            forward = wire.points[0][0] < wire.points[-1][0]
            assert forward == (wire.group.signal == "fore")
    folded = gf.draw(gf.load(example_path("bidirectional_cells"))).picture
    steps = {(g.signal, g.step) for g in folded.groups if g.kind == "delay"}
    assert steps == {("fore", "1"), ("back", "-1")}


def test_an_unknown_use_is_refused_with_the_nearest_name() -> None:
    circuit = gf.load(example_path("stacked_lstm"))
    with pytest.raises(gf.GraphfoldError, match="unknown use 'lowr'; did you mean 'lower'"):
        gf.draw(circuit, open=("lowr",))
    with pytest.raises(gf.GraphfoldError, match="the circuit uses no cells"):
        gf.draw(gf.load(example_path("lstm")), open="lower")


def test_opening_an_inner_use_opens_what_it_is_part_of() -> None:
    inner, middle, c = gf.Circuit("inner"), gf.Circuit("middle"), gf.Circuit("whole")
    t = inner.axis("t")
    u, s = inner.input("u", over=t), inner.signal("s", over=t, init=0)
    s[t] = 0.5 * s[t - 1] + u[t]
    t = middle.axis("t")
    deep = middle.cell("deep", inner, u=middle.input("u", over=t)[t])
    middle.cell("high", inner, u=deep.s[t])
    t = c.axis("t")
    c.cell("one", middle, u=c.input("x", over=t)[t])
    picture = gf.draw(c, open=("one.deep",)).picture
    assert [g.signal for g, _ in frames(picture)] == ["one", "one.deep"]
    assert {g.signal for g, _ in borders(picture)} == {"x", "one.deep.s", "one.high"}
