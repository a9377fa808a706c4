"""Reductions over the steps each row has, and operations that must not see padding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, spread_to
from graphfold.evaluate.overtime import sum_steps
from graphfold.evaluate.value import Array, Value


def reduce_valid(operation: str, flow: Flow, axis: str, valid: Array) -> Flow:
    """Reduce along a clock where `valid`, (steps, B), holds; each row has a value of its own.

    The sum, mean or maximum of no steps is 0: that a row must not ask for it is for the caller to
    say.
    """
    array, others = _with_rows(flow, axis, valid.shape)
    lead = (1,) * len(others)
    core = (1,) * (array.ndim - 2 - len(others))
    mask = valid.reshape(valid.shape[0], *lead, valid.shape[1], *core)
    whole = bool(valid.all())
    if operation == "max_over":
        kept = array if whole else np.where(mask, array, array.dtype.type(-np.inf))
        empty = ~valid.any(axis=0).reshape(*lead, -1, *core)
        largest = kept.max(axis=0, initial=-np.inf)
        return Flow(np.where(empty, array.dtype.type(0), largest), others, True)
    total = sum_steps(array if whole else np.where(mask, array, array.dtype.type(0)))
    if operation == "mean_over":
        total = total / np.maximum(valid.sum(axis=0), 1).reshape(*lead, -1, *core)
    return Flow(total.astype(array.dtype), others, True)


def _with_rows(flow: Flow, axis: str, shape: tuple[int, ...]) -> tuple[Array, tuple[str, ...]]:
    """The array (steps, *other clocks, B, *core), repeated where it stands still."""
    others = tuple(a for a in flow.axes if a != axis)
    array = flow.array
    if axis in flow.axes:
        array = np.moveaxis(array, flow.axes.index(axis), 0)
    else:
        array = np.broadcast_to(array, (shape[0], *array.shape))
    if not flow.batched:
        place = 1 + len(others)
        array = np.expand_dims(array, place)
        array = np.broadcast_to(array, (*array.shape[:place], shape[1], *array.shape[place + 1 :]))
    return array, others


def valid_of(axes: Sequence[str], tables: Mapping[str, Array], rows: Array) -> Array | None:
    """Where rows have all of some clocks' steps, (*lengths, B) with 1 for a clock they all have.

    None where that is everywhere.
    """
    mask = rows.reshape(*(1,) * len(axes), -1)
    for place, axis in enumerate(axes):
        if axis in tables:
            table = tables[axis]
            shape = [1] * len(axes)
            shape[place] = len(table)
            mask = np.logical_and(mask, table.reshape(*shape, -1))
    return None if mask.all() else mask


def apply_where(
    kernel: Callable[..., Value], flows: Sequence[Flow], attributes: Mapping[str, Any], mask: Array
) -> Flow | None:
    """Apply a kernel where a mask of `valid_of` holds, with zeros elsewhere; None for nowhere."""
    axes = tuple(dict.fromkeys(axis for flow in flows for axis in flow.axes))
    batched = any(flow.batched for flow in flows)
    mask = mask if batched else np.asarray(mask.any(axis=-1))
    lengths = {a: n for f in flows for a, n in zip(f.axes, f.array.shape, strict=False)}
    front = tuple(lengths[axis] for axis in axes) + mask.shape[len(axes) :]
    chosen = np.flatnonzero(np.broadcast_to(mask, front).reshape(-1))
    if not chosen.size:
        return None
    if not front:
        return Flow(kernel(*(Value(f.array) for f in flows), **attributes).array)
    values = []
    for flow in flows:
        if flow.axes or flow.batched:
            spread = spread_to(flow, axes, front).reshape(mask_size(front), *flow.core)
            values.append(Value(spread[chosen], True))
        else:
            values.append(Value(flow.array))
    found = kernel(*values, **attributes)
    array = np.zeros((mask_size(front), *found.core), found.array.dtype)
    array[chosen] = found.array
    return Flow(array.reshape(*front, *found.core), axes, batched)


def mask_size(front: tuple[int, ...]) -> int:
    """How many places there are."""
    return int(np.prod(front, dtype=np.int64))
