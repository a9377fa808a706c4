"""Models made of cells, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import call

import graphfold as gf
from graphfold.examples import example_path

STACKED, BOTH = example_path("stacked_lstm"), example_path("bidirectional_cells")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_example_is_saved_with_the_cell_it_needs() -> None:
    done = call("examples", "stacked_lstm", "--save")
    assert (done.code, done.lines) == (0, ["stacked_lstm.yaml", "lstm.yaml", "stacked_lstm.npz"])
    assert gf.load("stacked_lstm.yaml") == gf.load(STACKED)


def test_check_counts_signals_of_all_parts_and_their_uses() -> None:
    done = call("check", BOTH)
    assert done.out.removeprefix(f"{BOTH}: ") == (
        "ok: 15 signals (2 inputs, 9 parameters, 4 equations), 2 uses of cells, 2 delays, "
        "2 recurrences (fore.h: causal; back.h: anti-causal)\n"
    )
    shapes = json.loads(call("check", BOTH, "--shapes", "--json").out)
    assert (shapes["fore.W"], shapes["back.h"]) == (["n_h", "n_h"], ["n_g"])


def test_a_model_from_standard_input_finds_cells_in_the_working_directory() -> None:
    text = STACKED.read_bytes()
    done = call("check", "-", stdin=text)
    assert (done.code, done.err) == (
        2,
        "<stdin>:10:9: file: lstm.yaml: cannot be read: No such file or directory; "
        "a cell is looked for from the working directory\n",
    )
    Path("lstm.yaml").write_bytes(example_path("lstm").read_bytes())
    assert call("check", "-", stdin=text).code == 0


def test_a_cell_that_is_missing_beside_an_example_is_what_is_told() -> None:
    Path("stacked_lstm.yaml").write_bytes(STACKED.read_bytes())
    assert call("check", "stacked_lstm.yaml").err.startswith("stacked_lstm.yaml:10:9: file: lstm.")


def test_values_of_a_part_are_named_by_it() -> None:
    np.savez("x.npz", x=np.ones((3, 2)), y=np.ones((3, 2)))
    sizes = [arg for name in ("n_h=3", "n_g=4") for arg in ("--size", name)]
    done = call("eval", BOTH, "-i", "x.npz", "--seed", "1", *sizes, "--all", "-o", "v.npz")
    assert done.code == 0, done.err
    assert np.load("v.npz")["back.h"].shape == (3, 4)


def test_a_part_can_be_expanded_untied_and_exported() -> None:
    first, _ = call("expand", BOTH, "fore.h[1]").out.splitlines()
    assert first == "fore.h[1] = tanh(fore.b + fore.W @ fore.h[0] + fore.U @ x[1])"
    latex = call("expand", BOTH, "fore.h[1]", "--format", "latex").out
    assert r"\boldsymbol{h}_{\mathrm{fore}}^{(1)}" in latex
    done = call("unfold", BOTH, "--untie", "back.W", "--format", "json", "-o", "-")
    assert {"back.W[2]", "fore.W"} <= {node["id"] for node in json.loads(done.out)["nodes"]}
