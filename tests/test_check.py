"""Well-formedness: the cycle rule, direction of recurrences, history, ends of the file."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

import graphfold as gf
from graphfold.checks.cycles import check_cycles
from graphfold.circuit import Boundary, Circuit
from graphfold.expression import Index
from graphfold.formats.model_reader import parse_model
from graphfold.recurrence import find_components


def model(*equations: str, init: str = "") -> Circuit:
    bounds = f"init:\n  {init}\n" if init else ""
    lines = "".join(f"  {line}\n" for line in equations)
    return gf.loads(f"graphfold: 1\n{bounds}equations: |\n{lines}")


def directions(circuit: Circuit) -> list[tuple[str, str | None]]:
    return [("".join(c.signals), c.direction) for c in find_components(circuit)[0]]


@pytest.mark.parametrize(
    ("equations", "expected"),
    [
        (["h[t] = h[t-1]"], [("h", "causal")]),
        (["h[t] = h[t+1]"], [("h", "anti-causal")]),
        (["h[t] = 1", "g[t] = h[t+5]"], [("h", None), ("g", None)]),
        (["a[t] = b[t+1]", "b[t] = a[t-2]"], [("ab", "causal")]),
        (["a[t] = b[t+2]", "b[t] = a[t-1]"], [("ab", "anti-causal")]),
        (["a[t] = a[t-1]", "b[t] = b[t+1] + a[t]"], [("a", "causal"), ("b", "anti-causal")]),
        (["a[t] = b[t] + a[t-1]", "b[t] = a[t-1] + b[t-2]"], [("ab", "causal")]),
    ],
)
def test_every_component_has_a_direction(
    equations: list[str], expected: list[tuple[str, str | None]]
) -> None:
    assert directions(model(*equations)) == expected


@pytest.mark.parametrize(
    ("equations", "said"),
    [
        (["h[t] = h[t]"], "delay-free cycle: h <- h (3:10); to use the previous step write h[t-1]"),
        (
            ["a[t] = b[t+1]", "b[t] = a[t-1]"],
            "delay-free cycle: a <- b +1 (3:10), b <- a -1 (4:10); "
            "its delays add up to zero: use delays of one sign",
        ),
        (["s = s + 1"], "'s' is static but depends on itself: s <- s (3:7); define s[t]"),
        (
            ["h[t] = h[t-1] + m", "m = mean(h[t] for t)"],
            "'m' is static but depends on itself: h <- m (3:19), m <- h (4:12); define m[t]",
        ),
        (
            ["h[t] = h[t-1] + h[T]"],
            "'h' needs all steps of 'h' at once: h <- h (3:19); read one step, as h[t-1]",
        ),
    ],
)
def test_a_bad_cycle_is_named_with_its_places(equations: list[str], said: str) -> None:
    with pytest.raises(gf.ModelError) as caught:
        model(*equations)
    (problem,) = caught.value.diagnostics
    assert problem.stage == "cycles"
    assert problem.message == said


def test_a_history_that_depends_on_its_own_future_is_a_cycle() -> None:
    with pytest.raises(gf.ModelError, match="its history"):
        model("h[t] = h[t-1]", "m = h[T]", init="h[0]: m")


def test_a_read_of_a_history_alone_is_no_cycle() -> None:
    circuit = model("h[t] = h[t-1] + h[0]", init="h[0]: 1")
    assert gf.check(circuit) == []
    found = gf.evaluate(gf.unfold(circuit, 3), {})
    assert [found[f"h[{t}]"] for t in (1, 2, 3)] == [2, 3, 4]


def test_the_cycle_rule_needs_no_recursion_on_a_long_chain() -> None:
    names = [f"a{k}" for k in range(3000)]
    equations = [f"{a}[t] = {b}[t]" for a, b in pairwise(names)]
    lines = "".join(f"  {line}\n" for line in [*equations, f"{names[-1]}[t] = a0[t-1]"])
    circuit = parse_model(f"graphfold: 1\nequations: |\n{lines}")
    assert find_components(circuit)[0][0].direction == "causal"
    assert not list(check_cycles(circuit))


def test_missing_history_is_found_at_both_ends_and_under_sums() -> None:
    circuit = model("h[t] = 1", "y = sum(h[t-2] * h[t+1] for t)", init="h[0]: 1")
    assert [d.message.partition(" reads ")[2][:6] for d in gf.check(circuit)] == [
        "h[-1],",
        "h[T+1]",
    ]


def test_a_pinned_reader_asks_for_no_history() -> None:
    assert gf.check(model("h[t] = h[t-1]", init="h[1]: 1")) == []
    assert gf.check(model("h[t] = h[t+1]", init="h[T]: 1")) == []


def test_a_pin_one_step_inside_is_suspected_to_be_meant_as_history() -> None:
    circuit = model("h[t] = h[t-1]", "g[t] = h[t-1]", init="h[1]: 1")
    (problem,) = gf.check(circuit)
    assert problem.severity == "warning"
    assert problem.message.endswith("h[0] is still undefined: did you mean h[0]?")


def test_a_circuit_without_marks_is_reported_without_places() -> None:
    circuit = Circuit("bare", boundaries=(Boundary("h", Index("", 0), None),))
    (problem,) = gf.check(circuit)
    assert str(problem) == "unknown-signal: unknown signal 'h'"


FAR = {
    "one signal": ("a[t] = a[t-1] + a[t+1000000]", ["a <- a -1", "a <- a +1000000"]),
    "no common divisor": ("a[t] = a[t-999983] + a[t+1000000]", ["a <- a -999983"]),
    "two signals": (
        "a[t] = b[t-1] + a[t+70000]\n  b[t] = a[t-1] + b[t-3]",
        ["a <- b -1", "a <- a +70000"],
    ),
}


@pytest.mark.parametrize(("equations", "parts"), FAR.values(), ids=FAR)
def test_cycles_whose_delays_add_up_to_zero_far_away_are_told_in_short(
    equations: str, parts: list[str]
) -> None:
    start = time.process_time()
    with pytest.raises(gf.ModelError, match="use delays of one sign") as caught:
        gf.loads(f"graphfold: 1\nequations: |\n  {equations}\n")
    assert time.process_time() - start < 20
    message = str(caught.value)
    assert len(message) < 300
    assert all(part in message for part in parts)


def test_a_delay_free_ring_of_3000_signals_is_found_soon_and_told_in_short() -> None:
    ring = "".join(f"  a{i}[t] = a{(i + 1) % 3000}[t]\n" for i in range(3000))
    start = time.process_time()
    with pytest.raises(gf.ModelError, match=r"…, .* \(3,000 reads\)") as caught:
        gf.loads(f"graphfold: 1\nequations: |\n{ring}")
    assert time.process_time() - start < 20  # minutes, if every cycle were looked at
    assert len(str(caught.value)) < 1000
