"""Whole processes against the import that each of them cannot do without."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import graphfold_command, in_turns, ratios, wall_time
from benchmarks.table import Goal, Row, seconds
from graphfold.examples import example_path


def rows(quick: bool) -> list[Row]:
    rounds = 1 if quick else 25
    with TemporaryDirectory() as folder:
        figure = str(Path(folder, "figure.svg"))
        model = str(example_path("rnn_loss"))
        unfold = ["unfold", model, "--steps", "3", "-o", figure]
        return [
            _row(rounds, "`graphfold --help`", ["--help"], "click", Goal(2.5)),
            _row(rounds, "`graphfold check rnn_loss.yaml`", ["check", model], "click"),
            _row(rounds, "`graphfold unfold rnn_loss.yaml -o f.svg`", unfold, "numpy", Goal(6)),
        ]


def _row(
    rounds: int, what: str, arguments: list[str], module: str, goal: Goal | None = None
) -> Row:
    ours = [*graphfold_command(), *arguments]
    theirs = [sys.executable, "-c", f"import {module}"]
    a, b = in_turns(rounds, lambda: wall_time(ours), lambda: wall_time(theirs))
    other = f"{seconds(b)}: `python -c 'import {module}'`"
    return Row(what, seconds(a), other, ratios(a, b), goal)
