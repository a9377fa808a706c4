"""The page about a compiled circuit: its numbers against counts by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from command_line import call
from gallery import example, sizes_of

import graphfold as gf


def explained(name: str, sizes: dict[str, int], **options: Any) -> str:
    return gf.compile(gf.flatten(example(name))).explain(sizes, **options)


def costs(page: str, heading: str) -> dict[str, tuple[int, int]]:
    """The FLOPs and bytes of each row below a heading."""
    found: dict[str, tuple[int, int]] = {}
    for line in page.partition(heading)[2].splitlines()[1:]:
        match = re.fullmatch(r"  (\S.*?) +([\d,]+) +([\d,]+)", line)
        if not match:
            break
        label, flops, moved = match.groups()
        found[label] = (int(flops.replace(",", "")), int(moved.replace(",", "")))
    return found


@pytest.mark.parametrize("batch", [None, 1, 7])
@pytest.mark.parametrize(("n", "h"), [(4, 8), (1, 1), (5, 3)])
def test_the_costs_of_an_lstm_are_those_counted_by_hand(n: int, h: int, batch: int | None) -> None:
    page, rows = explained("lstm", {"n_x": n, "n_h": h}, batch=batch), batch or 1
    above = costs(page, "all steps of t at once, for each step")
    assert above["bf + Uf @ x[t]"][0] == rows * (2 * h * n + h)  # one product, one sum
    assert above["together"][0] == 4 * rows * (2 * h * n + h)
    loop = costs(page, "step by step, t = 1 … T: f, g, q, i, s, h")
    matrices, others = (8 * (4 * h * h + rows * (h + 4 * h)), 8 * rows * 14 * h)
    product = f"{4 * h} × {h} product with h[t-1]: Wf, Wg, Wo, W"
    assert loop[product] == (rows * 2 * 4 * h * h, matrices)
    gates = loop["sums, 4 sigmoid, in place"]
    assert gates == (rows * (4 * h + 4 * h), 8 * rows * (3 * 4 * h + 2 * 4 * h))
    # s = f * s + g * i: two products and a sum; tanh(s); q * tanh(s)
    assert loop["3 mul, 1 add, 1 tanh"] == (rows * 5 * h, others)
    assert loop["together"][0] == rows * (8 * h * h + 13 * h)
    assert f"  {8 * rows * 2 * h:,} bytes for each step: s, h\n" in page


def test_float32_moves_half_the_bytes() -> None:
    sizes = {"n_x": 4, "n_h": 8}
    double = costs(explained("lstm", sizes), "step by step, t = 1 … T: f, g, q, i, s, h")
    single = costs(
        explained("lstm", sizes, dtype="float32"), "step by step, t = 1 … T: f, g, q, i, s, h"
    )
    assert {k: (f, m // 2) for k, (f, m) in double.items()} == single


def test_a_loss_counts_for_each_step_and_its_sum_too() -> None:
    page = explained("rnn_loss", {"n_x": 4, "n_h": 8, "n_y": 3}, batch=2)
    above = costs(page, "all steps of t at once, for each step")
    assert above["U @ x[t]"][0] == 2 * 2 * 8 * 4
    assert above["o[t]"][0] == 2 * (2 * 3 * 8 + 3)
    assert above["L[t]"][0] == 2 * (5 * 3 + 2 * 3 + 1)  # log_softmax, dot, minus
    assert above["Loss"][0] == 2


def test_what_stands_still_is_computed_once() -> None:
    text = "graphfold: 1\ndims: {n: 3}\nparams: {A: [n, n], v: [n]}\ninputs: {'x[t]': [n]}\n"
    circuit = gf.loads(text + "equations: |\n  B = A @ A\n  y[t] = B @ x[t] + tanh(v)\n")
    page = gf.compile(circuit).explain()
    assert costs(page, "once") == {
        "B": (2 * 27, 8 * (9 + 9)),
        "y[t]": (3, 8 * 6),
        "together": (57, 192),
    }
    assert costs(page, "at once, for each step")["y[t]"][0] == 2 * 9 + 3


def test_every_model_is_explained_in_a_page_of_short_lines() -> None:
    for name in gf.example_names():
        page = explained(name, sizes_of(gf.flatten(example(name))), batch=3)
        assert max(map(len, page.splitlines())) <= 100, name
        assert len(page.splitlines()) <= 60, name
        numbers = [line for line in page.splitlines() if re.search(r"  [\d,]+ +[\d,]+$", line)]
        assert len({len(line) for line in numbers}) <= 1, name  # in columns


def test_sizes_are_the_models_own_unless_told_and_all_that_is_wrong_is_told() -> None:
    circuit = gf.loads("graphfold: 1\ndims: {n: 3}\ninputs: {'x[t]': [n]}\nequations: |\n"
                       "  y[t] = 2 * x[t]")  # fmt: skip
    plan = gf.compile(circuit)
    assert "n = 3" in plan.explain()
    assert "n = 5" in plan.explain({"n": np.int64(5)})
    with pytest.raises(gf.ValuesError, match="n_x, n_h; give each a size, as n_x=64, n_h=64"):
        gf.compile(example("lstm")).explain()
    wrong: Any = {"n": 2.5, "m": 1}
    with pytest.raises(gf.ValuesError) as caught:
        plan.explain(wrong, batch=-1, dtype="int")
    assert str(caught.value).splitlines() == [
        "n: a size is a whole number from 0 on, not 2.5",
        "unknown dimension 'm'",
        "batch: a size is a whole number from 0 on, not -1",
        "dtype: float32, float64 or another floating dtype, not int",
    ]


def test_sizes_beyond_memory_are_refused() -> None:
    with pytest.raises(gf.TooLargeError, match="a step of these sizes does not fit into memory"):
        explained("lstm", {"n_x": 10**12, "n_h": 10**9}, batch=10**6)
    assert "nothing to compute" in explained("lstm", {"n_x": 0, "n_h": 0}, batch=0)


def test_a_plan_says_what_it_is() -> None:
    assert repr(gf.compile(example("lstm"))) == "<plan of 'lstm cell': keeps h>"
    assert str(gf.compile(example("lstm"))) == "<plan of 'lstm cell': keeps h>"
    told = gf.compile(gf.flatten(example("tree_lstm"))).explain({"n_x": 2, "n_h": 2})
    assert "all nodes of a height at once" in told


def test_the_command_line_shows_the_page() -> None:
    path = str(gf.example_path("lstm"))
    sizes = ("--size", "n_x=4", "--size", "n_h=8", "--batch", "2")
    result = call("analyze", path, "--plan", *sizes)
    assert result.out == explained("lstm", {"n_x": 4, "n_h": 8}, batch=2) + "\n"
    for options, told in (
        (("--size", "n_x=4"), "--size is for --plan"),
        (("--batch", "4"), "--batch is for --plan"),
        (("--plan", "--json"), "leave out --json"),
        (("--plan",), "no size is told of n_x, n_h"),
    ):
        wrong = call("analyze", path, *options)
        assert (wrong.code, told in wrong.err) == (2, True), options
