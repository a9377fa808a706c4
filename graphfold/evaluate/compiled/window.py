"""What a loop reads anew at each step and does not compute, made for some steps at a time.

Arrays for all steps would be new memory each, and cold when the loop comes to them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.ready import Values
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.step import Ref, Step
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.value import Array
from graphfold.expression import nodes_beneath

WIDE = 1 << 22  # bytes of all values of some steps


@dataclass
class Window(Scope):
    """A scope that knows steps `start` … `stop` - 1 of an axis only."""

    axis: str = ""
    start: int = 1
    stop: int = 1

    def steps(self, axis: str) -> tuple[int, int]:
        """The first step of a clock, and the one after the last."""
        return (self.start, self.stop) if axis == self.axis else super().steps(axis)


class Hoisted:
    """Values outside of a loop that move along its axis."""

    def __init__(
        self, step: Step, refs: Sequence[Ref], values: Values, at_once: bool = False
    ) -> None:
        self.step, self.refs, self.values = step, refs, values
        scope = values.scope
        length, each = scope.unfolding.length(step.axis), sum(map(self._bytes, refs))
        self.chunk = max(1, min(length, WIDE // max(1, each)))
        lone = any(step.facts[ref].axes for ref in refs)  # of several clocks
        self.whole: Mapping[Ref, Array] | None = None
        if self.chunk == length or lone or at_once or step.shifts:
            self.chunk = length
            self.whole = {ref: _rows(self._flow(ref), step.axis) for ref in refs}

    @property
    def everything(self) -> Mapping[Ref, Array]:
        """The values of all steps, where they were made at once."""
        assert self.whole is not None
        return self.whole

    def _bytes(self, ref: Ref) -> int:
        fact, scope = self.step.facts[ref], self.values.scope
        batch = max(scope.batch.values(), default=1) if fact.batched else 1
        return math.prod(fact.core) * batch * scope.dtype.itemsize

    def _flow(self, ref: Ref) -> Flow:
        outside = self.step.outside[ref.number]
        return self.values.of(outside.signal, outside.node)

    def rows(self, start: int, stop: int) -> Mapping[Ref, Array]:
        """The values of steps start … stop - 1."""
        if self.whole is not None:
            return {ref: array[start - 1 : stop - 1] for ref, array in self.whole.items()}
        given = {f.name: getattr(self.values.scope, f.name) for f in fields(Scope)}
        window = Window(**given, axis=self.step.axis, start=start, stop=stop)
        known: dict[str, dict[int, Flow]] = {}
        return {ref: self._part(ref, window, known) for ref in self.refs}

    def _part(self, ref: Ref, window: Window, known: dict[str, dict[int, Flow]]) -> Array:
        outside, axis = self.step.outside[ref.number], self.step.axis
        vector = self.values.vectors[outside.signal]
        own = known.setdefault(outside.signal, {})
        for number in self._moving(vector, outside.node):
            if number not in own:
                moves = axis in vector.free[number]
                own[number] = (
                    vector.computed(window, number, own)
                    if moves
                    else self.values.of(outside.signal, number)
                )
        return _rows(own[outside.node], axis)

    def _moving(self, vector: Vector, root: int) -> list[int]:
        """The nodes beneath that move along the axis, and those that they meet."""
        axis = self.step.axis
        return nodes_beneath(root, lambda n: vector.operands(n) if axis in vector.free[n] else ())


def _rows(flow: Flow, axis: str) -> Array:
    """The steps of the loop's axis first."""
    return np.moveaxis(flow.array, flow.axes.index(axis), 0)
