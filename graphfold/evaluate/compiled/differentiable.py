"""What a plan does with gradients; `Plan` has it, too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import numpy as np

from graphfold.circuit import Circuit
from graphfold.errors import GraphfoldError, ValuesError
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.checkpoints.run import Checkpoints
from graphfold.evaluate.compiled.gradient import Asked, GradientPlans
from graphfold.evaluate.compiled.params import Params
from graphfold.evaluate.reference import batches
from graphfold.evaluate.value import Array
from graphfold.terms import whole
from graphfold.unfolding import Unfolding


class GradOptions(TypedDict, total=False):
    """The further settings of `Plan.grad`."""

    cotangent: Any
    truncate: int | None
    checkpoints: bool | int
    steps: int | Mapping[str, int] | None
    batch_first: bool


class Differentiable(ABC):
    """Finds gradients by the plans of `_gradients`."""

    circuit: Circuit
    params: Params
    _gradients: GradientPlans

    @abstractmethod
    def _unfolding(self, steps: Any, values: Mapping[str, Any], batch_first: bool) -> Unfolding:
        """The unfolding of a run."""

    @abstractmethod
    def _bind(self, unfolding: Unfolding, values: Mapping[str, Any], batch_first: bool) -> Bound:
        """The values of a run, checked."""

    @abstractmethod
    def _checkpoints(self, loss: str) -> Checkpoints:
        """The run in blocks of a loss."""

    def grad(
        self,
        values: Mapping[str, Any],
        loss: str = "Loss",
        wrt: Iterable[str] | None = None,
        **asked: Unpack[GradOptions],
    ) -> dict[str, Array]:
        """Return ∂loss/∂value by name, in the shape the value was given in: parameters, or `wrt`.

        The circuit of gradients (`differentiate`) is compiled once. Of a batch the sum of the
        losses is differentiated. Further settings:

        - `cotangent`, `steps` and `batch_first` are as for `gradients`.
        - With `truncate` no gradient of a recurrence goes back past every so many steps.
        - With `checkpoints` the states of every k-th step are kept, and the steps between are run
          again on the way back: True stands for k = sqrt(T), where memory grows as sqrt(T).

        Errors are those of `gradients`; GraphfoldError, too, where there is no such circuit: for
        opaque functions, and over trees; and for what cannot be streamed, with checkpoints.
        """
        unknown = [name for name in asked if name not in GradOptions.__annotations__]
        if unknown:
            raise TypeError(f"grad() got an unexpected keyword argument '{unknown[0]}'")
        names = (wrt,) if isinstance(wrt, str) else wrt if wrt is None else tuple(wrt)
        first = bool(asked.get("batch_first", False))
        values = self.params.beside(values)
        unfolding = self._unfolding(asked.get("steps"), values, first)
        bound = self._bind(unfolding, values, first)
        if asked.get("checkpoints"):
            found = self._by_blocks((unfolding, bound), loss, names, asked)
        else:
            given = bound, batches(self.circuit, bound, None)
            wish = Asked(loss, names, asked.get("truncate"))
            found = self._gradients.run(wish, unfolding, given, asked.get("cotangent"))
        return {n: self._axes_turned(n, a, bound) if first else a for n, a in found.items()}

    def _by_blocks(
        self,
        given: tuple[Unfolding, Bound],
        loss: str,
        wrt: tuple[str, ...] | None,
        asked: GradOptions,
    ) -> dict[str, Array]:
        size, (unfolding, bound) = _block_size(asked), given
        if len(unfolding.steps) != 1:
            raise GraphfoldError("no gradients with checkpoints: there are several axes")
        ((_, steps),) = unfolding.steps
        moving = [s.name for s in self.circuit.inputs if s.axis is not None]
        inputs = {n: v.array for n, v in bound.values.items() if n in moving}
        start = {n: v.array for n, v in bound.values.items() if n not in moving}
        found = self._checkpoints(loss).run(start, inputs, steps, size)
        if wrt is None:
            blank = ((p.name, bound.values[p.name].array) for p in self.circuit.params)
            return {n: found[n] if n in found else np.zeros_like(a) for n, a in blank}
        without = [name for name in wrt if name not in found]
        if without:
            raise ValuesError(f"{loss} does not depend on {', '.join(without)}")
        return {name: found[name] for name in wrt}

    def pull(
        self, values: Mapping[str, Any], loss: str, wrt: Sequence[str], steps: Mapping[str, int]
    ) -> dict[str, Array]:
        """The gradients of those values that the loss depends on."""
        unfolding = self._unfolding(steps, values, False)
        bound = self._bind(unfolding, values, False)
        given = bound, batches(self.circuit, bound, None)
        return self._gradients.run(Asked(loss, tuple(wrt), None, False), unfolding, given, None)

    def _axes_turned(self, name: str, array: Array, bound: Bound) -> Array:
        whole = self.circuit.axis_of.get(name) is not None
        value = bound.values.get(name)
        return array.swapaxes(0, 1) if whole and value is not None and value.batched else array


def _block_size(asked: GradOptions) -> int | None:
    """The number of steps between checkpoints, None for the square root of all."""
    size = asked.get("checkpoints")
    refused = [name for name in ("truncate", "cotangent") if asked.get(name) is not None]
    if refused:
        raise ValuesError(f"checkpoints do not go with {refused[0]}=")
    if size is True:
        return None
    number = whole(size)
    if number is None or number < 1:
        raise ValuesError(f"checkpoints is True or a number of steps, 1 or more, not {size!r}")
    return number
