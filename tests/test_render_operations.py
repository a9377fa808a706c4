"""Circuits at the level of their operations: the same values, each operation once."""

from __future__ import annotations

import numpy as np
import pytest
from circuits import cases, clocked_cases
from hypothesis import HealthCheck, given, settings
from simulator import random_values

import graphfold as gf
from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit
from graphfold.render.exploded import explode
from graphfold.unfolding import Unfolding

few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def assert_same_values(unfolding: Unfolding, exploded: Unfolding) -> None:
    steps = dict(unfolding.steps)
    values = random_values(unfolding.circuit, steps)
    more = random_values(exploded.circuit, steps) | values  # operations of pinned instances read
    wanted, found = gf.evaluate(unfolding, values), gf.evaluate(exploded, more)
    for name in unfolding.circuit.equation:
        np.testing.assert_allclose(found.signal(name), wanted.signal(name), rtol=1e-9, atol=1e-12)


@few
@given(cases())
def test_signals_have_the_same_values_as_among_operations(case: tuple[Circuit, int]) -> None:
    circuit, steps = case[0], max(case[1], 1)  # of no steps, what is the same in all is not needed
    exploded = explode(circuit).circuit
    assert_same_values(gf.unfold(circuit, steps), gf.unfold(exploded, steps))


@few
@given(clocked_cases())
def test_signals_over_two_clocks_have_the_same_values(case: tuple[Circuit, dict[str, int]]) -> None:
    circuit, steps = case[0], {axis: max(count, 1) for axis, count in case[1].items()}
    exploded = explode(circuit).circuit
    assert_same_values(gf.unfold(circuit, steps), gf.unfold(exploded, steps))


@few
@given(cases())
def test_operations_have_names_of_their_own(case: tuple[Circuit, int]) -> None:
    circuit, _ = case
    exploded = explode(circuit)
    names = [equation.signal for equation in exploded.circuit.equations]
    assert len({*names}) == len(names)
    assert {*circuit.equation} <= {*names}
    inner = {*names} - {*circuit.equation}
    assert not inner & {*circuit.signals}
    assert explode(circuit) == exploded


@pytest.mark.parametrize("name", gf.example_names())
def test_the_operations_of_every_model_are_a_well_formed_circuit(name: str) -> None:
    circuit = gf.flatten(gf.load(gf.example_path(name)))
    ensure_well_formed(explode(circuit).circuit)


@pytest.mark.parametrize("name", ["recursive", "tree_lstm"])
def test_operations_over_a_tree_are_refused(name: str) -> None:
    with pytest.raises(gf.DrawingError, match='over a tree is drawn at detail "signals"'):
        gf.draw(gf.load(gf.example_path(name)), detail="operations")


def delayed(steps: int) -> Circuit:
    text = "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = 2 * x[t-%d]"
    return gf.loads(text % steps)


def test_a_delay_has_a_rail_and_a_square_for_each_of_its_steps() -> None:
    picture = gf.draw(delayed(6), detail="operations").picture
    assert sum(group.kind == "delay" for group in picture.expanded()) == 6


def test_a_delay_of_very_many_steps_is_refused() -> None:
    with pytest.raises(gf.DrawingError, match=r"x is read 300 steps away: .* draw detail"):
        gf.draw(delayed(300), detail="operations")
