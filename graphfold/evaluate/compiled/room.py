"""How much memory a run takes, found before anything is set aside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from graphfold.clocks import free_axes
from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.sizing import known
from graphfold.expression import Apply, Read
from graphfold.memory import ensure_fits
from graphfold.recurrence import find_components
from graphfold.sizes import Shape

VIEWS = ("transpose", "reshape", "slice")  # they take no memory of their own
SMALL = 1 << 26  # bytes that nobody asks the system about


class Need(NamedTuple):
    """The bytes of a run, and the signal that most of them are for."""

    total: int
    most: str

    def ensure(self) -> None:
        """Raise TooLargeError when the values of a run do not fit into memory."""
        if self.total > SMALL:
            ensure_fits(self.total, f"the values of a run, most of them for {self.most},")


def need_of(engine: Engine, scope: Scope) -> Need:
    """What a run needs."""
    needed = room(engine, scope)
    most = max(needed, key=lambda signal: needed[signal], default="")
    return Need(sum(needed.values()), most)


def room(engine: Engine, scope: Scope) -> dict[str, int]:
    """Bytes that each signal needs: its values, and those of the operations that give them."""
    found: dict[str, int] = {}
    batched = frozenset(scope.batch)
    for component in find_components(engine.circuit)[0]:
        looped = component.direction is not None
        recurring = frozenset(component.signals) if looped else frozenset[str]()
        rooms = Rooms(engine, scope, recurring, recurring - engine.kept(component), batched)
        for signal in component.signals:
            if signal in engine.circuit.equation:
                found[signal] = rooms.numbers(signal) * scope.dtype.itemsize
    return found


@dataclass(frozen=True)
class Rooms:
    """A component: its signals if they recur, those of them whose steps are let go."""

    engine: Engine
    scope: Scope
    recurring: frozenset[str]
    passing: frozenset[str]
    batched: frozenset[str]

    def numbers(self, signal: str) -> int:
        """How many numbers a signal and the operations of its equation hold."""
        engine, scope = self.engine, self.scope
        axis, expression = (
            engine.circuit.axis_of[signal],
            engine.circuit.equation[signal].expression,
        )
        free = free_axes(expression, engine.circuit)
        own = scope.batch.get(signal, 1) * _size(engine.shapes.signals[signal], scope.sizes)
        if axis is not None and signal not in self.passing:
            own *= scope.unfolding.length(axis)
        inside = _above(engine, signal, self.recurring)
        batched = _above(engine, signal, self.batched)
        for number, node in enumerate(expression.nodes):
            if not isinstance(node, Apply) or node.operation in VIEWS:
                continue
            axes = free[number] - {axis} if number in inside else free[number]
            steps = math.prod(scope.unfolding.length(a) for a in axes)
            batch = scope.batch.get(signal, 1) if number in batched else 1
            own += steps * batch * _size(engine.shapes.nodes[signal][number] or (), scope.sizes)
        return own


def _above(engine: Engine, signal: str, signals: frozenset[str]) -> frozenset[int]:
    """The nodes of an equation that need one of the signals."""
    found: set[int] = set()
    for number, node in enumerate(engine.circuit.equation[signal].expression.nodes):
        if isinstance(node, Read):
            found |= {number} if node.signal in signals else set()
        elif isinstance(node, Apply) and not found.isdisjoint(node.operands):
            found.add(number)
    return frozenset(found)


def _size(shape: Shape, sizes: Mapping[str, int]) -> int:
    return math.prod(known(size, sizes) or 0 for size in shape)
