"""Figures in which time runs upwards."""

from __future__ import annotations

from itertools import pairwise

import pytest
from circuits import cases
from figures import nodes
from gallery import TREE
from golden_figures import shipped
from hypothesis import HealthCheck, given, settings
from test_render_geometry import covered

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.layout.upward import Turned, reflected, turned
from graphfold.render.picture import Group, Label, Rect
from graphfold.render.typeset import typeset

TREES = [name for name in gf.example_names() if shipped(name).trees]
FLAT = [name for name in gf.example_names() if name not in TREES]


def unfolded(name: str, steps: int = 3) -> gf.Unfolding:
    circuit = gf.in_mode(shipped(name))
    return gf.unfold(circuit, {axis.name: steps for axis in circuit.axes})


@pytest.mark.parametrize("name", FLAT)
def test_no_label_is_covered_when_time_runs_upwards(name: str) -> None:
    assert not covered(gf.draw(unfolded(name), direction="up").picture)


@given(cases())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_later_steps_stand_straight_above_earlier_ones(case: tuple[Circuit, int]) -> None:
    picture = gf.draw(gf.unfold(*case), pair=False, elide=False, direction="up").picture
    places: dict[str, dict[int, tuple[float, float]]] = {}
    for group, disc, _ in nodes(picture):
        if group.step:
            places.setdefault(group.signal, {})[int(group.step)] = (disc.x, disc.y)
    for steps in places.values():
        ordered = [steps[time] for time in sorted(steps)]
        assert len({round(x, 3) for x, _ in ordered}) == 1
        assert all(later[1] < earlier[1] for earlier, later in pairwise(ordered))


@pytest.mark.parametrize("name", ["rnn_loss", "stacked_lstm", "shift_register", "encoder_decoder"])
@pytest.mark.parametrize("steps", [3, 20])
def test_both_directions_show_the_same_things(name: str, steps: int) -> None:
    def told(direction: str) -> list[tuple[str, str, str, str]]:
        picture = gf.draw(unfolded(name, steps), direction=direction, elide=steps < 9).picture
        return sorted((g.kind, g.signal, g.step, g.target) for g in picture.expanded())

    assert told("up") == told("right")


@pytest.mark.parametrize("open_", [(), "all"])
def test_labels_stay_as_they_are_read(open_: object) -> None:
    picture = gf.draw(unfolded("stacked_lstm"), direction="up", open=open_).picture
    labels = [item for g in picture.expanded() for item in g.items if isinstance(item, Label)]
    assert labels
    assert not any(isinstance(label.run, Turned) for label in labels)


def test_names_of_frames_and_boxes_lie_within_them() -> None:
    for open_ in ((), "all"):
        picture = gf.draw(unfolded("stacked_lstm"), direction="up", open=open_).picture
        held = [g for g in picture.expanded() if g.kind.startswith(("frame", "cell"))]
        assert held
        for rect, *labels in (group.items for group in held):
            assert isinstance(rect, Rect)
            for label in (item for item in labels if isinstance(item, Label)):
                x0, y0, x1, y1 = label.run.box
                assert rect.x - rect.half_width < label.x + x0
                assert label.x + x1 < rect.x + rect.half_width
                assert rect.y - rect.half_height < label.y + y0
                assert label.y + y1 < rect.y + rect.half_height


def test_a_turned_label_comes_back_with_its_middle_reflected() -> None:
    run = typeset("V_c", 17.0)
    [group] = reflected([Group("wire", (Label(10.0, 20.0, turned(run)),))])
    [label] = group.items
    assert isinstance(label, Label)
    assert label.run.box == pytest.approx(run.box)
    dx, dy = (run.box[0] + run.box[2]) / 2, (run.box[1] + run.box[3]) / 2
    assert (label.x + dx, label.y + dy) == pytest.approx((-20.0 - dy, -10.0 - dx))


def test_repeated_steps_are_stamped_upwards() -> None:
    picture = gf.draw(unfolded("rnn_loss", 60), elide=False, pair=False, direction="up").picture
    assert picture.symbols
    assert picture.height > picture.width
    whole = {group.step for group in picture.expanded() if group.kind.startswith("node")}
    assert {str(step) for step in range(1, 61)} <= whole


@pytest.mark.parametrize("name", TREES)
def test_trees_are_drawn_as_they_are(name: str) -> None:
    unfolding = gf.unfold(gf.in_mode(shipped(name)), tree=TREE)
    assert gf.draw(unfolding, direction="up").svg == gf.draw(unfolding).svg


def test_an_unknown_direction_is_told_with_what_was_meant() -> None:
    with pytest.raises(gf.DrawingError, match="no direction is called 'upp'; did you mean 'up'"):
        gf.draw(shipped("rnn_loss"), direction="upp")


def test_operations_do_not_run_upwards() -> None:
    with pytest.raises(gf.DrawingError, match="operations go to the right"):
        gf.draw(shipped("rnn_loss"), direction="up", detail="operations")
