"""A circuit compiled for certain sizes: its components in topological order, each in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from graphfold.circuit import Boundary, Circuit
from graphfold.errors import TooLargeError, ValuesError
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.bundle import Bundle
from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.compiled.loop import Loop
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.compiled.skew import shifts_of
from graphfold.evaluate.compiled.totals import total
from graphfold.evaluate.compiled.tracks import Track, empty_track
from graphfold.evaluate.compiled.vector import Vector
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Array
from graphfold.expression import Expression
from graphfold.graphs import topological_order
from graphfold.instances import format_id
from graphfold.reach import reached, reads_of
from graphfold.recurrence import BOUNDARY, Component, find_components
from graphfold.shapes import Shapes


@dataclass(eq=False)
class Engine:
    """The circuit with defined functions inlined, its shapes, and what was compiled of it."""

    circuit: Circuit
    shapes: Shapes
    keep: tuple[str, ...]
    vectors: dict[str, Vector] = field(default_factory=dict)
    loops: dict[str, Loop] = field(default_factory=dict)
    _delays: dict[str, tuple[int, int]] | None = None
    _read: frozenset[str] | None = None
    _order: list[Component] | None = None
    _cores: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _boundaries: dict[object, Vector] = field(default_factory=dict)

    @np.errstate(all="ignore")  # infinities and NaN are values here
    def run(self, scope: Scope, bound: Bound) -> None:
        """Fill the scope with the values of all signals."""
        components = self._needed()
        for component in components:
            if component.direction is not None:
                for bundle in self.loop(scope, component).bundles(scope):
                    self._set_side_by_side(scope, bundle)
        for component in components:
            first = component.signals[0]
            if first.startswith(BOUNDARY):
                self._track(scope, bound, first.removeprefix(BOUNDARY))
            elif self.circuit.axis_of[first] is None:
                scope.statics[first] = self._static(scope, bound, first)
            else:
                self._sequence(scope, bound, component)

    def _needed(self) -> list[Component]:
        """The components that what is kept is made of, in topological order."""
        if self._order is None:
            backward = [(target, source) for source, target in reads_of(self.circuit)]
            wanted = reached(self.keep, backward)
            found = find_components(self.circuit)[0]
            self._order = [c for c in found if c.signals[0].removeprefix(BOUNDARY) in wanted]
        return self._order

    def _static(self, scope: Scope, bound: Bound, name: str) -> Flow:
        if name in self.circuit.declared:
            value = bound.values[name]
            return Flow(value.array, (), value.batched)
        vector = self.vector(scope, name)
        if name in scope.totals:
            return total(vector, scope)
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
        except MemoryError as error:
            raise TooLargeError(f"{name} does not fit into memory") from error
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
        first = component.signals[0]
        if first not in self.loops:
            shifts = shifts_of(component)
            signals = tuple(shifts) or self._in_order(component)
            vectors = {s: self.vector(scope, s) for s in signals}
            cores = {s: self.core(scope, s) for s in signals}
            axis = str(self.circuit.axis_of[signals[0]])
            backward = component.direction == "anti-causal"
            self.loops[first] = self.make_loop(
                axis, signals, backward, vectors, cores, self.kept(component), shifts
            )
        return self.loops[first]

    def kept(self, component: Component) -> frozenset[str]:
        """The signals whose steps are kept: asked for, or read at another step or elsewhere."""
        if component.potentials:
            return frozenset(component.signals)
        if self._read is None:
            self._read = frozenset([*_read_elsewhere(self.circuit), *self.keep])
        return self._read.intersection(component.signals)

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

    def core(self, scope: Scope, signal: str) -> tuple[int, ...]:
        """The core shape of a signal."""
        if signal not in self._cores:  # an engine is compiled for certain sizes
            sizes = self.shapes.signals[signal]
            self._cores[signal] = tuple(need(size, scope.sizes) for size in sizes)
        return self._cores[signal]

    # -- boundaries -------------------------------------------------------------------------------

    def _track(self, scope: Scope, bound: Bound, signal: str) -> None:
        """Make room for a signal, and fill in its boundaries and what is given of it."""
        if signal in scope.tracks:
            return
        axis = str(self.circuit.axis_of[signal])
        length, steps = scope.unfolding.length(axis), self.boundary_steps(scope, signal)
        given = bound.values[signal] if signal in self.circuit.declared else None
        low, high = self.reach(signal, length)
        if given is not None and not steps and (low, high) == (1, length):
            scope.tracks[signal] = Track(given.array, 1, given.batched)
            return
        track = self._empty(scope, signal, (min([low, *steps]), max([high, *steps])))
        if given is not None:
            rows = track.rows(1, length + 1)
            rows[...] = given.array if given.batched or not track.batched else given.array[:, None]
        scope.tracks[signal] = track
        for step in steps:
            self._named(format_id(signal, step), partial(self._fill, scope, bound, signal, step))

    def _empty(self, scope: Scope, signal: str, span: tuple[int, int]) -> Track:
        """Room for a signal, in its bundle if it is in one."""
        batch, core = scope.batch.get(signal), self.core(scope, signal)
        if signal in scope.bundled:
            whole, place = scope.tracks[scope.bundled[signal].name], scope.bundled[signal]
            return Track(whole.array[..., place.span(signal)], whole.first, whole.batched)
        return empty_track(span, batch, core, scope.dtype)

    def _set_side_by_side(self, scope: Scope, bundle: Bundle) -> None:
        """Make room for the signals of a bundle together."""
        first, *_ = bundle.signals
        length = scope.unfolding.length(str(self.circuit.axis_of[first]))
        spans = [self.reach(signal, length) for signal in bundle.signals]
        steps = [s for signal in bundle.signals for s in self.boundary_steps(scope, signal)]
        span = (
            min([*steps, *(low for low, _ in spans)]),
            max([*steps, *(high for _, high in spans)]),
        )
        core, batch = (sum(bundle.sizes),), scope.batch.get(first)
        scope.tracks[bundle.name] = empty_track(span, batch, core, scope.dtype)
        scope.bundled.update(dict.fromkeys(bundle.signals, bundle))

    def reach(self, signal: str, length: int) -> tuple[int, int]:
        """The first and last step that reads look at, those of pinned steps included."""
        if self._delays is None:
            self._delays = _longest_delays(self.circuit)
        behind, ahead = self._delays.get(signal, (0, 0))
        return (1 - behind, length - ahead) if length else (1, 0)

    def boundary_steps(self, scope: Scope, signal: str) -> list[int]:
        """The histories, far boundaries and pins of a signal."""
        unfolding = scope.unfolding
        outside = unfolding.remember("steps outside", lambda: _by_signal(unfolding.boundaries))
        return sorted({*outside.get(signal, ()), *unfolding.pins.get(signal, ())})

    def _fill(self, scope: Scope, bound: Bound, signal: str, step: int) -> None:
        declared = scope.unfolding.boundary_value(signal, step)
        if declared is None or declared.value is None:
            value = bound.values[format_id(signal, step)]
            scope.tracks[signal].put(step, value.array, value.batched)
            return
        flow = self._boundary(scope, declared)
        scope.tracks[signal].put(step, flow.array, flow.batched)

    def _boundary(self, scope: Scope, declared: Boundary) -> Flow:
        place = (declared.signal, declared.index)
        if place not in self._boundaries:
            expression = self.circuit.boundary[place].value
            assert expression is not None
            self._boundaries[place] = self.make_vector("", expression, scope)
        vector = self._boundaries[place]
        return vector.value(scope, vector.expression.root)


def _read_elsewhere(circuit: Circuit) -> Iterator[str]:
    """The signals that are read at another step, or outside of their component."""
    home: dict[str, int] = {}
    for number, component in enumerate(find_components(circuit)[0]):
        home.update(dict.fromkeys(component.signals, number))
    for link in circuit.links:
        apart = home.get(link.source) != home.get(link.target)
        if link.delay or link.reach != "step" or apart:
            yield link.source
    for boundary in circuit.boundaries:
        yield boundary.signal
        for _, node in boundary.value.reads() if boundary.value is not None else ():
            yield node.signal


def _longest_delays(circuit: Circuit) -> dict[str, tuple[int, int]]:
    """How far behind and (negative) ahead each signal is read."""
    found: dict[str, tuple[int, int]] = {}
    for link in circuit.links:
        if link.reach == "step":
            behind, ahead = found.get(link.source, (0, 0))
            found[link.source] = (max(behind, link.delay), min(ahead, link.delay))
    return found


def _by_signal(instances: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for signal, step in instances:
        found.setdefault(signal, []).append(step)
    return found


def outputs(circuit: Circuit, keep: Iterable[str] | None) -> Iterator[str]:
    """The signals a run gives back: those asked for, the model's outputs, or all equations'."""
    if keep is not None:
        yield from keep
    elif circuit.outputs:
        yield from (output.name for output in circuit.outputs)
    else:
        yield from (equation.signal for equation in circuit.equations)


def results(scope: Scope, names: Iterable[str]) -> dict[str, Array]:
    """The values of signals: (T, …) or (T, B, …) for sequences; none is the caller's or ours."""
    found = {}
    for name in names:
        axis = scope.unfolding.circuit.axis_of[name]
        if axis is None:
            found[name] = np.array(scope.statics[name].array)
        else:
            rows = scope.tracks[name].rows(1, scope.unfolding.length(axis) + 1)
            shared = name in scope.unfolding.circuit.declared
            found[name] = np.array(rows) if shared else rows
    return found
