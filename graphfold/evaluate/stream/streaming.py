"""The streaming side of a plan: `init`, `step`, `advance` and `finish`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, ValuesError, suggest
from graphfold.evaluate.compiled.params import Params
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.stream.cut import cut
from graphfold.evaluate.stream.inputs import by_name
from graphfold.evaluate.stream.long_runs import LongRun, axis_of_run, is_short, run_long, write_out
from graphfold.evaluate.stream.parts import Parts
from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.stream.runner import Make, Runner
from graphfold.evaluate.stream.sources import Loose, is_iterator, is_stored
from graphfold.evaluate.stream.state import State
from graphfold.evaluate.stream.stream import Stream
from graphfold.evaluate.value import Array
from graphfold.shapes import Shapes

Step = tuple[State, dict[str, Array]]


def streamed(
    whole: tuple[Circuit, Shapes],
    make: Make,
    keep: Iterable[str],
    params: Mapping[str, Any],
    over: str | None = None,
) -> Stream:
    """Make a stream of a flat circuit without defined functions, and its shapes.

    `make` compiles its parts; `params` are values that all runs have. UnfoldingError when it
    cannot be streamed, or has several axes and none is named.
    """
    circuit, shapes = whole
    return Stream(Parts(cut(circuit, _axis(circuit, over), keep), shapes), make, params)


def _axis(circuit: Circuit, over: str | None) -> str:
    names = [axis.name for axis in circuit.axes]
    if over is None:
        if len(names) > 1:
            told = " or ".join(f"over='{name}'" for name in names)
            raise UnfoldingError(f"several axes: say along which to go, {told}")
        return names[0]
    if over not in names:
        raise UnfoldingError(f"unknown axis '{over}'{suggest(over, names)}")
    return over


class Streaming:
    """What a plan does step by step, from states that are plain data."""

    circuit: Circuit
    keep: tuple[str, ...]
    params: Params
    _whole: tuple[Circuit, Shapes]
    _streams: dict[str, Stream]

    def _make(self, part: Part, keep: Iterable[str]) -> Runner:
        raise NotImplementedError

    def init(
        self,
        batch: int | None = None,
        values: Mapping[str, Any] | None = None,
        *,
        over: str | None = None,
        steps: Mapping[str, int] | None = None,
    ) -> State:
        r"""Return the state before the first step.

        `values` are parameters, static inputs and given histories by name, beside those that the
        plan keeps, and all steps of inputs over other axes; `batch` repeats the histories for so
        many examples. With several axes `over` names the one to go along, and `steps` tells the
        lengths of the others where no input does. UnfoldingError for a circuit that cannot be
        streamed, since a step reads what comes later; ValuesError for values that do not fit.

        >>> from graphfold import compile, loads
        >>> text = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'s[0]': 0}\nequations: |\n  "
        >>> plan = compile(loads(text + "s[t] = s[t-1] + x[t]"))
        >>> state, y = plan.step(plan.init(), 3.0)
        >>> state, y = plan.step(state, 4.0)
        >>> state.step, y["s"].tolist()
        (2, 7.0)
        """
        return self._stream(over).start(values or {}, batch, steps)

    def step(self, state: State, inputs: Any = None) -> Step:
        """Return the state after one more step, and the outputs at that step by name.

        `inputs` maps names to (…) or (B, …); the input of a circuit with one sequence may stand
        alone. The state given is not changed.
        """
        stream = self._of(state)
        given = by_name(stream.parts, inputs)
        state, found = stream.advance(state, _one_step(stream.parts, given), 1)
        return state, {name: array[0, ...] for name, array in found.items()}

    def advance(self, state: State, inputs: Any = None, steps: int | None = None) -> Step:
        """Return the state after a block of steps, and the outputs at these steps.

        `inputs` maps names to (steps, …) or (steps, B, …), and so are the outputs. `steps` tells
        how many there are where no input does.
        """
        return self._of(state).advance(state, inputs, steps)

    def finish(self, state: State) -> dict[str, Array]:
        """Return the outputs that are no sequences, as if the step reached were the last one.

        Sums, means and maxima over time, last values and what is made of them; a stream may go on
        after that.
        """
        return self._of(state).finish(state)

    def _run_long(
        self, asked: LongRun, whole: Callable[..., dict[str, Array]], blocks: bool
    ) -> dict[str, Any]:
        """Run in blocks of steps if that is allowed and can be, else `whole`, in memory.

        UnfoldingError when iterators give what is needed at once.
        """
        steps = [name for name, value in asked.values.items() if is_iterator(value)]
        if not blocks and steps:
            raise ValuesError(f"lengths= takes whole arrays, but {steps[0]} is an iterator")
        try:
            stream = self._stream(axis_of_run(self.circuit, asked)) if blocks else None
        except UnfoldingError:
            if steps:
                raise
            stream = None
        if stream is not None and (steps or not is_short(stream, asked)):
            return run_long(stream, asked)
        stored = {n: np.array(v) if is_stored(v) else v for n, v in asked.values.items()}
        return write_out(whole(stored), asked, self._ranks())

    def _ranks(self) -> dict[str, int]:
        """The number of core axes of the sequences that are kept."""
        shapes, axis_of = self._whole[1].signals, self.circuit.axis_of
        return {name: len(shapes[name]) for name in self.keep if axis_of[name] is not None}

    def _of(self, state: Any) -> Stream:
        if not isinstance(state, State):
            cure = "state = plan.init(), then state, y = plan.step(state, x)"
            raise ValuesError(f"expected a state, not {type(state).__name__}: {cure}")
        return self._stream(state.start.axis)

    def _stream(self, over: str | None) -> Stream:
        axis = _axis(self.circuit, over)
        if axis not in self._streams:
            self._streams[axis] = streamed(
                self._whole, self._make, self.keep, self.params.values, axis
            )
        return self._streams[axis]


def _one_step(parts: Parts, given: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks of one step; ValuesError for what is no single step."""
    found, problems = dict(given), list[str]()
    for signal in parts.streams:
        if signal.name not in given:
            continue
        value = given[signal.name]
        try:
            array = as_numbers(value)
        except ValueError as error:
            problems.append(f"{signal.name}: {error}")
            continue
        if array.ndim - len(signal.shape) not in (0, 1):
            core = ", ".join(map(str, signal.shape))
            one = f"({core},)" if len(signal.shape) == 1 else f"({core})"
            many = f"(B, {core})" if core else "(B,)"
            problems.append(
                f"{signal.name}: expected one step {one} or {many}, found {array.shape}"
            )
            continue
        loose = not hasattr(value, "dtype")  # a plain number or list takes on the dtype of others
        found[signal.name] = Loose(array[None]) if loose else array[None]
    if problems:
        raise ValuesError("\n".join(problems))
    return found
