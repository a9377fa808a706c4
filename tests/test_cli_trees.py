"""Trees on the command line: unfold, eval and expand over one, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from command_line import call

import graphfold as gf
from graphfold.examples import example_path

SENTENCE = "((the cat) (sat down))"
MODEL = example_path("recursive")
LSTM = example_path("tree_lstm")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with data of four leaves."""
    monkeypatch.chdir(tmp_path)
    np.savez("x.npz", x=np.ones((4, 2)), y=np.array([1.0, 0.0]))
    return tmp_path


def test_a_tree_is_unfolded_to_a_pair_of_figures(folder: Path) -> None:
    done = call("unfold", MODEL, "--tree", SENTENCE)
    assert done.code == 0
    assert done.err == "20 nodes, 28 edges, 6 shared parameters: recursive-unfolded.svg\n"
    svg = (folder / "recursive-unfolded.svg").read_text(encoding="utf-8")
    assert svg == gf.draw(gf.unfold(gf.load(MODEL), tree=SENTENCE)).svg


def test_a_tree_is_written_as_a_graph() -> None:
    done = call("unfold", LSTM, "--tree", "(the cat)", "--format", "json", "-o", "-")
    graph = nx.node_link_graph(json.loads(done.out), edges="edges")
    assert set(graph.pred["c[1]"]) == {"i[1]", "u[1]", "fl[1]", "fr[1]", "c[0]", "c[-1]"}


def test_a_tree_is_evaluated_to_a_table_for_each_axis() -> None:
    sizes = ["--seed", "0", "--size", "n_h=3", "--tree", SENTENCE]
    done = call("eval", MODEL, "--inputs", "x.npz", *sizes, "-o", "out.npz")
    assert done.code == 0
    assert np.load("out.npz")["o"].shape == (2,)
    table = call("eval", MODEL, "--inputs", "x.npz", *sizes, "--all").out
    assert [line.split()[0] for line in table.splitlines()[:5]] == [
        "t",
        "─" * len(table.splitlines()[1]),
        "1",
        "2",
        "3",
    ]


def test_a_tree_is_expanded() -> None:
    done = call("expand", MODEL, "o", "--tree", "(a b)")
    assert done.out.startswith("o = c + Wo @ h[1] = c + Wo @ tanh(b + U @ h[0] + W @ h[-1]) = ")
    assert "(V @ x[2])" in done.out
    assert call("expand", MODEL, "h[t]").out == "h[t] = tanh(b + U @ h[left] + W @ h[right])\n"


def test_the_delays_of_a_tree_are_its_children() -> None:
    assert "h[left]        1   h\nh[right]       1   h\n" in call("analyze", MODEL).out
    assert "2 delays, 1 recurrence (h: causal)" in call("check", MODEL).out


REFUSED = {
    ("unfold", MODEL): 't is a tree: say which one, --tree "((the cat) (sat down))"',
    ("unfold", MODEL, "--steps", "3"): "t is a tree: say which one",
    ("unfold", MODEL, "--tree", "(a b)", "--steps", "3"): (
        "t is a tree: its steps follow from the tree; leave out the steps"
    ),
    ("unfold", MODEL, "--tree", "(a b)", "--steps", "k=3"): (
        "k is the leaves of a tree: its steps follow from the tree; leave out the steps"
    ),
    ("unfold", MODEL, "--tree", "(a (b c)"): "--tree: column 1: '(' is never closed",
    ("unfold", MODEL, "--tree", "(a b c)"): (
        "--tree: column 1: (a b c) has 3 children, but the axis has left, right"
    ),
    ("unfold", MODEL, "--tree", ""): "--tree: the tree is empty",
    ("unfold", MODEL, "--window", "1,1"): "a tree has no window",
    ("unfold", MODEL, "--window", "1,1", "--tree", "(a b)"): "leave out --tree",
    ("unfold", example_path("rnn_loss"), "--tree", "(a b)"): (
        "no axis of this circuit is a tree; leave out --tree"
    ),
    ("eval", MODEL, "--inputs", "x.npz"): "t is a tree: say which one",
    ("eval", MODEL, "--inputs", "x.npz", "--tree", "(a b)", "--seed", "0", "--size", "n_h=3"): (
        "x: expected (K, n_x) with K = 2, found (4, 2)"
    ),
    ("expand", MODEL, "o"): "'o' depends on the tree: give one (--tree",
    ("expand", MODEL, "h[9]", "--tree", "(a b)"): "h[9] is no node of this tree",
}


@pytest.mark.parametrize("args", REFUSED)
def test_a_wrong_call_for_a_tree_is_refused_with_a_cure(args: tuple[object, ...]) -> None:
    done = call(*args)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert REFUSED[args] in done.err
    assert "Traceback" not in done.err
