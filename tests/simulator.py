"""What a circuit means, told a second time: instance by instance, by recursion from each read.

Knows nothing of unfoldings, schedules, links or kernels; only of signals, reads and boundaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from circuits import core_shape

from graphfold.circuit import Boundary, Circuit
from graphfold.expression import Apply, Const, Expression, Read

Instance = tuple[str, int | None]
Now = Mapping[str, int | None]  # the step of each axis; None stands for no step at all

_REDUCE = {"sum_over": np.sum, "mean_over": np.mean, "max_over": np.max}

_COMPUTE: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "gt": lambda a, b: (a > b) * 1.0,
    "where": np.where,
    "matmul": lambda a, b: a @ b,
    "tanh": np.tanh,
    "sin": np.sin,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "dot": lambda a, b: (a * b).sum(),
    "outer": lambda a, b: np.array([[x * y for y in b] for x in a]),
    "transpose": np.transpose,
}


class Simulator:
    """A circuit over T steps (of each axis), with values for what comes from outside."""

    def __init__(
        self,
        circuit: Circuit,
        steps: int | Mapping[str, int],
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.circuit, self.given = circuit, values or {}
        names = [axis.name for axis in circuit.axes]
        self.steps = dict(steps) if isinstance(steps, Mapping) else dict.fromkeys(names, steps)
        self.symbols = {axis.length: self.steps[axis.name] for axis in circuit.axes}
        self.known: dict[Instance, Any] = {}
        self.declared: dict[Instance, Boundary] = {
            (b.signal, b.index.offset + self.symbols.get(b.index.base, 0)): b
            for b in circuit.boundaries
        }
        self.running = {s: axis for s, axis in circuit.axis_of.items() if axis}

    # -- which instances there are --------------------------------------------------------------

    def is_boundary(self, signal: str, step: int | None) -> bool:
        if step is None:
            return False
        inside = 1 <= step <= self.steps[self.running[signal]]
        return not inside or (signal, step) in self.declared

    def instances(self) -> set[Instance]:
        """Every static signal, every step of a sequence, and the boundaries that are read."""
        found: set[Instance] = set()
        for signal in self.circuit.signals:
            found |= {(signal, step) for step in self.clock(signal)}
        return found | {read for instance in found for read in self.reads(*instance)}

    def clock(self, signal: str) -> Iterable[int | None]:
        """The steps of a signal, or None alone."""
        if signal not in self.running:
            return [None]
        return range(1, self.steps[self.running[signal]] + 1)

    def now(self, signal: str, step: int | None) -> Now:
        """The step of the signal's own axis."""
        return {} if step is None else {self.running[signal]: step}

    def reads(self, signal: str, step: int | None) -> set[Instance]:
        """What an instance reads directly."""
        if self.is_boundary(signal, step):
            boundary = self.declared.get((signal, step))
            return set(self._reads(boundary.value, {})) if boundary and boundary.value else set()
        if signal in self.circuit.declared:
            return set()
        expression = self.circuit.equation[signal].expression
        return set(self._reads(expression, self.now(signal, step)))

    def _reads(self, expression: Expression, now: Now) -> Iterator[Instance]:
        waiting = [(expression.root, now)]
        while waiting:
            number, t = waiting.pop()
            node = expression.nodes[number]
            if isinstance(node, Read):
                if node.index is None or t.get(node.index.base, 0) is not None:
                    yield node.signal, self._step(node, t)
            elif isinstance(node, Apply):
                every = [t]
                if node.operation in _REDUCE:  # over no steps, what does not move is still read
                    axis = str(node.attribute("axis"))
                    steps = [*range(1, self.steps[axis] + 1)] or [None]
                    every = [{**t, axis: step} for step in steps]
                waiting += [(operand, t) for operand in node.operands for t in every]

    def _step(self, read: Read, now: Now) -> int | None:
        if read.index is None:
            return None
        base = {**self.symbols, **now, "": 0}[read.index.base]
        assert base is not None
        return base + read.index.offset

    def ancestors(self, goals: list[Instance]) -> set[Instance]:
        found, waiting = set(goals), list(goals)
        while waiting:
            new = self.reads(*waiting.pop()) - found
            found |= new
            waiting += new
        return found

    def asked(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the arrays that must be given."""
        wanted: dict[str, tuple[int, ...]] = {
            signal: (*self.lead(signal), *core_shape(self.circuit, signal))
            for signal in self.circuit.declared
        }
        for signal, step in sorted(self.instances(), key=str):
            if self.is_boundary(signal, step):
                boundary = self.declared.get((signal, step))
                if boundary is None or boundary.value is None:
                    wanted[f"{signal}[{step}]"] = core_shape(self.circuit, signal)
        return wanted

    def lead(self, signal: str) -> list[int]:
        """The length of a sequence; nothing for a static signal."""
        return [self.steps[self.running[signal]]] if signal in self.running else []

    # -- values --------------------------------------------------------------------------------

    def value(self, signal: str, step: int | None) -> Any:
        """The value of an instance."""
        if (signal, step) not in self.known:
            self.known[signal, step] = self._value(signal, step)
        return self.known[signal, step]

    def _value(self, signal: str, step: int | None) -> Any:
        if self.is_boundary(signal, step):
            boundary = self.declared.get((signal, step))
            if boundary is None or boundary.value is None:
                return self.given[f"{signal}[{step}]"]
            value = self._compute(boundary.value, boundary.value.root, {})
            return np.broadcast_to(value, core_shape(self.circuit, signal))
        if signal in self.circuit.declared:
            whole = self.given[signal]
            return whole if step is None else whole[step - 1]
        expression = self.circuit.equation[signal].expression
        return self._compute(expression, expression.root, self.now(signal, step))

    def _compute(self, expression: Expression, number: int, t: Now) -> Any:
        node = expression.nodes[number]
        if isinstance(node, Const):
            return np.array(node.value, float)
        if isinstance(node, Read):
            return self.value(node.signal, self._step(node, t))
        if node.operation in _REDUCE:
            (body,), axis = node.operands, str(node.attribute("axis"))
            steps = range(1, self.steps[axis] + 1)
            every = [self._compute(expression, body, {**t, axis: step}) for step in steps]
            return _REDUCE[node.operation](np.array(every), axis=0)
        if node.operation == "step":
            return float(t[str(node.attribute("axis"))] or 0)
        if node.operation == "length":
            return float(self.steps[str(node.attribute("axis"))])
        operands = [self._compute(expression, operand, t) for operand in node.operands]
        return _COMPUTE[node.operation](*operands)


def random_values(
    circuit: Circuit, steps: int | Mapping[str, int], seed: int = 0
) -> dict[str, Any]:
    """Arrays for all that a circuit asks for."""
    random = np.random.default_rng(seed)
    asked = Simulator(circuit, steps).asked()
    return {name: random.uniform(-1, 1, shape) for name, shape in asked.items()}
