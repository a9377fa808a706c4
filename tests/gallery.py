"""What the tests of the gallery share: random values for a model, and its evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import graphfold as gf
from graphfold.circuit import Circuit

Array = np.ndarray[Any, np.dtype[Any]]
Values = dict[str, Array]

FUNCTIONS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "driven": {"f": lambda h, x, theta: np.tanh(theta[0] * h + theta[1] * x.sum() + theta[2])},
    "classical": {"f": lambda s, theta: np.cos(theta[0] * s + theta[1])},
}
"""Callables for the models whose functions are opaque."""


def example(name: str) -> Circuit:
    """One of the models that come with the package."""
    return gf.load(gf.example_path(name))


def sizes_of(circuit: Circuit) -> dict[str, int]:
    """A size for every dimension; no two are the same, so that none stands for another."""
    return {d.name: 3 + place for place, d in enumerate(circuit.dims)}


TREE = "((the cat) (sat down))"
"""What a recursive model is unfolded over."""


def unfolded(circuit: Circuit, steps: int, **options: Any) -> gf.Unfolding:
    """The circuit over so many steps, one more on each further axis; or over the tree."""
    if getattr(circuit, "trees", None):
        return gf.unfold(circuit, tree=TREE, **options)
    lengths = {axis.name: steps + place for place, axis in enumerate(circuit.axes)}
    return gf.unfold(circuit, lengths, **options)


def random_values(name: str, steps: int, batch: int | None = None, seed: int = 0) -> Values:
    """Random values for all that an evaluation of the model needs."""
    circuit = example(name)
    return dict(
        gf.random_values(
            unfolded(circuit, steps),
            seed,
            sizes=sizes_of(circuit),
            roles=("input", "parameter", "history"),
            batch=batch,
        )
    )


def evaluated(name: str, steps: int, values: Mapping[str, Any], **options: Any) -> gf.Evaluation:
    """The model's evaluation, unfolded as `unfolded` says."""
    unfolding = unfolded(example(name), steps, **options)
    return gf.evaluate(unfolding, values, functions=FUNCTIONS.get(name))


def sigmoid(x: Any) -> Array:
    """The logistic function."""
    return np.asarray(1 / (1 + np.exp(-x)))


def log_softmax(x: Any) -> Array:
    """The logarithm of the softmax along the last axis."""
    return np.asarray(x - np.log(np.exp(x).sum(-1, keepdims=True)))


def cross_entropy(y: Any, o: Any) -> Array:
    """The loss of targets y and scores o, along the last axis."""
    return np.asarray(-(y * log_softmax(o)).sum(-1))


def close(found: Any, expected: Any) -> None:
    """Compare what graphfold found with an independent computation."""
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
