"""The text of a model file: read whole, with a limit, every failure located."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from graphfold.errors import Diagnostic, ModelError

LARGEST = 10_000_000  # bytes; YAML of that size takes minutes, and no model comes near it


def read_text(path: str | os.PathLike[str] | BinaryIO) -> tuple[str, str]:
    """Return the text and the name of a model file; ModelError when it cannot be read."""
    if not isinstance(path, str | os.PathLike):
        name = getattr(path, "name", "model")
        source = "<stdin>" if name in ("<stdin>", 0) else str(name)
        return _decode(path.read(LARGEST + 1), source), source
    source = os.fspath(path)
    if not source:
        raise _unreadable(source, "the path of the model file is empty")
    try:
        if Path(path).is_dir():
            raise _unreadable(source, "is a directory, not a model file")
        size = Path(path).stat().st_size
        with Path(path).open("rb") as file:  # a device or pipe has no size, and may never end
            data = file.read(LARGEST + 1) if size <= LARGEST else b""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(source, f"cannot be read: {reason}") from None
    if size > LARGEST:
        raise _too_large(source, f"{size / 1e6:,.0f} MB")
    return _decode(data, source), source


def _decode(data: bytes, source: str) -> str:
    if len(data) > LARGEST:
        raise _too_large(source, "more")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(source, f"is no text in UTF-8 (line {line})") from None


def _unreadable(source: str, message: str) -> ModelError:
    return ModelError([Diagnostic("file", "file", message, source=source)])


def _too_large(source: str, size: str) -> ModelError:
    message = f"a model file has at most {LARGEST / 1e6:.0f} MB; this one has {size}"
    return _unreadable(source, message)
