"""A circuit compiled for certain sizes: its components in topological order, each in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from graphfold.circuit import Boundary, Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.skew import shifts_of
from graphfold.evaluate.compiled.tracks import Track, empty_track
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Array
from graphfold.expression import Expression
from graphfold.graphs import topological_order
from graphfold.instances import format_id
from graphfold.recurrence import BOUNDARY, Component, find_components
from graphfold.shapes import Shapes


@dataclass
class Engine:
    """The circuit with defined functions inlined, its shapes, and what was compiled of it."""

    circuit: Circuit
    shapes: Shapes
    keep: tuple[str, ...]
    vectors: dict[str, Vector] = field(default_factory=dict)
    loops: dict[str, Loop] = field(default_factory=dict)
    _delays: dict[str, tuple[int, int]] = field(default_factory=dict)

    @np.errstate(all="ignore")  # infinities and NaN are values here
    def run(self, scope: Scope, bound: Bound) -> None:
        """Fill the scope with the values of all signals."""
        for component in find_components(self.circuit)[0]:
            first = component.signals[0]
            if first.startswith(BOUNDARY):
                self._track(scope, bound, first.removeprefix(BOUNDARY))
            elif self.circuit.axis_of[first] is None:
                scope.statics[first] = self._static(scope, bound, first)
            else:
                self._sequence(scope, bound, component)

    def _static(self, scope: Scope, bound: Bound, name: str) -> Flow:
        if name in self.circuit.declared:
            value = bound.values[name]
            return Flow(value.array, (), value.batched)
        vector = self.vector(scope, name)
        flow: Flow = self._named(name, lambda: vector.value(scope, vector.expression.root))
        return flow

    def _sequence(self, scope: Scope, bound: Bound, component: Component) -> None:
        kept = component.signals if component.direction is None else self.kept(component)
        for signal in component.signals:
            if signal in kept or signal in scope.unfolding.pins:
                self._track(scope, bound, signal)
        first = component.signals[0]
        if first in self.circuit.declared:
            return
        if component.direction is None:
            self._named(first, lambda: self._all_steps(scope, first))
        else:
            loop = self.loop(scope, component)
            self._named(first, lambda: loop.run(scope))

    def _named(self, name: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (ValueError, IndexError, OverflowError) as error:
            if isinstance(error, ValuesError) and str(error).startswith(f"{name}: "):
                raise
            raise ValuesError(f"{name}: {error}") from error

    def _all_steps(self, scope: Scope, signal: str) -> None:
        axis, vector = str(self.circuit.axis_of[signal]), self.vector(scope, signal)
        length, track = scope.unfolding.length(axis), scope.tracks[signal]
        pins = {s: track.row(s).copy() for s in scope.unfolding.pins.get(signal, ())}
        if len(pins) < length:
            flow = vector.value(scope, vector.expression.root)
            rows = track.rows(1, length + 1)
            front = rows.shape[: 1 + track.batched]
            array = spread_to(flow, (axis,), front)
            missing = rows.ndim - array.ndim
            rows[...] = array.reshape(*front, *(1,) * missing, *flow.core) if missing else array
        for step, value in pins.items():
            track.row(step)[...] = value

    def vector(self, scope: Scope, signal: str) -> Vector:
        """The expression of a signal's equation."""
        if signal not in self.vectors:
            expression = self.circuit.equation[signal].expression
            self.vectors[signal] = self.make_vector(signal, expression, scope)
        return self.vectors[signal]

    def make_vector(self, signal: str, expression: Expression, scope: Scope) -> Vector:
        """An expression to evaluate: an equation, or, without known shapes, a boundary."""
        return Vector(expression, scope, self.shapes.nodes.get(signal, ()))

    def make_loop(self, *parts: Any) -> Loop:
        """A loop made of its parts."""
        return Loop(*parts)

    def loop(self, scope: Scope, component: Component) -> Loop:
        """The compiled loop of a component."""
        shifts = shifts_of(component)
        signals = tuple(shifts) or self._in_order(component)
        if signals[0] not in self.loops:
            vectors = {s: self.vector(scope, s) for s in signals}
            cores = {s: self._core(scope, s) for s in signals}
            axis = str(self.circuit.axis_of[signals[0]])
            backward = component.direction == "anti-causal"
            self.loops[signals[0]] = self.make_loop(
                axis, signals, backward, vectors, cores, self.kept(component), shifts
            )
        return self.loops[signals[0]]

    def kept(self, component: Component) -> frozenset[str]:
        """The signals whose steps are kept: asked for, or read at another step or elsewhere."""
        if component.potentials:
            return frozenset(component.signals)
        own = set(component.signals)
        read = {
            link.source
            for link in self.circuit.links
            if link.source in own and (link.target not in own or link.delay or link.reach != "step")
        }
        for boundary in self.circuit.boundaries:
            if boundary.signal in own:
                read.add(boundary.signal)
            for _, node in boundary.value.reads() if boundary.value is not None else ():
                read.add(node.signal)
        return frozenset((read | {*self.keep}) & own)

    def _in_order(self, component: Component) -> tuple[str, ...]:
        """The signals in the order in which a step computes them."""
        known = set(component.signals)
        edges = [
            (link.source, link.target)
            for signal in component.signals
            for link in self.circuit.links_into[signal]
            if link.source in known and not link.delay and link.reach == "step"
        ]
        return tuple(topological_order(list(component.signals), edges))

    def _core(self, scope: Scope, signal: str) -> tuple[int, ...]:
        return tuple(need(s, scope.sizes) for s in self.shapes.signals[signal])

    # -- boundaries -------------------------------------------------------------------------------

    def _track(self, scope: Scope, bound: Bound, signal: str) -> None:
        """Make room for a signal, and fill in its boundaries and what is given of it."""
        if signal in scope.tracks:
            return
        axis = str(self.circuit.axis_of[signal])
        length, steps = scope.unfolding.length(axis), self._boundary_steps(scope, signal)
        given = bound.values[signal] if signal in self.circuit.declared else None
        low, high = self._reach(signal, length)
        if given is not None and not steps and (low, high) == (1, length):
            scope.tracks[signal] = Track(given.array, 1, given.batched)
            return
        span = (min([low, *steps]), max([high, *steps]))
        track = empty_track(span, scope.batch.get(signal), self._core(scope, signal), scope.dtype)
        if given is not None:
            rows = track.rows(1, length + 1)
            rows[...] = given.array if given.batched or not track.batched else given.array[:, None]
        scope.tracks[signal] = track
        for step in steps:
            self._named(format_id(signal, step), partial(self._fill, scope, bound, signal, step))

    def _reach(self, signal: str, length: int) -> tuple[int, int]:
        """The first and last step that reads look at, those of pinned steps included."""
        if signal not in self._delays:
            links = (i for i in self.circuit.links if i.source == signal and i.reach == "step")
            delays = [link.delay for link in links]
            self._delays[signal] = (max([0, *delays]), min([0, *delays]))
        behind, ahead = self._delays[signal]
        return (1 - behind, length - ahead) if length else (1, 0)

    def _boundary_steps(self, scope: Scope, signal: str) -> list[int]:
        unfolding = scope.unfolding
        found = {step for name, step in unfolding.boundaries if name == signal}
        return sorted(found | set(unfolding.pins.get(signal, ())))

    def _fill(self, scope: Scope, bound: Bound, signal: str, step: int) -> None:
        declared = scope.unfolding.boundary_value(signal, step)
        if declared is None or declared.value is None:
            value = bound.values[format_id(signal, step)]
            scope.tracks[signal].put(step, value.array, value.batched)
            return
        flow = self._boundary(scope, declared)
        scope.tracks[signal].put(step, flow.array, flow.batched)

    def _boundary(self, scope: Scope, declared: Boundary) -> Flow:
        expression = self.circuit.boundary[declared.signal, declared.index].value
        assert expression is not None
        vector = self.make_vector("", expression, scope)
        return vector.value(scope, expression.root)


def outputs(circuit: Circuit, keep: Iterable[str] | None) -> Iterator[str]:
    """The signals a run gives back: those asked for, the model's outputs, or all equations'."""
    if keep is not None:
        yield from keep
    elif circuit.outputs:
        yield from (output.name for output in circuit.outputs)
    else:
        yield from (equation.signal for equation in circuit.equations)


def results(scope: Scope, names: Iterable[str]) -> dict[str, Array]:
    """The values of signals: (T, …) or (T, B, …) for sequences."""
    found = {}
    for name in names:
        axis = scope.unfolding.circuit.axis_of[name]
        if axis is None:
            found[name] = scope.statics[name].array
        else:
            found[name] = scope.tracks[name].rows(1, scope.unfolding.length(axis) + 1)
    return found
