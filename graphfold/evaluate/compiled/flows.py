"""Values at all steps at once: arrays with an axis for each clock, then the batch, then the core.

A kernel of the table knows one leading axis, that of a batch. Here it gets clocks and batch as one,
so that `U @ x[t]` over all steps of all examples is a single matrix product.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graphfold.evaluate.overtime import sum_steps
from graphfold.evaluate.value import Array, Value


class Flow(NamedTuple):
    """An array (*lengths of `axes`, [B,] *core)."""

    array: Array
    axes: tuple[str, ...] = ()
    batched: bool = False

    @property
    def lead(self) -> int:
        """The number of axes before the core."""
        return len(self.axes) + self.batched

    @property
    def core(self) -> tuple[int, ...]:
        """The sizes of the core axes."""
        return self.array.shape[self.lead :]


def apply(
    kernel: Callable[..., Value], flows: Sequence[Flow], attributes: Mapping[str, Any]
) -> Flow:
    """Apply a kernel to values of different clocks; the result moves along all of them."""
    axes = tuple(dict.fromkeys(axis for flow in flows for axis in flow.axes))
    batched = any(flow.batched for flow in flows)
    if not axes:
        value = kernel(*(Value(flow.array, flow.batched) for flow in flows), **attributes)
        return Flow(value.array, (), value.batched)
    front = _front(flows, axes)
    count = math.prod(front)
    values = []
    for flow in flows:
        still = not flow.axes and not flow.batched
        spread = flow.array if still else spread_to(flow, axes, front)
        values.append(Value(spread if still else spread.reshape(count, *flow.core), not still))
    value = kernel(*values, **attributes)
    return Flow(value.array.reshape(*front, *value.core), axes, batched)


def _front(flows: Sequence[Flow], axes: tuple[str, ...]) -> tuple[int, ...]:
    """The sizes of the clocks, and of the batch if there is one."""
    lengths = {axis: size for f in flows for axis, size in zip(f.axes, f.array.shape, strict=False)}
    batch = [f.array.shape[len(f.axes)] for f in flows if f.batched][:1]
    return (*(lengths[axis] for axis in axes), *batch)


def spread_to(flow: Flow, axes: tuple[str, ...], front: tuple[int, ...]) -> Array:
    """The array repeated along the clocks, and the batch, that it does not have."""
    order = [flow.axes.index(axis) for axis in axes if axis in flow.axes]
    rest = range(len(flow.axes), flow.array.ndim)
    array = flow.array.transpose(*order, *rest) if order != sorted(order) else flow.array
    shape, sizes = [], iter(array.shape)
    shape = [next(sizes) if axis in flow.axes else 1 for axis in axes]
    if len(front) > len(axes):
        shape.append(next(sizes) if flow.batched else 1)
    array = array.reshape(*shape, *flow.core)
    return np.broadcast_to(array, (*front, *flow.core))


def reduce_axis(operation: str, flow: Flow, axis: str, length: int) -> Flow:
    """Reduce along a clock, sums in at least double precision; ValueError for no steps.

    A value that does not move along the clock counts once for every step.
    """
    if axis not in flow.axes:
        flow = Flow(np.broadcast_to(flow.array, (length, *flow.array.shape)),
                    (axis, *flow.axes), flow.batched)  # fmt: skip
    if length == 0 and operation != "sum_over":
        raise ValueError(f"the {operation.removesuffix('_over')} over no steps has no value")
    array = np.moveaxis(flow.array, flow.axes.index(axis), 0)
    return Flow(_REDUCE[operation](array), tuple(a for a in flow.axes if a != axis), flow.batched)


def _sum(array: Array) -> Array:
    return sum_steps(array).astype(array.dtype)


def _mean(array: Array) -> Array:
    wide = np.promote_types(array.dtype, np.float64)
    return np.asarray(np.mean(array, axis=0, dtype=wide)).astype(array.dtype)


_REDUCE: dict[str, Callable[[Array], Array]] = {
    "sum_over": _sum,
    "mean_over": _mean,
    "max_over": lambda array: np.asarray(np.max(array, axis=0)),
}
