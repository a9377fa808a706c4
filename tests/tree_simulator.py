"""What a circuit over a tree means, told by recursion on nested tuples.

Knows nothing of child arrays, unfoldings or kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from circuits import core_shape
from simulator import _COMPUTE, _REDUCE

from graphfold.circuit import Circuit
from graphfold.expression import Apply, Const, Expression, Index, Read

Instance = tuple[str, int | None]
Nested = Any


class TreeSimulator:
    """A circuit over a tree, with values for what comes from outside."""

    def __init__(
        self, circuit: Circuit, nested: Nested, values: Mapping[str, Any] | None = None
    ) -> None:
        self.circuit, self.given = circuit, values or {}
        self.known: dict[Instance, Any] = {}
        self.children: dict[int, list[int]] = {}
        self.K = 0
        root = self._number(nested)
        self.T = len(self.children)
        assert root == self.T
        self.ends = {"t": self.T, "k": self.K}
        self.names = circuit.trees["t"].children

    def _number(self, nested: Nested) -> int:
        if isinstance(nested, str):
            self.K += 1
            return 1 - self.K
        below = [self._number(part) for part in nested]
        self.children[len(self.children) + 1] = below
        return len(self.children)

    # -- instances and reads --------------------------------------------------------------------

    def _axis(self, signal: str) -> str | None:
        return self.circuit.axis_of[signal]

    def _history(self, signal: str, step: int) -> Any:
        index = Index("k") if self._axis(signal) == "t" else Index("", step)
        return self.circuit.boundary.get((signal, index))

    def _outside(self, signal: str, step: int | None) -> bool:
        axis = self._axis(signal)
        return axis is not None and step is not None and not 1 <= step <= self.ends[axis]

    def instances(self) -> set[Instance]:
        """Every static signal, every step, and the leaves and histories that are read."""
        found: set[Instance] = set()
        for signal in self.circuit.signals:
            axis = self._axis(signal)
            found |= (
                {(signal, s) for s in range(1, self.ends[axis] + 1)} if axis else {(signal, None)}
            )
        return found | {read for instance in found for read in self.reads(*instance)}

    def reads(self, signal: str, step: int | None) -> set[Instance]:
        """What an instance reads directly."""
        if self._outside(signal, step):
            assert step is not None
            boundary = self._history(signal, step)
            value = boundary.value if boundary else None
            return set(self._reads(value, {"k": 1 - step})) if value else set()
        if signal in self.circuit.declared:
            return set()
        steps = {} if step is None else {str(self._axis(signal)): step}
        return set(self._reads(self.circuit.equation[signal].expression, steps))

    def _reads(self, expression: Expression, steps: dict[str, int]) -> Iterator[Instance]:
        waiting = [(expression.root, steps)]
        while waiting:
            number, at = waiting.pop()
            node = expression.nodes[number]
            if isinstance(node, Read):
                found = self._step(node, at)
                if found is not False:
                    yield node.signal, found  # type: ignore[misc]
            elif isinstance(node, Apply):
                every = [at]
                if node.operation in _REDUCE:
                    axis = str(node.attribute("axis"))
                    every = [{**at, axis: s} for s in range(1, self.ends[axis] + 1)]
                    every = every or [{k: v for k, v in at.items() if k != axis}]
                waiting += [(operand, e) for operand in node.operands for e in every]

    def _step(self, read: Read, at: dict[str, int]) -> int | bool | None:
        """The step that is read; False beneath a sum of nothing."""
        if read.index is None:
            return None
        base, offset = read.index.base, read.index.offset
        if base in self.names:
            return self.children[at["t"]][self.names.index(base)] if "t" in at else False
        if base in ("t", "k"):
            return at[base] + offset if base in at else False
        return {"T": self.T, "K": self.K, "": 0}[base] + offset

    # -- values -----------------------------------------------------------------------------------

    def asked(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of the arrays that must be given."""
        wanted: dict[str, tuple[int, ...]] = {}
        for signal in self.circuit.declared:
            axis = self._axis(signal)
            lead = (self.ends[axis],) if axis else ()
            wanted[signal] = (*lead, *core_shape(self.circuit, signal))
        for signal, step in self.instances():
            if self._outside(signal, step) and step is not None:
                boundary = self._history(signal, step)
                if boundary is None or boundary.value is None:
                    core = core_shape(self.circuit, signal)
                    if self._axis(signal) == "t":
                        wanted[f"{signal}[k]"] = (self.K, *core)
                    else:
                        wanted[f"{signal}[{step}]"] = core
        return wanted

    def random_values(self, seed: int) -> dict[str, Any]:
        random = np.random.default_rng(seed)
        return {name: random.uniform(-1, 1, s) for name, s in sorted(self.asked().items())}

    def value(self, signal: str, step: int | None) -> Any:
        """The value of an instance."""
        if (signal, step) not in self.known:
            self.known[signal, step] = self._value(signal, step)
        return self.known[signal, step]

    def _value(self, signal: str, step: int | None) -> Any:
        if self._outside(signal, step):
            assert step is not None
            return self._at_leaf(signal, step)
        if signal in self.circuit.declared:
            whole = self.given[signal]
            return whole if step is None else whole[step - 1]
        expression = self.circuit.equation[signal].expression
        at = {} if step is None else {str(self._axis(signal)): step}
        return self._compute(expression, expression.root, at)

    def _at_leaf(self, signal: str, step: int) -> Any:
        boundary = self._history(signal, step)
        if boundary is None or boundary.value is None:
            if self._axis(signal) == "t":
                return self.given[f"{signal}[k]"][-step]
            return self.given[f"{signal}[{step}]"]
        value = self._compute(boundary.value, boundary.value.root, {"k": 1 - step})
        return np.broadcast_to(value, core_shape(self.circuit, signal))

    def _compute(self, expression: Expression, number: int, at: dict[str, int]) -> Any:
        node = expression.nodes[number]
        if isinstance(node, Const):
            return np.array(node.value, float)
        if isinstance(node, Read):
            return self.value(node.signal, self._step(node, at))
        if node.operation in _REDUCE:
            axis, (body,) = str(node.attribute("axis")), node.operands
            steps = range(1, self.ends[axis] + 1)
            every = [self._compute(expression, body, {**at, axis: step}) for step in steps]
            return _REDUCE[node.operation](np.array(every), axis=0)
        if node.operation == "step":
            return float(at[str(node.attribute("axis"))])
        operands = [self._compute(expression, operand, at) for operand in node.operands]
        return _COMPUTE[node.operation](*operands)
