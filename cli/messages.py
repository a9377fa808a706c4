"""What goes to standard error: diagnostics as text or JSON, and one line for anything else."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import graphfold as gf
    from graphfold.circuit import Circuit


class CallError(click.ClickException):
    """The call is wrong in a way that the list of options does not explain."""

    exit_code = 2


def no_such_command(name: str, legal: list[str]) -> str:
    """Say that a command is unknown, and which one may have been meant."""
    from graphfold.errors import shorten, suggest

    hint = suggest(name, legal) or f"; there are {', '.join(legal)}"
    return f"no such command '{shorten(name)}'{hint}"


def report(error: Exception, as_json: bool) -> int:
    """Print an error and return the exit code."""
    import graphfold as gf

    if type(error).__name__ == "NoArgsIsHelpError":  # of click 8.2: its message is the help
        say(str(error))
        return 2
    if isinstance(error, click.ClickException):
        _print_lines(error.format_message(), as_json)
        if isinstance(error, click.UsageError) and error.ctx and not as_json:
            say(f"{error.ctx.command_path} --help shows how it is called")
        return 2
    if isinstance(error, gf.ModelError):
        print_diagnostics(error.diagnostics, as_json)
        return 2
    text = _expected(error)
    if text is not None:
        _print_lines(text, as_json)
        return 2
    return _unexpected(error, as_json)


def _expected(error: Exception) -> str | None:
    import graphfold as gf

    if isinstance(error, gf.GraphfoldError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory; ask for fewer steps"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return None


def _unexpected(error: Exception, as_json: bool) -> int:
    if os.environ.get("GRAPHFOLD_DEBUG"):
        raise error
    cure = "this is a bug, please report it; GRAPHFOLD_DEBUG=1 shows where"
    _print_lines(f"unexpected failure: {type(error).__name__}: {error} ({cure})", as_json)
    return 1


def print_diagnostics(diagnostics: Sequence[gf.Diagnostic], as_json: bool) -> None:
    """Print diagnostics to standard error, one line each or as a JSON list."""
    if as_json:
        _print_json([diagnostic_facts(d) for d in diagnostics])
        return
    for diagnostic in diagnostics:
        colour = "yellow" if diagnostic.severity == "warning" else "red"
        say(_coloured(str(diagnostic), diagnostic.code, colour))


def _print_lines(text: str, as_json: bool) -> None:
    if as_json:
        _print_json([{"severity": "error", "message": line} for line in text.splitlines()])
        return
    for line in text.splitlines():
        say(_coloured(f"error: {line}", "error", "red"))


def _print_json(problems: list[dict[str, object]]) -> None:
    say(json.dumps(problems, indent=2))


def diagnostic_facts(diagnostic: gf.Diagnostic) -> dict[str, object]:
    """A diagnostic as JSON."""
    mark = diagnostic.mark
    return {
        "file": diagnostic.source,
        "line": mark.line if mark else None,
        "column": mark.column if mark else None,
        "stage": diagnostic.stage,
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "signal": diagnostic.signal,
        "message": diagnostic.message,
    }


def _coloured(text: str, word: str, colour: str) -> str:
    if os.environ.get("NO_COLOR") or sys.stderr is None or not sys.stderr.isatty():
        return text
    return text.replace(f"{word}:", click.style(f"{word}:", fg=colour, bold=True), 1)


def say(text: str) -> None:
    """Print a line about what was done to standard error."""
    click.echo(text, err=True)


def say_mode(circuit: Circuit, mode: str | None) -> None:
    """Tell which mode of a model is looked at, where it has some."""
    if circuit.modes:
        say(f"mode {mode or circuit.modes[0].name}")


def count(number: int, noun: str) -> str:
    """A number of things: 1 node, 1,000 nodes."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
