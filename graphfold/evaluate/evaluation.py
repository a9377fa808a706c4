"""The result of an evaluation: every instance's value by its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from graphfold.errors import UnfoldingError, suggest
from graphfold.evaluate.overtime import stack_steps
from graphfold.evaluate.value import Array, Value
from graphfold.instances import Instance, format_id
from graphfold.unfolding import Unfolding


class UnknownInstanceError(UnfoldingError, KeyError):
    """No such instance in an evaluation; a KeyError too, as a mapping should raise."""

    __str__ = Exception.__str__


@dataclass(frozen=True, eq=False)
class Evaluation(Mapping[str, Array]):
    """A mapping from id ("h[3]", "W", "Loss") to a read-only array of the instance's value.

    A value of a batch has the batch axis first. `signal` and `outputs` put all steps together.
    """

    unfolding: Unfolding
    instances: Mapping[Instance, Value] = field(repr=False)
    empty: Mapping[str, Value] = field(default_factory=dict, repr=False)
    batch_first: bool = False
    batch: Mapping[str, int] = field(default_factory=dict, repr=False)

    def __getitem__(self, text: str) -> Array:
        try:
            return self.instances[self.unfolding.find(text)].array
        except UnfoldingError as error:
            raise UnknownInstanceError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return (format_id(*instance) for instance in self.instances)

    def __len__(self) -> int:
        return len(self.instances)

    def signal(self, name: str) -> Array:
        """Return all steps 1..T of a sequence as (T, …) or (T, B, …); a static signal as it is.

        A signal that depends on a batch has the axis B, whether it reads one at these steps or not.

        UnknownInstanceError for an unknown name, or when pruning has left out a step.
        """
        axes = self.unfolding.circuit.axis_of
        if name not in axes:
            raise UnknownInstanceError(f"unknown signal '{name}'{suggest(name, axes)}")
        axis = axes[name]
        if (name, None) in self.instances:
            return self._whole(name, self.instances[name, None]).array
        if axis is None:
            return self[name]  # which raises and tells why
        steps = range(1, self.unfolding.length(axis) + 1)
        missing = next((t for t in steps if (name, t) not in self.instances), None)
        if missing is not None:
            return self[format_id(name, missing)]  # which raises and tells why
        stacked = (
            stack_steps([self.instances[name, t] for t in steps]) if steps else self.empty[name]
        )
        stacked = self._whole(name, stacked)
        if stacked.batched and self.batch_first:
            return stacked.array.swapaxes(0, 1)
        return stacked.array

    def _whole(self, name: str, value: Value) -> Value:
        """A signal with its batch axis, even where it reads nothing of a batch at so few steps."""
        if value.batched or name not in self.batch:
            return value
        lead = self.unfolding.circuit.axis_of[name] is not None
        array = np.expand_dims(value.array, int(lead))
        shape = (*array.shape[:lead], self.batch[name], *array.shape[1 + lead :])
        return Value(np.broadcast_to(array, shape), True)

    def leaves(self, name: str) -> Array:
        """Return a signal over a tree at all leaves, in reading order: (K, …) or (K, B, …).

        UnknownInstanceError for a signal that is not read at every leaf.
        """
        unfolding = self.unfolding
        if name not in unfolding.leaf_signals:
            legal = unfolding.leaf_signals
            raise UnknownInstanceError(f"'{name}' is not read at the leaves{suggest(name, legal)}")
        steps = range(0, -unfolding.tree(str(unfolding.circuit.axis_of[name])).leaf_count, -1)
        missing = next((s for s in steps if (name, s) not in self.instances), None)
        if missing is not None:
            return self[format_id(name, missing)]  # which raises and tells why
        stacked = stack_steps([self.instances[name, step] for step in steps])
        first = stacked.batched and self.batch_first
        return stacked.array.swapaxes(0, 1) if first else stacked.array

    def outputs(self) -> dict[str, Array]:
        """Return the model's outputs by name, sequences with all their steps.

        When the model names none, all signals that an equation defines.
        """
        circuit = self.unfolding.circuit
        names = [o.name for o in circuit.outputs] or [e.signal for e in circuit.equations]
        return {name: self.signal(name) for name in names}


def no_steps(shape: tuple[int, ...], batch: int | None, dtype: np.dtype[np.generic]) -> Value:
    """Return a sequence of no steps, (0, …) or (0, B, …)."""
    front = (0,) if batch is None else (0, batch)
    return Value(np.zeros((*front, *shape), dtype), batch is not None)
