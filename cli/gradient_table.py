"""Norms of gradients as a table: a row a step with a bar, then the parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from .tables import print_table
from .values import shown_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import graphfold as gf

_WIDTH = 24  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FAR = 100  # largest over smallest norm, from which bars are logarithmic


def print_gradients(found: gf.Gradients, moving: Sequence[str], still: Sequence[str]) -> None:
    """Print the norms of ∂loss/∂h[t] for the sequences of each axis, then those of the others."""
    value = found.evaluation[found.loss]
    circuit = found.evaluation.unfolding.circuit
    click.echo(_headline(found.loss, value) + "\n")
    by_axis: dict[str, dict[str, list[float]]] = {}
    for name in moving:
        by_axis.setdefault(str(circuit.axis_of[name]), {})[name] = found.norms(name).tolist()
    for axis, norms in by_axis.items():
        _print_axis(found.loss, axis, norms)
        click.echo()
    if still:
        single = {name: float(found.norms(name)) for name in still}
        bars = Bars(list(single.values()))
        heads = ["", f"norm of ∂{found.loss}/∂", bars.head]
        rows = [[name, _number(norm), bars.bar(norm)] for name, norm in single.items()]
        print_table(heads, rows)


def _headline(loss: str, value: Any) -> str:
    if value.size == 1:
        return f"{loss} = {value.reshape(-1)[0]:.6g}"
    return f"{loss}: the sum over {value.shape[0]} examples is {value.sum():.6g}"


def _print_axis(loss: str, axis: str, norms: dict[str, list[float]]) -> None:
    every = {name: Bars(values) for name, values in norms.items()}
    heads = [axis]
    for name, bars in every.items():
        heads += [f"norm of ∂{loss}/∂{name}[{axis}]", bars.head]
    rows: list[list[str]] = []
    for place in shown_rows(len(next(iter(norms.values())))):
        if place is None:
            rows.append(["…"] * len(heads))
            continue
        row = [str(place + 1)]
        for name, bars in every.items():
            norm = norms[name][place]
            row += [_number(norm), bars.bar(norm)]
        rows.append(row)
    print_table(heads, rows, right=0)


def _number(norm: float) -> str:
    return f"{norm:.4g}"


class Bars:
    """Bars for some norms: from 0, or logarithmic when they differ by orders of magnitude.

    >>> Bars([1.0, 2.0]).bar(1.0) == "█" * 12
    True
    """

    def __init__(self, norms: Sequence[float]) -> None:
        sound = [norm for norm in norms if math.isfinite(norm) and norm > 0]
        self.largest, self.smallest = max(sound, default=1.0), min(sound, default=1.0)
        self.far = self.largest / _FAR > self.smallest

    @property
    def head(self) -> str:
        """What stands over the bars."""
        return "log scale" if self.far else ""

    def bar(self, norm: float) -> str:
        """The bar of a norm; ∞ or ? for what is not finite."""
        if not math.isfinite(norm):
            return "?" if math.isnan(norm) else "∞"
        if norm <= 0:
            return ""
        share = norm / self.largest
        if self.far:  # the smallest still has a bar
            low, high = math.log(self.smallest), math.log(self.largest)
            share = (1 + (_WIDTH - 1) * (math.log(norm) - low) / (high - low)) / _WIDTH
        whole, part = divmod(round(share * _WIDTH * 8), 8)
        return ("█" * whole + _EIGHTHS[part]).rstrip() or _EIGHTHS[1]
