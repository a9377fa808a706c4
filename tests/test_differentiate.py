"""The circuit of gradients: its values are the gradients that the walk back finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from circuits import losses
from gallery import FUNCTIONS, example, sizes_of, unfolded
from hypothesis import given, note, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.differentiate.differentiate import Settings, differentiated
from graphfold.differentiate.pulls import PULLS
from graphfold.differentiate.sweep import NoTermsError
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.kernels import KERNELS
from graphfold.instances import format_id

BUILT_IN = frozenset(KERNELS)


def test_every_built_in_derivative_is_a_formula_too() -> None:
    assert set(PULLS) == set(DERIVATIVES) & BUILT_IN


def assert_gradients(circuit: Circuit, steps: dict[str, int], values: Any, loss: str) -> None:
    """All signals, and histories that are given, against the walk back through the unfolding."""
    unfolding = gf.unfold(circuit, steps)
    shape = gf.evaluate(unfolding, values)[loss].shape
    seed = np.random.default_rng(5).normal(size=shape)
    wanted = gf.gradients(unfolding, values, loss, cotangent=seed)
    signals = [s for s in circuit.signals if f"{s}" != loss]
    given_ones = [n for n in values if "[" in n]
    made = differentiated(circuit, loss, [*signals, *given_ones], Settings(steps, (), True))
    assert all(problem.stage == "history" for problem in gf.check(made.circuit))
    told = {**values, made.seed: seed}
    found = gf.evaluate(gf.unfold(made.circuit, steps), told)
    for name in (*signals, *given_ones):
        expected = wanted[name] if "[" in name or name in wanted else wanted.given(name)
        if name in made.gradients:
            own = made.gradients[name]
            moves = made.circuit.axis_of[own] is not None
            array = found.signal(own) if moves else found[own]
        else:
            array = np.zeros_like(expected)
        np.testing.assert_allclose(array, expected, 1e-9, 1e-11, err_msg=name)


@settings(max_examples=60)
@given(case=losses(), seed=st.integers(0, 99))
def test_a_random_circuit_has_its_gradients(
    case: tuple[Circuit, dict[str, int], str | None], seed: int
) -> None:
    circuit, steps, loss = case
    note(gf.dumps(circuit))
    if loss:
        assert_gradients(circuit, steps, random_values(circuit, steps, seed), loss)


@pytest.mark.parametrize("name", gf.example_names())
def test_a_model_of_the_gallery_has_its_gradients(name: str) -> None:
    whole = example(name)
    for mode in [m.name for m in whole.modes] or [None]:
        circuit = gf.flatten(gf.in_mode(whole, mode))
        unfolding = unfolded(circuit, 4)
        values = gf.random_values(
            unfolding, 1, sizes=sizes_of(circuit), roles=("input", "parameter", "history")
        )
        outputs = list(gf.evaluate(unfolding, values, functions=FUNCTIONS.get(name)).outputs())
        axis = unfolding.circuit.axis_of[outputs[-1]]
        loss = outputs[-1] if axis is None else format_id(outputs[-1], unfolding.length(axis) - 1)
        if name in FUNCTIONS or circuit.trees:
            with pytest.raises(NoTermsError):
                gf.differentiate(circuit, loss)
        else:
            assert_gradients(circuit, dict(unfolding.steps), values, loss)
