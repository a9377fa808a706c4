"""What an explanation assumes of the values of a run that has not been."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.compiled.scope import Scope
from graphfold.reach import reached, reads_of
from graphfold.unfold import unfold


@dataclass(frozen=True)
class Assumed:
    """Sizes of dimensions by name, the size of a batch or None for no batch, and the dtype."""

    sizes: Mapping[str, Any]
    batch: Any
    dtype: Any

    def scope(self, circuit: Circuit) -> Scope:
        """A scope to compile for; ValuesError lists all that is wrong or missing."""
        sizes = {d.name: d.default for d in circuit.dims if d.default is not None}
        problems = [*self._problems(circuit)]
        sizes |= {name: size for name, size in self.sizes.items() if name in _names(circuit)}
        missing = [name for name in _names(circuit) if name not in sizes]
        if missing:
            cure = ", ".join(f"{name}=64" for name in missing)
            problems.append(f"no size is told of {', '.join(missing)}; give each a size, as {cure}")
        if problems:
            raise ValuesError("\n".join(problems))
        unfolding = unfold(circuit, {axis.name: 1 for axis in circuit.axes})
        functions = {function.name: _never for function in circuit.functions}
        ordered = {name: int(sizes[name]) for name in _names(circuit)}
        return Scope(unfolding, ordered, np.dtype(self.dtype), functions, self._batches(circuit))

    def _problems(self, circuit: Circuit) -> Iterator[str]:
        legal = _names(circuit)
        for name, size in self.sizes.items():
            if name not in legal:
                yield f"unknown dimension '{shorten(str(name))}'{suggest(str(name), legal)}"
            elif not _is_whole(size):
                yield f"{name}: a size is a whole number from 0 on, not {shorten(repr(size))}"
        if self.batch is not None and not _is_whole(self.batch):
            yield f"batch: a size is a whole number from 0 on, not {shorten(repr(self.batch))}"
        if not _is_float(self.dtype):
            yield f"dtype: float32, float64 or another floating dtype, not {self.dtype}"

    def _batches(self, circuit: Circuit) -> dict[str, int]:
        """The batch size of all that depends on an input, or on a history that is given."""
        if self.batch is None:
            return {}
        given = [b.signal for b in circuit.boundaries if b.value is None]
        found = reached([*(signal.name for signal in circuit.inputs), *given], reads_of(circuit))
        return dict.fromkeys((s for s in circuit.signals if s in found), int(self.batch))


def _names(circuit: Circuit) -> list[str]:
    return [dimension.name for dimension in circuit.dims]


def _is_whole(size: Any) -> bool:
    try:
        whole: int = operator.index(size)
    except TypeError:
        return False
    return whole >= 0 and not isinstance(size, bool)


def _is_float(dtype: Any) -> bool:
    try:
        kind: str = np.dtype(dtype).kind
    except TypeError:
        return False
    return kind == "f"


def _never(*values: Any) -> Any:
    raise AssertionError("an explanation computes nothing")
