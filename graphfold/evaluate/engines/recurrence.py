"""A recurrence on a namespace: step by step, or on JAX as one scan with a window of past values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.ready import Values
from graphfold.evaluate.compiled.step import Fact, Lowering, Ref, Step
from graphfold.evaluate.engines.body import Body
from graphfold.evaluate.engines.flows import spread
from graphfold.evaluate.engines.scope import ArrayScope, Pieces, Rows, Stretch
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.window import Window

Pinned = frozenset[str]


@dataclass
class Recurrence:
    """A component of signals along one axis; what is kept from run to run holds no array."""

    space: Space
    loop: Loop
    _steps: dict[Pinned, Step] = field(default_factory=dict)

    def run(self, scope: ArrayScope) -> dict[str, Pieces]:
        """Return the values of the signals that are kept."""
        return _Run(self, scope).all()

    def step(self, scope: ArrayScope, pinned: Pinned) -> Step:
        """The operations of a step in which some signals are pinned."""
        if pinned not in self._steps:
            loop = self.loop
            signals = tuple(s for s in loop.signals if s not in pinned)
            step = Lowering(scope, loop.vectors, loop.cores, Step(loop.axis, signals)).run()
            for signal in loop.signals:
                step.facts[Ref("state", 0, signal)] = Fact(
                    loop.cores[signal], signal in scope.batch
                )
            self._steps[pinned] = step
        return self._steps[pinned]

    def windows(
        self, scope: ArrayScope, stretches: list[tuple[Pinned, int, int]]
    ) -> dict[str, int]:
        """How many steps back each signal is read."""
        found: dict[str, int] = {}
        for pinned, _, _ in stretches:
            if not pinned.issuperset(self.loop.signals):
                for ref in self.step(scope, pinned).delays():
                    if ref.number:
                        found[ref.signal] = max(found.get(ref.signal, 0), abs(ref.number))
        return found


class _Run:
    """A recurrence in one run."""

    def __init__(self, recurrence: Recurrence, scope: ArrayScope) -> None:
        self.recurrence, self.loop, self.scope = recurrence, recurrence.loop, scope
        self.space, self.values = recurrence.space, Values(scope, recurrence.loop.vectors)
        self.bodies: dict[Pinned, Body] = {}
        self.rows: dict[str, Rows] = {s: dict(scope.rows.get(s, {})) for s in self.loop.signals}
        self.single: dict[str, Rows] = {s: dict(rows) for s, rows in self.rows.items()}
        self.scanned: dict[str, list[Stretch]] = {s: [] for s in self.loop.kept}
        self.stretches = self.loop.stretches(scope)
        self.windows = recurrence.windows(scope, self.stretches)

    def all(self) -> dict[str, Pieces]:
        for pinned, start, stop in self.stretches:
            if pinned.issuperset(self.loop.signals):
                continue
            if pinned not in self.bodies:
                step = self.recurrence.step(self.scope, pinned)
                self.bodies[pinned] = Body(self.space, step, self.values)
            if self.space.namespace.jax and stop - start > 1:
                self._scan(self.bodies[pinned], start, stop)
            else:
                self._walk(self.bodies[pinned], start, stop)
        return {
            s: Pieces(self.single[s], sorted(scanned, key=lambda stretch: stretch.start))
            for s, scanned in self.scanned.items()
        }

    def row(self, signal: str, flow: Flow) -> Any:
        """A value in the signal's own shape."""
        front = self.scope.front(signal)
        return self.space.cast(spread(self.space, flow, (), front, self.loop.cores[signal]))

    def known(self, signal: str, step: int) -> Any:
        """The value of a signal at a step; zeros where nobody reads it."""
        row = self.rows[signal].get(step)
        if row is None:
            return self.space.zeros((*self.scope.front(signal), *self.loop.cores[signal]))
        return row

    def flow(self, signal: str, row: Any) -> Flow:
        return Flow(row, (), signal in self.scope.batch)

    def _walk(self, body: Body, start: int, stop: int) -> None:
        """One step after the other."""
        steps, arrays = range(start, stop), body.moving
        for step in reversed(steps) if self.loop.backward else steps:
            moving = {ref: array[step - 1, ...] for ref, array in arrays.items()}

            def state(ref: Ref, step: int = step) -> Flow:
                return self.flow(ref.signal, self.known(ref.signal, step - ref.number))

            for signal, flow in body.run(moving, state).items():
                if signal in self.loop.kept or signal in self.windows:
                    self.rows[signal][step] = self.row(signal, flow)
                if signal in self.loop.kept:
                    self.single[signal][step] = self.rows[signal][step]

    def _scan(self, body: Body, start: int, stop: int) -> None:
        """All steps in one loop that JAX compiles."""
        from jax.lax import scan

        backward, arrays = self.loop.backward, body.moving
        back, first = (-1, stop - 1) if backward else (1, start)
        windows = {signal: Window(size) for signal, size in self.windows.items()}
        carry = {
            signal: window.start(
                [self.known(signal, first - back * k) for k in range(1, window.size + 1)]
            )
            for signal, window in windows.items()
        }
        kept = [s for s in body.step.signals if s in self.loop.kept]

        def one(carry: tuple[Any, dict[str, Any]], rows: list[Any]) -> Any:
            count, carried = carry

            def state(ref: Ref) -> Flow:
                signal = ref.signal
                row = windows[signal].read(carried[signal], count, abs(ref.number))
                return self.flow(signal, row)

            flows = body.run(dict(zip(arrays, rows, strict=True)), state)
            new = {s: self.row(s, f) for s, f in flows.items() if s in windows or s in kept}
            onward = {s: w.push(carried[s], count, new[s]) for s, w in windows.items()}
            return (count + 1, onward), {s: new[s] for s in kept}

        moving = [array[start - 1 : stop - 1, ...] for array in arrays.values()]
        _, made = scan(one, (0, carry), moving, length=stop - start, reverse=backward)
        for signal in kept:
            self.scanned[signal].append(Stretch(start, made[signal]))
        self._remember(start, stop)

    def _remember(self, start: int, stop: int) -> None:
        """Keep the last rows of a stretch at hand for the next one."""
        for signal, size in self.windows.items():
            array = self.scanned[signal][-1].array
            last = range(start, min(stop, start + size))
            for step in last if self.loop.backward else range(max(start, stop - size), stop):
                self.rows[signal][step] = array[step - start, ...]
