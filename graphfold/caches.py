"""Data with cached properties that pickles and copies: the caches stay behind."""

from __future__ import annotations

from dataclasses import fields


class Recomputed:
    """A base for dataclasses: what is cached is worked out again in a copy or another process."""

    def __getstate__(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
