"""Gradients of a loss with respect to instances, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graphfold.errors import suggest
from graphfold.evaluate.backward.walk import Part
from graphfold.evaluate.evaluation import Evaluation, UnknownInstanceError
from graphfold.evaluate.value import Array, Value
from graphfold.instances import Instance, format_id

Pinned = tuple[Instance, Array | None]  # an input at a pinned step, and in which rows


class Filled(Mapping[Instance, Value]):
    """Gradients by instance: zeros for what the loss does not depend on."""

    def __init__(
        self,
        found: Mapping[Instance, Value],
        values: Mapping[Instance, Value],
        only: list[Instance],
    ) -> None:
        self.found, self.values_, self.only = found, values, dict.fromkeys(only)

    def __getitem__(self, instance: Instance) -> Value:
        if instance not in self.only:
            raise KeyError(instance)
        value = self.found.get(instance)
        if value is None:
            like = self.values_[instance]
            value = Value(np.zeros(like.array.shape, like.array.dtype), like.batched)
        array = value.array.view()
        array.flags.writeable = False
        return Value(array, value.batched)

    def __contains__(self, instance: object) -> bool:
        return instance in self.only

    def __iter__(self) -> Iterator[Instance]:
        return iter(self.only)

    def __len__(self) -> int:
        return len(self.only)


@dataclass(frozen=True, eq=False)
class Gradients(Mapping[str, Array]):
    """A mapping from id ("h[3]", "W") to ∂loss/∂instance, an array of the instance's shape.

    `evaluation` holds the values the gradients were taken at, `loss` the id of the loss. Parts of a
    shared parameter, one a step, are under ids such as "W[1]" where they were asked for.
    """

    evaluation: Evaluation
    loss: str
    whole: Evaluation = field(repr=False)
    parts: Mapping[Part, Array] = field(repr=False)
    part_axis: Mapping[str, str] = field(default_factory=dict, repr=False)
    pinned: Sequence[Pinned] = field(default=(), repr=False)

    def __getitem__(self, text: str) -> Array:
        part = self._part(text)
        if part is not None:
            found = self.parts.get(part)
            return np.zeros_like(self.whole[part[0]]) if found is None else found
        try:
            return self.whole[text]
        except UnknownInstanceError:
            raise
        except KeyError:
            cure = f"it is not among wrt{suggest(text, list(self.whole))}"
            raise UnknownInstanceError(f"no gradient was asked for {text}: {cure}") from None

    def _part(self, text: str) -> Part | None:
        signal, bracket, step = text.partition("[")
        axis = self.part_axis.get(signal.strip())
        digits = step.rstrip("] ").strip()
        if axis is None or not bracket or not digits.isdecimal():
            return None
        inside = 1 <= int(digits) <= self.evaluation.unfolding.length(axis)
        return (signal.strip(), axis, int(digits)) if inside else None

    def __iter__(self) -> Iterator[str]:
        yield from self.whole
        for signal, axis in self.part_axis.items():
            steps = range(1, self.evaluation.unfolding.length(axis) + 1)
            yield from (format_id(signal, step) for step in steps)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def signal(self, name: str) -> Array:
        """Return the gradients at all steps 1..T of a sequence as (T, …) or (T, B, …)."""
        return self._together(name, self.whole.signal)

    def given(self, name: str) -> Array:
        """Return the gradient of an array that was given, in its layout, by its name.

        It is 0 where a pin of the model takes the place of what an input holds.

        >>> from graphfold import gradients, loads, unfold
        >>> text = "graphfold: 1\\ninputs: {'x[t]': []}\\ninit: {'x[1]': 0}\\nequations: |\\n"
        >>> c = loads(text + "  Loss = sum(3 * x[t] for t)")
        >>> g = gradients(unfold(c, 2), {"x": [7.0, 8.0]})
        >>> g.signal("x").tolist(), g.given("x").tolist()
        ([3.0, 3.0], [0.0, 3.0])
        """
        circuit = self.evaluation.unfolding.circuit
        if name not in circuit.axis_of:
            return self[name]
        array = self.signal(name)
        if name not in circuit.declared:
            return array
        array = array.copy()
        for (signal, step), rows in self.pinned:
            if signal == name and step is not None:
                turned = array.swapaxes(0, 1) if self._batch_first(name) else array
                turned[(step - 1, slice(None) if rows is None else rows)[: turned.ndim]] = 0
        return array

    def _batch_first(self, name: str) -> bool:
        values = (v for (signal, _), v in self.whole.instances.items() if signal == name)
        return self.whole.batch_first and any(value.batched for value in values)

    def leaves(self, name: str) -> Array:
        """Return the gradients of a signal over a tree at all leaves, in reading order."""
        return self._together(name, self.whole.leaves)

    def _together(self, name: str, of: Callable[[str], Array]) -> Array:
        try:
            return of(name)
        except UnknownInstanceError:
            raise
        except KeyError:
            raise UnknownInstanceError(f"no gradient was asked for {name}") from None

    def steps(self, parameter: str) -> Array:
        """Return the parts of a shared parameter, (T, *shape): row t - 1 is ∂loss/∂W⁽ᵗ⁾.

        UnknownInstanceError for a parameter whose parts were not asked for with `per_step`.
        """
        if parameter not in self.part_axis:
            cure = f"per_step=['{parameter}']"
            raise UnknownInstanceError(f"no parts of {parameter} were asked for: {cure}")
        length = self.evaluation.unfolding.length(self.part_axis[parameter])
        names = (format_id(parameter, step) for step in range(1, length + 1))
        shape = self.whole[parameter].shape
        found = [self[name] for name in names]
        return np.stack(found) if found else np.zeros((0, *shape), self.whole[parameter].dtype)

    def norms(self, name: str) -> Array:
        """Return the Euclidean norm of ∂loss/∂h[t] at t = 1..T, (T,), over a batch too.

        Of a static signal or one instance, "W" or "h[2]", it is one number.

        >>> from graphfold import evaluate, gradients, loads, unfold
        >>> text = "graphfold: 1\\ninit: {'h[0]': given}\\nequations: |\\n  h[t] = 0.5 * h[t-1]"
        >>> g = gradients(unfold(loads(text), 3), {"h[0]": 1.0}, "h[3]")
        >>> g.norms("h").tolist()
        [0.25, 0.5, 1.0]
        """
        axis = self.evaluation.unfolding.circuit.axis_of.get(name)
        if axis is None:
            return np.asarray(norm(self[name]))
        steps = range(1, self.evaluation.unfolding.length(axis) + 1)
        return np.array([norm(self[format_id(name, step)]) for step in steps])


def norm(array: Array) -> float:
    """The Euclidean norm of all numbers of an array, without overflow on the way.

    >>> norm(np.array([3.0, 4.0])), norm(np.array([0, 1e200]))
    (5.0, 1e+200)
    """
    largest = float(np.max(np.abs(array), initial=0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    exponent = -int(np.frexp(largest)[1])
    scaled = np.ldexp(np.asarray(array, float), exponent)
    return float(np.ldexp(np.sqrt(np.sum(np.square(scaled))), -exponent))
