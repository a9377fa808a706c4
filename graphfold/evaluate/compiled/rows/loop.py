"""A recurrence over rows of different lengths: each step computes the rows that have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, apply, reduce_axis
from graphfold.evaluate.compiled.loop import Body, Loop, Prepared
from graphfold.evaluate.compiled.ready import Values
from graphfold.evaluate.compiled.rows.masked import apply_where, reduce_valid, valid_of
from graphfold.evaluate.compiled.rows.scope import RowScope
from graphfold.evaluate.compiled.rows.tiles import Pinned, Tile, tiles
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.step import Fact, Operation, Ref
from graphfold.evaluate.kernels import STRUCTURAL, UNFAILING
from graphfold.evaluate.value import Array


@dataclass
class RowLoop(Loop):
    """A component of signals that need each other, along one axis, perhaps backward."""

    cuts_rows = True

    def run(self, scope: Scope) -> None:
        """Fill the tracks of the component's signals."""
        assert isinstance(scope, RowScope)
        counts = scope.counts.get(self.axis)
        if counts is None or not (counts[:-1] < counts[1:]).any():
            self._run(scope)
            return
        order = np.argsort(-counts, kind="stable")
        sorted_scope = scope.permuted(order)
        self._run(sorted_scope)
        for signal in self.kept:
            scope.tracks[signal].array[:, order] = sorted_scope.tracks[signal].array

    def _run(self, scope: RowScope) -> None:
        values = self.values(scope)
        prepared: dict[frozenset[str], RowPrepared] = {}
        order = self._tiles(scope)
        for tile in reversed(order) if self.backward else order:
            if tile.absent.issuperset(self.signals):
                continue
            if tile.absent not in prepared:
                body = self.body(scope, tile.absent)
                prepared[tile.absent] = RowPrepared(scope, body, values)
            prepared[tile.absent].run_tile(tile, self.backward)

    def _tiles(self, scope: RowScope) -> list[Tile]:
        if self.axis not in scope.counts:
            every = scope.batch_size
            return [
                Tile(*one, 0, every)
                for one in (self.stretches(scope)[::-1] if self.backward else self.stretches(scope))
            ]
        return tiles(scope.counts[self.axis], [self._pinned(scope, s) for s in self.signals])

    def _pinned(self, scope: RowScope, signal: str) -> Pinned:
        indices = [b.index for b in scope.unfolding.circuit.boundaries_of.get(signal, ())]
        fixed = frozenset(i.offset for i in indices if not i.base and i.offset >= 1)
        ends = frozenset(i.offset for i in indices if i.base and i.offset <= 0)
        return Pinned(signal, self.shifts.get(signal, 0), fixed, ends)


class RowPrepared(Prepared):
    """A body with all that it needs of a run, for any of its rows."""

    def __init__(self, scope: RowScope, body: Body, values: Values) -> None:
        super().__init__(scope, body, values)
        self.rows = scope
        code = body.code
        self.still = {f"c{n}": self.flow(n) for n in code.statics}
        self.where = {ref: _place(self.flow(ref.number)) for ref in self.hoisted}
        self.block = (0, 0, 0)
        self.made: dict[str, Array] = {}

    def run_tile(self, tile: Tile, backward: bool) -> None:
        """Run the steps of a tile in its rows, as many at once as can be made ready."""
        arrays = self._arrays(tile)
        start, stop = tile.start, tile.stop
        while start < stop:
            first, last = self._make_ready(tile._replace(start=start, stop=stop), backward)
            rows = {f"{n}s": self._rows(ref, (first, last), tile) for n, ref in self.body.code.rows}
            for name, ready in self.ready.items():
                made = self.made[name][first - self.block[0] : last - self.block[0]]
                low = self.block[2]
                rows[f"{name}s"] = (
                    made if ready.batch is None else made[:, tile.low - low : tile.high - low]
                )
            if backward:
                rows = {name: array[::-1] for name, array in rows.items()}
            self.body.run(rows, arrays, self._count(tile))
            start, stop = (start, first) if backward else (last, stop)

    def _make_ready(self, tile: Tile, backward: bool) -> tuple[int, int]:
        """The next steps of the tile for which sums are ready; made for later tiles too."""
        if not self.ready:
            return tile.start, tile.stop
        begin, end, _ = self.block
        needed = tile.stop - 1 if backward else tile.start
        if tile.absent or not begin <= needed < end:
            self._make(tile, backward)
            begin, end, _ = self.block
        return max(tile.start, begin), min(tile.stop, end)

    def _make(self, tile: Tile, backward: bool) -> None:
        chunk = min(ready.chunk for ready in self.ready.values())
        most = max(self.body.step.shifts.values(), default=0)
        longest = self.rows.unfolding.length(self.body.step.axis) + most
        low, high = tile.low, tile.high
        if tile.absent:
            first, last = (
                (max(tile.start, tile.stop - chunk), tile.stop)
                if backward
                else (tile.start, min(tile.stop, tile.start + chunk))
            )
        else:
            first = max(1, tile.stop - chunk) if backward else tile.start
            last = tile.stop if backward else min(longest + 1, tile.start + chunk)
            low, high = 0, self._active(first)
        self.block = (first, last, low)
        self.made = {n: r.rows(first, last, slice(low, high)) for n, r in self.ready.items()}

    def _active(self, step: int) -> int:
        counts = self.rows.counts.get(self.body.step.axis)
        if counts is None:
            return self.rows.batch_size
        return int(np.searchsorted(-counts, -step, "right"))

    def _arrays(self, tile: Tile) -> dict[str, Any]:
        """What is set aside and what stands still, cut to the rows of a tile."""
        low, high = tile.low, tile.high
        arrays: dict[str, Any] = dict(self.arrays)
        if self._count(tile) is not None:
            for name, flow in self.still.items():
                if flow.batched:
                    arrays[name] = _cut(flow.array, len(flow.axes), low, high)
        return arrays | self._calls(low, high)

    def _count(self, tile: Tile) -> int | None:
        """How many rows a tile has, if not all."""
        whole = (tile.low, tile.high) == (0, self.rows.batch_size)
        return None if whole else tile.high - tile.low

    def _calls(self, low: int, high: int) -> dict[str, Callable[..., Array]]:
        """Calls over the steps of other clocks, of which rows have their own number."""
        step, counted = self.body.step, self.rows.counts
        found: dict[str, Callable[..., Array]] = {}
        for name in [name for name in self.body.code.calls if name.startswith("k")]:
            operation = step.operations[int(name[1:])]
            facts = [step.facts[ref] for ref in operation.operands]
            clocks = {axis for fact in facts for axis in fact.axes}
            if clocks & counted.keys():
                tables = {axis: t[:, low:high] for axis, t in self.rows.tables.items()}
                found[name] = partial(row_call, operation, facts, tables, self.rows.dtype)
        return found

    def _rows(self, ref: Ref, steps: tuple[int, int], tile: Tile) -> Array:
        start, stop = steps
        if ref.kind == "hoisted":
            array, place = self.hoisted[ref][start - 1 : stop - 1], self.where[ref]
        else:
            track = self.rows.tracks[ref.signal]
            back = ref.number + self.body.step.shifts.get(ref.signal, 0)
            array = track.rows(start - back, stop - back)
            place = 1 if track.batched else 0
        if place:
            array = _cut(array, place, tile.low, tile.high)
        return array.reshape(len(array), 1) if array.ndim == 1 else array


def _place(flow: Flow) -> int:
    """Where the rows are counted, 0 for nowhere."""
    return len(flow.axes) if flow.batched else 0


def _cut(array: Array, place: int, low: int, high: int) -> Array:
    return array[(slice(None),) * place + (slice(low, high),)]


def row_call(
    operation: Operation,
    facts: Sequence[Fact],
    tables: Mapping[str, Array],
    dtype: np.dtype[Any],
    *arrays: Array,
) -> Array:
    """Do an operation of a step that moves along other clocks, on the steps that rows have."""
    flows = [Flow(a if f.core or f.batched or f.axes else a.reshape(()), f.axes, f.batched)
             for a, f in zip(arrays, facts, strict=True)]  # fmt: skip
    attributes = dict(operation.attributes)
    if operation.kernel is None:
        axis, flow = attributes["axis"], flows[0]
        if axis in tables:
            flow = reduce_valid(operation.name, flow, axis, tables[axis])
        else:
            length = flow.array.shape[flow.axes.index(axis)]
            flow = reduce_axis(operation.name, flow, axis, length)
        return np.asarray(flow.array, dtype)
    axes = tuple(dict.fromkeys(axis for flow in flows for axis in flow.axes))
    rows = np.ones(next(iter(tables.values())).shape[1], bool)
    mask = None if _harmless(operation) else valid_of(axes, tables, rows)
    if mask is None:
        found: Flow | None = apply(operation.kernel, flows, attributes)
    else:
        found = apply_where(operation.kernel, flows, attributes, mask)
    if found is None:
        front = [flows[0].array.shape[flows[0].axes.index(axis)] for axis in axes]
        found = Flow(np.zeros((*front, len(rows), *operation.fact.core), dtype), axes, True)
    return np.asarray(found.array, dtype)


def _harmless(operation: Operation) -> bool:
    return operation.name != "call" and operation.name in (UNFAILING | STRUCTURAL)
