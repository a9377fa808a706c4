"""Figures at detail "cells": every use of a cell and every recurrence is one box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from circuits import circuits
from command_line import call
from hypothesis import HealthCheck, given, settings

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.render.options import DrawOptions
from graphfold.render.parts import parts_of
from graphfold.render.recurrences import recurrences
from graphfold.render.scene import Scene
from graphfold.render.uses import Boxes
from graphfold.render.view import view

few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def example(name: str) -> Circuit:
    return gf.flatten(gf.load(gf.example_path(name)))


def scene(name: str, open: tuple[str, ...] | None = None) -> Scene:
    options = DrawOptions(detail="cells", open=open)
    found = parts_of([gf.load(gf.example_path(name))], options)[0].scenes[0]
    assert isinstance(found, Scene)
    return found


def box_of(circuit: Circuit) -> Mapping[str, str]:
    return {signal: box.name for box in recurrences(circuit) for signal in box.signals}


def reached(circuit: Circuit) -> set[tuple[str, str]]:
    """All pairs of signals joined by one read or more."""
    pairs = {(link.source, link.target) for link in circuit.links}
    for middle in circuit.signals:
        into = [s for s, t in pairs if t == middle]
        out = [t for s, t in pairs if s == middle]
        pairs |= {(s, t) for s in into for t in out}
    return pairs


@few
@given(circuits(clocks=True))
def test_signals_that_depend_on_each_other_share_a_box(circuit: Circuit) -> None:
    pairs, box = reached(circuit), box_of(circuit)
    looped = [s for s in circuit.signals if (s, s) in pairs]
    for one in looped:
        mutual = [s for s in looped if {(one, s), (s, one)} <= pairs]
        if len({circuit.axis_of[s] for s in mutual}) == 1:
            assert {box[s] for s in mutual} == {box[one]}
            assert [s for s in looped if box.get(s) == box[one]] == mutual


@few
@given(circuits(clocks=True))
def test_what_a_box_holds_besides_its_recurrence_serves_it_alone(circuit: Circuit) -> None:
    pairs, box = reached(circuit), box_of(circuit)
    outputs = {output.name for output in circuit.outputs}
    given_by = {read.signal for b in circuit.boundaries if b.value for _, read in b.value.reads()}
    for equation in circuit.equations:
        name, axis = equation.signal, equation.axis
        readers = {link.target for link in circuit.links if link.source == name}
        homes = {box.get(reader) for reader in readers}
        if (name, name) in pairs or name in given_by or axis is None:
            continue
        serves = len(homes) == 1 and None not in homes and name not in outputs
        home = next(iter(homes), None)
        same_axis = serves and {circuit.axis_of[s] for s in box if box[s] == home} == {axis}
        assert box.get(name) == (home if same_axis else None)


@few
@given(circuits(clocks=True))
def test_wires_of_boxes_are_those_of_signals_between_them(circuit: Circuit) -> None:
    box = box_of(circuit)
    plain = {
        (box.get(tie.source, tie.source), box.get(tie.target, tie.target), tie.delay)
        for tie in view(circuit).ties
        if tie.reach == "step"
    }
    drawn = {
        (tie.source, tie.target, tie.delay)
        for tie in view(circuit, opened=Boxes()).ties
        if tie.reach == "step"
    }
    assert drawn == {tie for tie in plain if tie[0] != tie[1] or tie[2]}


@pytest.mark.parametrize("name", ["lstm", "encoder_decoder", "stacked_lstm", "kalman", "recursive"])
def test_a_figure_with_all_boxes_open_is_that_of_the_signals(name: str) -> None:
    circuit = gf.load(gf.example_path(name))
    opened = "all" if circuit.uses or recurrences(gf.flatten(circuit)) else None
    plain = gf.draw(circuit, open="all" if circuit.uses else None)
    assert gf.draw(circuit, detail="cells", open=opened).svg == plain.svg


@pytest.mark.parametrize("name", gf.example_names())
def test_every_recurrence_of_the_gallery_is_a_box(name: str) -> None:
    circuit, drawn = example(name), scene(name)
    boxes = {site.name for site in drawn.sites.values() if site.box}
    assert {box.name for box in recurrences(circuit)} <= boxes
    assert not {s for box in recurrences(circuit) for s in box.signals} & drawn.sites.keys() - boxes


def test_an_lstm_is_one_box_over_its_input() -> None:
    drawn = scene("lstm")
    assert [(s.name, s.box) for s in drawn.sites.values()] == [("x", False), ("lstm cell", True)]
    wires = [(edge.source[0], edge.target[0], edge.delay) for edge in drawn.edges]
    assert sorted(wires) == [("lstm cell", "lstm cell", 1), ("x", "lstm cell", 0)]


def test_outputs_and_losses_stay_outside_of_a_box() -> None:
    assert set(scene("rnn_loss").sites) == {"x", "h", "o", "L", "y"}
    assert scene("rnn_loss").sites["h"].box


def test_one_recurrence_is_opened_by_name() -> None:
    sites = scene("kalman", ("m",)).sites
    assert sites["P"].box
    assert not sites["m"].box
    assert "m_p" in sites


def test_a_model_that_opens_its_cells_shows_boxes() -> None:
    circuit = example("stacked_lstm")
    circuit = replace(circuit, style=replace(circuit.style, open=("lower",)))
    plain = parts_of([circuit], DrawOptions())[0].scenes[0]
    assert isinstance(plain, Scene)
    assert plain.frames
    drawn = parts_of([circuit], DrawOptions(detail="cells"))[0].scenes[0]
    assert isinstance(drawn, Scene)
    assert not drawn.frames
    assert [s.name for s in drawn.sites.values() if s.box] == ["lower", "middle", "upper"]


def test_an_unknown_box_gets_a_suggestion() -> None:
    with pytest.raises(gf.DrawingError, match="did you mean 'lstm cell'"):
        scene("lstm", ("lstm cel",))


def test_an_unknown_detail_gets_a_suggestion() -> None:
    with pytest.raises(gf.DrawingError, match="did you mean 'cells'"):
        gf.draw(example("lstm"), detail="cell")


def test_the_command_line_draws_boxes() -> None:
    path = str(gf.example_path("lstm"))
    result = call("draw", path, "--detail", "cells", "-o", "-")
    assert result.code == 0
    assert 'data-signal="lstm cell"' in result.out


def test_a_chain_that_serves_a_recurrence_is_within_its_box_unless_it_is_read_outside() -> None:
    text = """graphfold: 1
name: small
inputs: {"x[t]": []}
init: {"h[0]": zeros}
equations: |
  a[t] = tanh(x[t])
  b[t] = tanh(a[t])
  c[t] = tanh(x[t])
  h[t] = tanh(h[t-1] + b[t] + c[t])
  o[t] = h[t] + c[t]
outputs: [o]
"""
    boxes = [(box.name, box.signals) for box in recurrences(gf.loads(text))]
    assert boxes == [("small", ("a", "b", "h"))]


@pytest.mark.parametrize("name", gf.example_names())
def test_a_box_stands_in_one_row_whatever_rows_its_signals_ask_for(name: str) -> None:
    names = [site for row in scene(name).rows for site in row.names]
    assert len({*names}) == len(names)
