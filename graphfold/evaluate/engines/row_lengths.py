"""The lengths of rows for a run on a namespace: what is looked at before it, and their arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.engines.row_scope import Edges
from graphfold.evaluate.engines.space import Namespace, Space
from graphfold.evaluate.rows.lengths import Lengths
from graphfold.evaluate.rows.needs import Rows
from graphfold.evaluate.rows.store import Outside
from graphfold.evaluate.value import Array
from graphfold.expression import Apply


def on_host(namespace: Namespace, lengths: Any) -> Any:
    """The lengths that a caller gives where they can be looked at."""
    if isinstance(lengths, Mapping):
        return {axis: on_host(namespace, counts) for axis, counts in lengths.items()}
    if not namespace.owns(lengths) or lengths.ndim != 1:
        return lengths
    if namespace.jax:
        from jax.core import Tracer

        if isinstance(lengths, Tracer):
            raise ValuesError("lengths must be known before jit: give them as whole numbers")
    return np.asarray([lengths[row].__index__() for row in range(lengths.shape[0])], np.int64)


def lengths_on(space: Space, lengths: Lengths) -> dict[str, Any]:
    """The lengths as arrays of the namespace, by axis."""
    return {
        axis: space.xp.asarray(own.counts.astype(np.int32), device=space.device)
        for axis, own in lengths.axes.items()
    }


def edges_of(circuit: Circuit, rows: Rows) -> Edges:
    """The boundaries of rows."""

    def nothing(*_asked: object) -> Any:
        return None

    outside = Outside(circuit, rows, nothing, nothing, np.dtype(float))
    return Edges(rows.names, outside.ends, outside.fixed)


def forbid_empty(circuit: Circuit, lengths: Lengths) -> None:
    """Refuse the mean or maximum over the steps of a row that has none: ValuesError names it."""
    for signal, operation, axis in _reductions(circuit):
        own = lengths.axes.get(axis)
        if own is None or operation == "sum_over":
            continue
        empty = np.flatnonzero(_active(circuit, signal, lengths) & (own.counts == 0))
        if empty.size:
            told = f"the {operation.removesuffix('_over')} over no steps has no value"
            raise ValuesError(f"{signal}: {told}: {own.name(int(empty[0]))}")


def _reductions(circuit: Circuit) -> Iterator[tuple[str, str, str]]:
    for equation in circuit.equations:
        for node in equation.expression.nodes:
            if isinstance(node, Apply) and node.operation in ("mean_over", "max_over"):
                yield equation.signal, node.operation, str(node.attribute("axis"))


def _active(circuit: Circuit, signal: str, lengths: Lengths) -> Array:
    """Which rows have a step at which the signal's equation holds."""
    own = lengths.axes.get(circuit.axis_of[signal] or "")
    if own is None:
        return np.ones(lengths.batch, bool)
    left = own.counts.copy()
    for boundary in circuit.boundaries:
        if boundary.signal == signal:
            step = boundary.index.offset + own.counts * bool(boundary.index.base)
            left -= (step >= 1) & (step <= own.counts)
    mask: Array = left > 0
    return mask
