"""The data files of the examples: random from a seed, but where a model wants more than that.

Four of them are older than these recipes and stand as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gallery import TREE

import graphfold as gf
from graphfold.circuit import Circuit

Values = dict[str, Any]
DECIMALS = 3
TARGETS = ("y",)
"""Inputs that are one-hot where a model computes a loss."""


def _nothing_more(values: Values) -> Values:
    return values


@dataclass(frozen=True)
class Recipe:
    """How many steps, the sizes of dimensions, and what is changed in the random values.

    For a recursive model, `steps` is a tree.
    """

    steps: int | str | Mapping[str, int] = 6
    sizes: Mapping[str, int] = field(default_factory=dict)
    change: Callable[[Values], Values] = _nothing_more

    def unfold(self, circuit: Circuit) -> gf.Unfolding:
        """Unfold a circuit as far as the data go."""
        if isinstance(self.steps, str):
            return gf.unfold(circuit, tree=self.steps)
        return gf.unfold(circuit, self.steps)


def make(name: str) -> Values:
    """Return the data of an example."""
    recipe, circuit = RECIPES[name], gf.load(gf.example_path(name))
    sizes = {d.name: recipe.sizes.get(d.name, 2 + (d.name == "n_h")) for d in circuit.dims}
    unfolding = recipe.unfold(circuit)
    roles: Any = ("input", "parameter", "history")
    drawn = gf.random_values(unfolding, 0, sizes=sizes, roles=roles)
    values = recipe.change({key: np.round(value, DECIMALS) for key, value in drawn.items()})
    return {key: np.asarray(value) + 0.0 for key, value in values.items()}


def _one_hot(values: Values) -> Values:
    """Turn what stands for targets into one-hot vectors."""
    for key in values:
        if key.split("[", maxsplit=1)[0] in (*TARGETS, "bos"):
            places = np.argmax(values[key], axis=-1)
            values[key] = np.eye(values[key].shape[-1])[places]
    return values


def _echo(values: Values) -> Values:
    """Scale the reservoir to a spectral radius of 0.9; train its readout to recall x[t-2]."""
    radius = max(abs(np.linalg.eigvals(values["W"])))
    fixed: Values = {
        "x": values["x"],
        "U": values["U"] / 16,
        "W": np.round(0.9 / radius * values["W"], DECIMALS + 3),
        "b": values["b"] / 16,
    }
    more = np.random.default_rng(0).normal(size=(300, 1))
    heard = np.concatenate([fixed["x"], more])
    states = _reservoir(fixed, heard)
    design = np.column_stack([states, np.ones(len(states))])[4:]
    solved = np.linalg.solve(
        design.T @ design + 1e-9 * np.eye(design.shape[1]), design.T @ heard[2:-2]
    )
    return fixed | {"V": np.round(solved[:-1].T, DECIMALS), "c": np.round(solved[-1], DECIMALS)}


def _reservoir(fixed: Values, heard: Any) -> Any:
    h, states = np.zeros(len(fixed["b"])), []
    for x in heard:
        h = np.tanh(fixed["b"] + fixed["W"] @ h + fixed["U"] @ x)
        states.append(h)
    return np.array(states)


def _moving_body(values: Values) -> Values:
    """Track a body of constant speed by noisy places."""
    return {
        "y": 0.5 * np.arange(1, 9) + values["y"] / 2,
        "A": np.array([[1.0, 1.0], [0.0, 1.0]]),
        "Q": np.array([[0.03, 0.05], [0.05, 0.1]]),
        "c": np.array([1.0, 0.0]),
        "r": np.array(0.25),
        "m[0]": np.zeros(2),
        "P[0]": 4 * np.eye(2),
    }


def _rates(values: Values) -> Values:
    """Drive an excitatory and an inhibitory population by a pulse."""
    weights = {"w_EE": 8.0, "w_EI": 10.0, "w_IE": 10.0, "w_II": 1.0}
    pulse = np.where(np.arange(20) < 5, 1.0, -1.0)
    return {"p": pulse, **weights, "dt": 0.5, "tau_E": 1.0, "tau_I": 2.0}


def _with(**given: Any) -> Callable[[Values], Values]:
    return lambda values: values | given


RECIPES: Mapping[str, Recipe] = {
    "arma": Recipe(10, change=_with(c=0.1, phi1=0.5, phi2=-0.3, theta1=0.4)),
    "attention": Recipe({"t": 5, "u": 3}, change=_one_hot),
    "autoregressive": Recipe(10, change=_with(c=0.1, phi1=0.5, phi2=-0.3)),
    "bidirectional_cells": Recipe(change=_one_hot),
    "clockwork": Recipe(8),
    "conditional": Recipe(change=_one_hot),
    "deep_hierarchy": Recipe(),
    "deep_skip": Recipe(),
    "deep_transition": Recipe(),
    "diagonal_state_space": Recipe(8, {"n_x": 3}, _with(a=[0.9, 0.5, -0.7])),
    "echo_state": Recipe(30, {"n_x": 1, "n_h": 16, "n_y": 1}, _echo),
    "elementwise_lstm": Recipe(5),
    "encoder_decoder": Recipe({"t": 4, "u": 3}, change=_one_hot),
    "graphical_state": Recipe(),
    "gru": Recipe(),
    "gru_reset_after": Recipe(),
    "gru_reset_before": Recipe(),
    "kalman": Recipe(8, change=_moving_body),
    "leaky": Recipe(8, change=_with(alpha=[0.0, 0.5, 0.95])),
    "lstm_peephole": Recipe(),
    "lstm_tanh": Recipe(),
    "memory": Recipe(5, {"n_m": 4, "n_w": 3}),
    "minimal_gated": Recipe(),
    "moving_average": Recipe(10, change=_with(mu=0.1, theta1=0.4, theta2=0.2)),
    "output_recurrence": Recipe(change=_one_hot),
    "recursive": Recipe(TREE, change=_one_hot),
    "shift_register": Recipe(15, change=_with(x=[0.0] * 15)),
    "single_output": Recipe(change=_one_hot),
    "stacked_lstm": Recipe(5),
    "state_space": Recipe(8),
    "teacher_forcing": Recipe(change=_one_hot),
    "time_delay": Recipe(),
    "time_skip": Recipe(8),
    "tree_lstm": Recipe(TREE),
    "vector_to_sequence": Recipe(change=_one_hot),
    "wilson_cowan": Recipe(20, change=_rates),
}
