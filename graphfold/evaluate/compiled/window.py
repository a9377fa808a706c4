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
from graphfold.evaluate.compiled.step import Fact, Ref, Step
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


def hoisted_of(step: Step, refs: Sequence[Ref], values: Values) -> Hoisted | None:
    """Values outside of a loop some steps at a time, or None where all may be made at once."""
    length = values.scope.unfolding.length(step.axis)
    each = sum(_bytes(step.facts[ref], values.scope) for ref in refs)
    chunk = max(1, WIDE // max(1, each))
    lone = bool(step.shifts) or any(step.facts[ref].axes for ref in refs)  # of several clocks
    return None if lone or chunk >= length else Hoisted(step, refs, values, chunk)


def _bytes(fact: Fact, scope: Scope) -> int:
    batch = max(scope.batch.values(), default=1) if fact.batched else 1
    return math.prod(fact.core) * batch * scope.dtype.itemsize


@dataclass(frozen=True)
class Hoisted:
    """Values outside of a loop that move along its axis, so many steps at a time."""

    step: Step
    refs: Sequence[Ref]
    values: Values
    chunk: int

    def rows(self, start: int, stop: int) -> Mapping[Ref, Array]:
        """The values of steps start … stop - 1."""
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
        flow = own[outside.node]
        return np.moveaxis(flow.array, flow.axes.index(axis), 0)

    def _moving(self, vector: Vector, root: int) -> list[int]:
        """The nodes beneath that move along the axis, and those that they meet."""
        axis = self.step.axis
        return nodes_beneath(root, lambda n: vector.operands(n) if axis in vector.free[n] else ())
