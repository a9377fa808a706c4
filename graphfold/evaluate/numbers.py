"""Turn what a caller gives into arrays of real numbers, and look for what is not finite."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graphfold.evaluate.value import Array

_PIECE = 1 << 18  # values looked at at once: an array may stand in a file, and be large

_KINDS = {
    "c": "complex numbers",
    "O": "Python objects",
    "U": "text",
    "S": "text",
    "T": "text",
    "V": "records",
    "M": "dates",
    "m": "time differences",
}


def as_numbers(value: Any) -> Array:
    """Return an array of floating, whole or truth values; ValueError says what it holds instead."""
    if np.ma.is_masked(value):
        raise ValueError("holds masked entries, which have no value")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.asarray(value)
    except Exception as error:  # any class may say in its own way that it is no array
        raise ValueError(_why_no_array(value)) from error
    if array.dtype.kind == "O" and array.ndim == 0:
        raise ValueError(_why_no_array(value))
    if array.dtype.kind not in "fiub":
        kind = _KINDS.get(array.dtype.kind, f"{array.dtype} values")
        raise ValueError(f"holds {kind}, not real numbers")
    return array


def _why_no_array(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "is a list whose rows differ in length"
    return f"is no array but {type(value).__name__}"


def floating_dtype(values: Iterable[Any]) -> np.dtype[Any]:
    """Return the dtype to compute in: that of the floating arrays, float64 when there is none.

    Plain Python numbers and lists take on the dtype of the arrays beside them.

    >>> floating_dtype([np.float32([1, 2]), [0.5, 0.5], np.array([1, 2])])
    dtype('float32')
    """
    dtypes = [getattr(value, "dtype", None) for value in values]
    floats = [d for d in dtypes if isinstance(d, np.dtype) and d.kind == "f"]
    return np.result_type(*floats).newbyteorder("=") if floats else np.dtype(np.float64)


def inexact(name: str, array: Array, dtype: np.dtype[Any]) -> list[str]:
    """Say so when the dtype cannot hold numbers of the array: large whole ones, or any at all."""
    whole = 2 ** (np.finfo(dtype).nmant + 1)
    if array.dtype.kind in "iu" and array.size:
        if max(int(array.max()), -int(array.min())) > whole:
            return [f"{name}: holds whole numbers beyond {whole:,}, too large for {dtype}"]
    elif array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize:
        finite = array[np.isfinite(array)]
        if finite.size and np.abs(finite).max() > np.finfo(dtype).max:
            return [f"{name}: holds numbers that are too large for {dtype}"]
    return []


def find_non_finite(values: Mapping[str, Any]) -> list[str]:
    """Return a line for each array that holds NaN or an infinity.

    >>> find_non_finite({"x": np.array([[1.0, np.nan]])})
    ['x holds 1 value that is not finite, the first is nan at [0, 1]']
    """
    lines = []
    for name, value in values.items():
        try:
            array = as_numbers(value)
        except ValueError:
            continue  # an evaluation reports it
        if array.dtype.kind == "f" and (found := _non_finite(array)):
            number, place = found
            count = f"{number} values that are" if number > 1 else "1 value that is"
            lines.append(
                f"{name} holds {count} not finite, the first is {array[place]} at {[*place]}"
            )
    return lines


def _non_finite(array: Array) -> tuple[int, tuple[int, ...]] | None:
    """How many values are not finite and where the first is, if any; looked for piece by piece."""
    if not array.ndim:
        return None if np.isfinite(array) else (1, ())
    count, first = 0, None
    rows = max(1, _PIECE * len(array) // max(1, array.size))
    for start in range(0, len(array), rows):
        wrong = ~np.isfinite(array[start : start + rows])
        if wrong.any():
            count += int(np.count_nonzero(wrong))
            if first is None:
                place = tuple(int(n) for n in np.unravel_index(np.argmax(wrong), wrong.shape))
                first = (start + place[0], *place[1:])
    return None if first is None else (count, first)
