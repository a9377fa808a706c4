"""Circuits, unfoldings, values and errors survive copying, pickling and other processes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_path


def used_unfolding() -> gf.Unfolding:
    """An unfolding that has filled its caches."""
    unfolding = gf.unfold(gf.load(example_path("rnn_loss")), 3)
    assert unfolding.node_count == len(gf.to_networkx(unfolding))
    return unfolding


def count_nodes(circuit: Circuit) -> int:
    return gf.unfold(circuit, 3).node_count


WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_circuit_and_an_unfolding_in_use_can_be_copied(way: Callable[[Any], Any]) -> None:
    unfolding = used_unfolding()
    again = way(unfolding)
    assert again == unfolding
    assert hash(again) == hash(unfolding)
    assert again.node_count == unfolding.node_count
    assert way(unfolding.circuit).links == unfolding.circuit.links


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_values_can_be_copied(way: Callable[[Any], Any]) -> None:
    unfolding = used_unfolding()
    inputs = gf.read_arrays(example_path("rnn_loss").with_suffix(".npz"))
    values = {**gf.random_values(unfolding, 0, inputs), **inputs}
    found = gf.evaluate(unfolding, values)
    assert (way(found)["h[3]"] == found["h[3]"]).all()


def test_a_model_error_keeps_its_diagnostics_in_another_process() -> None:
    with pytest.raises(gf.ModelError) as caught:
        gf.loads("graphfold: 1\nequations: |\n  h[t] = q[t]")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.diagnostics == caught.value.diagnostics


def test_operations_pickle_by_their_public_name() -> None:
    assert pickle.loads(pickle.dumps(gf.tanh)) is gf.tanh


def test_another_process_takes_a_circuit() -> None:
    circuit = used_unfolding().circuit
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(count_nodes, (circuit,)) == 25
