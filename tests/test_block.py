"""J-unfolding: the blocked circuit over T ticks unfolds to what the circuit does over J T steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from circuits import cases, circuits, fewest_steps
from command_line import call
from hypothesis import given, note
from hypothesis import strategies as st
from simulator import Instance, Simulator, random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.examples import example_names, example_path
from graphfold.instances import format_id
from graphfold.unfolding import Unfolding

HEAD = "graphfold: 1\ninputs: {'x[t]': []}\n"


def model(equations: str, rest: str = "") -> Circuit:
    return gf.loads(f"{HEAD}{rest}equations: |\n  {equations}\n")


def edges(unfolding: Unfolding) -> set[tuple[Instance, Instance]]:
    return {(p, i) for i in unfolding.instances() for p in gf.predecessors(unfolding, *i)}


@st.composite
def blocked_cases(draw: st.DrawFn) -> tuple[Circuit, int, int]:
    """A circuit, the number of steps J in a block, and a number of blocks."""
    circuit, factor = draw(circuits()), draw(st.integers(1, 4))
    note(f"blocks of {factor}\n{gf.dumps(circuit)}")
    least = -(-fewest_steps(circuit) // factor)
    return circuit, factor, draw(st.integers(least, least + 3))


def check_same_unfolding(circuit: Circuit, factor: int, ticks: int) -> None:
    blocked = gf.block(circuit, factor)
    whole, found = gf.unfold(circuit, factor * ticks), gf.unfold(blocked, ticks)
    meaning = {i: blocked.original(*i) for i in found.instances()}
    assert sorted(meaning.values(), key=str) == sorted(whole.instances(), key=str)
    assert {blocked.instance(*original): i for i, original in meaning.items()} == {
        i: i for i in meaning
    }
    assert {(meaning[a], meaning[b]) for a, b in edges(found)} == edges(whole)
    assert gf.edge_count(found) == gf.edge_count(whole)
    for instance, original in meaning.items():
        assert found.is_boundary(*instance) == whole.is_boundary(*original)


@given(blocked_cases())
def test_the_unfolding_of_the_blocked_circuit_is_that_of_the_circuit(
    case: tuple[Circuit, int, int],
) -> None:
    check_same_unfolding(*case)


@given(blocked_cases())
def test_a_blocked_circuit_reads_what_the_circuit_reads_instance_by_instance(
    case: tuple[Circuit, int, int],
) -> None:
    circuit, factor, ticks = case
    blocked = gf.block(circuit, factor)
    whole, found = Simulator(circuit, factor * ticks), Simulator(blocked.circuit, ticks)
    assert {blocked.original(*i) for i in found.instances()} == whole.instances()
    for instance in found.instances():
        reads = {blocked.original(*read) for read in found.reads(*instance)}
        assert reads == whole.reads(*blocked.original(*instance))


@given(blocked_cases(), st.integers(0, 9))
def test_a_blocked_circuit_has_the_values_of_the_circuit(
    case: tuple[Circuit, int, int], seed: int
) -> None:
    circuit, factor, ticks = case
    ticks = max(ticks, int(" for t)" in gf.dumps(circuit)))
    blocked = gf.block(circuit, factor)
    values = random_values(circuit, factor * ticks, seed)
    expected = gf.evaluate(gf.unfold(circuit, factor * ticks), values)
    found = gf.evaluate(gf.unfold(blocked, ticks), blocked.split(values))
    assert len(found) == len(expected)
    for name, value in found.items():
        original = format_id(*blocked.original(*gf.unfold(blocked, ticks).find(name)))
        np.testing.assert_allclose(value, expected[original], 1e-9, 1e-12, err_msg=name)
    joined = blocked.join(found.outputs())
    assert joined.keys() == expected.outputs().keys()
    for name, value in expected.outputs().items():
        np.testing.assert_allclose(joined[name], value, 1e-9, 1e-12, err_msg=name)


@given(blocked_cases())
def test_a_blocked_circuit_is_well_formed_and_goes_through_a_file(
    case: tuple[Circuit, int, int],
) -> None:
    circuit, factor, _ = case
    blocked = gf.block(circuit, factor)
    missing = {blocked.original(d.signal or "", 1)[0] for d in gf.check(blocked)}
    assert missing == {d.signal for d in gf.check(circuit)}
    assert {d.stage for d in gf.check(blocked)} <= {"history"}
    assert gf.loads(gf.dumps(blocked)) == blocked.circuit


@given(cases(), st.integers(1, 3), st.integers(1, 3))
def test_blocks_of_blocks_are_longer_blocks(
    case: tuple[Circuit, int], inner: int, outer: int
) -> None:
    circuit, _ = case
    once = gf.block(circuit, inner)
    twice, direct = gf.block(once, outer), gf.block(circuit, inner * outer)
    ticks = -(-fewest_steps(circuit) // (inner * outer))

    def meaning(instance: Instance) -> Instance:
        return once.original(*twice.original(*instance))

    found = {(meaning(a), meaning(b)) for a, b in edges(gf.unfold(twice, ticks))}
    expected = edges(gf.unfold(direct, ticks))
    assert found == {(direct.original(*a), direct.original(*b)) for a, b in expected}


@pytest.mark.parametrize("name", example_names())
@pytest.mark.parametrize("factor", [1, 2, 3, 5])
def test_examples_unfold_the_same_in_blocks(name: str, factor: int) -> None:
    circuit = gf.load(example_path(name))
    if len(circuit.axes) > 1:
        return  # an axis is named then: the laws over two axes tell
    for ticks in (1, 2, 4):
        check_same_unfolding(circuit, factor, ticks)


SPECIAL = {
    "a fixed read": "y = x[1] + x[T] + x[T-2] + x[0] + x[T+1]",
    "the step and the length": "y[t] = t * x[t] + T\n  z = sum(t * T * x[t] for t)",
    "all kinds of reductions": "y = sum(x[t] for t) + mean(x[t-1] for t) * max(x[t+1] for t)",
    "a reduction beneath a reduction": "y = max(x[t] * mean(x[t-1] for t) for t)",
    "a read beneath a reduction and beside it": "y[t] = x[t] + sum(x[t] for t)",
    "delays of both signs": "s[t] = s2[t+2] + s[t-5]\n  s2[t] = s[t-3]",
    "delays of whole blocks": "s[t] = s[t-2] + s[t-4] + x[t-6]",
}


@pytest.mark.parametrize("equations", SPECIAL.values(), ids=SPECIAL)
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_special_reads_keep_their_meaning(equations: str, factor: int) -> None:
    circuit = model(equations)
    check_same_unfolding(circuit, factor, 4)
    blocked = gf.block(circuit, factor)
    values = random_values(circuit, 4 * factor)
    expected = gf.evaluate(gf.unfold(circuit, 4 * factor), values)
    found = gf.evaluate(gf.unfold(blocked, 4), blocked.split(values))
    joined = blocked.join({n: found.signal(n) for n in blocked.circuit.equation})
    for name in circuit.equation:
        np.testing.assert_allclose(joined[name], expected.signal(name), 1e-12)


def test_the_textbook_example_of_parhi() -> None:
    """y(n) = a y(n - 9) + x(n), unfolded twice: delays of 4 and 5 (Parhi 1999, figure 5.1)."""
    circuit = model("y[t] = a * y[t-9] + x[t]", "params: {a: []}\n")
    text = gf.dumps(gf.block(circuit, 2))
    assert "y_0[t] = a * y_1[t-5] + x_0[t]\n  y_1[t] = a * y_0[t-4] + x_1[t]" in text


def test_names_that_exist_are_not_given_again() -> None:
    circuit = model("y[t] = x[t] + y_0 + y__1(3)\n  y_0 = 1", "functions: {y__1(a): []}\n")
    assert gf.block(circuit, 2).copies_of == {"x": ("x___0", "x___1"), "y": ("y___0", "y___1")}
    circuit = model("h[t] = x[t]\n  h_[t] = x[t]")
    names = [name for name, _, _ in gf.block(circuit, 11).copies]
    assert len(set(names)) == len(names)


def test_boundaries_go_to_the_copy_they_belong_to() -> None:
    init = "init: {'y[0]': 1, 'y[-1]': given, 'y[2]': 3, 'y[T+1]': c, 'y[T-1]': 5}\n"
    circuit = model("y[t] = y[t-2] + y[T+1] + x[t]\n  c = 2", init)
    found = {(b.signal, str(b.index)) for b in gf.block(circuit, 3).circuit.boundaries}
    assert found == {("y_2", "0"), ("y_1", "0"), ("y_1", "1"), ("y_0", "T+1"), ("y_1", "T")}
    check_same_unfolding(circuit, 3, 2)


def test_a_function_that_knows_the_length_knows_it_in_steps() -> None:
    circuit = model("y[t] = f(x[t])", "functions: {f(a): a / T}\n")
    blocked = gf.block(circuit, 2)
    x = np.arange(8.0)
    found = gf.evaluate(gf.unfold(blocked, 4), blocked.split({"x": x}))
    np.testing.assert_allclose(found.signal("y_1"), x[1::2] / 8)


def test_a_block_of_many_steps_can_be_written_and_read() -> None:
    circuit = model("y = max(x[t] * t for t)")
    assert gf.loads(gf.dumps(gf.block(circuit, 500))) == gf.block(circuit, 500).circuit


def test_the_drawing_keeps_rows_hidden_signals_and_labels() -> None:
    draw = "draw: {rows: [x, y], hide: [z], labels: {y: '\\hat y'}}\n"
    style = gf.block(model("y[t] = z[t]\n  z[t] = x[t]", draw), 2).circuit.style
    assert style.rows == (("x_0", "x_1"), ("y_0", "y_1"))
    assert style.hide == ("z_0", "z_1")
    assert style.labels == (("y_0", r"{\hat y}_{0}"), ("y_1", r"{\hat y}_{1}"))
    assert gf.draw(gf.block(model("y[t] = y[t-3] + x[t]", draw.replace("hide: [z], ", "")), 2)).svg


def test_every_verb_takes_a_blocked_circuit() -> None:
    blocked = gf.block(gf.load(example_path("rnn_loss")), 2)
    assert gf.check(blocked) == []
    assert [r.signals for r in gf.analyze(blocked).recurrences] == [("a_0", "a_1", "h_0", "h_1")]
    assert gf.window(blocked).circuit == blocked.circuit
    assert gf.block(blocked, 1).factor == 1
    assert "in blocks of 2" in repr(blocked)


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no steps": (lambda: gf.block(model("y[t] = x[t]"), 0), "from 1 on, not 0"),
    "half a step": (lambda: gf.block(model("y[t] = x[t]"), 1.5), "from 1 on, not 1.5"),  # type: ignore[arg-type]
    "yes": (lambda: gf.block(model("y[t] = x[t]"), True), "from 1 on, not True"),
    "an axis": (lambda: gf.block(model("y[t] = x[t]"), 2, "s"), "unknown axis 's'"),
    "too many": (lambda: gf.block(model("y[t] = x[t]"), 10**15), "the blocked circuit would need"),
    "a long name": (
        lambda: gf.block(model(f"{'y' * 99}[t] = x[t]"), 2),
        f"longer than 100 characters; give {'y' * 99} a shorter name",
    ),
    "no such signal": (
        lambda: gf.block(model("y[t] = x[t]"), 2).original("z_0", 1),
        "unknown signal 'z_0'; did you mean",
    ),
    "a broken block": (
        lambda: gf.block(model("y[t] = x[t]"), 2).split({"x": np.zeros(3)}),
        "x has 3 steps, which blocks of 2 do not divide",
    ),
    "half of it": (
        lambda: gf.block(model("y[t] = x[t]"), 2).join({"y_0": np.zeros(3)}),
        "y_1 is missing: y is made of all its copies",
    ),
}


@pytest.mark.parametrize(("work", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_blocked_is_told(work: Callable[[], object], message: str) -> None:
    with pytest.raises(gf.GraphfoldError) as caught:
        work()
    assert message in str(caught.value)


def test_the_command_line_writes_a_blocked_model(tmp_path: Path) -> None:
    path, target = example_path("biquad"), tmp_path / "pairs.yaml"
    blocked = gf.block(gf.load(path), 2).circuit
    done = call("block", path, 2)
    assert (done.code, done.lines) == (0, ["9 signals, 4 delays"])
    assert gf.loads(done.out) == blocked
    done = call("block", path, 2, "--axis", "t", "-o", target, "--json")
    assert (done.code, done.out) == (0, "")
    assert json.loads(done.err) == {"signals": 9, "delays": 4, "file": str(target)}
    assert gf.load(target) == blocked


def test_the_command_line_refuses_what_makes_no_blocks() -> None:
    path = example_path("biquad")
    assert "0 is not in the range" in call("block", path, 0).err
    done = call("block", path, 2, "--axis", "s")
    assert (done.code, done.out) == (2, "")
    assert done.lines == ["error: unknown axis 's'; there is t"]
    path = example_path("stacked_lstm")
    done = call("block", path, 2)
    message = "blocks of a model made of cells have no file; gf.block gives the circuit"
    assert (done.code, done.lines) == (2, [f"error: {path}: {message}"])
