"""Folding by hand-made traces: what must be found, and what must not be merged."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from traces import (
    Tape,
    Value,
    equations,
    folded,
    forms,
    shuffled,
)

import graphfold as gf

T = 6
module: Any = import_module("graphfold.fold.attempt")


def sequence(tape: Tape, steps: int = T, size: int = 3) -> list[Value]:
    whole = tape.input("x", steps, size)
    return [whole[i] for i in range(steps)]


def rnn(tape: Tape, xs: list[Value], h: Value, act: str = "tanh", **named: Any) -> list[Value]:
    U, W, b = (named.get(k) or tape.param(k, *([3, 3] if k != "b" else [3])) for k in "UWb")
    found = []
    for x in xs:
        h = tape(act, W @ h + U @ x + b)
        found.append(h)
    return found


def test_a_tied_recurrence_becomes_one_equation() -> None:
    tape = Tape()
    hs = rnn(tape, sequence(tape), tape.const(0, 3))
    tape.output(tape("stack", *hs))
    found = folded(tape)
    assert equations(found) == ["h[t] = tanh(W @ h[t-1] + U @ x[t] + b)"]
    assert forms(found) == [("recurrence", T)]
    assert found.circuit.outputs[0].name == "h"
    assert found.steps == {"t": T}
    assert found.compression == pytest.approx(37 / 5, rel=0.3)


def test_elements_named_by_number_are_one_sequence() -> None:
    tape = Tape()
    xs = [tape.input(f"x_{i}", 3) for i in range(T)]
    tape.output(rnn(tape, xs, tape.input("start", 3))[-1])
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(W @ h[t-1] + U @ x[t] + b)"
    assert [s.name for s in found.circuit.inputs] == ["x"]
    assert "h[0]: given" in gf.dumps(found.circuit)


def test_a_loop_that_alternates_two_operations_has_period_two() -> None:
    tape = Tape()
    h, U = tape.const(0, 3), tape.param("U", 3, 3)
    for i, x in enumerate(sequence(tape, 8)):
        h = tape("tanh" if i % 2 == 0 else "relu", U @ h + x)
    tape.output(h)
    found = folded(tape)
    assert forms(found) == [("recurrence", 4)]
    assert found.period == 2
    assert found.size == 6


def test_interleaved_chains_are_one_signal_with_a_longer_delay() -> None:
    tape = Tape()
    states = [tape.const(0, 3), tape.const(1, 3)]
    for x in sequence(tape, 8):
        states.append(tape("tanh", states[-2] + x))
    tape.output(*states[-2:])
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(h[t-2] + x[t])"
    assert forms(found) == [("recurrence", 8)]


def test_interleaved_chains_without_inputs_are_found() -> None:
    tape = Tape()
    W = tape.param("W", 3, 3)
    states = [tape.input("start", 3), tape.input("other", 3)]
    for _ in range(8):
        states.append(tape("tanh", W @ states[-2]))
    tape.output(*states[-2:])
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(W @ h[t-2])"


def test_tied_encoder_and_decoder_are_two_recurrences() -> None:
    tape = Tape()
    named = {"U": tape.param("U", 3, 3), "W": tape.param("W", 3, 3), "b": tape.param("b", 3)}
    whole = tape.input("y", 5, 3)
    hs = rnn(tape, sequence(tape), tape.const(0, 3), **named)
    ys = rnn(tape, [whole[i] for i in range(5)], hs[-1], **named)
    tape.output(tape("stack", *ys))
    found = folded(tape)
    assert sorted(forms(found)) == [("recurrence", 5), ("recurrence", 6)]
    assert found.size == 10


def test_one_operation_in_sequence_is_one_signal() -> None:
    tape = Tape()
    value = tape.input("x", 3)
    for _ in range(7):
        value = tape("tanh", value)
    tape.output(value)
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(h[t-1])"
    assert forms(found) == [("recurrence", 7)]


def lstm(tape: Tape, gates: Any, cell: bool = True) -> Value:
    h, c = tape.const(0, 3), tape.const(0, 3)
    hs = []
    for x in sequence(tape):
        i, f, g, o = gates(x, h)
        c = tape("sigmoid", f) * c + tape("sigmoid", i) * tape("tanh", g)
        h = tape("sigmoid", o) * tape("tanh", c)
        hs.append(h)
    return tape("stack", *hs)


def test_an_lstm_of_four_matrices_folds() -> None:
    tape = Tape()
    weights = [(tape.param(f"U{k}", 3, 3), tape.param(f"W{k}", 3, 3)) for k in "ifgo"]
    tape.output(lstm(tape, lambda x, h: [U @ x + W @ h for U, W in weights]))
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]
    assert found.size == 4 * 3 + 9


def test_an_lstm_of_one_matrix_and_slices_folds() -> None:
    tape = Tape()
    W = tape.param("W", 12, 6)

    def gates(x: Value, h: Value) -> list[Value]:
        z = W @ tape("concat", x, h)
        return [tape("slice", z, start=3 * k, stop=3 * k + 3) for k in range(4)]

    tape.output(lstm(tape, gates))
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]
    assert found.size == 2 + 4 + 9


def test_an_lstm_of_one_matrix_and_chunks_folds() -> None:
    tape = Tape()
    W = tape.param("W", 12, 6)

    def gates(x: Value, h: Value) -> list[Value]:
        z = tape("split", W @ tape("concat", x, h), parts=4)
        return [z[k] for k in range(4)]

    tape.output(lstm(tape, gates))
    trace = tape.trace()
    found = gf.fold(trace)
    assert forms(found) == [("recurrence", T)]
    assert found.size == 3 + 4 + 9
    assert gf.fold(shuffled(trace, 3)).circuit == found.circuit
    assert found.functions["split"] == ("split", {"parts": 4})


def test_a_gru_that_concatenates_folds() -> None:
    tape = Tape()
    Wr, Wu, Wn = (tape.param(f"W{k}", 3, 6) for k in "run")
    h = tape.const(0, 3)
    for x in sequence(tape):
        both = tape("concat", x, h)
        r, u = tape("sigmoid", Wr @ both), tape("sigmoid", Wu @ both)
        n = tape("tanh", Wn @ tape("concat", x, r * h))
        h = u * h + (tape.const(1) - u) * n
    tape.output(h)
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]
    assert found.size == 13


def test_the_fibonacci_sequence_has_two_histories() -> None:
    tape = Tape()
    values = [tape.const(0), tape.const(1)]
    for _ in range(8):
        values.append(values[-1] + values[-2])
    tape.output(values[-1])
    found = folded(tape)
    assert equations(found)[0] == "h[t] = h[t-1] + h[t-2]"
    assert forms(found) == [("recurrence", 8)]


def test_delays_of_one_and_three_together() -> None:
    tape = Tape()
    U, states = tape.param("U", 3, 3), [tape.input(f"s{i}", 3) for i in "abc"]
    for x in sequence(tape, 10):
        states.append(tape("tanh", U @ states[-1] + states[-3] + x))
    tape.output(states[-1])
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(U @ h[t-1] + h[t-3] + x[t])"


def test_both_directions_in_time() -> None:
    tape = Tape()
    xs = sequence(tape)
    there = rnn(tape, xs, tape.const(0, 3))
    back = {k: tape.param(f"{k}2", *([3, 3] if k != "b" else [3])) for k in "UWb"}
    again = rnn(tape, xs[::-1], tape.const(0, 3), **back)[::-1]
    tape.output(*(h + g for h, g in zip(there, again, strict=True)))
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]
    assert found.repetitions[0].direction == "both"
    assert found.size == 11


@pytest.mark.parametrize("interleaved", [False, True])
def test_two_directions_that_read_one_sequence_and_never_meet(interleaved: bool) -> None:
    tape = Tape()
    whole = tape.input("x", T, 3)
    names = ("U", "W", "U2", "W2")
    U, W, U2, W2 = (tape.param(name, 3, 3) for name in names)
    there, back = [tape.const(0, 3)], [tape.const(0, 3)]
    for t in range(T):  # each direction reads the sequence itself
        there.append(tape("tanh", U @ whole[t] + W @ there[-1]))
        if interleaved:
            back.append(tape("tanh", U2 @ whole[T - 1 - t] + W2 @ back[-1]))
    for t in range(0 if interleaved else T):
        back.append(tape("tanh", U2 @ whole[T - 1 - t] + W2 @ back[-1]))
    tape.output(*there[1:], *back[:0:-1])
    found = folded(tape)
    assert [r.direction for r in found.repetitions] == ["both"]
    assert found.reason == ""


def test_a_tree_reduction_does_not_repeat() -> None:
    tape = Tape()
    values = [tape.input(n, 3) for n in "abcdefgh"]
    while len(values) > 1:
        values = [a + b for a, b in zip(values[::2], values[1::2], strict=True)]
    tape.output(values[0])
    found = folded(tape)
    assert not found
    assert "repeat" in found.reason


def layers(tape: Tape, tied: bool, count: int = 12) -> gf.Fold:
    x, W = tape.input("x", 3), tape.param("W", 3, 3)
    for number in range(count):
        own = W if tied else tape.param(f"layers.{number}.weight", 3, 3)
        x = x + tape("relu", own @ x)
    tape.output(x)
    return folded(tape)


def test_a_tied_residual_stack_is_a_recurrence() -> None:
    found = layers(Tape(), tied=True)
    assert forms(found) == [("recurrence", 12)]


def test_a_residual_stack_with_its_own_weights_is_a_repeat() -> None:
    found = layers(Tape(), tied=False)
    assert forms(found) == [("repeat", 12)]
    assert found.repetitions[0].own == ("layers_weight",)
    assert equations(found)[0] == "h[t] = h[t-1] + relu(layers_weight[t] @ h[t-1])"


def test_a_repeat_is_drawn_as_a_box_and_not_as_a_cycle() -> None:
    found = layers(Tape(), tied=False)
    shown = found.picture()
    assert gf.check(shown) == []
    assert dict(shown.style.labels) == {"block": r"\times 12"}
    assert not gf.flatten(shown).delays
    assert "<svg" in gf.draw(shown).svg
    tied = layers(Tape(), tied=True)
    assert tied.picture() == tied.circuit


def test_weights_without_numbers_in_their_names_make_a_repeat_too() -> None:
    tape = Tape()
    x = tape.input("x", 3)
    for name in ("query", "alpha", "beta", "delta"):
        x = tape("tanh", tape.param(name, 3, 3) @ x)
    tape.output(x)
    found = folded(tape)
    assert forms(found) == [("repeat", 4)]


def test_a_last_iteration_that_differs_stays_outside() -> None:
    tape = Tape()
    xs = sequence(tape, 8)
    hs = rnn(tape, xs[:7], tape.const(0, 3))
    tape.output(tape("sin", hs[-1] + xs[7]))
    found = folded(tape)
    assert forms(found) == [("recurrence", 7)]


def test_a_first_iteration_that_differs_becomes_a_history() -> None:
    tape = Tape()
    xs = sequence(tape, 8)
    U, W = tape.param("U", 3, 3), tape.param("W", 3, 3)
    h = tape("tanh", U @ xs[0])
    for x in xs[1:]:
        h = tape("tanh", U @ x + W @ h)
    tape.output(h)
    found = folded(tape)
    assert found
    assert found.repetitions[0].steps in (7, 8)


def test_two_loops_that_share_a_parameter() -> None:
    tape = Tape()
    W = tape.param("W", 3, 3)
    other = tape.input("z", 5, 3)
    one = rnn(tape, sequence(tape), tape.const(0, 3), W=W)
    more = {"U": tape.param("V", 3, 3), "b": tape.param("c", 3), "W": W}
    two = rnn(tape, [other[i] for i in range(5)], tape.const(0, 3), "sin", **more)
    tape.output(one[-1], two[-1])
    found = folded(tape)
    assert sorted(forms(found)) == [("recurrence", 5), ("recurrence", 6)]


def test_a_constant_that_is_affine_in_the_step_depends_on_t() -> None:
    tape = Tape()
    h = tape.const(0, 3)
    for i, x in enumerate(sequence(tape)):
        h = tape("tanh", h * (2 * i + 3) + x)
    tape.output(h)
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]
    assert "2 * t + 1" in " ".join(equations(found))


def test_a_constant_that_is_not_affine_is_refused() -> None:
    tape = Tape()
    h = tape.const(0, 3)
    for x, factor in zip(sequence(tape), (3, 1, 4, 1.5, 9, 2), strict=True):
        h = tape("tanh", h * factor + x)
    tape.output(h)
    found = folded(tape)
    assert not found or all(r.form == "map" for r in found.repetitions)
    assert "const" in found.reason


def test_an_input_read_by_a_permutation_is_no_sequence() -> None:
    tape = Tape()
    xs = sequence(tape)
    h = tape.const(0, 3)
    for i in (0, 3, 1, 5, 2, 4):
        h = tape("tanh", h + xs[i])
    tape.output(h)
    assert not folded(tape)


def test_a_sequence_read_backwards() -> None:
    tape = Tape()
    tape.output(rnn(tape, sequence(tape)[::-1], tape.const(0, 3))[-1])
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]


def test_a_sequence_read_with_a_stride() -> None:
    tape = Tape()
    whole = tape.input("x", 12, 3)
    tape.output(rnn(tape, [whole[i] for i in range(1, 12, 2)], tape.const(0, 3))[-1])
    found = folded(tape)
    assert forms(found) == [("recurrence", T)]


def test_what_comes_before_and_after_stays_outside() -> None:
    tape = Tape()
    whole = tape("unbind", tape("embed", tape.input("x", T, 3)))
    hs = rnn(tape, [whole[i] for i in range(T)], tape.const(0, 3))
    tape.output(tape("sum", tape("sin", tape("stack", *hs))))
    trace = tape.trace()
    found = gf.fold(trace)
    assert forms(found) == [("recurrence", T)]
    assert [trace.op(n) for n in found.prologue] == ["embed", "unbind"]
    assert [trace.op(n) for n in found.epilogue] == ["sin", "sum"]


def test_a_random_mask_at_each_step_is_not_merged() -> None:
    tape = Tape()
    h = tape.const(0, 3)
    for x in sequence(tape):
        h = tape("tanh", h + x) * tape("bernoulli", p=0.5)
    tape.output(h)
    found = gf.fold(tape.trace())
    assert found.size == 4
    assert found.repetitions[0].nodes == 4 * T


def test_one_foreign_operation_makes_a_smaller_fold_or_none() -> None:
    for place in range(8):
        tape = Tape()
        h, W = tape.const(0, 3), tape.param("W", 3, 3)
        for i, x in enumerate(sequence(tape, 8)):
            h = tape("tanh", W @ h + x)
            h = tape("sin", h) if i == place else h
        tape.output(h)
        found = folded(tape)
        assert found.repetitions[0].nodes < found.trace.operation_count
        assert found.repetitions[0].steps >= 4


def test_numbers_far_apart_are_no_sequence() -> None:
    for far in (10**9, 10**40):
        tape = Tape()
        h, whole = tape.const(0, 3), tape.input("x", 3)
        for i in range(5):
            h = tape("tanh", h + tape.input(f"z{i * far + i % 2}", 3) * whole[i * far + i % 3])
        tape.output(h)
        assert gf.fold(tape.trace()).trace.operation_count == 20


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("h[t-1]", "h[t-2]"), ("W @", "U @"), ("tanh", "sin"), ("x[t]", "x[t-1]"), (" + b", "")],
)
def test_the_proof_sees_every_wrong_circuit(
    monkeypatch: pytest.MonkeyPatch, right: str, wrong: str
) -> None:
    """Whatever the search hands over, a circuit that is not the trace is never returned."""
    tape = Tape()
    tape.output(tape("stack", *rnn(tape, sequence(tape), tape.const(0, 3))))
    write = module.write_circuit

    def tampered(items: Any, shapes: Any = "inferred") -> Any:
        draft = write(items, shapes)
        text = gf.dumps(draft.circuit)
        head, _, tail = text.partition("equations: |\n")
        init = "init:\n  h[-1]: zeros\n  x[0]: zeros\n"
        text = f"{head.replace('init:', init)}equations: |\n{tail.replace(right, wrong)}"
        return replace(draft, circuit=gf.loads(text))

    monkeypatch.setattr(module, "write_circuit", tampered)
    found = gf.fold(tape.trace())
    assert not found
    assert found.reason


@pytest.mark.parametrize("given", [True, False])
def test_rows_of_a_batch_joined_with_the_state_keep_their_operations(given: bool) -> None:
    tape = Tape()
    W, b, x = tape.param("W", 7, 3), tape.param("b", 3), tape.input("x", T, 2, 4)
    h = tape.input("h0", 2, 3) if given else tape.const(0, 2, 3)
    for i in range(T):
        h = tape("tanh", tape("concat", x[i], h, axis=1) @ W + b)
    tape.output(h)
    found = folded(tape)
    assert equations(found)[0] == "h[t] = tanh(concat(x[t], h[t-1], axis=1) @ W + b)"
    assert not found.functions


def test_a_residual_stack_over_a_batch_keeps_its_operations() -> None:
    tape = Tape()
    h = tape.input("x", 2, 3)
    for i in range(T):
        h = h + tape("tanh", h @ tape.param(f"l.{i}.W", 3, 3) + tape.param(f"l.{i}.b", 3))
    tape.output(h)
    found = folded(tape)
    assert equations(found)[0] == "h[t] = h[t-1] + tanh(h[t-1] @ l_W[t] + l_b[t])"
    assert forms(found) == [("repeat", T)]
    assert not found.functions
