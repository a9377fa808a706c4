"""Laws of figures at the level of operations: what may not touch, overlap, or run back in time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from circuits import cases, clocked_cases
from figures import box, everything, overlap, points
from gallery import unfolded
from golden_figures import NO_WINDOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_names, example_path
from graphfold.render.picture import Box, Disc, Group, Label, Picture, Point, Rect, Stroke, grown

few = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
NEAR = 0.5


@st.composite
def some_cases(draw: st.DrawFn) -> tuple[Circuit, dict[str, int]]:
    """Circuits of one axis, or of two, with numbers of steps."""
    if draw(st.booleans()):
        return draw(clocked_cases())
    circuit, steps = draw(cases())
    return circuit, {"t": steps}


@st.composite
def figures(draw: st.DrawFn) -> Picture:
    """Folded circuits, unfoldings and windows, operation by operation."""
    circuit, steps = draw(some_cases())
    kind = draw(st.sampled_from(["folded", "unfolded", "elided", "window"]))
    if kind == "folded":
        return drawn(circuit)
    if kind == "window":
        return drawn(gf.window(circuit))
    longer = 9 if kind == "elided" else 0
    return drawn(gf.unfold(circuit, {axis: n + longer for axis, n in steps.items()}))


def drawn(what: object) -> Picture:
    """The figure alone, without the folded one beside it."""
    return gf.draw(what, detail="operations", pair=False).picture  # type: ignore[arg-type]


def bodies(picture: Picture) -> Iterator[tuple[Group, Box]]:
    """The nodes and what their borders, or their bare letters, cover."""
    for group in picture.expanded():
        if not group.kind.startswith(("node", "cell")):
            continue
        first = group.items[0]
        if isinstance(first, Disc):
            r = first.radius
            yield group, (first.x - r, first.y - r, first.x + r, first.y + r)
        elif isinstance(first, Rect):
            dx, dy = first.half_width, first.half_height
            yield group, (first.x - dx, first.y - dy, first.x + dx, first.y + dy)
        elif isinstance(first, Label):
            yield group, box(first)


def lines(picture: Picture, heads: bool = False) -> Iterator[tuple[Group, list[Point]]]:
    """The wires and points of them, and of their heads if asked."""
    for group in picture.expanded():
        if group.kind.startswith("wire"):
            for item in group.items:
                if isinstance(item, Stroke) and (heads or item.pen != "ink"):
                    yield group, points(item)


def held(around: Box, point: Point) -> bool:
    """Whether a point is well within a box."""
    x0, y0, x1, y1 = grown(around, -NEAR)
    return x0 < point[0] < x1 and y0 < point[1] < y1


def reach(line: list[Point]) -> Box:
    """What a line covers, never flat."""
    xs, ys = zip(*line, strict=True)
    return grown((min(xs), min(ys), max(xs), max(ys)), NEAR)


def through(around: Box, line: list[Point]) -> bool:
    """Whether a line goes through a box: into it and out again, and not only to its border."""
    return (
        not held(around, line[0])
        and not held(around, line[-1])
        and any(held(grown(around, -2.0), p) for p in line)
    )


def overlapping(picture: Picture) -> list[str]:
    """The nodes that overlap, as sentences."""
    return [
        f"{a.signal} at {a.step} and {b.signal} at {b.step}"
        for (a, here), (b, there) in combinations(bodies(picture), 2)
        if overlap(here, there)
    ]


def core(node: Group, around: Box) -> Box:
    """A box within a node: a circle does not fill the corners of its own."""
    inwards = -0.3 * node.items[0].radius if isinstance(node.items[0], Disc) else 0.0
    return grown(around, inwards)


def pierced(picture: Picture) -> list[str]:
    """The nodes that wires of others pass through, as sentences."""
    found = [(node, core(node, around)) for node, around in bodies(picture)]
    reached = [(wire, line, reach(line)) for wire, line in lines(picture)]
    return [
        f"{wire.signal} -> {wire.target} through {node.signal} at {node.step}"
        for wire, line, area in reached
        for node, around in found
        if overlap(area, around)
        and node.signal not in (wire.signal, wire.target)
        and through(around, line)
    ]


def covered(picture: Picture) -> list[str]:
    """The tags that lie on nodes or other tags, or are crossed by a wire, as sentences."""
    tags = [
        (group, box(item))
        for group in picture.expanded()
        if group.kind == "tag"
        for item in group.items
        if isinstance(item, Label)
    ]
    nodes = list(bodies(picture))
    wires = [(wire, line, reach(line)) for wire, line in lines(picture, heads=True)]
    found = [
        f"{a.signal} and {b.signal}" for (a, p), (b, q) in combinations(tags, 2) if overlap(p, q)
    ]
    for tag, around in tags:
        found += [
            f"{tag.signal} on {n.signal}" for n, b in nodes if overlap(grown(around, -1.0), b)
        ]
        found += [
            f"{tag.signal} on {w.signal} -> {w.target}"
            for w, line, area in wires
            if overlap(area, around) and any(held(around, p) for p in line)
        ]
    return found


def outside(picture: Picture) -> list[Point]:
    """Points of what is drawn beyond the canvas."""
    right, bottom = picture.left + picture.width, picture.top + picture.height
    whole = Picture(0, 0, 0, 0, tuple(picture.expanded()))
    return [
        (x, y)
        for x, y in everything(whole)
        if not (picture.left <= x <= right and picture.top <= y <= bottom)
    ]


def named(picture: Picture) -> Iterator[tuple[Group, Box]]:
    """What stands once in a step: signals, and the names of values."""
    yield from (
        (g, around)
        for g, around in bodies(picture)
        if not {"operation", "pinned"} & {*g.kind.split()}
    )
    for group in picture.expanded():
        if group.kind == "tag":
            label = group.items[0]
            assert isinstance(label, Label)
            yield group, box(label)


@few
@given(figures())
def test_no_two_operations_overlap(picture: Picture) -> None:
    assert not overlapping(picture)


@few
@given(figures())
def test_no_wire_passes_through_a_foreign_operation(picture: Picture) -> None:
    assert not pierced(picture)


@few
@given(figures())
def test_all_operations_lie_within_the_canvas(picture: Picture) -> None:
    assert not outside(picture)


@few
@given(cases())
def test_steps_are_equally_far_apart(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    picture = drawn(gf.unfold(circuit, steps))
    places: dict[str, list[tuple[int, float, float]]] = {}
    for group, (x0, y0, x1, y1) in named(picture):
        if group.step.isdigit() and "boundary" not in group.kind and int(group.step) >= 1:
            places.setdefault(group.signal, []).append(
                (int(group.step), (x0 + x1) / 2, (y0 + y1) / 2)
            )
    pitches = set()
    for found in places.values():
        for (s, x, y), (t, further, level) in pairwise(sorted(found)):
            pitches.add(round((further - x) / (t - s), 1))
            assert abs(level - y) < 0.01
    assert not pitches or max(pitches) - min(pitches) <= 0.1


@few
@given(cases(causal=True))
def test_wires_of_a_causal_circuit_never_run_back_between_steps(case: tuple[Circuit, int]) -> None:
    circuit, steps = case
    picture = drawn(gf.unfold(circuit, steps))
    for wire, line in lines(picture):
        if "rail" in wire.kind:
            assert line[0][0] <= line[-1][0] + 0.01, wire.signal


@few
@given(cases())
def test_operations_stand_at_one_height_folded_and_unfolded(case: tuple[Circuit, int]) -> None:
    circuit, steps = case[0], max(case[1], 1)  # over no steps there are boundaries only
    picture = gf.draw(gf.unfold(circuit, steps), detail="operations", pair=True).picture
    moving = {n for n in circuit.axis_of if circuit.axis_of[n] is not None}
    heights: dict[str, set[float]] = {}
    for group, (_, y0, _, y1) in named(picture):
        if group.signal in moving and "boundary" not in group.kind:
            heights.setdefault(group.signal, set()).add(round((y0 + y1) / 2))
    assert all(len(found) == 1 for found in heights.values()), heights


@pytest.mark.parametrize("name", [n for n in example_names() if n not in NO_WINDOW])
def test_a_figure_of_the_gallery_keeps_all_laws(name: str) -> None:
    circuit = gf.load(example_path(name))
    for thing in (circuit, gf.window(circuit), unfolded(circuit, 3)):
        picture = drawn(thing)
        assert not (overlapping(picture) + pierced(picture) + covered(picture)), name
        assert not outside(picture)


def test_the_figure_is_the_same_under_another_hash_seed() -> None:
    code = (
        "import graphfold as gf; from graphfold.examples import example_path; "
        "u = gf.unfold(gf.load(example_path('lstm')), 3); "
        "print(gf.draw(u, detail='operations').svg)"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
