"""Values that fit: arrays like those of an earlier run need not be looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.binding import Bound
from graphfold.evaluate.value import Value


@dataclass
class Fitting:
    """Remembers, for the shapes and dtypes of arrays, how they were bound."""

    _known: dict[object, Bound] = field(default_factory=dict)

    def find(self, key: object, values: Mapping[str, Any]) -> Bound | None:
        """The values bound as their like were, if there were any."""
        old = self._known.get(key)
        if old is None:
            return None
        bound = {
            name: Value(values[name].astype(old.dtype, copy=False), value.batched)
            for name, value in old.values.items()
        }
        return Bound(bound, old.sizes, old.dtype, old.batch)

    def add(self, key: object, values: Mapping[str, Any], bound: Bound) -> None:
        """Remember values that were bound under their own names."""
        if key is not None and values.keys() == bound.values.keys():
            blank = np.empty(0)
            kept = {name: Value(blank, value.batched) for name, value in bound.values.items()}
            self._known[key] = Bound(kept, bound.sizes, bound.dtype, bound.batch)


def signature(values: Mapping[str, Any], *more: object) -> object | None:
    """What arrays of one dtype look like; None when there is anything else among the values."""
    if not isinstance(values, dict):
        return None
    arrays = list(values.values())
    if not all(type(a) is np.ndarray and a.dtype.kind == "f" for a in arrays):
        return None
    if len({a.dtype for a in arrays}) > 1:
        return None  # whether numbers fit into the dtype depends on them
    return (tuple((name, a.shape, a.dtype) for name, a in values.items()), *more)
