"""What an instance shows of its value: lines of small text, a strip or map of colours, a fill."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphfold.colors import readable_on
from graphfold.render.paint import Paint
from graphfold.render.values.numbers import number_latex
from graphfold.render.values.scale import Scale

if TYPE_CHECKING:
    import numpy as np

MOST = 16  # columns of a strip or map
MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """Rows of colours and lines of LaTeX beneath a label, and the fill and wires of its node.

    `roomy` lines are as wide as the widest line of their site, so that nodes keep one size.
    """

    colors: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    fill: str = ""
    width: float = 1.0

    def over(self, paint: Paint | None) -> Paint | None:
        """The paint of a node with the mark's fill; its letters stay readable."""
        if not self.fill:
            return paint
        ink = readable_on(self.fill, "#000000")
        return replace(paint or Paint(), fill=self.fill, ink=ink)


def mark_of(array: np.ndarray, scale: Scale) -> Mark:
    """Return the mark of a value: a scalar's number; else colours, rows of a matrix downwards."""
    if array.ndim == 0:
        return Mark(lines=(number_latex(float(array)),))
    return Mark(colors=tuple(tuple(map(scale.color, row)) for row in binned(array)))


def binned(array: np.ndarray) -> list[list[float]]:
    """Return the elements, in few rows and columns: means of neighbours when there are many."""
    import numpy as np

    if not array.size:
        return []
    table = array.reshape(array.shape[0], -1) if array.ndim > 1 else array.reshape(1, -1)
    rows = np.array_split(table, min(len(table), MOST_ROWS), axis=0)
    with np.errstate(all="ignore"):
        return [
            [float(part.mean()) for part in np.array_split(row, min(row.shape[1], MOST), axis=1)]
            for row in rows
        ]


def number_of(array: np.ndarray, by: str) -> float:
    """Return the number that colours an instance: its Euclidean norm, or its mean."""
    import numpy as np

    if not array.size:
        return 0.0
    if by == "mean":
        with np.errstate(all="ignore"):
            return float(array.mean())
    most = float(np.abs(array).max())
    if not most or not np.isfinite(most):
        return most
    return most * float(np.sqrt(np.square(array / most).sum()))
