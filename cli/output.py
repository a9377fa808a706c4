"""Where results go: a file, whole or not at all, or standard output."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphfold.errors import suggest
from graphfold.files import write_whole

from .messages import CallError, say


def choose_format(output: str | None, given: str | None, legal: tuple[str, ...]) -> str:
    """The format: as given, by the suffix, or the first legal one."""
    if given:
        return given
    if output in (None, "-"):
        return legal[0]
    from graphfold.figure_formats import FIGURE_FORMATS

    suffix = Path(output or "").suffix.lstrip(".").lower()
    for name in legal:
        if suffix in FIGURE_FORMATS.get(name, (name,)):
            return name
    *most, last = (f".{suffix_of(name)}" for name in legal)
    known = f"{', '.join(most)} or {last}"
    if not suffix:
        raise CallError(f"{output}: no suffix tells the format; use {known}")
    hint = suggest(suffix, [*legal, *map(suffix_of, legal)]) or f"; use {known}, or --format"
    raise CallError(f"{output}: suffix '.{suffix}' names no format{hint}")


def ensure_writable(output: str) -> None:
    """Refuse a path that can never be written, before the work is done."""
    target = Path(output)
    if output == "-":
        if sys.stdout is None:
            raise CallError("standard output is closed")
    elif target.is_dir():
        raise CallError(f"{output}: cannot be written: Is a directory")
    elif not target.parent.is_dir():
        what = "Not a directory" if target.parent.exists() else "No such directory"
        raise CallError(f"{output}: cannot be written: {target.parent}: {what}")


def write(output: str, data: bytes) -> None:
    """Write bytes to a file, or to standard output for `-`."""
    if output == "-":
        stream = sys.stdout.buffer
        stream.write(data)
        stream.flush()
        return
    try:
        write_whole(output, data)
    except OSError as error:
        reason = error.strerror or error
        raise CallError(f"{output}: cannot be written: {reason}") from None


def tell(output: str, facts: Mapping[str, object], text: str, as_json: bool) -> None:
    """Say on standard error what was written, and where."""
    if as_json:
        say(json.dumps({**facts, "file": output}))
    elif output != "-":
        say(f"{text}: {output}" if text else output)
    elif text:
        say(text)


def suffix_of(format_: str) -> str:
    """The suffix of a format's files."""
    from graphfold.figure_formats import FIGURE_FORMATS

    return FIGURE_FORMATS.get(format_, (format_,))[0]


def ensure_npz(output: str | None) -> None:
    """Refuse a file for arrays that is no .npz, or cannot be written."""
    if output not in (None, "-") and not str(output).endswith(".npz"):
        raise CallError(f"{output}: values are written as .npz")
    if output is not None:
        ensure_writable(output)


def finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: null."""
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
