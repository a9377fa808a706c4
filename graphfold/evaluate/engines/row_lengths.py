"""The lengths of rows for a run on a namespace: what is looked at before it, and their arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import ValuesError
from graphfold.evaluate.engines.row_scope import Edges
from graphfold.evaluate.engines.space import Namespace, Space
from graphfold.evaluate.rows.lengths import Lengths, RowLengths
from graphfold.evaluate.rows.needs import Key, Rows, find_needs, read_rows
from graphfold.evaluate.rows.store import Outside
from graphfold.evaluate.value import Array
from graphfold.expression import Apply
from graphfold.unfolding import Unfolding


@dataclass(frozen=True)
class Counts:
    """The rows of a batch, problems with their lengths, and lengths whose numbers JAX hides."""

    rows: Rows | None = None
    wrong: Sequence[str] = ()
    traced: Mapping[str, Any] = field(default_factory=dict)

    def arrays(self, space: Space) -> dict[str, Any]:
        """The lengths as arrays of the namespace, by axis."""
        if self.rows is None:
            return {}
        xp, whole = space.xp, space.namespace.counting
        known = {
            axis: xp.asarray(own.counts.tolist(), dtype=whole, device=space.device)
            for axis, own in self.rows.lengths.axes.items()
        }
        hidden = {axis: xp.astype(counts, whole) for axis, counts in self.traced.items()}
        return {**known, **hidden}


def read_counts(namespace: Namespace, unfolding: Unfolding, given: Any) -> Counts:
    """Return the rows of the lengths that a caller gives.

    Where a transformation of JAX hides numbers, any length from 0 to T is provided for; nothing
    can be said then of lengths that have no meaning.
    """
    if given is None:
        return Counts()
    named = given if isinstance(given, Mapping) else dict.fromkeys(_only_axis(unfolding), given)
    traced = {axis: n for axis, n in named.items() if namespace.is_traced(n)}
    if not traced:
        return Counts(*read_rows(unfolding, _on_host(namespace, given)))
    known = {
        axis: np.full(counts.shape, unfolding.length(axis)) if axis in traced else counts
        for axis, counts in named.items()
    }
    rows, wrong = read_rows(unfolding, _on_host(namespace, known))
    if rows is not None:
        rows = replace(rows, names=_names_of_all(unfolding, rows))
    return Counts(rows, wrong, traced)


def _only_axis(unfolding: Unfolding) -> list[str]:
    names = [axis.name for axis in unfolding.circuit.axes]
    return names if len(names) == 1 else []


def _names_of_all(unfolding: Unfolding, rows: Rows) -> Mapping[Key, str]:
    """What boundaries are called that rows of any length may need."""
    axes = {
        axis: RowLengths(own.entry, np.arange(unfolding.length(axis), -1, -1))
        for axis, own in rows.lengths.axes.items()
    }
    names: dict[Key, str] = {}
    for axis, own in axes.items():
        one = Lengths({axis: own}, len(own.counts))
        names.update(find_needs(unfolding, one)[0].names)
    return {**names, **rows.names}


def _on_host(namespace: Namespace, lengths: Any) -> Any:
    """The lengths that a caller gives where they can be looked at."""
    if isinstance(lengths, Mapping):
        return {axis: _on_host(namespace, counts) for axis, counts in lengths.items()}
    if not namespace.owns(lengths) or lengths.ndim != 1:
        return lengths
    if not namespace.xp.isdtype(lengths.dtype, "integral"):
        return [float(lengths[row]) for row in range(lengths.shape[0])]
    return np.asarray([int(lengths[row]) for row in range(lengths.shape[0])], np.int64)


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
