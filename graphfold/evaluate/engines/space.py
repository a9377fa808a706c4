"""A namespace of the Python array API standard at work: its dtype, its device, its arrays.

https://data-apis.org/array-api/latest/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphfold.evaluate.value import Array


@dataclass(frozen=True)
class Namespace:
    """Where arrays come from: `xp` has the standard's functions, `kind` is its class of arrays.

    `sigmoid` is its own one, if it has any. `jax` tells that steps are lowered to one scan, and all
    is compiled.
    """

    name: str
    xp: Any
    kind: type
    sigmoid: Callable[[Any], Any] | None = None
    jax: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        from graphfold.evaluate.engines.choose import named

        return named, ("jax" if self.jax else self.xp.__name__,)  # a module is sent by its name

    def owns(self, value: Any) -> bool:
        """Whether a value is an array of this namespace; NumPy's are looked at as any host's."""
        return isinstance(value, self.kind) and not isinstance(value, np.ndarray)

    def is_traced(self, value: Any) -> bool:
        """Whether a transformation of JAX hides the numbers of a value."""
        if not self.jax:
            return False
        from jax.core import Tracer

        return isinstance(value, Tracer)

    def device_of(self, array: Any) -> Any:
        """Where an array of the namespace lies; None where arrays go by themselves."""
        if self.jax:
            return None
        from array_api_compat import device

        return device(array)

    @property
    def has_double(self) -> bool:
        """Whether the namespace computes in float64; JAX does when it is told to."""
        if self.jax:
            import jax

            return bool(jax.config.jax_enable_x64)
        return "float64" in self.xp.__array_namespace_info__().dtypes(kind="real floating")

    @property
    def counting(self) -> Any:
        """The dtype of whole numbers that count and index."""
        return self.xp.__array_namespace_info__().default_dtypes()["indexing"]


@dataclass(frozen=True)
class Space:
    """A namespace with the dtype and the device of one computation; `wide` is for long sums."""

    namespace: Namespace
    dtype: Any
    device: Any = None
    wide: Any = None

    @property
    def xp(self) -> Any:
        """The functions of the standard."""
        return self.namespace.xp

    def constant(self, value: Any) -> Any:
        """An array of a number or nested tuple."""
        return self.moved(np.asarray(value))

    def moved(self, array: Array) -> Any:
        """An array of the host as one of the namespace; it shares no memory."""
        name = name_of(self.dtype)
        host = np.array(array, name if name in _HOST else "float32")
        made = self.xp.asarray(host, device=self.device)
        return made if made.dtype == self.dtype else self.xp.astype(made, self.dtype)

    def cast(self, array: Any) -> Any:
        """An array of the namespace in the dtype of the computation."""
        return array if array.dtype == self.dtype else self.xp.astype(array, self.dtype)

    def steps(self, length: int) -> Any:
        """The numbers 1 … length."""
        return self.xp.arange(1, length + 1, dtype=self.dtype, device=self.device)

    def zeros(self, shape: tuple[int, ...]) -> Any:
        """An array of zeros."""
        return self.xp.zeros(shape, dtype=self.dtype, device=self.device)

    def widen(self, array: Any) -> Any:
        """An array as it is summed over time."""
        return array if self.wide is None else self.xp.astype(array, self.wide)


_HOST = ("float16", "float32", "float64")


def name_of(dtype: Any) -> str:
    """The bare name of a dtype of any namespace.

    >>> name_of(np.dtype("float32")), name_of(np.float32)
    ('float32', 'float32')
    """
    return str(getattr(dtype, "__name__", dtype)).rpartition(".")[2]
