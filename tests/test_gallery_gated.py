"""Gated units against ONNX Runtime, and against loops where no operator exists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from engines import run_operator
from gallery import Array, Values, close, evaluated, random_values, sigmoid

BATCH = 5
steps = pytest.mark.parametrize("steps", [1, 9])
SIGMOID_TWICE = ["Sigmoid", "Sigmoid"]  # gates and candidate
BOOK = [*SIGMOID_TWICE, "Tanh"]  # gates, candidate, state


def agree(found: Array, expected: Array) -> None:
    """Compare in single precision; what depends on no input has no batch."""
    if found.ndim < expected.ndim:
        found = found[..., None, :]
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, atol=2e-6)


def joined(v: Values, letter: str, gates: str) -> Array:
    """The arrays of all gates, in ONNX's order, as one; "." is a name without a letter."""
    return np.concatenate([v[(letter + gate).rstrip(".")] for gate in gates])[None]


def lstm(v: Values, gates: str, peepholes: Any = None, **attributes: Any) -> list[Array]:
    """ONNX's LSTM; `gates` names input, output, forget gate and candidate."""
    biases = joined(v, "b", gates)
    inputs = {
        "X": v["x"],
        "W": joined(v, "U", gates),
        "R": joined(v, "W", gates),
        "B": np.concatenate([biases, 0 * biases], axis=1),
        "lengths": None,
        "h0": None,
        "c0": None,
        "P": peepholes,
    }
    return run_operator("LSTM", inputs, 3, hidden_size=biases.shape[1] // 4, **attributes)


def gru(v: Values, x: Array, gates: str, **attributes: Any) -> list[Array]:
    """ONNX's GRU; `gates` names update gate, reset gate and candidate."""
    biases = joined(v, "b", gates)
    late = np.zeros_like(biases)
    if "cn" in v:
        late[:, 2 * len(v["cn"]) :] = v["cn"]
    inputs = {
        "X": x,
        "W": joined(v, "U", gates),
        "R": joined(v, "W", gates),
        "B": np.concatenate([biases, late], axis=1),
    }
    return run_operator("GRU", inputs, 2, hidden_size=biases.shape[1] // 3, **attributes)


@steps
def test_the_lstm_of_the_book_squashes_its_candidate_by_a_sigmoid(steps: int) -> None:
    v = random_values("lstm", steps, BATCH)
    ys, _, c = lstm(v, "gof.", activations=BOOK)
    found = evaluated("lstm", steps, v)
    agree(found.signal("h"), ys[:, 0])
    agree(found[f"s[{steps}]"], c[0])


@steps
def test_the_lstm_of_the_frameworks_squashes_its_candidate_by_tanh(steps: int) -> None:
    v = random_values("lstm_tanh", steps, BATCH)
    ys, _, c = lstm(v, "iofg")
    found = evaluated("lstm_tanh", steps, v)
    agree(found.signal("h"), ys[:, 0])
    agree(found[f"c[{steps}]"], c[0])


@steps
def test_peepholes_of_input_and_forget_gate_are_those_of_onnx_runtime(steps: int) -> None:
    v = random_values("lstm_peephole", steps, BATCH)
    v["Po"] = np.zeros_like(v["Po"])  # there the output gate reads the new state
    ys, *_ = lstm(v, "gof.", joined(v, "P", "gof"), activations=BOOK)
    agree(evaluated("lstm_peephole", steps, v).signal("h"), ys[:, 0])


@steps
def test_all_three_peepholes_read_the_delayed_state(steps: int) -> None:
    v = random_values("lstm_peephole", steps)
    h = s = np.zeros_like(v["b"])
    states = []
    for x in v["x"]:
        f, g, q = (
            sigmoid(v["b" + k] + v["U" + k] @ x + v["W" + k] @ h + v["P" + k] * s) for k in "fgo"
        )
        s = f * s + g * sigmoid(v["b"] + v["U"] @ x + v["W"] @ h)
        h = np.tanh(s) * q
        states.append(h)
    close(evaluated("lstm_peephole", steps, v).signal("h"), states)


@steps
def test_the_gru_of_the_book_is_one_step_late(steps: int) -> None:
    v = random_values("gru", steps, BATCH)
    late = np.concatenate([0 * v["x"][:1], v["x"][:-1]])
    ys, _ = gru(v, late, "ur.", activations=SIGMOID_TWICE)
    agree(evaluated("gru", steps, v).signal("h"), ys[:, 0])


@steps
@pytest.mark.parametrize(("name", "after"), [("gru_reset_before", 0), ("gru_reset_after", 1)])
def test_the_gru_of_the_frameworks(name: str, after: int, steps: int) -> None:
    v = random_values(name, steps, BATCH)
    ys, _ = gru(v, v["x"], "zrn", linear_before_reset=after)
    agree(evaluated(name, steps, v).signal("h"), ys[:, 0])


@steps
def test_a_minimal_gated_unit_has_one_gate_for_two_purposes(steps: int) -> None:
    v = random_values("minimal_gated", steps)
    h, states = np.zeros_like(v["b"]), []
    for x in v["x"]:
        f = sigmoid(v["Wf"] @ h + v["Uf"] @ x + v["bf"])
        h = (1 - f) * h + f * np.tanh(v["W"] @ (f * h) + v["U"] @ x + v["b"])
        states.append(h)
    close(evaluated("minimal_gated", steps, v).signal("h"), states)


@steps
def test_an_elementwise_lstm_is_one_with_diagonal_matrices(steps: int) -> None:
    v = random_values("elementwise_lstm", steps, BATCH)
    flat: Values = {"x": v["X"].reshape(steps, BATCH, -1)}
    for gate in "iofg":
        flat["U" + gate] = np.diag(v["U" + gate].ravel())
        flat["W" + gate] = np.diag(v["W" + gate].ravel())
        flat["b" + gate] = v["B" + gate].ravel()
    peepholes = np.concatenate([v["V" + gate].ravel() for gate in "iof"])[None]
    ys, *_ = lstm(flat, "iofg", peepholes)
    found = evaluated("elementwise_lstm", steps, v).signal("H")
    agree(found.reshape(steps, BATCH, -1), ys[:, 0])
