"""Where results go: a file, whole or not at all, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from graphfold.errors import suggest
from graphfold.files import write_whole


def choose_format(output: str | None, given: str | None, legal: tuple[str, ...]) -> str:
    """The format: as given, by the suffix, or the first legal one."""
    if given:
        return given
    suffix = Path(output).suffix.lstrip(".").lower() if output and output != "-" else legal[0]
    if suffix in legal:
        return suffix
    hint = suggest(suffix, legal) or f"; use .{' or .'.join(legal)}, or --format"
    what = f"suffix '.{suffix}'" if suffix else "no suffix"
    raise click.UsageError(f"{output}: {what} names no format{hint}")


def write(output: str, data: bytes) -> None:
    """Write bytes to a file, or to standard output for `-`."""
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        try:
            write_whole(output, data)
        except OSError as error:
            reason = error.strerror or error
            raise click.UsageError(f"{output}: cannot be written: {reason}") from None
