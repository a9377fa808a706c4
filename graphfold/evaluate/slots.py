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
    that size's name in the model; a slot `of_tree` has as many as a tree. A slot that is not
    `required` is checked when it is filled.
    """

    name: str
    role: Role
    shape: Shape
    steps: int | None = None
    symbol: str = "T"
    required: bool = True
    spellings: frozenset[str] = frozenset()
    of_tree: bool = False

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
            told = unfolding.circuit.is_of_tree(signal.axis)
            yield Slot(signal.name, role, signal.shape, steps, symbol, required, frozenset(), told)


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
    yield from _given_leaves(unfolding, shapes)
    at_leaves = frozenset(unfolding.leaf_signals)
    outside = (i for i in unfolding.boundaries if i[0] not in at_leaves)
    instances = dict.fromkeys([*outside, *unfolding.declared_boundaries])
    for signal, step in instances:
        declared = unfolding.boundary_value(signal, step)
        if step is not None and (declared is None or declared.value is None):
            required = unfolding.contains(signal, step)
            spellings = frozenset({_from_the_end(unfolding, signal, step)})
            name = format_id(signal, step)
            yield Slot(name, "history", shapes[signal], required=required, spellings=spellings)


def _given_leaves(unfolding: Unfolding, shapes: Mapping[str, Shape]) -> Iterator[Slot]:
    """What signals over trees are at the leaves, as one array "h[k]" of K values."""
    circuit = unfolding.circuit
    for signal in circuit.leaf_signals:
        tree, boundary = circuit.tree_of(signal), circuit.leaf_history(signal)
        if tree is None or (boundary is not None and boundary.value is not None):
            continue
        read = signal in unfolding.leaf_signals
        required = read and (unfolding.kept is None or _has_leaf(unfolding, signal))
        steps, symbol = unfolding.length(str(tree.leaves)), circuit.length_of[str(tree.leaves)]
        name = leaves_id(unfolding, signal)
        yield Slot(
            name, "history", shapes[signal], steps, symbol, required, frozenset(), of_tree=True
        )


def _has_leaf(unfolding: Unfolding, signal: str) -> bool:
    return any(s == signal and step is not None and step <= 0 for s, step in unfolding.instances())


def leaves_id(unfolding: Unfolding, signal: str) -> str:
    """The name under which a signal over a tree is given at all the leaves: "h[k]"."""
    tree = unfolding.circuit.tree_of(signal)
    return f"{signal}[{tree.leaves if tree else ''}]"


def _from_the_end(unfolding: Unfolding, signal: str, step: int) -> str:
    axis = str(unfolding.circuit.axis_of[signal])
    offset = step - unfolding.length(axis)
    return f"{signal}[{unfolding.circuit.length_of[axis]}{f'{offset:+d}' if offset else ''}]"
