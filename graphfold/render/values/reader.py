"""A mapping of values, as evaluation or a file gives it, to the array of one instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphfold.errors import DrawingError, shorten, suggest

if TYPE_CHECKING:
    import numpy as np

    from graphfold.sizes import Shape
    from graphfold.unfolding import Unfolding


@dataclass(frozen=True)
class Reader:
    """Values by id ("h[3]"), or by signal with all steps 1..T first; of batches the first row.

    DrawingError, which tells all that is wrong, for shapes that do not fit the circuit.
    """

    unfolding: Unfolding
    values: Mapping[str, Any]
    shapes: Mapping[str, Shape]
    what: str = "values"
    sizes: dict[str, tuple[int, str]] = field(default_factory=dict)

    @cached_property
    def sequences(self) -> frozenset[str]:
        """The sequences that are given with all their steps; DrawingError for other lengths."""
        axes, problems, found = self.unfolding.circuit.axis_of, [], set()
        for name in sorted(n for n in self._given() if axes.get(n) is not None):
            length, shape = (
                self.unfolding.length(str(axes[name])),
                _array(name, self.values[name]).shape,
            )
            if not shape or shape[0] != length:
                told = f"{shape[0]} steps" if shape else "no steps"
                problems.append(f"'{name}' has {told}; the figure has {axes[name]} = 1..{length}")
            found.add(name)
        if problems:
            raise DrawingError("\n".join(problems))
        return frozenset(found)

    def _given(self) -> Iterator[str]:
        from graphfold.evaluate import Evaluation

        return iter(()) if isinstance(self.values, Evaluation) else iter(self.values)

    def array(self, name: str, step: str) -> np.ndarray | None:
        """Return the value of an instance, without its batch axis; None when there is none."""
        import numpy as np

        key = f"{name}[{step}]" if step else name
        try:
            if key in self.values:
                return self._fitted(key, name, self.values[key])
        except KeyError as error:
            raise DrawingError(str(error)) from None
        if step.isdecimal() and int(step) and name in self.sequences:
            return self._fitted(key, name, np.asarray(self.values[name])[int(step) - 1])
        return None

    def _fitted(self, key: str, name: str, value: Any) -> np.ndarray:
        import numpy as np

        array = _array(key, value)
        if array.dtype.kind not in "fiub":
            raise DrawingError(f"'{key}' holds {array.dtype}; a figure shows real numbers")
        shape = self.shapes[name]
        batched = array.ndim == len(shape) + 1
        if batched and not len(array):
            raise DrawingError(f"'{key}' is a batch of no rows")
        if not batched and array.ndim != len(shape):
            told = ", ".join(map(str, shape))
            raise DrawingError(f"'{key}' has the shape {array.shape}; the circuit says ({told})")
        found = array[0] if batched else array
        for size, dimension in zip(found.shape, map(str, shape), strict=True):
            self._ensure_size(key, size, dimension)
        return np.asarray(found, dtype=float)

    def _ensure_size(self, key: str, size: int, dimension: str) -> None:
        known = (int(dimension), "the circuit") if dimension.isdecimal() else None
        expected, source = known or self.sizes.setdefault(dimension, (size, f"'{key}'"))
        if (dimension.isidentifier() or known) and size != expected:
            raise DrawingError(f"'{key}' has {dimension} = {size}; {source} has {expected}")


def ensure_some(found: Sequence[object], reader: Reader, names: Sequence[str]) -> None:
    """Refuse values of which the figure shows none."""
    if found:
        return
    given = list(reader.values)
    hints = (suggest(str(n).partition("[")[0], names) for n in given)
    hint = next((hint for hint in hints if hint), "")
    told = ", ".join(shorten(str(n)) for n in given[:5]) or "nothing"
    raise DrawingError(
        f"none of the {reader.what} is of this figure: they are of {told}; "
        f"the figure has {', '.join(names[:12])}{hint}"
    )


def _array(key: str, value: Any) -> np.ndarray:
    import numpy as np

    try:
        return np.asarray(value)
    except ValueError:
        raise DrawingError(f"'{key}' is no array: its rows differ in length") from None
