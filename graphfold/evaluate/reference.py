"""The reference evaluation: check what is given, walk the unfolding, hand over the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict, Unpack

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, shorten
from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.calls import function_problems, wrap
from graphfold.evaluate.evaluation import Evaluation
from graphfold.evaluate.finite import Search, warn_of_first
from graphfold.evaluate.program import Setting
from graphfold.evaluate.rows.needs import Rows, read_rows
from graphfold.evaluate.rows.view import Padded
from graphfold.evaluate.rows.walk import RowWalk
from graphfold.evaluate.sizing import known
from graphfold.evaluate.value import Value
from graphfold.evaluate.walk import Walk
from graphfold.inline import inline_functions
from graphfold.memory import ensure_fits
from graphfold.reach import reached, reads_of
from graphfold.shapes import solve_shapes
from graphfold.sizes import Shape
from graphfold.unfolding import Unfolding

_OVERHEAD = 400  # bytes of an instance beside its numbers: key, value, array header


def evaluate(
    unfolding: Unfolding,
    values: Mapping[str, Any],
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    batch_first: bool = False,
    lengths: Any = None,
    **more: Unpack[More],
) -> Evaluation:
    r"""Return the value of every instance of an unfolding.

    `values` maps names to arrays: an input x[t] to (T, *shape), or (T, B, *shape) for a batch; a
    static input to *shape or (B, *shape); a parameter to *shape, untied to (T, *shape); a given
    history such as "h[0]" to *shape or (B, *shape), and of a tree's leaves, "h[k]", to (K, *shape)
    or (K, B, *shape). With `batch_first`, sequences are (B, T, *shape), in and out. `functions`
    binds a callable to each opaque function; it is called with the arrays of one example. All is
    computed in the dtype of the floating arrays.

    `lengths` (B,) tells how many of the T steps each row of a batch has; with several axes it maps
    axes to such arrays. Each row is then evaluated as if it were alone: its h[T] is its own last
    step, its padding is never read, and comes out as `fill`, by default 0. Over a tree there are no
    lengths. With `check_finite`, a FiniteWarning tells the first value that is not finite, where it
    arose and from what; all values come out as they are.

    ValuesError lists, a line each, all that does not fit; TooLargeError when all the instances
    would not fit into memory.

    >>> from graphfold import loads, unfold
    >>> text = "graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]"
    >>> evaluate(unfold(loads(text), 10), {}).signal("F").tolist()
    [1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0]
    >>> last = loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y = x[T]")
    >>> x = [[1, 4], [2, 5], [3, 6]]
    >>> evaluate(unfold(last, 3), {"x": x}, lengths=[2, 3])["y"].tolist()
    [2.0, 6.0]
    """
    if not isinstance(unfolding, Unfolding):
        raise UnfoldingError("evaluate takes an unfolding: evaluate(unfold(circuit, 3), values)")
    fill, check = read_more("evaluate", more)
    rows, wrong = read_rows(unfolding, lengths)
    given = Given(values, functions or {}, batch_first, rows, (*fill_problems(fill), *wrong))
    walk = prepare(unfolding, given)
    walk.run()
    if check:
        warn_of_first(Search(walk))
    return view(walk, batch_first, fill)


class More(TypedDict, total=False):
    """The further settings of an evaluation."""

    fill: float
    check_finite: bool


def read_more(caller: str, more: Mapping[str, Any]) -> tuple[float, bool]:
    """What padding comes out as, and whether to look for what is not finite."""
    unknown = [name for name in more if name not in More.__annotations__]
    if unknown:
        raise TypeError(f"{caller}() got an unexpected keyword argument '{unknown[0]}'")
    return more.get("fill", 0), bool(more.get("check_finite", False))


def view(walk: Walk, batch_first: bool, fill: float = 0) -> Evaluation:
    """Return the values of a finished walk."""
    unfolding = walk.setting.unfolding
    if not isinstance(walk, RowWalk):
        batch = walk.setting.batch
        return Evaluation(unfolding, walk.setting.store, walk.empty(), batch_first, batch)
    padded = Padded(unfolding, walk.store, walk.bound.values, fill)
    return Evaluation(unfolding, padded, walk.empty(), batch_first)


@dataclass(frozen=True)
class Given:
    """What a caller gives; `problems` are lines found in it before."""

    values: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]
    batch_first: bool = False
    rows: Rows | None = None
    problems: Sequence[str] = ()


def prepare(unfolding: Unfolding, given: Given) -> Walk:
    """Return the walk that evaluates an unfolding; ValuesError, TooLargeError as of `evaluate`."""
    circuit, rows = unfolding.circuit, given.rows
    shapes = solve_shapes(inlined := inline_functions(circuit))
    bound = bind(
        unfolding,
        shapes.signals,
        given.values,
        problems=[*function_problems(circuit, given.functions), *given.problems],
        batch_first=given.batch_first,
        rows=rows,
    )
    batch = batches(circuit, bound, rows)
    _ensure_fits(unfolding, shapes.signals, bound, batch)
    own = {
        n: Value(np.array(value.array, order="C"), value.batched)
        for n, value in bound.values.items()
    }
    bound = replace(bound, values=own)  # what the caller writes to his arrays later is his own
    setting = _setting(unfolding, bound, given.functions, batch)
    if rows is None:
        return Walk(setting, bound, inlined, shapes)
    return RowWalk(setting, bound, inlined, shapes, rows)


def fill_problems(fill: Any) -> list[str]:
    """Say what is wrong with what padding is to come out as."""
    if isinstance(fill, int | float | np.number) and not isinstance(fill, bool):
        return []
    return [f"fill must be a number, as 0 or nan, not {shorten(repr(fill))}"]


def _setting(
    unfolding: Unfolding,
    bound: Bound,
    callables: Mapping[str, Callable[..., Any]],
    batch: Mapping[str, int],
) -> Setting:
    function = unfolding.circuit.function
    wrapped = {n: wrap(function[n], f, bound.sizes, bound.dtype) for n, f in callables.items()}
    return Setting(unfolding, bound.sizes, bound.dtype, wrapped, batch)


def batches(
    circuit: Circuit, bound: Bound, rows: Rows | None, totals: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return the batch size for each signal that depends on a batched value, or on lengths.

    `totals` are summed over the batch where the signals that they map to have none.
    """
    if bound.batch is None:
        return {}
    if rows is not None:
        shared = {parameter.name for parameter in circuit.params}
        return {signal: bound.batch for signal in circuit.signals if signal not in shared}
    found = {name.partition("[")[0] for name, value in bound.values.items() if value.batched}
    pairs = reads_of(circuit)
    if totals:
        whole = reached(found, pairs)
        cut = {total for total, signal in totals.items() if signal not in whole}
        pairs = [pair for pair in pairs if pair[1] not in cut]
    return dict.fromkeys(reached(found, pairs), bound.batch)


def _ensure_fits(
    unfolding: Unfolding, shapes: Mapping[str, Shape], bound: Bound, batch: Mapping[str, int]
) -> None:
    total = unfolding.node_count * _OVERHEAD
    total += sum(value.array.nbytes for value in bound.values.values())
    for equation in unfolding.circuit.equations:
        numbers = batch.get(equation.signal, 1)
        for size in shapes[equation.signal]:
            numbers *= known(size, bound.sizes) or 0
        steps = 1 if equation.axis is None else unfolding.length(equation.axis)
        if equation.signal in unfolding.leaf_signals:
            steps += unfolding.tree(str(equation.axis)).leaf_count
        total += numbers * steps * bound.dtype.itemsize
    ensure_fits(total, f"the values of {unfolding.node_count:,} instances")
