"""A recurrence on a namespace: step by step, or on JAX as one scan with a window of past values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.ready import Values
from graphfold.evaluate.compiled.step import Fact, Lowering, Ref, Step
from graphfold.evaluate.engines.body import Body
from graphfold.evaluate.engines.columns import Columns, Interval, Part
from graphfold.evaluate.engines.flows import spread
from graphfold.evaluate.engines.scope import ArrayScope, Pieces, Rows, Stretch
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.window import Window

Signals = tuple[str, ...]


@dataclass
class Recurrence:
    """A component of signals along one axis; what is kept from run to run holds no array."""

    space: Space
    loop: Loop
    parts: tuple[Part, ...]
    _steps: dict[Signals, Step] = field(default_factory=dict)

    def run(self, scope: ArrayScope) -> dict[str, Pieces]:
        """Return the values of the signals that are kept."""
        return _Run(self, scope).all()

    def step(self, scope: ArrayScope, signals: Signals) -> Step:
        """The operations that compute these signals, each at one step."""
        if signals not in self._steps:
            loop = self.loop
            step = Lowering(scope, loop.vectors, loop.cores, Step(loop.axis, signals)).run()
            for signal in loop.signals:
                fact = Fact(loop.cores[signal], signal in scope.batch)
                step.facts[Ref("state", 0, signal)] = fact
            self._steps[signals] = step
        return self._steps[signals]


@dataclass(frozen=True)
class _Turn:
    """What one part computes in a column."""

    part: Part
    body: Body


class _Run:
    """A recurrence in one run."""

    def __init__(self, recurrence: Recurrence, scope: ArrayScope) -> None:
        self.recurrence, self.loop, self.scope = recurrence, recurrence.loop, scope
        self.space, self.values = recurrence.space, Values(scope, recurrence.loop.vectors)
        length = scope.unfolding.length(self.loop.axis)
        self.columns = Columns(recurrence.parts, length, self.loop.backward)
        self.lag = {signal: part.lag for part in recurrence.parts for signal in part.signals}
        self.rows: dict[str, Rows] = {s: dict(scope.rows.get(s, {})) for s in self.loop.signals}
        self.single: dict[str, Rows] = {s: dict(rows) for s, rows in self.rows.items()}
        self.scanned: dict[str, list[Stretch]] = {s: [] for s in self.loop.signals}
        self.bodies: dict[Signals, Body] = {}

    def all(self) -> dict[str, Pieces]:
        pins = {signal: self.scope.pins(signal) for signal in self.loop.signals}
        intervals = list(self.columns.intervals(pins))
        turns = [list(self._turns(interval)) for interval in intervals]
        self.windows = self._windows(turns)
        for interval, own in zip(intervals, turns, strict=True):
            whole = interval.computed == self.rows.keys()
            if self.space.namespace.jax and whole and interval.stop - interval.start > 1:
                self._scan(own, interval)
            else:
                for column in range(interval.start, interval.stop):
                    for turn in own:
                        self._walk(turn, column)
        return {signal: self._pieces(signal) for signal in self.loop.kept}

    def _pieces(self, signal: str) -> Pieces:
        in_order = sorted(self.scanned[signal], key=lambda stretch: stretch.start)
        return Pieces(self.single[signal], in_order)

    def _turns(self, interval: Interval) -> Iterator[_Turn]:
        for part in self.columns.parts:
            signals = tuple(s for s in part.signals if s in interval.computed)
            if not signals:
                continue
            if signals not in self.bodies:
                step = self.recurrence.step(self.scope, signals)
                self.bodies[signals] = Body(self.space, step, self.values)
            yield _Turn(part, self.bodies[signals])

    def _windows(self, turns: list[list[_Turn]]) -> dict[str, int]:
        """How many columns back each signal is read; 0 for one that others read in their own."""
        found: dict[str, int] = {}
        for turn in (turn for own in turns for turn in own):
            for ref in turn.body.step.delays():
                back = self.columns.distance(turn.part.lag, ref.number, self.lag[ref.signal])
                found[ref.signal] = max(found.get(ref.signal, 0), back)
        return found

    def row(self, signal: str, step: Any, flow: Flow) -> Any:
        """A value of an equation in the signal's own shape, as it stands at that step."""
        front = self.scope.front(signal)
        row = self.space.cast(spread(self.space, flow, (), front, self.loop.cores[signal]))
        return self.scope.blend(signal, step, row)

    def known(self, signal: str, step: int) -> Any:
        """The value of a signal at a step; zeros where nobody reads it."""
        row = self.rows[signal].get(step)
        if row is None:
            return self.space.zeros((*self.scope.front(signal), *self.loop.cores[signal]))
        return row

    def flow(self, signal: str, row: Any) -> Flow:
        return Flow(row, (), signal in self.scope.batch)

    def _walk(self, turn: _Turn, column: int) -> None:
        """What one part computes in one column."""
        now = self.columns.step(column, turn.part.lag)
        moving = {ref: array[now - 1, ...] for ref, array in turn.body.moving.items()}

        def state(ref: Ref) -> Flow:
            return self.flow(ref.signal, self.known(ref.signal, now - ref.number))

        for signal, flow in turn.body.run(moving, state).items():
            if signal in self.loop.kept or signal in self.windows:
                self.rows[signal][now] = self.row(signal, now, flow)
            if signal in self.loop.kept:
                self.single[signal][now] = self.rows[signal][now]

    def _scan(self, turns: list[_Turn], interval: Interval) -> None:
        """All columns in one loop that JAX compiles."""
        from jax.lax import scan
        from jax.numpy import arange

        columns, start, stop = self.columns, interval.start, interval.stop
        windows = {s: Window(size) for s, size in self.windows.items() if size}
        carry = {
            signal: window.start([self._before(signal, start - k) for k in window.distances])
            for signal, window in windows.items()
        }
        wanted = {s for s in self.rows if s in self.loop.kept or s in self.windows}

        def one(carry: tuple[Any, dict[str, Any]], moving: list[list[Any]]) -> Any:
            count, carried = carry
            now: dict[str, Any] = {}
            for turn, (step, *rows) in zip(turns, moving, strict=True):

                def state(ref: Ref, lag: int = turn.part.lag) -> Flow:
                    signal = ref.signal
                    back = columns.distance(lag, ref.number, self.lag[signal])
                    past = windows[signal].read(carried[signal], count, back) if back else None
                    return self.flow(signal, now[signal] if past is None else past)

                flows = turn.body.run(dict(zip(turn.body.moving, rows, strict=True)), state)
                made = {s: self.row(s, step, flow) for s, flow in flows.items() if s in wanted}
                now.update(made)
            onward = {s: w.push(carried[s], count, now[s]) for s, w in windows.items()}
            return (count + 1, onward), now

        moving = [
            [
                arange(first, last),
                *(array[first - 1 : last - 1, ...] for array in turn.body.moving.values()),
            ]
            for turn in turns
            for first, last in [columns.steps(start, stop, turn.part.lag)]
        ]
        count = stop - start
        _, made = scan(one, (0, carry), moving, length=count, reverse=columns.backward)
        for signal, array in made.items():
            first, _ = columns.steps(start, stop, self.lag[signal])
            self.scanned[signal].append(Stretch(first, array))
            self._remember(signal, interval)

    def _before(self, signal: str, column: int) -> Any:
        return self.known(signal, self.columns.step(column, self.lag[signal]))

    def _remember(self, signal: str, interval: Interval) -> None:
        """Keep the last rows of a scan at hand for the columns behind it."""
        stretch, size = self.scanned[signal][-1], self.windows.get(signal, 0)
        for column in range(max(interval.start, interval.stop - size), interval.stop):
            step = self.columns.step(column, self.lag[signal])
            self.rows[signal][step] = stretch.array[step - stretch.start, ...]
