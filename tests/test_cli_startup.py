"""What a command imports: help costs no more than click, a figure neither NumPy nor networkx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graphfold.examples import example_path

HEAVY = {"numpy", "networkx", "rich", "ziamath", "resvg_py", "pygraphviz", "graphviz", "yaml"}
MODEL = str(example_path("rnn_loss"))

SCRIPT = """
import sys
from graphfold_cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def imported(*args: str, cwd: Path) -> set[str]:
    """The modules that a call has loaded in the end."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *args], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


ALLOWED: dict[tuple[str, ...], set[str]] = {
    ("--help",): set(),
    ("--version",): set(),
    ("unfold", "--help"): set(),
    ("completion", "bash"): set(),
    ("examples", "lstm"): set(),
    ("check", MODEL): {"yaml", "networkx"},
    ("expand", MODEL, "h[3]"): {"yaml"},
    ("unfold", MODEL, "--steps", "3", "-o", "f.svg"): {"yaml", "ziamath"},
    ("draw", MODEL, "-o", "f.svg"): {"yaml", "ziamath"},
}


@pytest.mark.parametrize("args", ALLOWED, ids=lambda args: f"{args[0]}-{args[-1][-6:]}")
def test_a_command_imports_only_what_it_needs(args: tuple[str, ...], tmp_path: Path) -> None:
    modules = imported(*args, cwd=tmp_path)
    assert {name.partition(".")[0] for name in modules} & HEAVY <= ALLOWED[args]


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("unfold", "--help")])
def test_help_loads_no_part_of_the_library(args: tuple[str, ...], tmp_path: Path) -> None:
    modules = imported(*args, cwd=tmp_path)
    assert "graphfold_cli.main" in modules
    assert not [name for name in modules if name.startswith("graphfold.")]
