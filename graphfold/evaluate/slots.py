"""What an unfolding needs from outside: inputs, parameters and given boundaries, with shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from graphfold.instances import format_id
from graphfold.sizes import Shape
from graphfold.unfolding import Unfolding

Role = Literal["input", "parameter", "history"]


@dataclass(frozen=True)
class Slot:
    """A place for one array: its name, other spellings of it, its core shape.

    `steps` is the size of the leading axis of a sequence, None for a static value; `symbol` is
    that size's name in the model. A slot that is not `required` is checked when it is filled.
    """

    name: str
    role: Role
    shape: Shape
    steps: int | None = None
    symbol: str = "T"
    required: bool = True
    spellings: frozenset[str] = frozenset()

    @property
    def may_batch(self) -> bool:
        """Whether a batch axis is allowed: not for parameters, which all examples share."""
        return self.role != "parameter"

    @property
    def lead(self) -> int:
        """The number of axes before the batch axis."""
        return int(self.steps is not None)

    def layout(self, *, batched: bool, batch_first: bool = False) -> str:
        """Write the expected shape, as "(T, B, n_x)"."""
        steps = [self.symbol] if self.steps is not None else []
        batch = ["B"] if batched else []
        front = batch + steps if batch_first else steps + batch
        parts = [*front, *map(str, self.shape)]
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"


def slots(unfolding: Unfolding, shapes: Mapping[str, Shape]) -> tuple[Slot, ...]:
    """List what can be given to an evaluation, in order of declaration."""
    return (*_declared(unfolding), *_given(unfolding, shapes))


def _declared(unfolding: Unfolding) -> Iterator[Slot]:
    for signal in unfolding.circuit.declared.values():
        role: Role = "input" if signal.kind == "input" else "parameter"
        required = exists(unfolding, signal.name, signal.axis)
        if signal.axis is None:
            yield Slot(signal.name, role, signal.shape, required=required)
        else:
            steps, symbol = unfolding.length(signal.axis), unfolding.circuit.length_of[signal.axis]
            yield Slot(signal.name, role, signal.shape, steps, symbol, required)


def exists(unfolding: Unfolding, name: str, axis: str | None) -> bool:
    """Whether anything of an input or parameter is left by pruning."""
    if axis is None:
        return unfolding.contains(name, None)
    if unfolding.kept is None:
        return True
    steps = range(1, unfolding.length(axis) + 1)
    return any(unfolding.contains(name, t) for t in steps if not unfolding.is_pinned(name, t))


def _given(unfolding: Unfolding, shapes: Mapping[str, Shape]) -> Iterator[Slot]:
    """Histories, far boundaries and pins without a value of their own in the model."""
    instances = dict.fromkeys([*unfolding.boundaries, *unfolding.declared_boundaries])
    for signal, step in instances:
        declared = unfolding.boundary_value(signal, step)
        if step is not None and (declared is None or declared.value is None):
            required = unfolding.contains(signal, step)
            spellings = frozenset({_from_the_end(unfolding, signal, step)})
            name = format_id(signal, step)
            yield Slot(name, "history", shapes[signal], required=required, spellings=spellings)


def _from_the_end(unfolding: Unfolding, signal: str, step: int) -> str:
    axis = str(unfolding.circuit.axis_of[signal])
    offset = step - unfolding.length(axis)
    return f"{signal}[{unfolding.circuit.length_of[axis]}{f'{offset:+d}' if offset else ''}]"
