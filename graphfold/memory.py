"""Refuse work that the machine's memory cannot hold, before it starts."""

from __future__ import annotations

import os
from pathlib import Path

from graphfold.errors import TooLargeError

_MEMINFO = Path("/proc/meminfo")


def ensure_fits(size: int, what: str) -> None:
    """Raise TooLargeError when `size` bytes for `what` exceed the memory that is available.

    >>> ensure_fits(10**18, "the edge arrays")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    graphfold.errors.TooLargeError: the edge arrays would need 1 EB of memory; ... available
    """
    available = available_memory()
    if available is not None and size > available:
        need, have = bytes_text(size), bytes_text(available)
        raise TooLargeError(f"{what} would need {need} of memory; {have} are available")


def available_memory() -> int | None:
    """Return the bytes that can be had without swapping; None when the system does not tell."""
    return _from_meminfo() or _from_sysconf()


def _from_meminfo() -> int | None:
    try:
        with _MEMINFO.open(encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass  # not Linux, or not as Linux writes it
    return None


def _from_sysconf() -> int | None:
    """All of the machine's memory: what is free of it, only Linux tells."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
    return size if size > 0 else None


def bytes_text(size: int) -> str:
    """Write a number of bytes for a reader.

    >>> bytes_text(999), bytes_text(23_400_000_000)
    ('999 B', '23 GB')
    """
    number, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    while number >= 999.5 and len(units) > 1:
        number /= 1000
        units.pop(0)
    return f"{number:,.0f} {units[0]}" if number >= 9.95 else f"{number:.2g} {units[0]}"
