"""Folding recurrences within recurrences, and the direction of time."""

from __future__ import annotations

import pytest
from traces import Tape, folded, forms

import graphfold as gf


def words_of_letters(words: int, letters: int, again: bool) -> Tape:
    """A recurrence over words, each read by one over its letters; `again` starts it with zeros."""
    tape = Tape()
    W, V, U = (tape.param(name, 3, 3) for name in "WVU")
    x = tape.input("x", words * letters, 3)
    letter, word = tape.const(0, 3), tape.const(0, 3)
    outputs = []
    for i in range(words):
        letter = tape.const(0, 3) if again else letter
        for j in range(letters):
            letter = tape("tanh", W @ letter + x[i * letters + j])
        word = tape("tanh", V @ word + U @ letter)
        outputs.append(word)
    tape.output(tape("stack", *outputs))
    return tape


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize(("words", "letters"), [(5, 4), (4, 5), (12, 3), (3, 12), (20, 8)])
def test_a_recurrence_within_another_is_part_of_its_step(
    words: int, letters: int, again: bool
) -> None:
    found = folded(words_of_letters(words, letters, again))
    assert forms(found) == [("recurrence", words)]
    assert found.size == 3 * letters + 4
    assert found.repetitions[0].direction == "causal"


@pytest.mark.parametrize("backwards", [True, False])
def test_time_runs_as_the_indices_of_the_sequence_do(backwards: bool) -> None:
    tape = Tape()
    W, x = tape.param("W", 3, 3), tape.input("x", 6, 3)
    h = tape.const(0, 3)
    for i in range(6):
        h = tape("tanh", W @ h + x[5 - i if backwards else i])
    tape.output(h)
    found = folded(tape)
    assert found.repetitions[0].direction == ("anti-causal" if backwards else "causal")


def test_a_chain_without_a_sequence_runs_forwards() -> None:
    tape = Tape()
    W, x = tape.param("W", 3, 3), tape.input("x", 3)
    h = x
    for _ in range(6):
        h = tape("tanh", W @ h + x)
    tape.output(h)
    found = folded(tape)
    assert found.repetitions[0].direction == "causal"
    assert [(b.signal, b.index.offset) for b in found.circuit.boundaries] == [("h", 0)]
    assert gf.loads(gf.dumps(found.circuit)) == found.circuit
