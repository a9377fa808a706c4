"""Opaque functions on a namespace: the callable gets its arrays, those of one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from graphfold.circuit import Function
from graphfold.errors import GraphfoldError, ValuesError, shorten
from graphfold.evaluate.engines.flows import Operand
from graphfold.evaluate.engines.space import Space
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.sizing import need


@dataclass(frozen=True)
class Call:
    """An opaque function with its callable, as an operation; JAX maps it over all examples."""

    space: Space
    name: str
    bound: Callable[..., Any]
    shape: tuple[int, ...]

    def __call__(self, *operands: Operand) -> Any:
        """The results for all places of the leading axes."""
        lead = max((operand.lead for operand in operands), default=0)
        if not lead:
            return self.one(*(operand.array for operand in operands))
        front = np.broadcast_shapes(*(o.front for o in operands))
        xp = self.space.xp
        arrays = [
            xp.broadcast_to(o.array, (*front, *o.core)) if o.lead else o.array for o in operands
        ]
        if self.space.namespace.jax:
            return self._mapped(operands, lead)(*arrays)
        rows = [
            self.one(
                *(a[(*place, ...)] if o.lead else a for o, a in zip(operands, arrays, strict=True))
            )
            for place in product(*map(range, front))
        ]
        if not rows:
            return self.space.zeros((*front, *self.shape))
        return xp.reshape(xp.stack(rows), (*front, *self.shape))

    def _mapped(self, operands: tuple[Operand, ...], lead: int) -> Callable[..., Any]:
        from jax import vmap

        mapped: Callable[..., Any] = self.one
        for _ in range(lead):
            mapped = vmap(mapped, in_axes=tuple(0 if o.lead else None for o in operands))
        return mapped

    def one(self, *arrays: Any) -> Any:
        """The result for one example, in the declared shape."""
        try:
            result = self.bound(*arrays)
        except GraphfoldError:
            raise
        except Exception as error:  # the callable is the user's
            raise ValuesError(self._failed(error)) from error
        space = self.space
        try:
            own = space.namespace.owns(result)
            array = space.cast(result) if own else space.moved(as_numbers(result))
        except ValueError as error:
            raise ValuesError(f"function {self.name}: the result {error}") from error
        if tuple(array.shape) != self.shape:
            found = tuple(array.shape)
            raise ValuesError(f"function {self.name} gave shape {found}, declared is {self.shape}")
        return array

    def _failed(self, error: Exception) -> str:
        told = f"{type(error).__name__}: {shorten(str(error), 200)}"
        if type(error).__module__.startswith("jax"):
            return f"function {self.name} failed: write it with jax.numpy ({told})"
        return f"function {self.name} failed: {told}"


def wrapped(
    space: Space,
    functions: Mapping[str, Function],
    callables: Mapping[str, Callable[..., Any]],
    sizes: Mapping[str, int],
) -> dict[str, Call]:
    """The opaque functions that callables are bound to, as operations."""
    found = {}
    for name, bound in callables.items():
        shape = tuple(need(size, sizes) for size in functions[name].shape or ())
        found[name] = Call(space, name, bound, shape)
    return found
