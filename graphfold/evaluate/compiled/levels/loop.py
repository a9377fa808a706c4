"""A recurrence over a tree: one piece of code for a node, run on all nodes of a height at once.

The nodes of a height, times the examples of a batch, are what the code takes for its batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.buffers import Buffers
from graphfold.evaluate.compiled.emit import Room, emit
from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.fuse import fuse
from graphfold.evaluate.compiled.levels.order import Levels
from graphfold.evaluate.compiled.levels.vector import tree_scope
from graphfold.evaluate.compiled.loop import Body, Loop, Prepared
from graphfold.evaluate.compiled.ready import Ready, Values, recipe_of
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.step import Fact, Lowering, Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array
from graphfold.expression import Read

SMALLEST = 64  # rows set aside at least


class TreeLowering(Lowering):
    """The state `number` of a signal is what the child of that number has, counted from 1."""

    def _moves(self, node: Read) -> bool:
        children = self.scope.unfolding.circuit.trees[self.step.axis].children
        return super()._moves(node) or (node.index is not None and node.index.base in children)

    def _delay(self, own: str, node: Read) -> int:
        assert node.index is not None
        children = self.scope.unfolding.circuit.trees[self.step.axis].children
        return 1 + children.index(node.index.base) if node.index.base in children else 0

    def _state_fact(self, signal: str) -> Fact:
        return Fact(self.cores[signal], True)

    def _fact(self, vector: Vector, number: int, operands: Sequence[Ref] = ()) -> Fact:
        fact = super()._fact(vector, number, operands)
        moves = self.step.axis in vector.free[number]
        return fact._replace(batched=fact.batched or moves)


@dataclass
class TreeLoop(Loop):
    """A component of signals over a tree that need each other."""

    cuts_rows = True
    grown: dict[int, Body] = field(default_factory=dict)

    def run(self, scope: Scope) -> None:
        """Fill the tracks of the component's signals."""
        levels = tree_scope(scope).levels[self.axis]
        if not levels.spans:
            return
        batch = next((scope.batch[s] for s in self.signals if s in scope.batch), None)
        body = self.sized(scope, levels.widest * (1 if batch is None else batch))
        LevelRun(scope, body, Values(scope, self.vectors), levels, batch).run_all()

    def sized(self, scope: Scope, rows: int) -> Body:
        """The code of a node, with room for so many rows."""
        room = max(SMALLEST, 1 << max(rows - 1, 0).bit_length())
        if room not in self.grown:
            self.grown[room] = self._compile_sized(scope, room)
        return self.grown[room]

    def body(self, scope: Scope, pinned: frozenset[str] = frozenset()) -> Body:
        """The code of a node."""
        return self.sized(scope, 1)

    def _compile_sized(self, scope: Scope, room: int) -> Body:
        step = TreeLowering(scope, self.vectors, self.cores, Step(self.axis, self.signals)).run()
        for signal in self.signals:
            step.facts[Ref("state", 0, signal)] = Fact(self.cores[signal], True)
        fused = fuse(step, self.kept, ())
        kept = [s for s in self.signals if s in self.kept]
        code = emit(fused, Room(room, scope.dtype, cut=True), kept)
        names: dict[str, Any] = {}
        exec(compile(code.source, "<graphfold level>", "exec"), names)
        recipes = {
            n: recipe_of(step, code.products[n], self.vectors, code.layouts[n])
            for n in code.ready.values()
        }
        return Body(step, fused, code, names["loop"], recipes, Buffers(code.memory))


class LevelRun(Prepared):
    """A body with all that it needs of a run, for any nodes side by side."""

    def __init__(
        self, scope: Scope, body: Body, values: Values, levels: Levels, batch: int | None
    ) -> None:
        super().__init__(scope, body, values)
        self.levels, self.batch, self.times = levels, batch, 1 if batch is None else batch
        code = body.code
        self.still = {f"c{n}": self._tiled(self.flow(n)) for n in code.statics}
        self.moving = {ref: self._flat(self.flow(ref.number)) for ref in self.hoisted}
        self.block = (0, 0)
        self.made: Mapping[str, Array] = {}

    def run_all(self) -> None:
        """Run the levels, lowest first."""
        for start, stop in self.levels.spans:
            rows = {f"{n}s": self._level(ref, start, stop)[None] for n, ref in self.body.code.rows}
            rows |= {f"{n}s": a[None] for n, a in self._sums(start, stop).items()}
            count = (stop - start) * self.times
            still = {n: _cut(a, place, 0, count) for n, (a, place) in self.still.items()}
            self.body.run(rows, {**self.arrays, **still}, count)

    def _level(self, ref: Ref, start: int, stop: int) -> Array:
        if ref.kind == "hoisted":
            array, place = self.moving[ref]
            return _cut(array, place, (start - 1) * self.times, (stop - 1) * self.times)
        track = self.scope.tracks[ref.signal]
        if ref.number:
            places = self.levels.children[start - 1 : stop - 1, ref.number - 1]
            array = track.array[places - track.first]
        else:
            array = track.rows(start, stop)
        return array.reshape((stop - start) * self.times, *array.shape[1 + track.batched :])

    def _sums(self, start: int, stop: int) -> Mapping[str, Array]:
        """What is added to products in a level; made for several levels at once."""
        if self.ready and not (self.block[0] <= start and stop <= self.block[1]):
            chunk = min(ready.chunk for ready in self.ready.values())
            last = max(stop, min(start + chunk, len(self.levels.steps) + 1))
            self.block = (start, last)
            self.made = {n: self._made(ready, start, last) for n, ready in self.ready.items()}
        low, high = ((place - self.block[0]) * self.times for place in (start, stop))
        return {name: array[low:high] for name, array in self.made.items()}

    def _made(self, ready: Ready, start: int, stop: int) -> Array:
        array = ready.rows(start, stop)
        if ready.batch is None and self.batch is not None:
            array = np.broadcast_to(array[:, None], (len(array), self.batch, *array.shape[1:]))
        return array.reshape(-1, array.shape[-1])

    def _flat(self, flow: Flow) -> tuple[Array, int]:
        """A value of all nodes, with nodes and examples as one axis, and where that is."""
        axis = flow.axes.index(self.body.step.axis)
        others = len(flow.axes) - 1
        array = np.moveaxis(flow.array, axis, others)
        return self._joined(array, others, flow.batched), others

    def _tiled(self, flow: Flow) -> tuple[Array, int]:
        """A value that stands still, repeated for the nodes of a level if examples differ."""
        others = len(flow.axes)
        if not flow.batched:
            return flow.array, -1
        shape = (*flow.array.shape[:others], self.levels.widest, *flow.array.shape[others:])
        array = np.broadcast_to(np.expand_dims(flow.array, others), shape)
        return self._joined(array, others, True), others

    def _joined(self, array: Array, place: int, batched: bool) -> Array:
        """Make one axis of the nodes, at `place`, and the examples."""
        if not batched and self.batch is not None:
            array = np.expand_dims(array, place + 1)
            shape = list(array.shape)
            shape[place + 1] = self.batch
            array = np.broadcast_to(array, shape)
        core = array.shape[place + 1 + (batched or self.batch is not None) :]
        return array.reshape(*array.shape[:place], array.shape[place] * self.times, *core)


def _cut(array: Array, place: int, low: int, high: int) -> Array:
    return array if place < 0 else array[(slice(None),) * place + (slice(low, high),)]
