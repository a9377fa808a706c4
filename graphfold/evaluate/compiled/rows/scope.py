"""What a compiled run of rows of different lengths knows besides: the lengths, and their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.tracks import Track
from graphfold.evaluate.rows.needs import Key, Rows
from graphfold.evaluate.value import Array
from graphfold.expression import Index


@dataclass(frozen=True)
class Patch:
    """A boundary that stands in each of some rows at a step of its own."""

    steps: Array
    rows: Array
    values: Array

    def put(self, track: Track) -> None:
        """Put it into the signal's values."""
        track.array[self.steps - track.first, self.rows] = self.values


@dataclass
class RowScope(Scope):
    """`counts` are the rows' lengths over some axes, `order` the rows' places in the batch.

    The unfolding is that of the longest row. A track holds at each step what each row has there in
    the unfolding of that row alone, its own boundaries put in; what is beyond holds anything.
    """

    rows: Rows | None = None
    counts: Mapping[str, Array] = field(default_factory=dict)
    order: Array = field(default_factory=lambda: np.arange(0))
    patches: dict[str, list[Patch]] = field(default_factory=dict)
    ends: dict[Key, Flow] = field(default_factory=dict)

    @property
    def batch_size(self) -> int:
        """The number of rows."""
        return len(self.order)

    @cached_property
    def tables(self) -> Mapping[str, Array]:
        """Which row has which steps, (longest, B), for each axis with lengths."""
        return {
            axis: counts >= np.arange(1, self.unfolding.length(axis) + 1)[:, None]
            for axis, counts in self.counts.items()
        }

    @cached_property
    def everyone(self) -> Array:
        """All rows."""
        return np.ones(self.batch_size, bool)

    def name(self, axis: str, row: int) -> str:
        """Name a row by its length, as the caller wrote it."""
        assert self.rows is not None
        return self.rows.lengths.axes[axis].name(int(self.order[row]))

    def at_end(self, signal: str, offset: int) -> Flow:
        """A sequence at each row's own last step, or so many steps from there."""
        circuit = self.unfolding.circuit
        axis = str(circuit.axis_of[signal])
        key = (signal, Index(circuit.length_of[axis], offset))
        if key in circuit.boundary and key in self.ends:
            return self.ends[key]
        track, steps = self.tracks[signal], self.counts[axis] + offset
        if not track.batched:
            return Flow(track.array[steps - track.first], (), True)
        return Flow(track.array[steps - track.first, np.arange(self.batch_size)], (), True)

    def restore(self, signal: str) -> None:
        """Put a signal's boundaries back where an equation has been written over them."""
        for patch in self.patches.get(signal, ()):
            patch.put(self.tracks[signal])

    # -- which rows an equation holds for ----------------------------------------------------------

    def ever(self, signal: str) -> Array:
        """Say for each row whether the equation of a signal holds at some step at all."""
        circuit = self.unfolding.circuit
        axis = circuit.axis_of.get(signal)
        if axis is None or axis not in self.counts:
            return self.everyone
        counts = self.counts[axis]
        left = counts.copy()
        for boundary in circuit.boundaries_of.get(signal, ()):
            step = boundary.index.offset + counts * bool(boundary.index.base)
            left -= (step >= 1) & (step <= counts)
        mask: Array = left > 0
        return mask

    def unpinned(self, signal: str) -> Array:
        """Where rows have a step of a signal's axis at which it is not pinned from the end."""
        circuit = self.unfolding.circuit
        axis = str(circuit.axis_of[signal])
        table, counts = self.tables[axis], self.counts[axis]
        steps = np.arange(1, len(table) + 1)[:, None]
        for boundary in circuit.boundaries_of.get(signal, ()):
            if boundary.index.base and boundary.index.offset <= 0:
                table = table & (steps != counts + boundary.index.offset)
        return table

    # -- rows in another order ---------------------------------------------------------------------

    def permuted(self, order: Array) -> RowScope:
        """The same with the rows in another order; arrays are copied when they are looked at."""

        def track(name: str) -> Track:
            old = self.tracks[name]
            return replace(old, array=old.array[:, order]) if old.batched else old

        def static(name: str) -> Flow:
            old = self.statics[name]
            return old._replace(array=old.array[order]) if old.batched else old

        def end(key: Key) -> Flow:
            old = self.ends[key]
            return old._replace(array=old.array[order]) if old.batched else old

        return RowScope(
            self.unfolding,
            self.sizes,
            self.dtype,
            self.functions,
            self.batch,
            tracks=_OnDemand(track),
            statics=_OnDemand(static),
            rows=self.rows,
            counts={axis: counts[order] for axis, counts in self.counts.items()},
            order=self.order[order],
            ends=_OnDemand(end, self.ends),
        )


class _OnDemand(dict[Any, Any]):
    """Makes what is asked for, once; it has what `source` has."""

    def __init__(self, make: Callable[[Any], Any], source: Mapping[Any, Any] | None = None) -> None:
        super().__init__()
        self._make, self._source = make, source

    def __missing__(self, key: Any) -> Any:
        self[key] = self._make(key)
        return self[key]

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (self._source is not None and key in self._source)


def end_keys(circuit: Circuit, signal: str) -> list[Key]:
    """The boundaries counted from the end: declared, and read by a lookahead or as h[T+1]."""
    axis = circuit.axis_of[signal]
    symbol = circuit.length_of[str(axis)]
    found = [(signal, b.index) for b in circuit.boundaries_of.get(signal, ()) if b.index.base]
    links = [link for link in circuit.links if link.source == signal]
    most = max([0, *(-link.delay for link in links if link.reach == "step")])
    most = max([most, *(-link.delay for link in links if link.reach == "all")])
    fixed = [i.offset for link in links if (i := link.index) is not None and i.base == symbol]
    ahead = [*range(1, most + 1), *sorted(offset for offset in fixed if offset > most)]
    found += [(signal, Index(symbol, offset)) for offset in ahead]
    return list(dict.fromkeys(found))
