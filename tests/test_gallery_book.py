"""The models of the book's figures against loops written from its formulas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from engines import run_operator
from gallery import close, cross_entropy, evaluated, example, log_softmax, random_values, sigmoid

import graphfold as gf

steps = pytest.mark.parametrize("steps", [1, 8])


def test_a_plain_network_is_the_rnn_of_onnx_runtime() -> None:
    v = random_values("rnn_loss", 9, batch=4)
    biases = np.concatenate([v["b"], 0 * v["b"]])[None]
    ys, _ = run_operator(
        "RNN",
        {"X": v["x"], "W": v["U"][None], "R": v["W"][None], "B": biases},
        outputs=2,
        hidden_size=len(v["b"]),
    )
    found = evaluated("rnn_loss", 9, v).signal("h")
    np.testing.assert_allclose(found, ys[:, 0], atol=2e-6)


def test_a_bidirectional_network_is_the_rnn_of_onnx_runtime() -> None:
    v = random_values("bidirectional", 9, batch=4)
    v["Wg"] = np.random.default_rng(0).normal(size=(4, 4)) / 2  # one size for both directions
    v["Ug"], v["bg"] = v["Uh"][::-1], v["bh"][::-1]
    v["Vg"] = v["Vh"][:, ::-1]
    biases = np.stack([np.concatenate([v[b], 0 * v[b]]) for b in ("bh", "bg")])
    ys, *_ = run_operator(
        "RNN",
        {
            "X": v["x"],
            "W": np.stack([v["Uh"], v["Ug"]]),
            "R": np.stack([v["Wh"], v["Wg"]]),
            "B": biases,
        },
        outputs=2,
        hidden_size=4,
        direction="bidirectional",
    )
    found = evaluated("bidirectional", 9, v)
    np.testing.assert_allclose(found.signal("h"), ys[:, 0], atol=2e-6)
    np.testing.assert_allclose(found.signal("g"), ys[:, 1], atol=2e-6)
    o = v["c"] + ys[:, 0] @ v["Vh"].T + ys[:, 1] @ v["Vg"].T
    np.testing.assert_allclose(found.signal("o"), o, atol=2e-5)
    np.testing.assert_allclose(found.signal("L"), cross_entropy(v["y"], o), atol=2e-4)


@steps
def test_recurrence_from_the_output(steps: int) -> None:
    v = random_values("output_recurrence", steps)
    o, outputs = np.zeros_like(v["c"]), []
    for x in v["x"]:
        o = v["c"] + v["V"] @ np.tanh(v["b"] + v["W"] @ o + v["U"] @ x)
        outputs.append(o)
    found = evaluated("output_recurrence", steps, v)
    close(found.signal("o"), outputs)
    close(found["Loss"], cross_entropy(v["y"], outputs).sum())


@steps
def test_one_output_at_the_end(steps: int) -> None:
    v = random_values("single_output", steps)
    h = np.zeros_like(v["b"])
    for x in v["x"]:
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ x)
    found = evaluated("single_output", steps, v)
    o = v["c"] + v["V"] @ h
    close(found["o"], o)
    close(found["L"], cross_entropy(v["y"], o))


@steps
def test_teacher_forcing_computes_all_steps_at_once_from_the_targets(steps: int) -> None:
    v = random_values("teacher_forcing", steps)
    before = np.concatenate([0 * v["y"][:1], v["y"][:-1]])
    h = np.tanh(v["b"] + before @ v["W"].T + v["x"] @ v["U"].T)
    o = v["c"] + h @ v["V"].T
    assert gf.analyze(gf.in_mode(example("teacher_forcing"), "train")).recurrences == ()
    found = evaluated("teacher_forcing", steps, v, mode="train")
    close(found.signal("o"), o)
    close(found["Loss"], cross_entropy(v["y"], o).sum())


@steps
def test_without_a_teacher_the_output_is_fed_back(steps: int) -> None:
    v = random_values("teacher_forcing", steps)
    found = evaluated("teacher_forcing", steps, v, mode="test")
    close(found.signal("o"), evaluated("output_recurrence", steps, v).signal("o"))


@steps
def test_a_state_variable_in_the_graphical_model(steps: int) -> None:
    v = random_values("graphical_state", steps)
    h, y, ys = np.zeros_like(v["b"]), np.zeros_like(v["c"]), []
    for e in v["e"]:
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ y)
        y = v["c"] + v["V"] @ h + e
        ys.append(y)
    close(evaluated("graphical_state", steps, v).signal("y"), ys)


@steps
def test_one_vector_to_a_sequence(steps: int) -> None:
    v = random_values("vector_to_sequence", steps)
    h, loss, outputs = np.zeros_like(v["b"]), 0.0, []
    targets = [*v["y"][1:], v[f"y[{steps + 1}]"]]
    for y, target in zip(v["y"], targets, strict=True):
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ y + v["R"] @ v["x"])
        outputs.append(v["c"] + v["V"] @ h)
        loss += cross_entropy(target, outputs[-1])
    found = evaluated("vector_to_sequence", steps, v)
    close(found.signal("o"), outputs)
    close(found["Loss"], loss)


@steps
def test_a_network_conditioned_on_inputs_and_the_previous_target(steps: int) -> None:
    v = random_values("conditional", steps)
    h, before, outputs = np.zeros_like(v["b"]), np.zeros_like(v["c"]), []
    for x, y in zip(v["x"], v["y"], strict=True):
        h = np.tanh(v["b"] + v["W"] @ h + v["R"] @ before + v["U"] @ x)
        outputs.append(v["c"] + v["V"] @ h)
        before = y
    found = evaluated("conditional", steps, v)
    close(found.signal("o"), outputs)
    close(found["Loss"], cross_entropy(v["y"], outputs).sum())


@steps
def test_states_in_a_hierarchy(steps: int) -> None:
    v = random_values("deep_hierarchy", steps)
    h, z, ys = np.zeros_like(v["b"]), np.zeros_like(v["bz"]), []
    for x in v["x"]:
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ x)
        z = np.tanh(v["bz"] + v["Wz"] @ z + v["R"] @ h)
        ys.append(v["c"] + v["V"] @ z)
    close(evaluated("deep_hierarchy", steps, v).signal("y"), ys)


@steps
@pytest.mark.parametrize("name", ["deep_transition", "deep_skip"])
def test_a_transition_of_two_layers(name: str, steps: int) -> None:
    v = random_values(name, steps)
    skip = v.get("S", np.zeros((len(v["b"]), len(v["b"]))))
    h, ys = np.zeros_like(v["b"]), []
    for x in v["x"]:
        inner = np.tanh(v["bz"] + v["R"] @ h)
        h = np.tanh(v["b"] + v["W"] @ inner + skip @ h + v["U"] @ x)
        ys.append(v["c"] + v["V"] @ h)
    close(evaluated(name, steps, v).signal("y"), ys)


@steps
@pytest.mark.parametrize("mode", ["train", "test"])
def test_an_encoder_and_a_decoder(mode: str, steps: int) -> None:
    v = random_values("encoder_decoder", steps)
    e = np.zeros_like(v["be"])
    for x in v["x"]:
        e = np.tanh(v["be"] + v["We"] @ e + v["Ue"] @ x)
    context = np.tanh(v["Vc"] @ e)
    d, fed, outputs = v["Q"] @ context, v["bos"], []
    for y in v["y"]:
        d = np.tanh(v["bd"] + v["Wd"] @ d + v["Ud"] @ fed + v["Rd"] @ context)
        outputs.append(v["co"] + v["Vo"] @ d + v["Ro"] @ context)
        fed = y if mode == "train" else np.exp(log_softmax(outputs[-1]))
    found = evaluated("encoder_decoder", steps, v, mode=mode)
    close(found["C"], context)
    close(found.signal("o"), outputs)
    close(found["Loss"], cross_entropy(v["y"], outputs).sum())


@steps
def test_attention_weighs_the_encoder_states(steps: int) -> None:
    v = random_values("attention", steps)
    e, states = np.zeros_like(v["be"]), []
    for x in v["x"]:
        e = np.tanh(v["be"] + v["We"] @ e + v["Ue"] @ x)
        states.append(e)
    memory = np.array(states)
    d, before, outputs = np.zeros_like(v["bd"]), np.zeros_like(v["co"]), []
    for y in v["y"]:
        scores = np.tanh(memory @ v["K"].T + v["Q"] @ d) @ v["v"]
        weights = np.exp(log_softmax(scores))
        assert weights.sum() == pytest.approx(1)
        c = weights @ memory
        d = np.tanh(v["bd"] + v["Wd"] @ d + v["Ud"] @ before + v["Cd"] @ c)
        outputs.append(v["co"] + v["Vo"] @ d)
        before = y
    found = evaluated("attention", steps, v)
    close(found.signal("o"), outputs)
    close(found["Loss"], cross_entropy(v["y"], outputs).sum())


@steps
def test_leaky_units_keep_a_part_of_themselves(steps: int) -> None:
    v = random_values("leaky", steps)
    h, states = np.zeros_like(v["b"]), []
    for x in v["x"]:
        h = v["alpha"] * h + (1 - v["alpha"]) * np.tanh(v["b"] + v["W"] @ h + v["U"] @ x)
        states.append(h)
    close(evaluated("leaky", steps, v).signal("h"), states)


@steps
def test_a_skip_connection_through_time(steps: int) -> None:
    v = random_values("time_skip", steps)
    states = [np.zeros_like(v["b"])] * 3
    for x in v["x"]:
        pre = v["b"] + v["W"] @ states[-1] + v["S"] @ states[-3] + v["U"] @ x
        states.append(np.tanh(pre))
    close(evaluated("time_skip", steps, v).signal("h"), states[3:])


def test_clockwork_units_are_one_masked_matrix_that_rests_between_ticks() -> None:
    v = random_values("clockwork", 9)
    n = len(v["b1"])
    zero = np.zeros((n, n))
    whole = np.block(
        [
            [v["W11"], v["W12"], v["W14"]],
            [zero, v["W22"], v["W24"]],
            [zero, zero, v["W44"]],
        ]
    )
    inputs = np.concatenate([v["U1"], v["U2"], v["U4"]])
    biases = np.concatenate([v["b1"], v["b2"], v["b4"]])
    periods = np.repeat([1, 2, 4], n)
    h, states = np.zeros(3 * n), []
    for t, x in enumerate(v["x"], start=1):
        h = np.where(t % periods == 0, np.tanh(biases + inputs @ x + whole @ h), h)
        states.append(h)
    found = evaluated("clockwork", 9, v)
    close(np.concatenate([found.signal(s) for s in ("h1", "h2", "h4")], axis=1), states)
    assert not found["h4[3]"].any()


def test_an_echo_state_network_recalls_what_it_heard() -> None:
    path = gf.example_path("echo_state")
    v = dict(gf.read_arrays(path.with_suffix(".npz")))
    assert max(abs(np.linalg.eigvals(v["W"]))) == pytest.approx(0.9, abs=1e-4)
    steps = len(v["x"])
    found = evaluated("echo_state", steps, v)
    h, outputs = np.zeros_like(v["b"]), []
    for x in v["x"]:
        h = np.tanh(v["b"] + v["W"] @ h + v["U"] @ x)
        outputs.append(v["c"] + v["V"] @ h)
    close(found.signal("o"), outputs)
    error = found.signal("o")[4:, 0] - v["x"][2:-2, 0]  # trained to say the input of t - 2
    assert np.abs(error).max() < 0.1


@steps
def test_an_explicit_memory_is_read_and_written_by_content(steps: int) -> None:
    v = random_values("memory", steps)
    h, memory = np.zeros_like(v["b"]), v["M0"]
    read, reads = np.zeros(v["M0"].shape[1]), []
    for x in v["x"]:
        h = np.tanh(v["b"] + v["W"] @ h + v["R"] @ read + v["U"] @ x)
        key, erase, add = v["K"] @ h, sigmoid(v["E"] @ h), np.tanh(v["A"] @ h)
        weights = np.exp([cell @ key for cell in memory])
        weights /= weights.sum()
        read = sum(w * cell for w, cell in zip(weights, memory, strict=True))
        memory = np.array(
            [cell * (1 - w * erase) + w * add for w, cell in zip(weights, memory, strict=True)]
        )
        reads.append(read)
    found = evaluated("memory", steps, v)
    close(found.signal("r"), reads)
    close(found[f"M[{steps}]"], memory)
    assert found["M[1]"].shape == memory.shape


def test_a_deeper_transition_lengthens_the_way_from_step_to_step() -> None:
    """The book on figure 10.13: (b) lengthens the shortest path, (c) mends it."""
    names = ("deep_hierarchy", "deep_transition", "deep_skip")
    assert [_shortest_path(name) for name in names] == [1, 2, 1]


def test_a_skip_connection_shortens_the_way_through_time() -> None:
    assert _shortest_path("time_skip") == Fraction(1, 3)


def _shortest_path(name: str) -> Fraction:
    shortest = gf.analyze(example(name)).shortest_cycle
    assert shortest is not None
    return shortest.ratio
