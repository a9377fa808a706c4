"""The command line in process: what went in, what came out, and the exit code."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from unittest.mock import patch

from graphfold_cli.main import main


@dataclass(frozen=True)
class Done:
    """How a call ended."""

    code: int
    data: bytes
    err: str

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.data.decode("utf-8")

    @property
    def lines(self) -> list[str]:
        """Standard error, line by line."""
        return self.err.splitlines()


class _StandardInput(BytesIO):
    name = "<stdin>"


def call(*args: object, stdin: bytes = b"", encoding: str = "utf-8") -> Done:
    """Run `graphfold ARGS` in this process."""
    streams = {
        "stdin": TextIOWrapper(_StandardInput(stdin), encoding="utf-8"),
        "stdout": TextIOWrapper(BytesIO(), encoding=encoding, newline="\n"),
        "stderr": TextIOWrapper(BytesIO(), encoding=encoding, newline="\n"),
    }
    code: object = 0
    with patch.multiple(sys, **streams):
        try:
            main([str(arg) for arg in args])
        except SystemExit as done:
            code = done.code
    return Done(
        code if isinstance(code, int) else 0,
        _written(streams["stdout"]),
        _written(streams["stderr"]).decode("utf-8", "replace"),
    )


def _written(stream: TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue()
