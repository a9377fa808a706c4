"""Laws of figures over random circuits: what may not touch, cross or leave the canvas."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest
from circuits import cases, clocked_cases
from figures import (
    Wire,
    captions,
    corners,
    everything,
    gap,
    margin,
    nodes,
    overlap,
    squares,
    tracks,
    wires,
)
from gallery import TREE
from golden_figures import MORE, shipped
from golden_figures import figures as golden
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.picture import Box, Group, Picture

THEMES = st.sampled_from(["book", "slides"])
"""All whose lengths differ."""
DIRECTIONS = st.sampled_from(["right", "up"])

few = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def some_cases(draw: st.DrawFn) -> tuple[Circuit, dict[str, int]]:
    """Circuits of one axis, or of two, with numbers of steps."""
    if draw(st.booleans()):
        return draw(clocked_cases())
    circuit, steps = draw(cases())
    return circuit, {"t": steps}


@st.composite
def eliminations(
    draw: st.DrawFn, circuit: Circuit, steps: object, options: gf.DrawOptions
) -> Picture:
    """The unfolding without some signals, if that leaves every axis alone."""
    names = st.lists(st.sampled_from([e.signal for e in circuit.equations]), max_size=2)
    unfolding = gf.unfold(circuit, steps)  # type: ignore[arg-type]
    try:
        return gf.draw(gf.eliminate(unfolding, draw(names)), options).picture
    except gf.DrawingError:
        assume(False)
        raise


@st.composite
def figures(draw: st.DrawFn, *, elided: bool = True, theme: str = "") -> Picture:
    """Folded circuits, unfoldings (long ones cut) and windows of circuits of one or two axes."""
    circuit, steps = draw(some_cases())
    kind = draw(st.sampled_from(["folded", "unfolded", "window", "without", *["elided"] * elided]))
    options = gf.DrawOptions(theme=theme or draw(THEMES), direction=draw(DIRECTIONS), pair=False)
    if kind == "folded":
        return gf.draw(circuit, options).picture
    if kind == "elided":
        longer = {axis: length + 9 for axis, length in steps.items()}
        return gf.draw(gf.unfold(circuit, longer), options).picture
    if kind == "without":
        return draw(eliminations(circuit, steps, options))
    if kind == "unfolded":
        return gf.draw(gf.unfold(circuit, steps), options).picture
    return gf.draw(gf.window(circuit), options).picture


@few
@given(figures())
def test_no_two_nodes_overlap(picture: Picture) -> None:
    discs = [disc for _, disc, _ in nodes(picture)]
    for a, b in combinations(discs, 2):
        assert math.hypot(a.x - b.x, a.y - b.y) > a.radius + b.radius + 3


@few
@given(figures())
def test_a_label_stays_inside_its_circle(picture: Picture) -> None:
    for _, disc, label in nodes(picture):
        for x, y in corners(label):
            assert math.hypot(x - disc.x, y - disc.y) < disc.radius


def covered(picture: Picture) -> list[str]:
    """The labels beside wires that touch a node, another label or a wire, as sentences."""
    found, labels, lines = [], captions(picture), wires(picture)
    for group, box in labels:
        name = f"{group.signal} -> {group.target} at {group.step}"
        found += [f"{name}: node {n.signal}" for n, disc, _ in nodes(picture) if gap(box, disc) < 1]
        found += [f"{name}: wire of {w.group.signal}" for w in lines if touches(group, box, w)]
        for x, y in (p for other, p in squares(picture) if other is not group):
            found += [f"{name}: square"] * (margin(box, [(x, y)]) < 7)
    for (a, here), (b, there) in combinations(labels, 2):
        found += [f"{a.signal} -> {a.target}: {b.signal} -> {b.target}"] * overlap(here, there)
    return found


def touches(group: Group, box: Box, wire: Wire) -> bool:
    """Whether a label is crossed by a wire; dots may end a wire, and a wire keeps its own apart."""
    if group.kind == "dots":
        return margin(box, wire.points) == 0 and group.signal != wire.group.signal
    return margin(box, wire.points) < (1 if group is wire.group else 0.5)


@given(figures(theme="slides"))
@settings(few, max_examples=40, derandomize=True)
def test_no_large_label_touches_a_node_a_wire_or_a_label(picture: Picture) -> None:
    assert not covered(picture)


@given(figures(theme="book"))
@settings(few, max_examples=60, derandomize=True)
def test_no_label_touches_a_node_a_wire_or_a_label(picture: Picture) -> None:
    assert not covered(picture)


@pytest.mark.parametrize(
    "name", ["rnn_loss", "lstm", "stacked_lstm", "encoder_decoder", "recursive"]
)
def test_no_label_is_covered_in_large_letters(name: str) -> None:
    circuit = gf.in_mode(shipped(name))
    steps = {"tree": TREE} if circuit.trees else {axis.name: 3 for axis in circuit.axes}
    for thing in (circuit, gf.unfold(circuit, **steps)):
        assert not covered(gf.draw(thing, pair=False, theme="slides").picture)


@pytest.mark.parametrize("name", [*gf.example_names(), *MORE])
def test_no_label_is_covered_in_the_reviewed_figures(name: str) -> None:
    for stem, draw in golden(name).items():
        if not stem.endswith("-operations"):  # these have laws of their own
            assert not covered(draw().picture), stem


@few
@given(figures())
def test_no_wire_passes_through_a_node(picture: Picture) -> None:
    static = {group.signal for group, _, _ in nodes(picture) if not group.step}
    for wire in wires(picture):
        for group, disc, _ in nodes(picture):
            bus = not static.isdisjoint((wire.group.signal, wire.group.target))
            if bus and group.signal in static and picture_has_steps(picture):
                continue  # a bus may cross a row of static signals that stands in its way
            nearest = min(math.hypot(x - disc.x, y - disc.y) for x, y in wire.points)
            end = group.signal in (wire.group.signal, wire.group.target)
            assert nearest > disc.radius + (-1 if end else 2)


def picture_has_steps(picture: Picture) -> bool:
    """Whether a picture is an unfolding or a window."""
    return any(group.step for group, _, _ in nodes(picture))


@few
@given(figures())
def test_everything_lies_on_the_canvas(picture: Picture) -> None:
    right, bottom = picture.left + picture.width, picture.top + picture.height
    for x, y in everything(picture):
        assert picture.left < x < right
        assert picture.top < y < bottom


@few
@given(some_cases(), THEMES)
def test_squares_sit_on_their_wire_and_keep_from_nodes(
    case: tuple[Circuit, object], theme: str
) -> None:
    picture = gf.draw(case[0], theme=theme).picture
    found = squares(picture)
    assert {(g.signal, int(g.step)) for g, _ in found} == {
        (d.signal, d.steps) for d in case[0].delays
    }
    for group, (x, y) in found:
        own = [w for w in wires(picture) if w.group.signal == group.signal]
        assert any(math.hypot(x - a, y - b) < 1.5 for w in own for a, b in w.points)
        for _, disc, _ in nodes(picture):
            assert math.hypot(x - disc.x, y - disc.y) > disc.radius + 9


@few
@given(some_cases(), st.booleans())
def test_columns_are_equally_spaced_and_rows_level(
    case: tuple[Circuit, dict[str, int]], pair: bool
) -> None:
    picture = gf.draw(gf.unfold(*case), pair=pair, elide=False).picture
    places: dict[str, dict[int, tuple[float, float]]] = {}
    for group, disc, _ in nodes(picture):
        if group.step:
            places.setdefault(group.signal, {})[int(group.step)] = (disc.x, disc.y)
        elif group.signal in places:
            assert math.isclose(disc.y, places[group.signal][1][1])
    pitches: dict[str | None, set[float]] = {}
    for signal, steps in places.items():
        assert len({round(y, 3) for _, y in steps.values()}) == 1
        for a, b in pairwise(sorted(steps)):
            pitch = round((steps[b][0] - steps[a][0]) / (b - a), 3)
            pitches.setdefault(case[0].axis_of[signal], set()).add(pitch)
    assert all(len(found) == 1 for found in pitches.values())


@few
@given(clocked_cases())
def test_the_columns_of_two_axes_stand_apart(case: tuple[Circuit, dict[str, int]]) -> None:
    picture = gf.draw(gf.unfold(*case), pair=False).picture
    spans: dict[str | None, list[float]] = {}
    for group, disc, _ in nodes(picture):
        if group.step:
            spans.setdefault(case[0].axis_of[group.signal], []).append(disc.x)
    if len(spans) == 2:
        (_, left), (_, right) = sorted(spans.items(), key=lambda item: min(item[1]))
        assert max(left) + 48 < min(right)


@few
@given(cases(causal=True), st.booleans())
def test_no_causal_wire_runs_back_in_time(case: tuple[Circuit, int], without: bool) -> None:
    shown = gf.unfold(*case)
    names = [case[0].equations[0].signal] * without
    picture = gf.draw(gf.eliminate(shown, names), pair=False, elide=False).picture
    columns = {(g.signal, g.step): disc.x for g, disc, _ in nodes(picture)}
    static = {signal for signal, step in columns if not step}
    for wire in wires(picture):
        if static.isdisjoint((wire.group.signal, wire.group.target)):
            start, end = wire.points[0][0], wire.points[-1][0]
            same = any(
                abs(x - start) <= 25 and step == wire.group.step
                for (signal, step), x in columns.items()
                if signal == wire.group.signal
            )
            assert same or all(a[0] <= b[0] + 0.01 for a, b in pairwise(wire.points))
            assert same or start < end


@few
@given(cases(), st.integers(9, 10**15))
def test_a_long_time_costs_no_more_than_a_short_one(case: tuple[Circuit, int], steps: int) -> None:
    long = gf.draw(gf.unfold(case[0], steps), pair=False).picture
    longer = gf.draw(gf.unfold(case[0], steps + 1), pair=False).picture
    assert len(long.groups) == len(longer.groups) < 2000


@few
@given(cases())
def test_the_same_wire_has_the_same_shape_at_every_step(case: tuple[Circuit, int]) -> None:
    picture = gf.draw(gf.unfold(*case), pair=False, elide=False).picture
    where = {(g.signal, g.step): (d.x, d.y) for g, d, _ in nodes(picture)}
    shapes: dict[tuple[str, str, float], set[object]] = {}
    for wire in wires(picture):
        group, target = wire.group, where.get((wire.group.target, wire.group.step))
        if (group.signal, "") in where or not group.step or target is None:
            continue
        body = group.items[0]
        key = (group.signal, group.target, round(target[0] - body.x, 2))
        shapes.setdefault(key, set()).add(body.moves)  # type: ignore[union-attr]
    assert all(len(found) == 1 for found in shapes.values())


@few
@given(figures(elided=False))
def test_wires_of_different_sources_share_no_track(picture: Picture) -> None:
    static = {group.signal for group, _, _ in nodes(picture) if not group.step}
    apart = [w for w in wires(picture) if static.isdisjoint((w.group.signal, w.group.target))]
    runs = [(w.group.signal, run) for w in apart for run in tracks(w)]
    for (a, (level, here, low, high)), (b, (other, there, start, end)) in combinations(runs, 2):
        if a != b and level == other and abs(here - there) < 2:
            assert min(high, end) - max(low, start) < 20


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [("conditional", "y", "h"), ("teacher_forcing", "y", "h"), ("attention", "y", "d")],
)
def test_a_diagonal_past_other_rows_runs_straight(name: str, source: str, target: str) -> None:
    circuit = gf.load(gf.example_path(name))
    steps = {axis.name: 3 for axis in circuit.axes}
    picture = gf.draw(gf.unfold(circuit, steps), pair=False).picture
    bodies = [g.items[0] for g in picture.groups if (g.signal, g.target) == (source, target)]
    assert bodies
    assert all([kind for kind, _ in body.moves] == ["l"] for body in bodies)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["clockwork", "vector_to_sequence", "bidirectional"])
def test_signals_alone_in_their_rows_stand_above_one_another(name: str) -> None:
    circuit = gf.load(gf.example_path(name))
    alone = {n for row in circuit.style.rows for n in row if len(row) == 1} & set(circuit.axis_of)
    for picture in (gf.draw(circuit).picture, gf.draw(gf.unfold(circuit, 1), pair=False).picture):
        found = {round(d.x, 2) for g, d, _ in nodes(picture) if g.signal in alone and g.step in "1"}
        assert len(found) == 1
