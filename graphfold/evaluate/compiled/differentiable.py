"""What a plan does with gradients; `Plan` has it, too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from graphfold.circuit import Circuit
from graphfold.evaluate.binding import Bound
from graphfold.evaluate.compiled.gradient import Asked, GradientPlans
from graphfold.evaluate.compiled.params import Params
from graphfold.evaluate.reference import batches
from graphfold.evaluate.value import Array
from graphfold.unfolding import Unfolding


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

    def grad(
        self,
        values: Mapping[str, Any],
        loss: str = "Loss",
        wrt: Iterable[str] | None = None,
        *,
        cotangent: Any = None,
        steps: int | Mapping[str, int] | None = None,
        batch_first: bool = False,
    ) -> dict[str, Array]:
        """Return ∂loss/∂value by name, in the shape the value was given in: parameters, or `wrt`.

        The circuit of gradients (`differentiate`) is compiled once. Of a batch the sum of the
        losses is differentiated. Errors and `cotangent` are those of `gradients`.
        """
        names = (wrt,) if isinstance(wrt, str) else wrt if wrt is None else tuple(wrt)
        values = self.params.beside(values)
        unfolding = self._unfolding(steps, values, batch_first)
        bound = self._bind(unfolding, values, batch_first)
        given = bound, batches(self.circuit, bound, None)
        found = self._gradients.run(Asked(loss, names), unfolding, given, cotangent)
        return {n: self._axes_turned(n, a, bound) if batch_first else a for n, a in found.items()}

    def _axes_turned(self, name: str, array: Array, bound: Bound) -> Array:
        whole = self.circuit.axis_of.get(name) is not None
        value = bound.values.get(name)
        return array.swapaxes(0, 1) if whole and value is not None and value.batched else array
