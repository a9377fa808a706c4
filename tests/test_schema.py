"""The JSON Schema of model files: takes models, refuses mistakes, and knows all sections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from circuits import circuits
from command_line import call
from hypothesis import given
from jsonschema import Draft202012Validator

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_names, example_path
from graphfold.formats.model_reader import SECTIONS, parse_model
from graphfold.formats.model_schema import PROPERTIES

VALIDATOR = Draft202012Validator(gf.model_schema())


def problems(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(gf.model_schema())


def test_it_knows_the_sections_of_the_reader() -> None:
    assert set(PROPERTIES) == set(SECTIONS)


@pytest.mark.parametrize("section", PROPERTIES)
def test_every_section_is_described_by_examples_that_hold(section: str) -> None:
    schema = PROPERTIES[section]
    assert schema["description"].endswith(".")
    assert schema["examples"]
    for example in schema["examples"]:
        text = yaml.dump({"graphfold": 1, section: example})
        assert problems(text) == []
        if section not in ("modes", "equations", "cells"):
            assert parse_model(text)


@pytest.mark.parametrize("name", example_names())
def test_the_examples_hold(name: str) -> None:
    assert problems(example_path(name).read_text("utf-8")) == []


MODELS = {
    "two axes and a mode": "axes: {t: N_x, u: N_y}\nmodes: [train, test]\n",
    "a tree": "axes: {k: K, t: {length: T, children: [left, right], leaves: k}}\n",
    "a cell in a file": "cells: {lstm: lstm.yaml}\n",
    "a cell in place": "cells: {sum: {inputs: {'x[t]': []}, outputs: [s]}}\n",
    "letters of all alphabets": "params: {θ: [n_h], größe: [3]}\ndims: {n_h: 2}\n",
    "histories": "init: {'h[0]': given, 'h[-1]': 0.5, 'g[T+1]': Q @ C, x: [zeros, 1e-3]}\n",
    "matrices": "init: {'h[0]': [[1, 2], [3, 4]], 's[ T - 1 ]': ones}\n",
    "sizes": "params: {W: [4*n_h + 1, 2], s: []}\n",
    "empty sections": "equations:\ninit:\noutputs:\ndraw:\ndims: {n:}\n",
    "a defined function": "functions: {'f(x)': x / 2, 'g(x; a, b)': [n], 'c()': 1}\n",
    "labels": "draw: {labels: {h: \\bm h}, rows: [x, [h, y]], hide: [cell.a]}\n",
}


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS)
def test_what_the_language_allows_holds(text: str) -> None:
    assert problems(f"graphfold: 1\n{text}") == []


@given(circuits())
def test_every_circuit_that_is_written_holds(circuit: Circuit) -> None:
    assert problems(gf.dumps(circuit)) == []


MISTAKES = {
    "no version": "name: a\n",
    "another version": "graphfold: 2\n",
    "a version in words": "graphfold: one\n",
    "a misspelt key": "graphfold: 1\nequation: |\n  y = 1\n",
    "a list of axes": "graphfold: 1\naxes: [t]\n",
    "a length that is a number": "graphfold: 1\naxes: {t: 3}\n",
    "a tree without leaves": "graphfold: 1\naxes: {t: {length: T, children: [left]}}\n",
    "a tree without children": "graphfold: 1\naxes: {t: {length: T, children: [], leaves: k}}\n",
    "modes that are no list": "graphfold: 1\nmodes: train\n",
    "a negative size": "graphfold: 1\ndims: {n: -1}\n",
    "a broken size": "graphfold: 1\ndims: {n: 1.5}\n",
    "a dimension with a space": "graphfold: 1\ndims: [n h]\n",
    "a shape that is no list": "graphfold: 1\nparams: {W: n_h}\n",
    "a size that is none": "graphfold: 1\nparams: {W: [n_h n_x]}\n",
    "an input with a shift": "graphfold: 1\ninputs: {'x[t-1]': []}\n",
    "a name with a minus": "graphfold: 1\ninputs: {'x-y[t]': []}\n",
    "a function without arguments": "graphfold: 1\nfunctions: {f: [n]}\n",
    "a function that is a mapping": "graphfold: 1\nfunctions: {'f(x)': {a: 1}}\n",
    "a history without a step": "graphfold: 1\ninit: {h: zeros}\n",
    "a history without a value": "graphfold: 1\ninit: {'h[0]':}\n",
    "a history that is a mapping": "graphfold: 1\ninit: {'h[0]': {a: 1}}\n",
    "words in a list": "graphfold: 1\ninit: {'h[0]': [zeros]}\n",
    "a list of equations": "graphfold: 1\nequations: [y = 1]\n",
    "outputs that are no list": "graphfold: 1\noutputs: y\n",
    "an output with a step": "graphfold: 1\noutputs: ['y[t]']\n",
    "a misspelt key of draw": "graphfold: 1\ndraw: {row: [x]}\n",
    "a label that is a list": "graphfold: 1\ndraw: {labels: {x: [y]}}\n",
    "rows that are no list": "graphfold: 1\ndraw: {rows: x}\n",
    "a list of sections": "- graphfold: 1\n",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_typical_mistakes_do_not_hold(name: str) -> None:
    assert problems(MISTAKES[name])
    if "axes" not in MISTAKES[name] and "modes" not in MISTAKES[name]:
        with pytest.raises(gf.ModelError):
            gf.loads(MISTAKES[name])


def test_who_changes_a_schema_changes_a_copy() -> None:
    gf.model_schema()["$defs"]["model"]["properties"].clear()
    assert gf.model_schema()["$defs"]["model"]["properties"]


def test_the_command_line_prints_it(tmp_path: Path) -> None:
    assert json.loads(call("schema").out) == gf.model_schema()
    target = tmp_path / "graphfold.schema.json"
    assert call("schema", "-o", target).code == 0
    assert json.loads(target.read_text("utf-8")) == gf.model_schema()
    assert call("schema", "-o", tmp_path / "no" / "s.json").code == 2
