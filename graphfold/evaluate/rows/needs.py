"""What rows of some lengths need from outside: each needs what its own unfolding needs.

A row that is long enough needs all that shorter ones need. So the unfoldings of a few short lengths
and of the longest row stand for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError
from graphfold.evaluate.rows.lengths import Lengths, read_lengths
from graphfold.evaluate.slots import Slot, exists, slots
from graphfold.expression import Index
from graphfold.instances import format_id
from graphfold.prune import ancestors
from graphfold.sizes import Shape
from graphfold.unfold import check_steps
from graphfold.unfolding import Unfolding

Key = tuple[str, Index]  # a boundary: a signal and a step by number (h[0]) or from the end (g[T+1])


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a batch: lengths, the boundaries any of them needs, and what each is called.

    `declared` holds the inputs and parameters that they need.
    """

    lengths: Lengths
    needed: frozenset[Key]
    names: Mapping[Key, str]
    declared: frozenset[str]


def read_rows(unfolding: Unfolding, given: Any) -> tuple[Rows | None, list[str]]:
    """Return the rows of the lengths that a caller gives, None without any, and the problems."""
    if given is None:
        return None, []
    lengths, problems = read_lengths(unfolding, given)
    if lengths is None:
        return None, problems
    return find_needs(unfolding, lengths)


def find_needs(unfolding: Unfolding, lengths: Lengths) -> tuple[Rows, list[str]]:
    """Return what the rows need, and a line for each length that the circuit has no meaning for."""
    needed: dict[Key, None] = {}
    declared: set[str] = set()
    problems: list[str] = []
    for row, short in _representatives(unfolding, lengths):
        try:
            check_steps(short)
        except UnfoldingError as error:
            problems.append(f"{lengths.name(row)}: {error}")
            continue
        if unfolding.kept is not None:
            short = replace(short, kept=ancestors(short))  # noqa: PLW2901  (the same, pruned)
        needed.update(dict.fromkeys(_keys(short)))
        declared |= _needed_values(short)
    keys = dict.fromkeys([*_keys(unfolding), *_declared(unfolding.circuit), *needed])
    names = _names(unfolding, list(keys))
    return Rows(lengths, frozenset(needed), names, frozenset(declared)), problems


def _representatives(unfolding: Unfolding, lengths: Lengths) -> Iterator[tuple[int, Unfolding]]:
    """An unfolding for each kind of row, with the first row of that kind; long ones are alike."""
    enough = 2 * _reach(unfolding.circuit) + 2
    if not lengths.batch:
        return
    table = np.minimum([axis.counts for axis in lengths.axes.values()], enough)
    kinds, first = np.unique(table, axis=1, return_index=True)
    for kind, row in zip(kinds.T.tolist(), first.tolist(), strict=True):
        steps = dict(unfolding.steps)
        for (axis, counts), length in zip(lengths.axes.items(), kind, strict=True):
            steps[axis] = counts.longest if length == enough else length
        yield row, replace(unfolding, steps=tuple(steps.items()), kept=None)


def _needed_values(unfolding: Unfolding) -> set[str]:
    circuit = unfolding.circuit
    if unfolding.kept is None:
        return set(circuit.declared)
    return {name for name in circuit.declared if exists(unfolding, name, circuit.axis_of[name])}


def _reach(circuit: Circuit) -> int:
    """From where on a longer row needs all that a shorter one does.

    Where histories are histories whatever the length, and far boundaries far, only fixed reads make
    a difference: h[T-2] is a history in a short row. Else whatever looks away from its step does.
    """
    fixed = [link.index.offset for link in circuit.links if link.index is not None]
    indices = [boundary.index for boundary in circuit.boundaries]
    if all(i.offset >= 1 if i.base else i.offset <= 0 for i in indices):
        return max(map(abs, fixed), default=0)
    delays = [link.delay for link in circuit.links]
    return max(map(abs, [*fixed, *delays, *(i.offset for i in indices)]))


def free_key(circuit: Circuit, signal: str, step: int, length: int) -> Key:
    """The name of a boundary the model says nothing about: a history, or counted from the end."""
    if step <= 0:
        return signal, Index("", step)
    return signal, Index(circuit.length_of[str(circuit.axis_of[signal])], step - length)


def _keys(unfolding: Unfolding) -> Iterator[Key]:
    """The boundaries of an unfolding: outside of 1..T, and pinned."""
    for signal, step in unfolding.boundaries:
        declared = unfolding.boundary_value(signal, step)
        length = unfolding.length(str(unfolding.circuit.axis_of[signal]))
        free = free_key(unfolding.circuit, signal, step, length)
        yield free if declared is None else (signal, declared.index)
    for (signal, pin), boundary in unfolding.declared_boundaries.items():
        pinned = unfolding.is_pinned(signal, pin)
        if pinned and (unfolding.kept is None or unfolding.contains(signal, pin)):
            yield signal, boundary.index


def _declared(circuit: Circuit) -> Iterator[Key]:
    return ((boundary.signal, boundary.index) for boundary in circuit.boundaries)


def _names(unfolding: Unfolding, keys: list[Key]) -> dict[Key, str]:
    """Name boundaries by number, those from the end by T where two have the same number."""
    numbered: dict[str, list[Key]] = {}
    for signal, index in keys:
        step = unfolding.resolve(index, str(unfolding.circuit.axis_of[signal]))
        numbered.setdefault(format_id(signal, step), []).append((signal, index))
    names: dict[Key, str] = {}
    for name, same in numbered.items():
        for signal, index in same:
            shared = len(same) > 1 and index.base
            names[signal, index] = f"{signal}[{index}]" if shared else name
    return names


def row_slots(unfolding: Unfolding, shapes: Mapping[str, Shape], rows: Rows) -> tuple[Slot, ...]:
    """List what can be given when rows differ in length, in order of declaration."""
    listed = [slot for slot in slots(unfolding, shapes) if slot.role != "history"]
    found = [replace(slot, required=slot.name in rows.declared) for slot in listed]
    for key, name in rows.names.items():
        boundary = unfolding.circuit.boundary.get(key)
        if boundary is None or boundary.value is None:
            spellings = _spellings(unfolding, key, rows)
            required = key in rows.needed
            slot = Slot(name, "history", shapes[key[0]], required=required, spellings=spellings)
            found.append(slot)
    return tuple(found)


def _spellings(unfolding: Unfolding, key: Key, rows: Rows) -> frozenset[str]:
    """The boundary counted from the end, unless another boundary is meant by that."""
    signal, index = key
    axis = str(unfolding.circuit.axis_of[signal])
    symbol = unfolding.circuit.length_of[axis]
    end = Index(symbol, unfolding.resolve(index, axis) - unfolding.length(axis))
    other = (signal, end) != key and (signal, end) in rows.names
    return frozenset() if other else frozenset({f"{signal}[{end}]"})
