"""Shells complete commands, options, choices, names of examples, and files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from command_line import call
from graphfold_cli.main import COMMANDS, commands

from graphfold.examples import example_names

WORDS = {
    (): list(COMMANDS),
    ("un",): ["unfold"],
    ("e",): ["expand", "eval", "examples"],
    ("unfold", "--st"): ["--steps"],
    ("unfold", "--format", ""): ["svg", "png", "pdf", "tex", "tikz", "mermaid", "dot", "json"],
    ("expand", "--notation", "s"): ["superscripts"],
    ("examples", ""): example_names(),
    ("examples", "b"): ["bidirectional", "bidirectional_cells", "biquad"],
    ("completion", ""): ["bash", "zsh", "fish"],
    ("draw", "model.yaml", "--no"): [],
}


@pytest.mark.parametrize("words", WORDS)
def test_words_are_completed(words: tuple[str, ...]) -> None:
    complete = ShellComplete(commands, {}, "graphfold", "_GRAPHFOLD_COMPLETE")
    *before, last = words or ("",)
    assert [item.value for item in complete.get_completions(before, last)] == WORDS[words]


@pytest.mark.parametrize("before", [["unfold"], ["draw", "m.yaml", "-o"], ["eval", "m", "-i"]])
def test_files_are_left_to_the_shell(before: list[str]) -> None:
    complete = ShellComplete(commands, {}, "graphfold", "_GRAPHFOLD_COMPLETE")
    assert [item.type for item in complete.get_completions(before, "mo")] == ["file"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(shell: str) -> None:
    done = call("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_GRAPHFOLD_COMPLETE=" in done.out
    if shutil.which(shell):
        parsed = subprocess.run([shell, "-n"], input=done.out, text=True, check=False)
        assert parsed.returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    program = tmp_path / "graphfold"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m graphfold_cli "$@"\n')
    program.chmod(0o755)
    script = f"""
        {call("completion", "bash").out}
        COMP_WORDS=(graphfold unfold --al) COMP_CWORD=2
        _graphfold_completion graphfold
        echo "${{COMPREPLY[@]}}"
    """
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "--all-steps"
