"""Build a trace node by node; what readers of other tools' graphs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphfold.traces.trace import AttributeCodes, Codes, ShapeLike, Trace, csr


class TraceBuilder:
    """Collects nodes; operands are the numbers that `add` returned before."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: list[str] = []
        self.outputs: list[int] = []
        self._ops, self._shapes, self._attributes = Codes(), Codes(None), AttributeCodes()
        self._columns: tuple[list[int], list[int], list[int]] = ([], [], [])
        self._rows: list[Sequence[int]] = []
        self._names: dict[int, str] = {}

    def add(
        self,
        op: str,
        operands: Sequence[int] = (),
        attributes: Mapping[str, Any] | None = None,
        shape: ShapeLike | None = None,
        name: str = "",
    ) -> int:
        """Add a node and return its number; a name also becomes its id where it is free."""
        ops, attrs, shapes = self._columns
        ops.append(self._ops.code(op, op))
        attrs.append(self._attributes.code(attributes or {}))
        shapes.append(self._shapes.code(shape, shape))
        self._rows.append(operands)
        number = len(self.ids)
        self.ids.append(f"n{number}")
        if name:
            self._names[number] = name
        return number

    def finish(self) -> Trace:
        """Return the trace."""
        starts, operands = csr(self._rows)
        ops, attrs, shapes = (np.array(column, np.int64) for column in self._columns)
        return Trace(
            tuple(self._ops.items), ops, starts, operands,
            self._attributes.table, attrs, tuple(self._shapes.items), shapes,
            np.array(self.outputs, np.int64), self._names, tuple(self.ids), self.name,
        )  # fmt: skip


def plain(value: Any) -> Any:
    """An attribute as JSON has it; else its whole text, so that none looks like another."""
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return str(value)
