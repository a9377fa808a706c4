"""Instances: a signal at a step, and how it is written."""

from __future__ import annotations

import re

from graphfold.errors import UnfoldingError, shorten

Instance = tuple[str, int | None]

_ID = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)(?:\[(-?\d+)\])?")
_LONGEST = 10_000  # characters: the names of cells within cells add up


def format_id(signal: str, step: int | None) -> str:
    """Write an instance: "h[3]", or "W" for a static signal."""
    return signal if step is None else f"{signal}[{step}]"


def parse_id(text: str) -> Instance:
    """Read "h[3]" or "W"; UnfoldingError for anything else.

    >>> parse_id("h[-1]")
    ('h', -1)
    """
    if not isinstance(text, str):
        raise UnfoldingError(f"an instance is named by a text such as 'h[3]', not {text!r}")
    match = _ID.fullmatch(text.strip())
    if not match or len(text) > _LONGEST:
        raise UnfoldingError(f"'{shorten(text)}' is no instance; write h[3], or W for a static one")
    return match[1], None if match[2] is None else int(match[2])
