"""Where the steps of an input come from: an array, or an iterator of steps or blocks of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NoReturn, Protocol

import numpy as np

from graphfold.circuit import Signal
from graphfold.errors import ValuesError
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.value import Array

_END = object()  # of an iterator


class Source(Protocol):
    """The steps of an input, one after another."""

    @property
    def length(self) -> int | None:
        """How many steps there are, if that is known."""
        ...

    def take(self, count: int) -> Any:
        """The next steps as (steps, …), as many as asked for unless there are no more."""
        ...


def is_iterator(value: Any) -> bool:
    """Whether values come out of it one after another, once."""
    return hasattr(value, "__next__")


def is_stored(value: Any) -> bool:
    """Whether a value is an array that may stand in a file, of which slices are read.

    A numpy.memmap, or what has a shape, a dtype and slices but is an array of no library.
    """
    if isinstance(value, np.ndarray):
        return isinstance(value, np.memmap)
    if any(hasattr(value, name) for name in ("__array_namespace__", "numpy", "to_numpy")):
        return False
    sliced = all(hasattr(value, name) for name in ("shape", "dtype", "__getitem__"))
    return sliced and not isinstance(value, np.generic)


def source_of(signal: Signal, value: Any, batch: int | None, batch_first: bool) -> Source:
    """The source that an input is read from; ValuesError when it is none."""
    rank = len(signal.shape)
    if is_iterator(value):
        return Stepwise(signal.name, value, rank + (batch is not None))
    if is_stored(value):
        array = value
    else:
        try:
            array = as_numbers(value)
        except ValueError as error:
            raise ValuesError(f"{signal.name}: {error}") from error
    lead = len(array.shape) - rank
    if lead not in (1, 2):
        core = "".join(f", {size}" for size in signal.shape)
        found = tuple(array.shape)
        message = f"expected (T{core or ','}) or (T, B{core}), found {found}"
        raise ValuesError(f"{signal.name}: {message}")
    loose = not hasattr(value, "dtype")
    return Sliced(array, batch_first and lead == 2, loose)


@dataclass
class Sliced:
    """An array of all steps, of which slices are taken; `second` when steps are its second axis."""

    array: Any
    second: bool
    loose: bool
    done: int = 0

    @property
    def length(self) -> int:
        """How many steps there are."""
        return int(self.array.shape[int(self.second)])

    def take(self, count: int) -> Any:
        """The next steps."""
        first, self.done = self.done, min(self.done + count, self.length)
        if self.second:
            return np.swapaxes(np.asarray(self.array[:, first : self.done]), 0, 1)
        found = np.asarray(self.array[first : self.done])
        return Loose(found) if self.loose else found


@dataclass
class Stepwise:
    """An iterator of steps, with so many axes, or of blocks of steps, with more."""

    name: str
    values: Iterator[Any]
    axes: int
    length: int | None = None
    _rest: list[Array] = field(default_factory=list)
    _done: int = 0
    _none: Array = field(default_factory=lambda: np.zeros(0))

    def take(self, count: int) -> Any:
        """The next steps; ValuesError for what are none."""
        blocks, had, loose = self._rest, sum(len(one) for one in self._rest), False
        while had < count:
            value = next(self.values, _END)
            if value is _END:
                break
            loose = not hasattr(value, "dtype")
            block = self._read(value)
            if block.ndim == self.axes:  # a step: others come along with it
                block = self._more(value, count - had)
            blocks.append(block)
            had += len(block)
        whole = self._whole(blocks)
        self._rest = [whole[count:]] if had > count else []
        self._none = whole[:0]
        self._done += min(had, count)
        return Loose(whole[:count]) if loose else whole[:count]

    def _more(self, first: Any, count: int) -> Array:
        steps = [first, *islice(self.values, count - 1)]
        try:
            shapes = dict.fromkeys(map(np.shape, steps))
        except ValueError:
            shapes = {}
        if len(shapes) > 1:
            self._wrong(f"its steps differ in shape: {', '.join(map(str, shapes))}")
        return self._read(steps)

    def _read(self, value: Any) -> Array:
        try:
            found = as_numbers(value)
        except ValueError as error:
            self._wrong(str(error))
        if not self.axes <= found.ndim <= self.axes + 2:
            self._wrong(f"expected {self.axes} axes for a step, or one more, found {found.shape}")
        return found

    def _whole(self, blocks: list[Array]) -> Array:
        if not blocks and not self._done:
            raise ValuesError(f"{self.name}: the iterator gives no step")
        if not blocks:
            return self._none
        try:
            return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
        except ValueError:
            shapes = ", ".join(dict.fromkeys(str(one.shape[1:]) for one in blocks))
            self._wrong(f"its steps differ in shape: {shapes}")

    def _wrong(self, why: str) -> NoReturn:
        raise ValuesError(f"{self.name}, after {self._done:,} steps: {why}")


class Loose:
    """Numbers that have no dtype of their own, but take on that of the arrays beside them."""

    def __init__(self, array: Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype) if dtype is not None or copy else self._array
