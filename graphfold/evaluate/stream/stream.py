"""Run some steps of a circuit from a state: the values of these steps, and the state after them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from graphfold.evaluate.stream.constants import (
    Constants,
    Setting,
    Shapes,
    cores,
    first_rows,
    prepare,
    told_sizes,
)
from graphfold.evaluate.stream.ending import at_end
from graphfold.evaluate.stream.inputs import (
    Block,
    dtype_of,
    ensure_complete,
    read_block,
    start_values,
)
from graphfold.evaluate.stream.parts import Parts
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.stream.runner import Make, Runner
from graphfold.evaluate.stream.state import Start, State, frozen, gather, latest, spread_rows
from graphfold.evaluate.value import Array
from graphfold.instances import format_id
from graphfold.reach import reached, reads_of
from graphfold.unfold import unfold

Outputs = dict[str, Array]
History = tuple[str, str, int]  # its name, its signal, its step


@dataclass
class Stream:
    """A circuit streamed along one axis: `start`, then `advance` as often as there are steps.

    `advance(state, inputs)` gives the state after a block of steps and the values of the kept
    sequences at these steps, (steps, …) or (steps, B, …); `finish` those of the kept signals that
    are no sequences along the axis. A state is never changed: going on from an earlier one runs
    its steps again.
    """

    parts: Parts
    make: Make
    params: Mapping[str, Any]
    _plans: dict[object, Runner] = field(default_factory=dict)
    _histories: dict[object, tuple[History, ...]] = field(default_factory=dict)
    _constants: Constants | None = None
    _own: dict[str, Array] | None = None

    def start(
        self,
        values: Mapping[str, Any],
        batch: int | None = None,
        steps: Mapping[str, int] | None = None,
    ) -> State:
        """The state before the first step; ValuesError for values that do not fit.

        `batch` repeats the histories for so many examples; `steps` are the lengths of other axes.
        """
        start = Start(self.parts.cut.axis, start_values(self.parts, values), batch, steps or {})
        ensure_complete(self.parts, self._values(start), batch)
        dtype = dtype_of({**self.params, **values})
        shapes = cores(self.parts, told_sizes(self.parts, start, self._values(start)))
        state = State(start, dtype=dtype)
        return state if shapes is None else self._begin(state, shapes)

    def advance(
        self, state: State, inputs: Any = None, steps: int | None = None
    ) -> tuple[State, Outputs]:
        """Run a block of steps from a state; `inputs` are (steps, …) or (steps, B, …) by name.

        `steps` tells how many there are where no input does. ValuesError lists what does not fit.
        """
        block, pieces = read_block(self.parts, inputs, steps), list[Outputs]()
        dtype = _wider(state.dtype, block.dtype)
        block = block.cast(dtype or np.dtype(float))
        state, done = self._ready(state, block, dtype), state.step
        for first, last, pinned in self._pieces(done, block.steps):
            piece = block.part(first - done, last - done)
            state, found = self._piece(state, piece, pinned)
            pieces.append(found)
        return state, {n: _joined([p[n] for p in pieces], self.parts.rank(n)) for n in pieces[0]}

    def finish(self, state: State) -> Outputs:
        """What is known once the last step has gone by, such as sums over time."""
        if state.sizes is None:
            state = self._begin(state, cores(self.parts, _defaults(self.parts)) or {})
        constants, cut = self.constants(state), self.parts.cut
        names = [name for name in cut.keep if name not in cut.moving]
        late = [name for name in names if name in cut.late]
        found = {name: constants.values[name] for name in names if name not in late}
        if late:
            plan = self._plan("after", self.parts.after, constants, late)
            given = at_end(self.parts, state, constants)
            found |= plan.run(given, steps=constants.lengths)
        return {name: found[name] for name in names}

    # -- starting ---------------------------------------------------------------------------------

    def _begin(self, state: State, shapes: Shapes) -> State:
        """Work out what stands still, and the histories."""
        constants = self._constants_of(state, shapes)
        rows = first_rows(self.parts, constants, state.start.batch)
        return replace(state, rows=rows, sizes=dict(constants.sizes))

    def _values(self, start: Start) -> dict[str, Array]:
        """All values of a start, those that stay with the plan too."""
        if self._own is None:
            self._own = start_values(self.parts, self.params)
        return {**self._own, **start.values}

    def _constants_of(self, state: State, shapes: Shapes) -> Constants:
        """What stands still in the stream that a state is of; the last one is remembered."""
        dtype, known = state.dtype or np.dtype(float), self._constants
        setting = Setting(state.start, self._values(state.start), dtype, shapes)
        if known is None or not known.setting.agrees(setting):
            self._constants = known = prepare(self.parts, self.make, setting)
        return known

    def _ready(self, state: State, block: Block, dtype: np.dtype[Any] | None) -> State:
        """The state with the sizes and in the dtype that a block of inputs asks for."""
        if state.sizes is None or (state.step == 0 and dtype != state.dtype):
            own = {s.name: block.core(s) for s in self.parts.inputs}
            return self._begin(replace(state, dtype=dtype), own)
        return replace(state, dtype=dtype) if dtype != state.dtype else state

    def constants(self, state: State) -> Constants:
        """What stands still in the stream that a state is of."""
        return self._constants_of(state, cores(self.parts, state.sizes or {}) or {})

    # -- steps ------------------------------------------------------------------------------------

    def _pieces(self, done: int, steps: int) -> Iterator[tuple[int, int, int | None]]:
        """Stretches first + 1 … last of steps, one for itself where something is pinned."""
        first, end = done, done + steps
        for pin in self.parts.cut.pins:
            if done < pin <= end:
                if first < pin - 1:
                    yield first, pin - 1, None
                yield pin - 1, pin, pin
                first = pin
        if first < end or not steps:
            yield first, end, None

    def _piece(self, state: State, block: Block, pinned: int | None) -> tuple[State, Outputs]:
        """Run a stretch of steps of which none or all have pins."""
        parts, constants = self.parts, self.constants(state)
        part, axis = parts.during(pinned), parts.cut.axis
        lengths = {**constants.lengths, axis: block.steps}
        declared, given = part.circuit.declared, dict[str, Array]()
        for name, signal, step in self._read_histories(part, pinned, lengths):
            given[name] = state.rows[signal][step - 1, ...]
        given |= {name: array for name, array in block.arrays.items() if name in declared}
        if f"{axis}@step" in declared:
            steps = np.arange(state.step + 1, state.step + block.steps + 1)
            given[f"{axis}@step"] = steps.astype(constants.dtype)
        plan = self._plan(pinned, part, constants, parts.watched)
        found = plan.run(given, steps=lengths)
        if pinned is not None or constants.uneven:
            found = self._as_ever(found, {**constants.values, **given, **block.arrays})
        return self._after(state, block.steps, found), {n: found[n] for n in parts.streamed}

    def _as_ever(self, found: Outputs, given: Mapping[str, Array]) -> Outputs:
        """The values of steps with the batch axis that they, or steps with pins, have elsewhere."""
        circuit, rank, sizes = self.parts.cut.circuit, self.parts.rank, dict[str, int]()
        for name, array in given.items():
            signal = re.split(r"[@\[]", name)[0]
            if signal not in circuit.axis_of:
                continue
            taken = self.parts.taken.get(name)
            moves = name == signal and circuit.axis_of[signal] is not None
            lead = int(moves if taken is None else taken[1] is not None)
            if array.ndim > rank(signal) + lead:
                sizes[signal] = array.shape[lead]
        batched = reached(sizes, reads_of(circuit))
        batch = next(iter(sizes.values()), None)
        return {
            name: spread_rows(a, rank(name), batch) if name in batched else a
            for name, a in found.items()
        }

    def _after(self, state: State, steps: int, found: Outputs) -> State:
        """The state once steps with these values have gone by."""
        if not steps:
            return state
        rows = {s: latest(r, found[s], self.parts.rank(s)) for s, r in state.rows.items()}
        totals = dict(state.totals)
        for total in self.parts.totals:
            values = found[total.of]
            if total.how != "first":
                totals[total.name] = gather(total.how, totals.get(total.name), values)
            elif state.step < total.step <= state.step + steps:
                totals[total.name] = frozen(values[total.step - state.step - 1])
        return replace(state, step=state.step + steps, rows=rows, totals=totals)

    # -- what is kept for reuse -------------------------------------------------------------------

    def _plan(self, key: object, part: Part, constants: Constants, keep: Sequence[str]) -> Runner:
        """The plan of a part, which knows what stands still."""
        plans = constants.plans
        if key not in plans:
            sized = (key, tuple(constants.sizes.items()))
            if sized not in self._plans:
                self._plans[sized] = self.make(part.with_sizes(constants.sizes), keep)
            plans[key] = self._plans[sized].with_params(constants.of(part.circuit))
        return plans[key]

    def _read_histories(
        self, part: Part, pinned: int | None, lengths: Mapping[str, int]
    ) -> tuple[History, ...]:
        """The steps before a block that it reads, counted from its first step."""
        key = (pinned, *lengths.items())
        if key not in self._histories:
            found = unfold(part.circuit, lengths).boundaries
            self._histories[key] = tuple((format_id(s, step), s, step) for s, step in found)
        return self._histories[key]


def _wider(one: np.dtype[Any] | None, other: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """The dtype that holds values of both."""
    if one is None or other is None:
        return one or other
    return np.result_type(one, other)


def _defaults(parts: Parts) -> dict[str, int]:
    return {dim.name: dim.default for dim in parts.cut.circuit.dims if dim.default is not None}


def _joined(pieces: list[Array], rank: int) -> Array:
    """Blocks of steps one after another."""
    if len(pieces) == 1:
        return pieces[0]
    batch = next((one.shape[1] for one in pieces if one.ndim > rank + 1), None)
    return np.concatenate([spread_rows(one, rank, batch) for one in pieces])
