"""Every benchmark still runs; what it measures is no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "name",
    [
        "start_up",
        "edges",
        "unfolding",
        "long_figure",
        "against_dot",
        "evaluation",
        "engines",
        "folding",
        "graphs",
    ],
)
def test_a_benchmark_prints_its_table(name: str) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    head, rule, *rows = done.stdout.splitlines()[2:]
    assert head.startswith("| what ")
    assert set(rule) == {"|", "-"}
    assert rows
