"""Truncated back-propagation through time: gradients of a recurrence end every k steps.

Steps 1 … k, k + 1 … 2k, … are stretches; what a step reads of an earlier stretch counts as given
(Williams and Peng, "An efficient gradient-based algorithm for on-line training of recurrent network
trajectories", 1990). What is read of before the first step is not cut off.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.circuit import Circuit
from graphfold.differentiate.adjoints import Delivery
from graphfold.errors import GraphfoldError
from graphfold.recurrence import find_components
from graphfold.terms import Term, apply, whole


def truncated(circuit: Circuit, deliveries: Iterable[Delivery], steps: int) -> list[Delivery]:
    """Return the deliveries, those of reads in another stretch of the same recurrence being 0.

    GraphfoldError unless there is at least one step.
    """
    number = whole(steps)
    if number is None or number < 1:
        raise GraphfoldError(f"truncate takes a number of steps, 1 or more, not {steps!r}")
    home = {s: n for n, c in enumerate(find_components(circuit)[0]) for s in c.signals}
    return [_cut(circuit, one, number) if _recurs(one, home) else one for one in deliveries]


def _recurs(delivery: Delivery, home: dict[str, int]) -> bool:
    (source, boundary), read = delivery.source, delivery.read
    return boundary is None and home[source] == home[read.signal]


def _cut(circuit: Circuit, delivery: Delivery, steps: int) -> Delivery:
    axis, index = circuit.axis_of[delivery.read.signal], delivery.read.index
    if index is None or index.base != axis or not index.offset:
        return delivery
    crossing = _crossing(str(axis), index.offset, steps)
    return delivery._replace(gradient=apply("where", crossing, 0, delivery.gradient))


def _crossing(axis: str, offset: int, steps: int) -> Term:
    """Whether step t + offset is one of 1 … T, and in another stretch than t."""
    step, length = apply("step", axis=axis), apply("length", axis=axis)
    place = (step - 1) % steps
    if offset < 0:
        return (place < -offset) * (step > -offset)
    return (place + offset >= steps) * (step + offset <= length)
