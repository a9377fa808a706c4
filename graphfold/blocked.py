"""A circuit in blocks of steps, and what each of its instances and arrays stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from graphfold.caches import Recomputed
from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, ValuesError, suggest
from graphfold.instances import Instance, format_id, parse_id


@dataclass(frozen=True, repr=False)
class Blocked(Recomputed):
    """A circuit that computes `factor` steps of `axis` at a tick; make one with `block`.

    Every verb takes it as it takes a circuit. `copies` lists (name, signal, place): at tick t, a
    copy is its signal at step factor · (t - 1) + place + 1.
    """

    circuit: Circuit
    axis: str
    factor: int
    copies: tuple[tuple[str, str, int], ...]

    def __repr__(self) -> str:
        return f"<{self.circuit!r} in blocks of {self.factor}>"

    def freeze(self) -> Circuit:
        """The blocked circuit."""
        return self.circuit

    @cached_property
    def _meaning(self) -> Mapping[str, tuple[str, int]]:
        return MappingProxyType({name: (signal, place) for name, signal, place in self.copies})

    @cached_property
    def copies_of(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the copies of each signal over the axis, in order of time."""
        found: dict[str, list[str]] = {}
        for name, signal, _ in self.copies:
            found.setdefault(signal, []).append(name)
        return MappingProxyType({signal: tuple(names) for signal, names in found.items()})

    def original(self, signal: str, step: int | None) -> Instance:
        r"""The instance of the circuit that an instance of the blocked circuit stands for.

        UnfoldingError when the blocked circuit has no such signal.

        >>> from graphfold import block, loads
        >>> c = loads("graphfold: 1\nequations: |\n  h[t] = h[t-1] + 1\ninit: {'h[0]': zeros}")
        >>> blocked = block(c, 3)
        >>> blocked.original("h_0", 2), blocked.original("h_2", 0)
        (('h', 4), ('h', 0))
        """
        if signal not in self.circuit.axis_of:
            hint = suggest(signal, self.circuit.signals)
            raise UnfoldingError(f"unknown signal '{signal}'{hint}")
        if signal not in self._meaning or step is None:
            return signal, step
        name, place = self._meaning[signal]
        return name, self.factor * (step - 1) + place + 1

    def instance(self, signal: str, step: int | None) -> Instance:
        """The instance of the blocked circuit that stands for one of the circuit."""
        if signal not in self.copies_of or step is None:
            return signal, step
        ticks, place = divmod(step - 1, self.factor)
        return self.copies_of[signal][place], ticks + 1

    def split(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn values of the circuit, sequences being (T, …), into values of the blocked circuit.

        ValuesError when T is not a multiple of the factor.
        """
        problems = [
            f"{name} has {len(values[name])} steps, which blocks of {self.factor} do not divide"
            for name in self.copies_of
            if name in values and len(values[name]) % self.factor
        ]
        if problems:
            raise ValuesError("\n".join(problems))
        found: dict[str, Any] = {}
        for name, value in values.items():
            for place, copy in enumerate(self.copies_of.get(name, ())):
                found[copy] = value[place :: self.factor]
            if name not in self.copies_of:
                found[_renamed(name, self.instance)] = value
        return found

    def join(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn values of the blocked circuit, such as its outputs, into values of the circuit.

        ValuesError when a copy of a signal is missing.
        """
        import numpy as np

        found: dict[str, Any] = {}
        for name, value in values.items():
            signal = self._meaning[name][0] if name in self._meaning else None
            if signal is None:
                found[_renamed(name, self.original)] = value
            elif signal not in found:
                parts = self._parts(values, signal)
                found[signal] = np.stack(parts, axis=1).reshape(-1, *np.shape(value)[1:])
        return found

    def _parts(self, values: Mapping[str, Any], signal: str) -> list[Any]:
        missing = [copy for copy in self.copies_of[signal] if copy not in values]
        if missing:
            raise ValuesError(f"{missing[0]} is missing: {signal} is made of all its copies")
        return [values[copy] for copy in self.copies_of[signal]]


def _renamed(name: str, meaning: Any) -> str:
    """The id of an instance on the other side; any other name is left as it is."""
    try:
        return format_id(*meaning(*parse_id(name)))
    except UnfoldingError:
        return name
