"""The gallery as a whole: what it lists, its data, and laws that every model obeys."""

from __future__ import annotations

import numpy as np
import pytest
from example_data import RECIPES, Recipe, make
from gallery import Array, close, evaluated, example, random_values, sizes_of, unfolded

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples.catalogue import BEYOND, BOOK, Example

MODELS = [
    (example.name, mode.name)
    for example in gf.list_examples()
    for mode in gf.load(example.path).modes
]
MODELS += [(e.name, None) for e in gf.list_examples() if not gf.load(e.path).modes]
every_model = pytest.mark.parametrize(("name", "mode"), MODELS)
GIVEN_BY_HAND = {"bidirectional", "biquad", "lstm", "rnn_loss"}


def test_the_list_holds_every_model_once() -> None:
    names = [example.name for example in gf.list_examples()]
    assert sorted(names) == gf.example_names()
    assert set(names) == {*BOOK, *BEYOND}


def test_a_model_that_needs_no_function_from_python_comes_with_data() -> None:
    without = {e.name for e in gf.list_examples() if e.data is None}
    assert without == {"classical", "driven", "fibonacci"}


@pytest.mark.parametrize("name", RECIPES)
def test_the_data_are_what_their_recipe_makes(name: str, update_golden: bool) -> None:
    path = gf.example_path(name).with_suffix(".npz")
    made = make(name)
    if update_golden:
        gf.write_arrays(path, made)
    found = gf.read_arrays(path)
    assert list(found) == list(made)
    for key, value in made.items():
        np.testing.assert_allclose(found[key], value, atol=2e-3)  # a trained readout is rounded


@pytest.mark.parametrize("example", [e for e in gf.list_examples() if e.data], ids=lambda e: e.name)
def test_the_data_give_numbers(example: Example) -> None:
    values = dict(gf.read_arrays(example.data))
    assert example.data.stat().st_size < 12_000
    assert example.name in {*RECIPES, *GIVEN_BY_HAND}
    recipe = RECIPES.get(example.name) or Recipe(len(values["x"]))
    unfolding = recipe.unfold(gf.load(example.path))
    found = gf.evaluate(unfolding, values).outputs()
    assert gf.find_non_finite(found) == []
    assert all(np.abs(value).max() > 0 for value in found.values())


@every_model
@pytest.mark.parametrize("steps", [1, 4])
def test_inferred_shapes_are_those_of_the_values(name: str, mode: str | None, steps: int) -> None:
    circuit = example(name)
    shapes, sizes = gf.infer_shapes(circuit), sizes_of(circuit)
    for instance, value in evaluated(name, steps, random_values(name, steps), mode=mode).items():
        signal = instance.split("[")[0]
        assert value.shape == tuple(s.evaluate(sizes) for s in shapes[signal]), instance


@every_model
def test_a_batch_is_its_rows(name: str, mode: str | None) -> None:
    values = random_values(name, 3, batch=2)
    together = evaluated(name, 3, values, mode=mode)
    circuit = unfolded(example(name), 3).circuit
    for row in range(2):
        alone = {key: _row(circuit, key, value, row) for key, value in values.items()}
        for instance, value in evaluated(name, 3, alone, mode=mode).items():
            whole = together[instance]
            close(whole[row] if whole.ndim > value.ndim else whole, value)


def _row(circuit: Circuit, key: str, value: Array, row: int) -> Array:
    signal = key.split("[", maxsplit=1)[0]
    if circuit.kind_of(signal) == "param":
        return value
    sequence = circuit.axis_of[signal] is not None and "[" not in key
    return np.asarray(value[:, row] if sequence else value[row])
