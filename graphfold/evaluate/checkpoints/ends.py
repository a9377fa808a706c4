"""What is handed back to a block of steps from what comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graphfold.evaluate.checkpoints.weighed import Result
from graphfold.evaluate.stream.parts import Parts, Total
from graphfold.evaluate.value import Array
from graphfold.expression import Index, Read

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Ends:
    """Gradients of what a stream gathers, and of the last `rows` of each state, by signal.

    `steps` is the number of steps of the whole stream.
    """

    totals: Mapping[Total, Array]
    rows: Arrays
    steps: int

    def results(self, parts: Parts) -> list[Result]:
        """What a block is asked for: sequences that are gathered, and its last values."""
        axis, length, shapes = parts.cut.axis, parts.cut.length, parts.during().shapes.signals
        found = [
            Result(_weight(of), Read(of, Index(axis)), shapes[of], axis)
            for of in dict.fromkeys(total.of for total in self.totals)
        ]
        for signal, rows in self.rows.items():
            for back in range(len(rows)):
                read = Read(signal, Index(length, -back))
                found.append(Result(_weight(signal, back), read, shapes[signal]))
        return found

    def weights(self, first: int, last: int) -> dict[str, Array]:
        """The gradients of what steps first + 1 … last are asked for."""
        found: dict[str, Array] = {}
        for total, gradient in self.totals.items():
            name, share = _weight(total.of), self._share(total, gradient, first, last)
            found[name] = found[name] + share if name in found else share
        for signal, rows in self.rows.items():
            for back in range(len(rows)):
                found[_weight(signal, back)] = rows[-1 - back]
        return found

    def _share(self, total: Total, gradient: Array, first: int, last: int) -> Array:
        """What each step has of the gradient of a sum or mean, or of one step."""
        gradient = np.asarray(gradient)
        if total.how == "mean_over":
            gradient = gradient / gradient.dtype.type(self.steps)
        whole = np.broadcast_to(gradient, (last - first, *gradient.shape))
        if total.how != "first":
            return whole
        steps = np.arange(first + 1, last + 1).reshape(-1, *[1] * gradient.ndim)
        return np.where(steps == total.step, whole, gradient.dtype.type(0))


def _weight(signal: str, back: int | None = None) -> str:
    """The name of a weight: of a sequence, or of its value so many steps before the last."""
    place = "" if back is None else f"@{back}"
    return f"weight@{''.join(signal.split())}{place}"
