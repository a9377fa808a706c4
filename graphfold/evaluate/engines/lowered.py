"""A circuit lowered to a namespace, for certain sizes: a pure function of its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.engine import Engine
from graphfold.evaluate.engines.recurrence import Recurrence
from graphfold.evaluate.engines.row_run import RowRun
from graphfold.evaluate.engines.row_scope import RowScope
from graphfold.evaluate.engines.run import Given, Run
from graphfold.evaluate.engines.scope import ArrayScope
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.engines.vector import ArrayVector


@dataclass
class ArrayEngine(Engine):
    """What `Engine` knows of a circuit, with expressions evaluated on a namespace."""

    space: Space = field(kw_only=True)

    def vector(self, scope: Any, signal: str) -> ArrayVector:
        """The expression of a signal's equation."""
        known = self.vectors.get(signal)
        if not isinstance(known, ArrayVector):
            expression = self.circuit.equation[signal].expression
            known = ArrayVector(expression, scope, self.shapes.nodes[signal], self.space)
            self.vectors[signal] = known
        return known


@dataclass
class Lowered:
    """Runs a circuit; of `scope` it keeps all but the values."""

    engine: ArrayEngine
    scope: ArrayScope
    batched: Mapping[str, bool]
    recurrences: dict[str, Recurrence] = field(default_factory=dict)

    def run(self, arrays: Mapping[str, Any], lengths: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by name; ValuesError where the sizes leave a value undefined.

        `lengths` are arrays (B,) by axis, where rows differ in length.
        """
        given, scope = Given(arrays, self.batched), self.scope.afresh(lengths)
        kind = RowRun if isinstance(scope, RowScope) else Run
        with np.errstate(all="ignore"):  # infinities and NaN are values here
            return kind(self.engine, scope, given, self.recurrences).all()
