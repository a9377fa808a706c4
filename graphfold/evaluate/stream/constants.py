"""What stands still while a stream goes by, worked out once for the values it starts with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.binding import measure
from graphfold.evaluate.stream.parts import Parts, at, like
from graphfold.evaluate.stream.runner import Make, Runner
from graphfold.evaluate.stream.state import Start, frozen
from graphfold.evaluate.value import Array
from graphfold.instances import format_id
from graphfold.unfold import unfold

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Setting:
    """What constants follow from: a start, all values it has, a dtype, and the sizes of inputs.

    `shapes` are those of one step of each input.
    """

    start: Start
    values: Mapping[str, Array]
    dtype: np.dtype[Any]
    shapes: Shapes

    def agrees(self, other: Setting) -> bool:
        """Whether constants of the one are those of the other."""
        bare = not self.start.values and not other.start.values
        same = bare and self.start.steps == other.start.steps
        kind = self.dtype == other.dtype and self.shapes == other.shapes
        return kind and (self.start is other.start or same)


@dataclass(frozen=True)
class Constants:
    """Values by name, in one dtype, and the sizes they tell, of a start.

    `lengths` are those of all axes, the stream's being 0; `plans` run parts on these values.
    `uneven` tells that some pins have a batch axis, so that other steps must get one.
    """

    setting: Setting
    sizes: Mapping[str, int]
    lengths: Mapping[str, int]
    values: Mapping[str, Array]
    uneven: bool
    plans: dict[object, Runner] = field(default_factory=dict)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all values."""
        return self.setting.dtype

    def of(self, circuit: Circuit) -> dict[str, Array]:
        """What is declared in a circuit."""
        return {name: self.values[name] for name in circuit.declared if name in self.values}


def lengths_of(parts: Parts, start: Start, values: Mapping[str, Array]) -> dict[str, int]:
    """The number of steps of each axis before the first step of a stream."""
    circuit, axis = parts.cut.circuit, parts.cut.axis
    found = {**start.steps, axis: 0}
    for signal in circuit.inputs:
        if signal.axis not in (None, axis) and signal.name in values:
            shape = values[signal.name].shape
            found.setdefault(str(signal.axis), shape[0] if shape else 0)
    return found


def cores(parts: Parts, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]] | None:
    """The shape of one step of each input; None if the sizes do not tell it."""
    known = {symbol for s in parts.inputs for size in s.shape for symbol in size.symbols}
    if not known <= sizes.keys():
        return None
    return {s.name: tuple(size.evaluate(sizes) for size in s.shape) for s in parts.inputs}


def told_sizes(parts: Parts, start: Start, values: Mapping[str, Array]) -> dict[str, int]:
    """The sizes that values tell, defaults left aside."""
    part = parts.before
    unfolding = unfold(part.circuit, lengths_of(parts, start, values))
    return measure(unfolding, part.shapes.signals, _early(parts, values), ())


def _early(parts: Parts, values: Mapping[str, Array]) -> dict[str, Array]:
    """The values but histories of signals that come after the stream."""
    late = parts.cut.late
    return {n: a for n, a in values.items() if n.partition("[")[0] not in late}


def prepare(parts: Parts, make: Make, setting: Setting) -> Constants:
    """Run the part before a stream."""
    part, dtype, values = parts.before, setting.dtype, setting.values
    lengths = lengths_of(parts, setting.start, values)
    cast = {n: a.astype(dtype) if a.dtype.kind == "f" else a for n, a in values.items()}
    given = _early(parts, cast)
    given |= {like(name): np.zeros(core, dtype) for name, core in setting.shapes.items()}
    given |= _unread(parts, lengths, given, dtype)
    moving = parts.cut.moving
    names = [e.signal for e in part.circuit.equations if e.signal not in moving]
    try:
        found = make(part, names).run(given, steps=lengths)
    except ValuesError as error:
        raise ValuesError(_without_likes(str(error))) from None
    unfolding = unfold(part.circuit, lengths)
    sizes = measure(unfolding, part.shapes.signals, given, part.circuit.dims)
    known = {n: a for n, a in cast.items() if n in parts.cut.circuit.declared or n not in given}
    arrays = {n: frozen(np.asarray(a, dtype)) for n, a in (known | found).items()}
    pins = [
        (at(signal, step), signal) for step, those in parts.cut.pins.items() for signal in those
    ]
    uneven = any(arrays[name].ndim > parts.rank(signal) for name, signal in pins)
    return Constants(setting, sizes, lengths, arrays, uneven)


def _unread(
    parts: Parts, lengths: Mapping[str, int], given: Mapping[str, Array], dtype: np.dtype[Any]
) -> dict[str, Array]:
    """Zeros for histories that only this part reads, where pins of a long run leave them out."""
    part, cut = parts.before, parts.cut
    own = unfold(part.circuit, lengths)
    long = unfold(cut.circuit, {**lengths, cut.axis: 1 + max([1, *cut.depth.values(), *cut.pins])})
    own_values = (b for b in cut.circuit.boundaries if b.value is not None and not b.index.base)
    told = {(b.signal, b.index.offset) for b in own_values}
    known = {*long.boundaries, *told}
    sizes = measure(own, part.shapes.signals, given, part.circuit.dims)
    found = {}
    for signal, step in own.boundaries:
        shape = part.shapes.signals[signal]
        symbols = {symbol for size in shape for symbol in size.symbols}
        name = format_id(signal, step)
        is_later = step > 0 and cut.circuit.axis_of[signal] == cut.axis
        is_read = (signal, step) in known or is_later or name in given
        if not is_read and symbols <= sizes.keys():
            found[name] = np.zeros([s.evaluate(sizes) for s in shape], dtype)
    return found


def _without_likes(message: str) -> str:
    """A message without the arrays that stand for inputs to come, unless it is about them."""
    shape = r"\[[^\]]*\] = \([^)]*\)"
    return re.sub(rf", [^\s,]+{like('')} {shape}", "", message).replace(like(""), "")


def first_rows(parts: Parts, constants: Constants, batch: int | None) -> dict[str, Array]:
    """The histories, as rows of a state; those that nothing reads are zeros."""
    found = {}
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
