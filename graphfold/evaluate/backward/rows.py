"""Gradients where rows differ in length: all rows of one length together, as if alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from graphfold.evaluate.backward.derivative import Derivative, unbroadcast
from graphfold.evaluate.backward.request import Request
from graphfold.evaluate.backward.result import Pinned
from graphfold.evaluate.backward.route import turn_round
from graphfold.evaluate.backward.walk import BackwardWalk, Part
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.evaluation import Evaluation
from graphfold.evaluate.rows.walk import RowWalk
from graphfold.evaluate.slots import slots
from graphfold.evaluate.value import Array, Value, spread_to
from graphfold.evaluate.walk import Walk
from graphfold.instances import Instance, format_id
from graphfold.prune import ancestors
from graphfold.unfolding import Unfolding


@dataclass
class GroupWalk(Walk):
    """The walk of some rows of one length; everything but parameters has a row for each."""

    count: int = 0

    def value(self, signal: str, step: int | None) -> Value:
        """The value of an instance, a batch even where nothing in it is."""
        value = super().value(signal, step)
        if self.setting.unfolding.circuit.kind_of(signal) == "param":
            return value
        return Value(spread_to(value, self.count), True)


@dataclass
class RowGroups:
    """Adds up the gradients of rows of the same lengths, which `walk` has evaluated together."""

    walk: RowWalk
    evaluation: Evaluation
    functions: Mapping[str, Derivative]
    turn: Callable[..., BackwardWalk] = turn_round
    gradients: dict[Instance, Value] = field(default_factory=dict)
    parts: dict[Part, Array] = field(default_factory=dict)
    pinned: list[Pinned] = field(default_factory=list)

    def run(self, request: Request, start: Value) -> None:
        """Find gradients and parts; `start` is the gradient of the loss, for all rows."""
        whole = self.walk.setting.unfolding
        for short, rows in self.groups():
            loss = _moved(request.loss, whole, short)
            if not short.contains(*loss):
                continue  # rows that end before the loss have no part in it
            walk = self.group_walk(short, rows)
            back = self.turn(walk, replace(request, loss=loss), self.functions)
            walk.run()
            own = start.array[rows] if start.batched else start.array
            back.run(loss, Value(spread_to(Value(own, start.batched), len(rows)), True))
            self.collect(back, rows)
            self.pinned += pinned_inputs(short, rows)

    def groups(self) -> Iterator[tuple[Unfolding, Array]]:
        """The unfolding of each combination of lengths, and the rows that have it."""
        whole, axes = self.walk.setting.unfolding, self.walk.lengths.axes
        table = np.array([lengths.counts for lengths in axes.values()])
        kinds, which = np.unique(table, axis=1, return_inverse=True)
        for number, kind in enumerate(kinds.T.tolist()):
            steps = {**dict(whole.steps), **dict(zip(axes, kind, strict=True))}
            short = replace(whole, steps=tuple(steps.items()), kept=None)
            if whole.kept is not None:
                short = replace(short, kept=ancestors(short))
            yield short, np.flatnonzero(which.ravel() == number)

    def group_walk(self, short: Unfolding, rows: Array) -> GroupWalk:
        """The walk of some rows, given their share of the values."""
        walk, setting = self.walk, self.walk.setting
        values = self.share(short, rows)
        batch = dict.fromkeys(setting.batch, len(rows))
        bound = Bound(values, walk.bound.sizes, walk.bound.dtype, len(rows))
        own = replace(setting, unfolding=short, batch=batch, store={})
        return GroupWalk(own, bound, walk.inlined, walk.shapes, count=len(rows))

    def share(self, short: Unfolding, rows: Array) -> dict[str, Value]:
        """What some rows are given, under the names it has in their unfolding."""
        circuit, given = short.circuit, self.walk.bound.values
        names = {name: name for name in circuit.declared}
        for (signal, index), name in self.walk.names.items():
            step = short.resolve(index, str(circuit.axis_of[signal]))
            names.setdefault(format_id(signal, step), name)
        found: dict[str, Value] = {}
        for slot in slots(short, self.walk.shapes.signals):
            value = given.get(names.get(slot.name, ""))
            if value is not None:
                found[slot.name] = _rows_of(value, rows, slot.steps)
        return found

    def collect(self, back: BackwardWalk, rows: Array) -> None:
        """Put the gradients of some rows in their places."""
        short, whole = back.walk.setting.unfolding, self.walk.setting.unfolding
        for instance, gradient in back.gradients.items():
            place = _moved(instance, short, whole)
            like = self.evaluation.instances[place]
            if place not in self.gradients:
                zeros = np.zeros(like.array.shape, like.array.dtype)
                self.gradients[place] = Value(zeros, like.batched)
            array = self.gradients[place].array
            if like.batched:
                array[rows] += gradient.array
            else:
                array += unbroadcast(gradient.array, gradient.batched, like).array
        for part, more in back.parts.items():
            before = self.parts.get(part)
            self.parts[part] = more if before is None else before + more


def pinned_inputs(unfolding: Unfolding, rows: Array | None = None) -> list[Pinned]:
    """The steps of inputs where a pin stands, with the rows they belong to."""
    inputs = {signal.name for signal in unfolding.circuit.inputs}
    pins = unfolding.pins.items()
    return [((name, step), rows) for name, steps in pins if name in inputs for step in steps]


def _rows_of(value: Value, rows: Array, steps: int | None) -> Value:
    array = value.array if steps is None else value.array[:steps]
    if not value.batched:
        return Value(array)
    return Value(array[rows] if steps is None else array[:, rows], True)


def _moved(instance: Instance, source: Unfolding, target: Unfolding) -> Instance:
    """The same instance in rows of other lengths: past T it is counted from the end."""
    signal, step = instance
    axis = source.circuit.axis_of[signal]
    if axis is None or step is None or step <= source.length(axis):
        return instance
    return signal, step - source.length(axis) + target.length(axis)
