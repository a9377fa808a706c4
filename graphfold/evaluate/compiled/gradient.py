"""Gradients of a plan: the circuit of gradients, compiled like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from graphfold.circuit import Circuit
from graphfold.differentiate.differentiate import Differentiated, Settings, differentiated
from graphfold.differentiate.gather import live_signals
from graphfold.differentiate.split import split
from graphfold.errors import ValuesError
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.sizing import need
from graphfold.evaluate.value import Array
from graphfold.inline import inline_functions
from graphfold.instances import parse_id
from graphfold.sizes import Shape
from graphfold.unfolding import Unfolding


class Asked(NamedTuple):
    """A loss, and the names it is differentiated by; None for all parameters."""

    loss: str
    wrt: tuple[str, ...] | None


Given = tuple[Bound, Mapping[str, int]]
"""The values, and the batch size of each signal that has one."""


class Runs(Protocol):
    """A plan, as far as it is needed here."""

    def run(self, values: Mapping[str, Any], *, steps: Any) -> dict[str, Array]:
        """Return what the plan keeps."""


class Makes(Protocol):
    """Makes a plan that keeps some signals, and adds up others over the batch."""

    def __call__(self, circuit: Circuit, keep: Sequence[str], totals: Mapping[str, str]) -> Runs:
        """Return the plan; `totals` maps a gradient to the signal it belongs to."""


@dataclass
class GradientPlans:
    """The plans of a circuit's gradients, by what was asked for and for which short axes."""

    circuit: Circuit
    shapes: Mapping[str, Shape]
    make: Makes
    known: dict[object, tuple[Differentiated, Runs]] = field(default_factory=dict)

    def run(
        self,
        asked: Asked,
        unfolding: Unfolding,
        given: Given,
        weights: Any,
    ) -> dict[str, Array]:
        """Return the gradients by name, sequences as (T, …) or (T, B, …).

        `given` are the values bound, and the batch size of each signal that has one.
        """
        steps, (bound, batch) = dict(unfolding.steps), given
        made, plan = self._plan(asked, steps)
        seed = self._seed(asked.loss, bound, batch, weights)
        values = {name: value.array for name, value in bound.values.items()}
        found = plan.run({**values, str(made.seed): seed}, steps=steps)
        names = asked.wrt if asked.wrt is not None else [p.name for p in self.circuit.params]
        self._ensure_influence(asked, made)
        return {name: self._gradient(name, made, found, given, steps) for name in names}

    def _plan(self, asked: Asked, steps: Mapping[str, int]) -> tuple[Differentiated, Runs]:
        short = short_axes(self.circuit, steps, asked)
        key = (asked, tuple(short.items()))
        if key not in self.known:
            made = gradient_circuit(self.circuit, asked, short)
            keep = list(dict.fromkeys(made.gradients.values()))
            self.known[key] = made, self.make(made.circuit, keep, made.statics)
        return self.known[key]

    def _seed(self, loss: str, bound: Bound, batch: Mapping[str, int], weights: Any) -> Array:
        """The gradient to start with: ones, or weights repeated to the form of the loss."""
        signal = parse_id(re.sub(r"\[.*", "", loss))[0]
        core = tuple(need(size, bound.sizes) for size in self.shapes[signal])
        if weights is None and core:
            cure = "differentiate a scalar, as sum(…) of it, or give its weights as cotangent"
            raise ValuesError(f"{loss} has shape {core}; {cure}")
        shape = (batch[signal], *core) if signal in batch else core
        try:
            array = np.asarray(as_numbers(1 if weights is None else weights), bound.dtype)
        except ValueError as error:
            raise ValuesError(f"cotangent: {error}") from error
        if signal in batch and array.ndim == 1 < len(shape):
            array = array.reshape(-1, *[1] * len(core))
        try:
            return np.array(np.broadcast_to(array, shape))
        except ValueError:
            told = f"cotangent: expected {shape}, the shape of {loss}"
            raise ValuesError(f"{told}, found {array.shape}") from None

    def _ensure_influence(self, asked: Asked, made: Differentiated) -> None:
        without = [name for name in asked.wrt or () if name not in made.gradients]
        if without:
            why = "or only where the derivative is 0, as of a comparison, sign or one_hot"
            raise ValuesError(f"{asked.loss} does not depend on {', '.join(without)}, {why}")

    def _gradient(
        self,
        name: str,
        made: Differentiated,
        found: Mapping[str, Array],
        given: Given,
        steps: Mapping[str, int],
    ) -> Array:
        bound, batch = given
        signal = name.partition("[")[0].strip()
        axis = self.circuit.axis_of[signal] if "[" not in name else None
        front = () if axis is None else (steps[axis],)
        value = bound.values.get(name)
        batched = signal in batch if value is None else value.batched
        if batched:
            front = (*front, batch[signal])
        core = tuple(need(size, bound.sizes) for size in self.shapes[signal])
        if name not in made.gradients:
            return np.zeros((*front, *core), bound.dtype)
        array = found[made.gradients[name]]
        if array.ndim > len(front) + len(core):  # a value that all examples share
            array = np.sum(array, axis=int(axis is not None))
        return np.array(np.broadcast_to(array, (*front, *core)))


def gradient_circuit(circuit: Circuit, asked: Asked, steps: Mapping[str, int]) -> Differentiated:
    """The circuit with gradients, arranged to be run: with values that derivatives need named.

    `steps` are those of axes too short for the general case.
    """
    plain = inline_functions(circuit)
    names = [p.name for p in plain.params] if asked.wrt is None else list(asked.wrt)
    signals = frozenset(name.partition("[")[0].strip() for name in names)
    live = live_signals(plain, asked.loss.partition("[")[0].strip(), signals)
    settings = Settings(steps, seeded=True, simplified=True)
    return differentiated(split(plain, live), asked.loss, names, settings)


def short_axes(circuit: Circuit, steps: Mapping[str, int], asked: Asked) -> dict[str, int]:
    """The axes no longer than what reads, boundaries and the names asked for span."""
    found: dict[str, int] = {}
    told = [
        int(n) for name in (asked.loss, *(asked.wrt or ())) for n in re.findall(r"\[.*?(\d+)", name)
    ]
    for axis, length in steps.items():
        spans = [0, *told]
        for link in circuit.links:
            if circuit.axis_of[link.source] == axis:
                spans.append(abs(link.delay))
                spans.append(abs(link.index.offset) if link.index is not None else 0)
        own = (b for b in circuit.boundaries if circuit.axis_of[b.signal] == axis)
        spans += [abs(boundary.index.offset) for boundary in own]
        if length <= 2 * max(spans) + 1:
            found[axis] = length
    return found
