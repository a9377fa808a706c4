"""Data with cached properties that pickles and copies: the caches stay behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")


class Recomputed:
    """A base for dataclasses: what is cached is worked out again in a copy or another process."""

    @property
    def notes(self) -> dict[str, Any]:
        """What modules above have found out about this value, by names of theirs."""
        notes: dict[str, Any] = self.__dict__.setdefault("_notes", {})
        return notes

    def remember(self, name: str, work: Callable[[], T]) -> T:
        """Work something out once and note it."""
        if name not in self.notes:
            self.notes[name] = work()
        found: T = self.notes[name]
        return found

    def __getstate__(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
