"""What a caller sees of rows that differ in length: padding holds `fill`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graphfold.evaluate.rows.padding import fill_padding
from graphfold.evaluate.rows.store import RowStore
from graphfold.evaluate.value import Value, spread_to
from graphfold.instances import Instance
from graphfold.unfolding import Unfolding


class Padded(Mapping[Instance, Value]):
    """The values of an unfolding's instances: past T, each row's own far boundary.

    `given` are the arrays of parameters, which have no rows.
    """

    def __init__(
        self, unfolding: Unfolding, store: RowStore, given: Mapping[str, Value], fill: float
    ) -> None:
        self.unfolding, self.store, self.given, self.fill = unfolding, store, given, fill

    def __getitem__(self, instance: Instance) -> Value:
        value = self._value(*instance)
        value.array.flags.writeable = False
        return value

    def _value(self, signal: str, step: int | None) -> Value:
        lengths, circuit = self.store.lengths(signal), self.unfolding.circuit
        if lengths is None or step is None:
            return self.store[signal, step]
        steps, batch = self.unfolding.length(str(circuit.axis_of[signal])), len(lengths.counts)
        if circuit.kind_of(signal) == "param":
            return Value(np.array(self.given[signal].array[step - 1]))
        if step > steps:
            value = self.store.at_end(signal, step - steps, self.fill)
        elif step <= 0:
            value = self.store.blend(signal, step, None, self.fill)
        else:
            array = spread_to(self.store[signal, step], batch)
            value = Value(fill_padding(array, lengths.valid(step), self.fill), True)
        return Value(spread_to(value, batch).view(), True)

    def __contains__(self, instance: object) -> bool:
        return isinstance(instance, tuple) and self.unfolding.contains(*instance)

    def __iter__(self) -> Iterator[Instance]:
        return self.unfolding.instances()

    def __len__(self) -> int:
        return self.unfolding.node_count

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self.items()),)  # a copy, or another process, needs values only
