"""Models made of cells, and models over trees: against the same computation without them."""

from __future__ import annotations

import numpy as np
import pytest
from engines import run_operator
from gallery import Array, Values, close, cross_entropy, evaluated, random_values, sigmoid

import graphfold as gf


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(name not in gf.example_names(), reason=f"{name} does not come along")


@pytest.mark.parametrize("steps", [1, 7])
def test_a_three_layer_lstm_is_three_lstms_of_onnx_runtime(steps: int) -> None:
    v = random_values("stacked_lstm", steps, batch=3)
    x = v["x"]
    for layer in ("lower", "middle", "upper"):
        x = _lstm_of_the_book(v, layer, x)
    o = v["c"] + x @ v["V"].T
    np.testing.assert_allclose(evaluated("stacked_lstm", steps, v).signal("o"), o, atol=5e-6)


def _lstm_of_the_book(v: Values, layer: str, x: Array) -> Array:
    def joined(letter: str) -> Array:
        return np.concatenate([v[f"{layer}.{letter}{gate}"] for gate in ("g", "o", "f", "")])[None]

    biases = joined("b")
    ys, _ = run_operator(
        "LSTM",
        {"X": x, "W": joined("U"), "R": joined("W"), "B": np.hstack([biases, 0 * biases])},
        outputs=2,
        hidden_size=biases.shape[1] // 4,
        activations=["Sigmoid", "Sigmoid", "Tanh"],
    )
    return ys[:, 0]


@pytest.mark.parametrize("steps", [1, 7])
def test_one_cell_both_ways_is_the_bidirectional_network(steps: int) -> None:
    v = random_values("bidirectional", steps)
    cells = {"h": "fore", "g": "back"}
    renamed = {f"{cells[k[1]]}.{k[0]}" if k[0] in "UWb" else k: value for k, value in v.items()}
    found = evaluated("bidirectional_cells", steps, renamed)
    expected = evaluated("bidirectional", steps, v)
    close(found.signal("o"), expected.signal("o"))
    close(found.signal("L"), expected.signal("L"))


@needs("recursive")
def test_a_recursive_network_joins_words_as_the_brackets_say() -> None:
    v = random_values("recursive", 1)

    def joined(left: Array, right: Array) -> Array:
        return np.tanh(v["b"] + v["U"] @ left + v["W"] @ right)

    the, cat, sat, down = v["x"] @ v["V"].T
    o = v["c"] + v["Wo"] @ joined(joined(the, cat), joined(sat, down))
    found = evaluated("recursive", 1, v)
    close(found["o"], o)
    close(found["L"], cross_entropy(v["y"], o))


@needs("tree_lstm")
def test_a_tree_lstm_has_a_forget_gate_for_each_child() -> None:
    v = random_values("tree_lstm", 1)

    def leaf(x: Array) -> tuple[Array, Array]:
        return v["P"] @ x, sigmoid(v["Q"] @ x) * np.tanh(v["P"] @ x)

    def joined(left: tuple[Array, Array], right: tuple[Array, Array]) -> tuple[Array, Array]:
        gates = v["b"] + v["L"] @ left[1] + v["R"] @ right[1]
        i, from_left, from_right, o, u = np.split(gates, 5)
        c = sigmoid(i) * np.tanh(u) + sigmoid(from_left) * left[0] + sigmoid(from_right) * right[0]
        return c, sigmoid(o) * np.tanh(c)

    the, cat, sat, down = (leaf(x) for x in v["x"])
    _, h = joined(joined(the, cat), joined(sat, down))
    close(evaluated("tree_lstm", 1, v)["root"], h)
