"""What a compiled run knows: the unfolding, sizes and functions, and the values so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.tracks import Track
from graphfold.evaluate.value import Array, Value
from graphfold.unfolding import Unfolding


@dataclass
class Scope:
    """`functions` are wrapped as kernels; `batch` is the batch size of each signal that has one.

    `totals` are static signals that are summed over the batch; `together` are those of bundles.
    `still` are the signals that have the same values in every run of the plan, `kept` what was
    made of these alone, with the signals it is made of.
    """

    unfolding: Unfolding
    sizes: Mapping[str, int]
    dtype: np.dtype[Any]
    functions: Mapping[str, Callable[..., Value]]
    batch: Mapping[str, int]
    totals: frozenset[str] = frozenset()
    tracks: dict[str, Track] = field(default_factory=dict)
    statics: dict[str, Flow] = field(default_factory=dict)
    bundled: dict[str, Bundle] = field(default_factory=dict)
    together: dict[object, Array] = field(default_factory=dict)
    still: frozenset[str] = frozenset()
    kept: dict[object, tuple[frozenset[str], Array]] = field(default_factory=dict)

    def at(self, signal: str, step: int) -> Flow:
        """A sequence at one step."""
        track = self.tracks[signal]
        return Flow(track.row(step), (), track.batched)

    def along(self, signal: str, axis: str, offset: int) -> Flow:
        """A sequence at steps 1 + offset … T + offset."""
        track, (start, stop) = self.tracks[signal], self.steps(axis)
        return Flow(track.rows(start + offset, stop + offset), (axis,), track.batched)

    def steps(self, axis: str) -> tuple[int, int]:
        """The first step of a clock, and the one after the last."""
        return 1, self.unfolding.length(axis) + 1
