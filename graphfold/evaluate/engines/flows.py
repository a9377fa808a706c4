"""Operands of a namespace: leading axes of clocks and batch stay apart, and broadcast.

In `compiled.flows` the leading axes become one, for the sake of BLAS. Here they are kept, so that
an array whose batch lies on several devices need not be gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.engines.space import Space


class Operand(NamedTuple):
    """An array whose first `lead` axes are clocks and batch; 0 for a value that stands still.

    All operands of one operation that have leading axes have the same, some of size 1.
    """

    array: Any
    lead: int = 0

    @property
    def rank(self) -> int:
        """The number of core axes."""
        return int(self.array.ndim) - self.lead

    @property
    def front(self) -> tuple[int, ...]:
        """The sizes of the leading axes."""
        return tuple(self.array.shape[: self.lead])

    @property
    def core(self) -> tuple[int, ...]:
        """The sizes of the core axes."""
        return tuple(self.array.shape[self.lead :])


Kernel = Callable[..., Any]


def apply(
    space: Space, kernel: Kernel, flows: Sequence[Flow], attributes: Mapping[str, Any]
) -> Flow:
    """Apply a kernel to values of different clocks; the result moves along all of them."""
    axes = tuple(dict.fromkeys(axis for flow in flows for axis in flow.axes))
    batched = any(flow.batched for flow in flows)
    lead = len(axes) + batched
    operands = [
        Operand(lined(space, flow, axes, batched), lead) if flow.lead else Operand(flow.array)
        for flow in flows
    ]
    return Flow(kernel(*operands, **attributes), axes, batched)


def lined(space: Space, flow: Flow, axes: tuple[str, ...], batched: bool) -> Any:
    """The array with all these leading axes, of size 1 where it does not move along them."""
    order = [flow.axes.index(axis) for axis in axes if axis in flow.axes]
    array = flow.array
    if order != sorted(order):
        array = space.xp.permute_dims(array, (*order, *range(len(flow.axes), array.ndim)))
    sizes = iter(array.shape)
    shape = [next(sizes) if axis in flow.axes else 1 for axis in axes]
    if batched:
        shape.append(next(sizes) if flow.batched else 1)
    wanted = (*shape, *flow.core)
    return array if wanted == tuple(array.shape) else space.xp.reshape(array, wanted)


def spread(
    space: Space, flow: Flow, axes: tuple[str, ...], front: tuple[int, ...], core: tuple[int, ...]
) -> Any:
    """The array repeated to these sizes of clocks, batch and core, as `h[0]: zeros` is."""
    array = lined(space, flow, axes, len(front) > len(axes))
    missing = len(front) + len(core) - array.ndim
    if missing:
        array = space.xp.reshape(array, (*array.shape[: len(front)], *(1,) * missing, *flow.core))
    shape = (*front, *core)
    return array if tuple(array.shape) == shape else space.xp.broadcast_to(array, shape)


def reduce_axis(space: Space, operation: str, flow: Flow, axis: str, length: int) -> Flow:
    """Reduce along a clock, sums in double precision where the namespace has it.

    A value that does not move along the clock counts once for every step. ValueError for the mean
    or maximum of no steps.
    """
    xp = space.xp
    if axis not in flow.axes:
        array = xp.broadcast_to(flow.array, (length, *flow.array.shape))
        flow = Flow(array, (axis, *flow.axes), flow.batched)
    if length == 0 and operation != "sum_over":
        raise ValueError(f"the {operation.removesuffix('_over')} over no steps has no value")
    place, rest = flow.axes.index(axis), tuple(a for a in flow.axes if a != axis)
    if operation == "max_over":
        return Flow(xp.max(flow.array, axis=place), rest, flow.batched)
    total = xp.sum(space.widen(flow.array), axis=place)
    if operation == "mean_over":
        total = total / length
    return Flow(xp.astype(total, space.dtype), rest, flow.batched)


def steps_first(space: Space, flow: Flow, axis: str) -> Flow:
    """A flow that moves along an axis with the steps of that axis first."""
    place, rest = flow.axes.index(axis), tuple(a for a in flow.axes if a != axis)
    array = flow.array if place == 0 else space.xp.moveaxis(flow.array, place, 0)
    return Flow(array, (axis, *rest), flow.batched)
