"""Signals of a recurrence whose values stand side by side in one array."""

from __future__ import annotations

from dataclasses import dataclass

BUNDLE = "\0bundle of "


@dataclass(frozen=True)
class Bundle:
    """Signals side by side, and the size of each."""

    signals: tuple[str, ...]
    sizes: tuple[int, ...]

    @property
    def name(self) -> str:
        """What the values of all of them are kept under."""
        return BUNDLE + ",".join(self.signals)

    def span(self, signal: str) -> slice:
        """Where a signal stands."""
        place = self.signals.index(signal)
        start = sum(self.sizes[:place])
        return slice(start, start + self.sizes[place])
