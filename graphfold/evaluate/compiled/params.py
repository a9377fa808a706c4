"""Values that stay with a plan, and what therefore is the same in all its runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError, suggest
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.value import Array
from graphfold.reach import reached, reads_of


class Params:
    """Copies of values by name, which later changes of the arrays do not reach.

    `kept` holds what runs have made of them, for each engine.
    """

    def __init__(self, circuit: Circuit, values: Any = None) -> None:
        if values is not None and not isinstance(values, Mapping):
            kind = type(values).__name__
            raise ValuesError(f"params must map names to arrays, not {kind}")
        self.circuit = circuit
        self.values = {"".join(str(n).split()): _copy(v) for n, v in (values or {}).items()}
        self.kept: dict[object, dict[object, tuple[frozenset[str], Array]]] = {}
        self._still: dict[tuple[str, ...], frozenset[str]] = {}
        known = circuit.axis_of
        for name in self.values:
            if name.partition("[")[0] not in known:
                raise ValuesError(f"unknown value '{name}'{suggest(name, known)}")

    def beside(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """All values of a run; those given to it win."""
        if not self.values or not isinstance(values, Mapping):
            return values
        given = {"".join(str(name).split()): value for name, value in values.items()}
        return {**self.values, **given}

    def share(self, scope: Scope, engine: object, values: Mapping[str, Any]) -> None:
        """Let a run that gives such values use what earlier ones have made."""
        if self.values:
            scope.still = self.still(values)
            scope.kept = self.kept.setdefault(engine, {})

    def still(self, values: Mapping[str, Any]) -> frozenset[str]:
        """The static signals whose values are the same in all runs that give such values."""
        key = tuple(values)
        if key not in self._still:
            self._still[key] = frozenset(self._find(values))
        return self._still[key]

    def _find(self, values: Mapping[str, Any]) -> set[str]:
        circuit = self.circuit
        fixed = {n for n, v in self.values.items() if isinstance(v, np.ndarray)}
        fixed -= {"".join(name.split()).partition("[")[0] for name in values}
        moving = [s for s, axis in circuit.axis_of.items() if axis is not None]
        free = [name for name in circuit.declared if name not in fixed]
        return {*circuit.axis_of} - reached([*free, *moving], reads_of(circuit))


def _copy(value: Any) -> Any:
    """A read-only copy of an array; plain lists stay, since they have no dtype of their own."""
    if not isinstance(value, np.ndarray):
        return value
    copy = value.copy()
    copy.flags.writeable = False
    return copy
