"""Rows of different lengths on a namespace: where each row ends, its own boundaries are put in.

A signal's value at step t holds, for each row, what h[t] is in the unfolding of that row alone, as
in `rows.store`. So a read at t - 1 or t + 1 is a plain one; what stands beyond holds anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.engines.flows import spread
from graphfold.evaluate.engines.scope import ArrayScope
from graphfold.evaluate.rows.needs import Key
from graphfold.expression import Index


@dataclass(frozen=True)
class Edges:
    """The boundaries of rows: what each is called, and those the model counts from the start."""

    names: Mapping[Key, str]
    ends: Mapping[str, tuple[Key, ...]]
    fixed: frozenset[tuple[str, int | None]]


@dataclass
class RowScope(ArrayScope):
    """`counts` are the lengths (B,) by axis, `ends` what stands at steps counted from the end."""

    edges: Edges = field(kw_only=True)
    fill: float = 0
    counts: dict[str, Any] = field(default_factory=dict)
    ends: dict[str, dict[int, Any]] = field(default_factory=dict)

    def afresh(self, lengths: Mapping[str, Any]) -> RowScope:
        """The same for rows of other lengths, without the values of a run."""
        return replace(self, tracks={}, statics={}, rows={}, ends={}, counts=dict(lengths))

    def counts_of(self, signal: str) -> Any:
        """The rows' lengths over a signal's axis, None where they do not differ."""
        return self.counts.get(self.unfolding.circuit.axis_of[signal] or "")

    def count(self, axis: str) -> Flow:
        """Each row's own number of steps."""
        if axis not in self.counts:
            return super().count(axis)
        return Flow(self.space.xp.astype(self.counts[axis], self.space.dtype), (), True)

    def pins(self, signal: str) -> list[int]:
        """The pins that the model counts from the start."""
        if self.counts_of(signal) is None:
            return list(super().pins(signal))
        length = self.unfolding.length(str(self.unfolding.circuit.axis_of[signal]))
        return [t for s, t in self.edges.fixed if s == signal and t and 1 <= t <= length]

    def pins_within(self, signal: str) -> bool:
        """Whether a signal is pinned at steps counted from each row's end."""
        return any(index.offset <= 0 for _, index in self.edges.ends.get(signal, ()))

    # -- where rows end ---------------------------------------------------------------------------

    def blend(self, signal: str, step: Any, row: Any) -> Any:
        """What stands at a step: in rows that end so many steps away, their boundary."""
        counts, xp = self.counts_of(signal), self.space.xp
        if counts is None:
            return row
        for offset, value in self.ends.get(signal, {}).items():
            row = xp.where(_beside(xp, counts + offset == step, row.ndim - 1), value, row)
        return row

    def blend_steps(self, signal: str, start: int, array: Any) -> Any:
        """What stands at the steps from `start` on, pins counted from the start aside."""
        counts, xp = self.counts_of(signal), self.space.xp
        if counts is None:
            return array
        steps = self.numbers(start, start + array.shape[0])
        for offset, value in self.ends.get(signal, {}).items():
            mask = steps[:, None] == counts[None, :] + offset
            array = xp.where(_beside(xp, mask, array.ndim - 2), value[None, ...], array)
        return array

    def at_end(self, signal: str, index: Index) -> Flow:
        """Each row's value at its own last step, or so many steps from there."""
        counts, offset, xp = self.counts_of(signal), index.offset, self.space.xp
        if counts is None:
            return super().at_end(signal, index)
        if (signal, index) in self.unfolding.circuit.boundary or offset >= 1:
            return Flow(self.ends[signal][offset], (), True)
        track = self.tracks[signal]
        places = xp.clip(counts + (offset - track.first), 0, track.array.shape[0] - 1)
        places = _beside(xp, places, track.array.ndim - 2)[None, ...]
        shape = (1, *track.array.shape[1:])
        row = xp.take_along_axis(track.array, xp.broadcast_to(places, shape), axis=0)
        return Flow(row[0, ...], (), True)

    # -- what counts ------------------------------------------------------------------------------

    def numbers(self, start: int, stop: int) -> Any:
        """The steps start … stop - 1 as whole numbers."""
        like = next(iter(self.counts.values()))
        return self.space.xp.arange(start, stop, dtype=like.dtype, device=self.space.device)

    def valid(self, axis: str) -> Any:
        """Which steps (T, B) of an axis each row has."""
        steps = self.numbers(1, self.unfolding.length(axis) + 1)
        return steps[:, None] <= self.counts[axis][None, :]

    def reduce(self, operation: str, flow: Flow, axis: str) -> Flow:
        """Reduce along a clock, each row over its own steps; of none there is 0."""
        if axis not in self.counts:
            return super().reduce(operation, flow, axis)
        xp, length, counts = self.space.xp, self.unfolding.length(axis), self.counts[axis]
        axes = (axis, *(a for a in flow.axes if a != axis))
        sizes = dict(zip(flow.axes, flow.array.shape, strict=False))
        front = (length, *(sizes[a] for a in axes[1:]), counts.shape[0])
        array = spread(self.space, flow, axes, front, tuple(flow.core))
        valid, rest = self._over(self.valid(axis), axes), Flow(None, axes[1:], True)  # type: ignore[arg-type]
        nothing = xp.zeros_like(array)
        if length == 0:
            return rest._replace(array=self.space.zeros(tuple(array.shape[1:])))
        if operation == "max_over":
            lowest = xp.where(_beside(xp, valid, len(flow.core)), array, nothing - xp.inf)
            largest = xp.max(lowest, axis=0)
            some = _beside(xp, self._over(counts >= 1, axes[1:]), len(flow.core))
            return rest._replace(array=xp.where(some, largest, nothing[0, ...]))
        kept = xp.where(_beside(xp, valid, len(flow.core)), array, nothing)
        total = xp.sum(self.space.widen(kept), axis=0)
        if operation == "mean_over":
            own = xp.astype(xp.where(counts < 1, 1, counts), total.dtype)
            total = total / _beside(xp, self._over(own, axes[1:]), len(flow.core))
        return rest._replace(array=xp.astype(total, self.space.dtype))

    def _over(self, mask: Any, axes: tuple[str, ...]) -> Any:
        """A mask (T, B) or (B,) with axes of size 1 between, for the other clocks."""
        between = len(axes) + 1 - mask.ndim
        shape = (*mask.shape[:-1], *(1,) * between, mask.shape[-1])
        return self.space.xp.reshape(mask, shape)

    def padded(self, flow: Flow) -> Flow:
        """An input whose padding repeats each row's last step: it is never read.

        So what is computed there, and thrown away, is as finite as the rest, derivatives too.
        """
        (axis,), xp = flow.axes, self.space.xp
        if axis not in self.counts or not flow.batched or not flow.array.shape[0]:
            return flow
        array, counts = flow.array, self.counts[axis]
        steps = self.numbers(1, array.shape[0] + 1)
        places = xp.minimum(steps[:, None], xp.where(counts < 1, 1, counts)[None, :]) - 1
        places = xp.broadcast_to(_beside(xp, places, array.ndim - 2), tuple(array.shape))
        found = xp.take_along_axis(array, places, axis=0)
        some = _beside(xp, (counts >= 1)[None, :], array.ndim - 2)
        return flow._replace(array=xp.where(some, found, xp.zeros_like(found)))

    def filled(self, found: dict[str, Any]) -> dict[str, Any]:
        """The outputs with `fill` beyond each row's length."""
        xp, done = self.space.xp, {}
        for name, array in found.items():
            axis = self.unfolding.circuit.axis_of[name]
            if axis not in self.counts or self.unfolding.circuit.kind_of(name) == "param":
                done[name] = array
                continue
            valid = _beside(xp, self.valid(str(axis)), array.ndim - 2)
            done[name] = xp.where(valid, array, self.space.constant(self.fill))
        return done


def _beside(xp: Any, mask: Any, core: int) -> Any:
    """An array with so many axes of size 1 behind."""
    return xp.reshape(mask, (*mask.shape, *(1,) * core)) if core else mask
