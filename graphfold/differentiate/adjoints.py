"""What arrives at a signal on the way back: gradients of its reads, by where these look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from graphfold.circuit import Circuit
from graphfold.differentiate.clock import Clock
from graphfold.differentiate.moving import summed
from graphfold.expression import Index, Read
from graphfold.terms import Term

Source = tuple[str, Index | None]  # a signal's equation, or a boundary of it


class Delivery(NamedTuple):
    """The gradient of a read within the equation or boundary `source`, at all steps of `around`."""

    source: Source
    read: Read
    gradient: Term
    around: frozenset[str]


@dataclass
class Arrivals:
    """Gradients of the reads of one signal: moving ones by offset, others by their step.

    `each` are those of a static signal before they are summed over their axis.
    """

    moving: dict[int, Term] = field(default_factory=dict)
    fixed: dict[Index, Term] = field(default_factory=dict)
    static: Term | None = None
    each: dict[str, Term] = field(default_factory=dict)


def arrivals_at(
    circuit: Circuit, clock: Clock | None, deliveries: Iterable[Delivery], apart: bool
) -> Arrivals:
    """Sort what is delivered to one signal; `apart` keeps sums of a static one step by step."""
    found = Arrivals()
    for delivery in deliveries:
        index, around = delivery.read.index, delivery.around
        if index is None and apart and len(around) == 1:
            (axis,) = around
            found.each[axis] = _plus(found.each.get(axis), delivery.gradient)
        elif index is None:
            found.static = _plus(found.static, summed(delivery.gradient, around))
        elif clock is not None and index.base == clock.axis:
            term = summed(delivery.gradient, around - {clock.axis})
            found.moving[index.offset] = _plus(found.moving.get(index.offset), term)
        elif clock is not None:
            step = clock.fix(index)
            found.fixed[step] = _plus(found.fixed.get(step), summed(delivery.gradient, around))
    return found


def _plus(before: Term | None, more: Term) -> Term:
    return more if before is None else before + more


def reached_sources(
    deliveries: Iterable[Delivery], start: Delivery, hits: Callable[[Read], list[Source]]
) -> set[Source]:
    """The equations and boundaries to which something is handed back, from the loss on.

    `hits` tells which of them a read looks at.
    """
    onward: dict[Source, list[Source]] = {}
    for delivery in deliveries:
        onward.setdefault(delivery.source, []).extend(hits(delivery.read))
    found = set(hits(start.read))
    pending = list(found)
    while pending:
        new = [source for source in onward.get(pending.pop(), ()) if source not in found]
        found.update(new)
        pending += new
    return found


def hits(read: Read, clock: Clock | None, places: Iterable[Index]) -> list[Source]:
    """The equation and boundaries of a signal that a read looks at, from some step on."""
    index, signal = read.index, read.signal
    if index is None or clock is None:
        return [(signal, None)]
    if index.base != clock.axis:
        step = clock.fix(index)
        found: list[Source] = [(signal, None)] if clock.inside(step) else []
        return found + [(signal, place) for place in places if clock.fix(place) == step]
    steps = {place: clock.fix(place) for place in places}
    before = {p: Index(step.base, step.offset - index.offset) for p, step in steps.items()}
    return [(signal, None), *((signal, p) for p, step in before.items() if clock.inside(step))]
