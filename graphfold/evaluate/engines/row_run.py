"""One run over rows of different lengths."""

from __future__ import annotations

from typing import Any

from graphfold.evaluate.engines.row_scope import RowScope
from graphfold.evaluate.engines.run import Run, named
from graphfold.evaluate.rows.needs import Key, free_key


class RowRun(Run):
    """A run whose boundaries are those of each row."""

    scope: RowScope

    def fill(self, signal: str) -> None:
        """Compute the boundaries of a signal: those at a step, and those from each row's end."""
        edges, scope, rows = self.scope.edges, self.scope, self.scope.rows[signal]
        if scope.counts_of(signal) is None:
            self._fill_all(signal)
            return
        ends = {key[1].offset: self._source(key) for key in edges.ends.get(signal, ())}
        scope.ends[signal] = {offset: row for offset, row in ends.items() if row is not None}
        length = scope.unfolding.length(str(self.circuit.axis_of[signal]))
        ahead = max(scope.ends[signal], default=0)
        starts = [key for key in edges.names if key[0] == signal and not key[1].base]
        own = {key[1].offset: self._source(key) for key in starts}
        behind = min([0, *own, *self._from_end(signal)])
        blank = (*scope.front(signal), *self.engine.core(scope, signal))
        for step in {*range(behind, 1), *range(length + 1, length + ahead + 1), *own}:
            row = self.space.zeros(blank) if own.get(step) is None else own[step]
            fixed = (signal, step) in edges.fixed
            rows[step] = row if fixed else scope.blend(signal, step, row)

    def _from_end(self, signal: str) -> list[int]:
        """The steps from the end at which it is read: in a short row they are histories."""
        axis = str(self.circuit.axis_of[signal])
        symbol = self.circuit.length_of[axis]
        indices = [i.index for i in self.circuit.links if i.source == signal]
        return [i.offset for i in indices if i is not None and i.base == symbol]

    def _fill_all(self, signal: str) -> None:
        """The boundaries of a signal over an axis of which all rows have all steps."""
        for step in self.engine.boundary_steps(self.scope, signal):
            declared = self.scope.unfolding.boundary_value(signal, step)
            if declared is not None:
                key = (signal, declared.index)
            else:
                length = self.scope.unfolding.length(str(self.circuit.axis_of[signal]))
                key = free_key(self.circuit, signal, step, length)
            row = self._source(key)
            if row is not None:
                self.scope.rows[signal][step] = row

    def _source(self, key: Key) -> Any:
        """The value of a boundary for all rows; None when no row needs it and nobody gives it."""
        signal, index = key
        name = self.scope.edges.names.get(key, "")
        boundary = self.circuit.boundary.get(key)
        if boundary is None or boundary.value is None:
            if name not in self.given.arrays:
                return None
            return self.fitted(signal, self.given.flow(name))
        return named(f"{signal}[{index}]", lambda: self.fitted(signal, self.evaluated(boundary)))
