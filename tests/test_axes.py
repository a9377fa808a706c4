"""Several axes: the laws of one clock hold of several, and nothing crosses them unless written."""

from __future__ import annotations

from typing import Any

import numpy as np
from circuits import clocked_cases
from hypothesis import given, note
from simulator import Simulator, random_values
from test_laws import brute_edges, check_edges, check_numbers

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.instances import format_id

Case = tuple[Circuit, dict[str, int]]


@given(clocked_cases())
def test_a_circuit_of_two_axes_that_is_written_and_read_back_is_equal(case: Case) -> None:
    circuit, _ = case
    text = gf.dumps(circuit)
    note(text)
    assert gf.loads(text) == circuit


@given(clocked_cases())
def test_numbers_and_instances_of_two_axes_are_one_to_one(case: Case) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    check_numbers(gf.unfold(circuit, steps), Simulator(circuit, steps).instances())


@given(clocked_cases())
def test_edges_over_two_axes_are_the_reads_and_run_forward(case: Case) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    unfolding, expected = gf.unfold(circuit, steps), brute_edges(Simulator(circuit, steps))
    check_edges(unfolding, expected)


@given(clocked_cases())
def test_an_unfolding_over_two_axes_evaluates_to_what_the_simulator_says(case: Case) -> None:
    circuit, steps = case
    note(gf.dumps(circuit))
    if " for " in gf.dumps(circuit):  # the simulator knows no shape for a sum of nothing
        steps = {axis: count + 1 for axis, count in steps.items()}
    values = random_values(circuit, steps)
    simulator = Simulator(circuit, steps, values)
    found = gf.evaluate(gf.unfold(circuit, steps), values)
    assert set(found) == {format_id(*i) for i in simulator.instances()}
    for instance in simulator.instances():
        expected = simulator.value(*instance)
        np.testing.assert_allclose(found[format_id(*instance)], expected, 1e-9, 1e-12)


# -- an encoder and a decoder, by hand -----------------------------------------------------------

TRANSLATOR = """\
graphfold: 1
name: encoder-decoder
axes: {t: N_x, u: N_y}
modes: [train, test]
dims: [n_x, n_e, n_c, n_d, n_y]
inputs: {"x[t]": [n_x], "y[u]": [n_y], bos: [n_y]}
params:
  Ue: [n_e, n_x]
  We: [n_e, n_e]
  be: [n_e]
  Vc: [n_c, n_e]
  Q: [n_d, n_c]
  Wd: [n_d, n_d]
  Ud: [n_d, n_y]
  Rd: [n_d, n_c]
  bd: [n_d]
  Vo: [n_y, n_d]
  Ro: [n_y, n_c]
  co: [n_y]
init: {"e[0]": zeros, "d[0]": Q @ C, "fb[0]": bos}
equations: |
  e[t] = tanh(be + We @ e[t-1] + Ue @ x[t])
  C = tanh(Vc @ e[N_x])
  d[u] = tanh(bd + Wd @ d[u-1] + Ud @ fb[u-1] + Rd @ C)
  o[u] = co + Vo @ d[u] + Ro @ C
  fb[u] = switch(mode, train: y[u], test: softmax(o[u]))
  Loss = -sum(sum(y[u] * log_softmax(o[u])) for u)
outputs: [o, Loss]
"""
SIZES = {"n_x": 2, "n_e": 3, "n_c": 4, "n_d": 5, "n_y": 3}


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum()


def translate(v: dict[str, Any], train: bool) -> tuple[list[Any], float]:
    """The encoder and the decoder as plain loops."""
    e = np.zeros(3)
    for x in v["x"]:
        e = np.tanh(v["be"] + v["We"] @ e + v["Ue"] @ x)
    c = np.tanh(v["Vc"] @ e)
    d, word, outputs, loss = v["Q"] @ c, v["bos"], [], 0.0
    for y in v["y"]:
        d = np.tanh(v["bd"] + v["Wd"] @ d + v["Ud"] @ word + v["Rd"] @ c)
        o = v["co"] + v["Vo"] @ d + v["Ro"] @ c
        word = y if train else softmax(o)
        outputs.append(o)
        loss -= (y * np.log(softmax(o))).sum()
    return outputs, loss


def test_an_encoder_decoder_has_the_nodes_counted_by_hand() -> None:
    circuit = gf.loads(TRANSLATOR)
    assert gf.check(circuit) == []
    unfolding = gf.unfold(circuit, t=3, u=2)
    assert unfolding.node_count == 32
    assert unfolding.mode == "train"
    assert gf.unfold(circuit, t=3, u=2, mode="test").node_count == 32


def test_an_encoder_decoder_gives_the_values_of_plain_loops_in_both_modes() -> None:
    circuit = gf.loads(TRANSLATOR)
    for mode in ("train", "test"):
        unfolding = gf.unfold(circuit, t=4, u=3, mode=mode)
        values = gf.random_values(
            unfolding, 0, sizes=SIZES, roles=("parameter", "input", "history")
        )
        outputs, loss = translate(values, mode == "train")
        found = gf.evaluate(unfolding, values)
        np.testing.assert_allclose(found.signal("o"), outputs)
        np.testing.assert_allclose(found["Loss"], loss)


def test_the_modes_feed_back_different_signals() -> None:
    circuit = gf.loads(TRANSLATOR)
    train, test = (gf.unfold(circuit, t=2, u=2, mode=mode) for mode in ("train", "test"))
    assert gf.predecessors(train, "fb", 1) == (("y", 1),)
    assert gf.predecessors(test, "fb", 1) == (("o", 1),)


def test_an_unfolding_over_many_steps_of_two_axes_costs_nothing() -> None:
    unfolding = gf.unfold(gf.loads(TRANSLATOR), t=10**12, u=10**9)
    assert unfolding.node_count == 2 * 10**12 + 4 * 10**9 + 12 + 3 + 3
    last = unfolding.number("o", 10**9)
    assert last is not None
    assert unfolding.instance(last) == ("o", 10**9)


def test_the_algebra_of_a_step_beneath_a_sum_over_another_axis_keeps_its_own_step() -> None:
    text = "graphfold: 1\naxes: {t: T, u: U}\ninputs: {'a[t]': [], 'b[u]': []}\nequations: |\n"
    circuit = gf.loads(text + "  y[u] = sum(a[t] * b[u] * u for t)")
    assert gf.expand(circuit, "y[3]", steps={"t": 2, "u": 3}) == (
        "y[3] = a[1] * b[3] * 3 + a[2] * b[3] * 3\ny[3] = g⁽³⁾(b[3], a[2], a[1])"
    )
