"""The values of a batch in each row's own count of steps.

`store["h", 3]` holds, for each row, the value that h[3] has in the unfolding of that row alone. So
what an equation reads at t - 1 or t + 1 is one look-up, as without lengths: where a row ends, its
own history, pins and far boundary have been put in. What is beyond holds anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.evaluate.rows.lengths import RowLengths
from graphfold.evaluate.rows.needs import Key, Rows, free_key
from graphfold.evaluate.value import Array, Value, spread_to
from graphfold.expression import Index
from graphfold.instances import Instance

Patch = tuple[Key, Array]  # a boundary, and the rows it stands in


@dataclass(frozen=True)
class Outside:
    """Where values beside equations come from: the rows, boundaries by key, and core shapes.

    `boundary` returns None for a boundary that no row needs and nobody gives.
    """

    circuit: Circuit
    rows: Rows
    boundary: Callable[[Key], Value | None]
    core: Callable[[str], tuple[int, ...]]
    dtype: np.dtype[Any]

    @cached_property
    def fixed(self) -> frozenset[Instance]:
        """The boundaries that the model declares by number."""
        return frozenset((s, index.offset) for s, index in self.circuit.boundary if not index.base)

    @cached_property
    def ends(self) -> Mapping[str, tuple[Key, ...]]:
        """The boundaries counted from the end, by signal: declared, and read by a lookahead."""
        circuit = self.circuit
        found = [key for key in circuit.boundary if key[1].base]
        ahead: dict[str, int] = {}
        for link in circuit.links:
            ahead[link.source] = max(-link.delay, ahead.get(link.source, 0))
        for signal, most in ahead.items():
            symbol = circuit.length_of.get(circuit.axis_of[signal] or "", "")
            found += [(signal, Index(symbol, offset)) for offset in range(1, most + 1)]
        grouped: dict[str, dict[Key, None]] = {}
        for key in found:
            grouped.setdefault(key[0], {})[key] = None
        return {signal: tuple(keys) for signal, keys in grouped.items()}


@dataclass(eq=False)
class RowStore(dict[Instance, Value]):
    """A mapping from instance to value; what is outside of a signal's steps appears when read."""

    outside: Outside
    _sources: dict[Key, Value | None] = field(default_factory=dict)
    _patches: dict[str, dict[int, list[Patch]]] = field(default_factory=dict)

    def __missing__(self, instance: Instance) -> Value:
        signal, step = instance
        if step is None:
            raise KeyError(instance)
        lengths = self.lengths(signal)
        value = self.blank(signal, 0) if lengths is None else self.blend(signal, step, None)
        self[instance] = value
        return value

    def lengths(self, signal: str) -> RowLengths | None:
        """The rows' lengths over the signal's axis, if they differ there."""
        axis = self.outside.circuit.axis_of[signal]
        return None if axis is None else self.outside.rows.lengths.axes.get(axis)

    def blank(self, signal: str, fill: float) -> Value:
        """A value of the signal in which every number is `fill`."""
        shape = (self.outside.rows.lengths.batch, *self.outside.core(signal))
        return Value(np.full(shape, fill, self.outside.dtype), True)

    def source(self, key: Key) -> Value | None:
        """The value of a boundary, worked out once."""
        if key not in self._sources:
            value = self.outside.boundary(key)
            if value is not None:
                value = Value(np.asarray(value.array, self.outside.dtype), value.batched)
            self._sources[key] = value
        return self._sources[key]

    # -- a step, counted from the start ----------------------------------------------------------

    def blend(self, signal: str, step: int, own: Value | None, fill: float = 0) -> Value:
        """Put the rows' boundaries at that step into what the equation gives there, if any."""
        fixed = (signal, step) in self.outside.fixed
        if fixed or step <= 0:
            own = self.source((signal, Index("", step)))
        default = self.blank(signal, fill) if own is None else own
        patches = () if fixed else self.patches(signal, step)
        if not patches:
            return default
        array = spread_to(default, self.outside.rows.lengths.batch).copy()
        for key, rows in patches:
            _put(array, rows, self.source(key))
        return Value(array, True)

    def patches(self, signal: str, step: int) -> Sequence[Patch]:
        """The boundaries, counted from the end, that stand at that step, and in which rows."""
        if signal not in self._patches:
            found: dict[int, list[Patch]] = {}
            lengths = self.lengths(signal)
            for length, rows in lengths.rows_of.items() if lengths else ():
                for key in self.outside.ends.get(signal, ()):
                    found.setdefault(length + key[1].offset, []).append((key, rows))
            self._patches[signal] = found
        return self._patches[signal].get(step, ())

    # -- a step, counted from the end ------------------------------------------------------------

    def at_end(self, signal: str, offset: int, fill: float = 0) -> Value:
        """Each row's value at its own last step, or so many steps from there."""
        circuit, lengths = self.outside.circuit, self.lengths(signal)
        assert lengths is not None
        symbol = circuit.length_of[str(circuit.axis_of[signal])]
        declared = (signal, Index(symbol, offset))
        value = self.source(declared) if declared in circuit.boundary else None
        if value is not None:
            return value
        found = self.blank(signal, fill)
        for length, rows in lengths.rows_of.items():
            _put(found.array, rows, self._at(signal, length + offset, length))
        return found

    def _at(self, signal: str, step: int, length: int) -> Value | None:
        """The value at a step in rows of that length; it counts for these rows only."""
        if (signal, step) in self.outside.fixed:
            return self.source((signal, Index("", step)))
        if 1 <= step <= length:
            return self[signal, step]
        return self.source(free_key(self.outside.circuit, signal, step, length))


def _put(array: Array, rows: Array, value: Value | None) -> None:
    if value is not None:
        array[rows] = value.array[rows] if value.batched else value.array
