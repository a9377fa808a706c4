"""The values that a stream is started with, and a block of steps of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.circuit import Signal
from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.numbers import as_numbers, inexact
from graphfold.evaluate.stream.parts import Parts
from graphfold.evaluate.stream.state import frozen
from graphfold.evaluate.value import Array

Dtype = np.dtype[Any]


def start_values(parts: Parts, values: Mapping[str, Any]) -> dict[str, Array]:
    """Copies of what a stream is started with; ValuesError lists what is wrong with it."""
    if not isinstance(values, Mapping):
        raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
    found, problems = dict[str, Array](), list[str]()
    for key, value in values.items():
        name = "".join(str(key).split())
        if name in (signal.name for signal in parts.streams):
            problems.append(f"{name} is given step by step, not at the start")
            continue
        if parts.is_idle(name):
            continue
        try:
            found[name] = frozen(as_numbers(value))
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise ValuesError("\n".join(problems))
    return found


def ensure_complete(parts: Parts, values: Mapping[str, Array], batch: Any) -> None:
    """ValuesError when parameters or inputs that are no part of a stream are missing."""
    problems = []
    if batch is not None and (type(batch) is bool or not isinstance(batch, int) or batch < 0):
        problems.append(f"batch must be a whole number from 0 on, not {shorten(repr(batch))}")
    for signal in parts.cut.circuit.declared.values():
        if signal.axis != parts.cut.axis and signal.name not in values:
            role = "parameter" if signal.kind == "param" else "input"
            close = suggest(signal.name, [n for n in values if n not in parts.cut.circuit.declared])
            hint = close.replace("did you mean", "is it")
            problems.append(f"{role} {signal.name} is missing{hint}")
    if problems:
        raise ValuesError("\n".join(problems))


def dtype_of(values: Mapping[str, Any]) -> Dtype | None:
    """The dtype of floating arrays together, None when there are none.

    Plain numbers and lists take on the dtype of the arrays beside them.
    """
    dtypes = [getattr(value, "dtype", None) for value in values.values()]
    floats = [d for d in dtypes if isinstance(d, np.dtype) and d.kind == "f"]
    return np.result_type(*floats).newbyteorder("=") if floats else None


@dataclass(frozen=True)
class Block:
    """Some steps of the inputs, (steps, …) or (steps, B, …) by name."""

    steps: int
    arrays: Mapping[str, Array]
    dtype: Dtype | None

    def core(self, signal: Signal) -> tuple[int, ...]:
        """The shape of one step of one example of an input."""
        shape = self.arrays[signal.name].shape
        return shape[len(shape) - len(signal.shape) :]

    def cast(self, dtype: Dtype) -> Block:
        """The block in a dtype; ValuesError where that cannot hold its numbers."""
        if all(array.dtype == dtype for array in self.arrays.values()):
            return self
        problems = [p for name, array in self.arrays.items() for p in inexact(name, array, dtype)]
        if problems:
            raise ValuesError("\n".join(problems))
        cast = {name: array.astype(dtype, copy=False) for name, array in self.arrays.items()}
        return Block(self.steps, cast, self.dtype)

    def part(self, first: int, last: int) -> Block:
        """The steps first + 1 … last of the block."""
        if (first, last) == (0, self.steps):
            return self
        cut = {name: array[first:last] for name, array in self.arrays.items()}
        return Block(last - first, cut, self.dtype)


def read_block(parts: Parts, inputs: Any, steps: int | None) -> Block:
    """Check a block of steps; ValuesError lists all that does not fit."""
    given = by_name(parts, inputs)
    problems = list(_misnamed(parts, given))
    arrays, counts = dict[str, Array](), dict[str, int]()
    for signal in parts.inputs:
        if signal.name not in given:
            continue
        try:
            array = as_numbers(given[signal.name])
        except ValueError as error:
            problems.append(f"{signal.name}: {error}")
            continue
        if array.ndim - len(signal.shape) not in (1, 2):
            problems.append(_misshaped(parts, signal, array))
            continue
        arrays[signal.name], counts[signal.name] = array, len(array)
    if steps is not None:
        counts["steps="] = steps
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        problems.append(f"the inputs of a block differ in length: {told}")
    if not counts and not problems:
        problems.append("no input tells how many steps there are: give steps=")
    if problems:
        raise ValuesError("\n".join(problems))
    return Block(next(iter(counts.values())), arrays, dtype_of(given))


def by_name(parts: Parts, inputs: Any) -> Mapping[str, Any]:
    """Inputs by name; those of a circuit with one sequence may be given alone."""
    if isinstance(inputs, Mapping):
        return inputs
    if inputs is None:
        return {}
    names = [signal.name for signal in parts.streams]
    if len(names) != 1:
        told = ", ".join(f"'{name}': …" for name in names)
        raise ValuesError(f"inputs must map names to arrays: {{{told}}}")
    return {names[0]: inputs}


def _misnamed(parts: Parts, given: Mapping[str, Any]) -> Iterator[str]:
    names = [signal.name for signal in parts.streams]
    for name in given:
        if name not in names:
            cure = suggest(str(name), names)
            if name in parts.cut.circuit.axis_of and not cure:
                cure = "; what stands still is given at the start"
            yield f"'{name}' is no input along {parts.cut.axis}{cure}"
    for signal in parts.inputs:
        if signal.name not in given:
            yield f"input {signal.name} is missing"


def _misshaped(parts: Parts, signal: Signal, array: Array) -> str:
    core = ", ".join(map(str, signal.shape))
    front = parts.cut.length
    one = f"({front}, {core})" if core else f"({front},)"
    many = f"({front}, B, {core})" if core else f"({front}, B)"
    return f"{signal.name}: expected a block {one} or {many}, found {array.shape}"
