"""What stands still while a stream goes by, worked out once for the values it starts with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.errors import ValuesError
from graphfold.evaluate.binding import measure
from graphfold.evaluate.stream.parts import Parts, at, like
from graphfold.evaluate.stream.runner import Make
from graphfold.evaluate.stream.state import Start, frozen
from graphfold.evaluate.value import Array
from graphfold.unfold import unfold


@dataclass(frozen=True)
class Constants:
    """Values by name, in one dtype, and the sizes they tell, of a start.

    `lengths` are those of all axes, the stream's being 0.
    """

    start: Start
    dtype: np.dtype[Any]
    sizes: Mapping[str, int]
    lengths: Mapping[str, int]
    values: Mapping[str, Array]


def lengths_of(parts: Parts, start: Start) -> dict[str, int]:
    """The number of steps of each axis before the first step of a stream."""
    circuit, axis = parts.cut.circuit, parts.cut.axis
    found = {**start.steps, axis: 0}
    for signal in circuit.inputs:
        if signal.axis not in (None, axis) and signal.name in start.values:
            shape = start.values[signal.name].shape
            found.setdefault(str(signal.axis), shape[0] if shape else 0)
    return found


def cores(parts: Parts, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]] | None:
    """The shape of one step of each input; None if the sizes do not tell it."""
    known = {symbol for s in parts.inputs for size in s.shape for symbol in size.symbols}
    if not known <= sizes.keys():
        return None
    return {s.name: tuple(size.evaluate(sizes) for size in s.shape) for s in parts.inputs}


def told_sizes(parts: Parts, start: Start) -> dict[str, int]:
    """The sizes that values tell, defaults left aside."""
    part = parts.before
    unfolding = unfold(part.circuit, lengths_of(parts, start))
    return measure(unfolding, part.shapes.signals, _early(parts, start), ())


def _early(parts: Parts, start: Start) -> dict[str, Array]:
    """The values but histories of signals that come after the stream."""
    late = parts.cut.late
    return {n: a for n, a in start.values.items() if n.partition("[")[0] not in late}


def prepare(
    parts: Parts,
    make: Make,
    start: Start,
    dtype: np.dtype[Any],
    shapes: Mapping[str, tuple[int, ...]],
) -> Constants:
    """Run the part before a stream; `shapes` are those of one step of each input."""
    part, lengths = parts.before, lengths_of(parts, start)
    cast = {n: a.astype(dtype) if a.dtype.kind == "f" else a for n, a in start.values.items()}
    given = {name: cast[name] for name in _early(parts, start)}
    given |= {like(name): np.zeros(core, dtype) for name, core in shapes.items()}
    moving = parts.cut.moving
    names = [e.signal for e in part.circuit.equations if e.signal not in moving]
    try:
        found = make(part, names).run(given, steps=lengths)
    except ValuesError as error:
        raise ValuesError(str(error).replace(like(""), "")) from None
    unfolding = unfold(part.circuit, lengths)
    sizes = measure(unfolding, part.shapes.signals, given, part.circuit.dims)
    known = {n: a for n, a in cast.items() if n in parts.cut.circuit.declared or n not in given}
    known |= found
    arrays = {name: frozen(np.asarray(array, dtype)) for name, array in known.items()}
    return Constants(start, dtype, sizes, lengths, arrays)


def first_rows(parts: Parts, constants: Constants) -> dict[str, Array]:
    """The histories, as rows of a state; those that nothing reads are zeros."""
    found, batch = {}, constants.start.batch
    for signal, depth in parts.cut.depth.items():
        shape = parts.shapes.signals[signal]
        steps = parts.cut.boundary_steps.get(signal, ())
        known = {s: constants.values[at(signal, s)] for s in steps if 1 - depth <= s <= 0}
        front = [a.shape[0] for a in known.values() if a.ndim > len(shape)]
        front += [] if batch is None else [batch]
        core = tuple(size.evaluate(constants.sizes) for size in shape)
        if len(set(front)) > 1:
            message = f"{signal}: histories of {front[0]} rows do not fit batch={batch}"
            raise ValuesError(message)
        rows = np.zeros((depth, *front[:1], *core), constants.dtype)
        for step, array in known.items():
            rows[step + depth - 1] = array
        found[signal] = frozen(rows)
    return found
