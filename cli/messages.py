"""What goes to standard error: diagnostics as text or JSON, and one line for anything else."""

from __future__ import annotations

import json
import os
import sys

import click

import graphfold as gf


def no_such_command(name: str, legal: list[str]) -> str:
    """Say that a command is unknown, and which one may have been meant."""
    from graphfold.errors import shorten, suggest

    hint = suggest(name, legal) or f"; there are {', '.join(legal)}"
    return f"no such command '{shorten(name)}'{hint}"


def report(error: Exception) -> int:
    """Print an error and return the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, gf.ModelError):
        print_diagnostics(error.diagnostics)
        return 2
    if isinstance(error, gf.GraphfoldError):
        _print_lines(str(error))
        return 2
    if isinstance(error, MemoryError):
        _print_lines("not enough memory; ask for fewer steps")
        return 2
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        _print_lines(f"{where}{error.strerror or error}")
        return 2
    return _unexpected(error)


def _unexpected(error: Exception) -> int:
    if os.environ.get("GRAPHFOLD_DEBUG"):
        raise error
    name = type(error).__name__
    _print_lines(f"unexpected failure: {name}: {error}")
    click.echo("This is a bug; GRAPHFOLD_DEBUG=1 shows where. Please report it.", err=True)
    return 1


def as_json() -> bool:
    """Whether the running command was asked for JSON."""
    return "--json" in sys.argv[1:]


def print_diagnostics(diagnostics: tuple[gf.Diagnostic, ...] | list[gf.Diagnostic]) -> None:
    """Print diagnostics to standard error, one line each or as a JSON list."""
    if as_json():
        click.echo(json.dumps([_plain(d) for d in diagnostics], indent=2), err=True)
        return
    for diagnostic in diagnostics:
        colour = "yellow" if diagnostic.severity == "warning" else "red"
        click.echo(_coloured(str(diagnostic), diagnostic.code, colour), err=True)


def _print_lines(text: str) -> None:
    if as_json():
        problems = [{"severity": "error", "message": line} for line in text.splitlines()]
        click.echo(json.dumps(problems, indent=2), err=True)
        return
    for line in text.splitlines():
        click.echo(_coloured(f"error: {line}", "error", "red"), err=True)


def _plain(diagnostic: gf.Diagnostic) -> dict[str, object]:
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
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return text.replace(f"{word}:", click.style(f"{word}:", fg=colour, bold=True), 1)


def say(text: str) -> None:
    """Print a line about what was done to standard error."""
    click.echo(text, err=True)
