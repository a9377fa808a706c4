"""Filters, state spaces and dynamical systems against SciPy, conditioning and whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
from gallery import close, evaluated, random_values, sigmoid
from scipy import linalg, signal

steps = pytest.mark.parametrize("steps", [1, 40])


@steps
def test_an_autoregressive_process_is_scipys_filter(steps: int) -> None:
    v = random_values("autoregressive", steps) | {"phi1": 0.5, "phi2": -0.8, "c": 0.3}
    expected = signal.lfilter([1], [1, -0.5, 0.8], v["e"] + 0.3)
    close(evaluated("autoregressive", steps, v).signal("y"), expected)


@steps
def test_a_moving_average_is_scipys_filter(steps: int) -> None:
    v = random_values("moving_average", steps)
    kernel = [1, v["theta1"], v["theta2"]]
    close(
        evaluated("moving_average", steps, v).signal("y"),
        v["mu"] + signal.lfilter(kernel, [1], v["e"]),
    )


@steps
def test_arma_is_scipys_filter(steps: int) -> None:
    v = random_values("arma", steps) | {"phi1": 0.5, "phi2": -0.8, "c": 0.3}
    poles = [1, -0.5, 0.8]
    expected = signal.lfilter([1, v["theta1"]], poles, v["e"])
    expected += signal.lfilter([1], poles, np.full(steps, 0.3))
    close(evaluated("arma", steps, v).signal("y"), expected)


@steps
def test_a_state_space_layer_is_scipys_system(steps: int) -> None:
    v = random_values("state_space", steps)
    a, b, c, d = (v[k] for k in "ABCD")
    system = signal.dlti(a, b, c @ a, c @ b + d)  # SciPy's state is one step behind
    _, expected, _ = signal.dlsim(system, v["u"])
    close(evaluated("state_space", steps, v).signal("y"), expected)


@steps
def test_a_diagonal_state_space_layer_is_one_filter_a_state(steps: int) -> None:
    v = random_values("diagonal_state_space", steps)
    driven = v["u"] @ v["B"].T
    states = [signal.lfilter([1], [1, -a], u) for a, u in zip(v["a"], driven.T, strict=True)]
    expected = np.transpose(states) @ v["C"].T + v["u"] @ v["D"].T
    close(evaluated("diagonal_state_space", steps, v).signal("y"), expected)


@pytest.mark.parametrize("steps", [1, 8])
def test_the_kalman_predictor_conditions_on_all_measurements(steps: int) -> None:
    """Against the joint normal distribution of all measurements, conditioned at once."""
    v = random_values("kalman", steps)
    n, root = 3, np.random.default_rng(1).normal(size=(2, 3, 3))
    v["Q"], v["P[0]"] = (r @ r.T for r in root)
    v["r"] = np.asarray(0.7)
    powers = [np.linalg.matrix_power(v["A"], t) for t in range(steps + 1)]
    noise = linalg.block_diag(v["P[0]"], *[v["Q"]] * steps)
    reach = np.zeros((steps, n * (steps + 1)))  # what each source adds to each measurement
    for t in range(1, steps + 1):
        for source in range(t + 1):
            reach[t - 1, n * source : n * source + n] = v["c"] @ powers[t - source]
    mean = reach[:, :n] @ v["m[0]"]
    covariance = reach @ noise @ reach.T + v["r"] * np.eye(steps)
    found = evaluated("kalman", steps, v)
    for t in range(steps):
        past, cross = covariance[:t, :t], covariance[t, :t]
        gain = np.linalg.solve(past, cross) if t else np.zeros(0)
        close(found[f"y_p[{t + 1}]"], mean[t] + gain @ (v["y"][:t] - mean[:t]))
        close(found[f"s[{t + 1}]"], covariance[t, t] - gain @ cross)


@steps
def test_wilson_cowan_units_hear_each_other_late(steps: int) -> None:
    v = random_values("wilson_cowan", steps) | {"dt": 0.1, "tau_E": 1.0, "tau_I": 2.0}
    e, i = [0.1, 0.1], [0.05, 0.05]
    for p in v["p"]:
        drive_e = sigmoid(v["w_EE"] * e[-1] - v["w_EI"] * i[-2] + p)
        drive_i = sigmoid(v["w_IE"] * e[-2] - v["w_II"] * i[-1])
        e.append(e[-1] + 0.1 * (drive_e - e[-1]))
        i.append(i[-1] + 0.05 * (drive_i - i[-1]))
    found = evaluated("wilson_cowan", steps, v)
    close(found.signal("E"), e[2:])
    close(found.signal("I"), i[2:])


def test_a_shift_register_without_input_goes_through_all_states() -> None:
    found = evaluated("shift_register", 30, {"x": np.zeros(30)})
    states = [tuple(int(found[f"{s}[{t}]"]) for s in "abcd") for t in range(1, 31)]
    assert states[:15] == states[15:]
    assert len(set(states)) == 15
    longest, _ = signal.max_len_seq(4)  # the other way round in time
    turns = {tuple(np.roll(longest[::-1], k)) for k in range(15)}
    assert tuple(state[3] for state in states[:15]) in turns


def test_a_shift_register_takes_in_bits() -> None:
    bits = np.random.default_rng(0).integers(0, 2, 60)
    history = [0, 0, 0, 1]
    for bit in bits:
        history.append(int(bit) ^ history[-3] ^ history[-4])
    close(evaluated("shift_register", 60, {"x": bits}).signal("d"), history[1:61])
