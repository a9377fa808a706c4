"""The values of a compiled run, looked through as those of a walk are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.finite import Search
from graphfold.evaluate.program import Setting
from graphfold.evaluate.value import Value
from graphfold.evaluate.walk import Walk
from graphfold.instances import Instance
from graphfold.recurrence import find_components
from graphfold.shapes import Shapes


@dataclass
class Tracked(dict[Instance, Value]):
    """The instances of a run whose signals are all kept, made when they are read."""

    scope: Scope

    def __missing__(self, instance: Instance) -> Value:
        signal, step = instance
        if step is None:
            flow = self.scope.statics[signal]
            return Value(flow.array, flow.batched)
        track = self.scope.tracks[signal]
        return Value(track.row(step), track.batched)


@dataclass
class TrackSearch(Search):
    """Looks through tracks, all steps of a signal at once."""

    scope: Scope

    @classmethod
    def of(cls, scope: Scope, bound: Bound, circuit: Circuit, shapes: Shapes) -> TrackSearch:
        """A search through a finished run of a circuit with defined functions inlined."""
        setting = Setting(
            scope.unfolding, scope.sizes, scope.dtype, scope.functions, scope.batch, Tracked(scope)
        )
        return cls(Walk(setting, bound, circuit, shapes), scope)

    def suspects(self) -> Iterator[Instance]:
        """The first step of each signal that is not finite, in the direction it is computed in."""
        backward = {
            signal
            for component in find_components(self.walk.inlined)[0]
            if component.direction == "anti-causal"
            for signal in component.signals
        }
        for signal, flow in self.scope.statics.items():
            if not np.isfinite(flow.array).all():
                yield signal, None
        known = self.walk.inlined.axis_of
        tracks = ((name, t) for name, t in self.scope.tracks.items() if name in known)
        for signal, track in tracks:
            finite = np.isfinite(track.array)
            rows = finite.all(axis=tuple(range(1, finite.ndim)))
            wrong = np.flatnonzero(~rows)
            if len(wrong):
                yield signal, track.first + int(wrong[-1 if signal in backward else 0])
