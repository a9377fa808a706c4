"""Values as a table: a row a step, long times and long vectors cut in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from graphfold.circuit import Circuit

MOST_ROWS = 20


def print_values(
    circuit: Circuit, found: dict[str, Any], batch_first: bool, lengths: dict[str, int]
) -> None:
    """Print the sequences of each axis side by side, a row a step, then static values.

    Of a batch the first example is shown, as far as its `lengths` over each axis go.
    """
    import graphfold as gf

    from .tables import print_table

    ranks = {name: len(shape) for name, shape in gf.infer_shapes(circuit).items()}
    moving = {n: v for n, v in found.items() if circuit.axis_of[n] is not None}
    shown = {n: _first_example(v, v.ndim - 1 > ranks[n], batch_first) for n, v in moving.items()}
    batches = {v.shape[0 if batch_first else 1] for n, v in moving.items() if v.ndim - 1 > ranks[n]}
    shown = {n: value[: lengths.get(str(circuit.axis_of[n]))] for n, value in shown.items()}
    if batches:
        click.echo(f"example 1 of {max(batches)}; -o FILE.npz writes them all\n")
    for number, (axis, beside) in enumerate(_by_axis(circuit, shown).items()):
        if number:
            click.echo()
        rows = [_row(beside, t) for t in shown_rows(len(next(iter(beside.values()))))]
        print_table([axis, *beside], rows, right=0)
    still = {n: v for n, v in found.items() if circuit.axis_of[n] is None}
    if shown and still:
        click.echo()
    for name, value in still.items():
        click.echo(f"{name} = {_text(value)}")


def _by_axis(circuit: Circuit, shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    for name, value in shown.items():
        tables.setdefault(str(circuit.axis_of[name]), {})[name] = value
    return tables


def _first_example(value: Any, batched: bool, batch_first: bool) -> Any:
    if not batched:
        return value
    return value[0] if batch_first else value[:, 0]


def shown_rows(steps: int) -> list[int | None]:
    """The places 0, 1, … that a table shows; None for a gap in the middle."""
    if steps <= MOST_ROWS:
        return list(range(steps))
    return [*range(MOST_ROWS // 2), None, *range(steps - MOST_ROWS // 2, steps)]


def _row(shown: dict[str, Any], step: int | None) -> list[str]:
    if step is None:
        return ["…"] * (len(shown) + 1)
    return [str(step + 1), *(_text(value[step]) for value in shown.values())]


def _text(value: Any) -> str:
    import numpy as np

    text = np.array2string(
        np.asarray(value), precision=4, threshold=12, edgeitems=3, suppress_small=False
    )
    return " ".join(text.split()).replace("[ ", "[").replace(" ]", "]").removesuffix(".")
