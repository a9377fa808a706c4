"""Back-propagation through blocks of steps, of which only the first states are kept.

A run of T steps in blocks of k keeps T / k states and, on the way back, the values of k steps: with
k = sqrt(T) about 2 sqrt(T) in place of T, for one more run forward (Chen, Xu, Zhang and Guestrin,
"Training deep nets with sublinear memory cost", 2016).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from graphfold.errors import GraphfoldError
from graphfold.evaluate.checkpoints.ends import Ends
from graphfold.evaluate.checkpoints.weighed import LOSS, Result, shared_out, weighed, with_inputs
from graphfold.evaluate.stream.constants import Constants
from graphfold.evaluate.stream.ending import at_end
from graphfold.evaluate.stream.parts import Parts, at, like
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.stream.state import State
from graphfold.evaluate.stream.stream import Stream
from graphfold.evaluate.value import Array
from graphfold.expression import Index, Read
from graphfold.instances import format_id
from graphfold.unfold import unfold

Arrays = dict[str, Array]


class Pulls(Protocol):
    """A plan of a part, as far as it is needed here."""

    def pull(
        self, values: Mapping[str, Any], loss: str, wrt: Sequence[str], steps: Mapping[str, int]
    ) -> Arrays:
        """The gradients of those values that the loss depends on."""


class Block(NamedTuple):
    """Steps first + 1 … last, the state before them, and what is given of these steps."""

    state: State
    first: int
    last: int
    inputs: Arrays


@dataclass
class Checkpoints:
    """Finds the gradients of a loss that is known after the last step of a stream."""

    stream: Stream
    make: Callable[[Part], Pulls]
    loss: str
    found: Arrays = field(default_factory=dict)
    _plans: dict[object, Pulls] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        """The circuit: before, during and after the stream."""
        return self.stream.parts

    def run(
        self, start: Mapping[str, Any], inputs: Mapping[str, Array], steps: int, block: int | None
    ) -> Arrays:
        """Return the gradients of all that was given and has influence, over so many steps.

        `inputs` are (T, …) or (T, B, …) by name. GraphfoldError for what checkpoints cannot do.
        """
        self._ensure_possible()
        self.found = {}
        state = self.stream.start(start)
        blocks: list[Block] = []
        for first, last in _edges(steps, block):
            piece = {name: array[first:last] for name, array in inputs.items()}
            blocks.append(Block(state, first, last, piece))
            state, _ = self.stream.advance(state, piece, last - first)
        constants = self.stream.constants(state)
        ends = self._after(state, constants)
        for one in reversed(blocks):
            ends = self._during(one, constants, ends, steps)
        self._before(constants, ends)
        return self.found

    def _ensure_possible(self) -> None:
        cut, problems = self.parts.cut, list[str]()
        if self.loss not in cut.late:
            problems.append(f"{self.loss} is known before the last step, or at each step")
        for step, signals in cut.pins.items():
            problems.append(f"step {step} of {', '.join(sorted(signals))} is pinned")
        for total in self.parts.totals:
            if total.how == "max_over":
                problems.append(f"{total.name.partition('@')[0]} takes a maximum over time")
        if problems:
            lines = (f"no gradients with checkpoints: {problem}" for problem in problems)
            raise GraphfoldError("\n".join(lines))

    # -- the three parts, the last one first ------------------------------------------------------

    def _after(self, state: State, constants: Constants) -> Ends:
        """The gradients of what was gathered, and of the last rows."""
        part, cut = self.parts.after, self.parts.cut
        given = at_end(self.parts, state, constants)
        values = {**constants.of(part.circuit), **given}
        pulled = self._pull("after", part, values, constants.lengths, self.loss)
        rows = {signal: np.zeros(a.shape, a.dtype) for signal, a in state.rows.items()}
        for signal, offset in self.parts.last_reads:
            index = f"{cut.length}{offset:+d}" if offset else cut.length
            if at(signal, index) in pulled:
                rows[signal][offset - 1] += pulled.pop(at(signal, index))
        totals = {t: pulled.pop(t.name) for t in self.parts.totals if t.name in pulled}
        self._add(pulled)
        return Ends(totals, rows, state.step)

    def _during(self, block: Block, constants: Constants, ends: Ends, steps: int) -> Ends:
        """Take gradients back through a block, to the rows before it."""
        key = ("during", tuple(ends.totals), min(block.last - block.first, 1 + len(ends.rows)))
        part = weighed(self.parts.during(), ends.results(self.parts))
        axis, declared = self.parts.cut.axis, part.circuit.declared
        lengths = {**constants.lengths, axis: block.last - block.first}
        values = constants.of(part.circuit)
        values |= {name: array for name, array in block.inputs.items() if name in declared}
        clock = f"{axis}@step"
        if clock in declared:
            values[clock] = np.arange(block.first + 1, block.last + 1).astype(constants.dtype)
        histories = {
            format_id(signal, step): (signal, step)
            for signal, step in unfold(part.circuit, lengths).boundaries
            if step <= 0
        }
        for name, (signal, step) in histories.items():
            values[name] = block.state.rows[signal][step - 1, ...]
        weights = ends.weights(block.first, block.last)
        pulled = self._pull(key, part, values, lengths, LOSS, weights)
        rows = {s: np.zeros(a.shape, a.dtype) for s, a in block.state.rows.items()}
        for name, (signal, step) in histories.items():
            if name in pulled:
                rows[signal][step - 1] += pulled.pop(name)
        for name in block.inputs:
            if name in pulled:
                self._put(name, pulled.pop(name), block.first, steps)
        self._add({name: array for name, array in pulled.items() if name != clock})
        return Ends(ends.totals, rows, ends.steps)

    def _before(self, constants: Constants, ends: Ends) -> None:
        """Take gradients of what stands still, and of histories, back to what was given."""
        part, cut = self.parts.before, self.parts.cut
        for signal, steps in cut.boundary_steps.items():
            for step in steps:
                if step <= 0 and signal in ends.rows and -step < len(ends.rows[signal]):
                    self._add({at(signal, step): ends.rows[signal][step - 1]})
        computed = [n for n in self.found if n in part.circuit.equation and n not in cut.moving]
        weights = {f"weight@{name}": self.found.pop(name) for name in computed}
        if not computed:
            return
        shapes, axis_of = part.shapes.signals, part.circuit.axis_of
        results = [
            Result(f"weight@{n}", Read(n, _index(axis_of[n])), shapes[n], axis_of[n])
            for n in computed
        ]
        setting = constants.setting
        values = {n: a for n, a in setting.values.items() if n.partition("[")[0] not in cut.late}
        likes = {like(n): np.zeros(c, constants.dtype) for n, c in setting.shapes.items()}
        blanks = [n for n in part.circuit.equation if n in cut.moving]
        made = weighed(with_inputs(part, blanks, self.parts.shapes.signals), results)
        for name in blanks:
            core = (size.evaluate(constants.sizes) for size in self.parts.shapes.signals[name])
            likes[name] = np.zeros((0, *core), constants.dtype)
        key = ("before", tuple(computed))
        self._add(self._pull(key, made, values, constants.lengths, LOSS, {**likes, **weights}))

    # -- common to them ---------------------------------------------------------------------------

    def _pull(
        self,
        key: object,
        part: Part,
        values: Mapping[str, Array],
        lengths: Mapping[str, int],
        loss: str,
        more: Mapping[str, Array] | None = None,
    ) -> Arrays:
        """Gradients of values; those of `more` are not asked for."""
        if key not in self._plans:
            self._plans[key] = self.make(part)
        given = {**values, **shared_out(part.circuit, more or {})}
        return self._plans[key].pull(given, loss, list(values), lengths)

    def _add(self, gradients: Mapping[str, Array]) -> None:
        for name, array in gradients.items():
            known = self.found.get(name)
            self.found[name] = array if known is None else known + array

    def _put(self, name: str, gradient: Array, first: int, steps: int) -> None:
        """Put the gradient of some steps of an input in its place."""
        if name not in self.found:
            self.found[name] = np.zeros((steps, *gradient.shape[1:]), gradient.dtype)
        self.found[name][first : first + len(gradient)] = gradient


def _index(axis: str | None) -> Index | None:
    return None if axis is None else Index(axis)


def _edges(steps: int, block: int | None) -> Iterator[tuple[int, int]]:
    """Blocks of steps, as long as the square root of all, or as told."""
    size = max(1, math.isqrt(steps)) if block is None else block
    for first in range(0, steps, size):
        yield first, min(first + size, steps)
