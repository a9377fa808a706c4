"""The last values of a signal, as a loop that JAX compiles carries them from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHORT = 8  # so many arrays are carried one by one, which XLA hands on without a copy


@dataclass(frozen=True)
class Window:
    """The values of the last `size` steps: newest first, or many as one array gone round in.

    In that array, step i of the loop (from 0) writes row i mod size.
    """

    size: int

    @property
    def distances(self) -> range:
        """How far back it reaches."""
        return range(1, self.size + 1)

    def start(self, rows: Sequence[Any]) -> Any:
        """What is carried before the first step; `rows` are the values before it, newest first."""
        if self.size <= SHORT:
            return tuple(rows)
        from jax.numpy import stack

        return stack(rows[::-1])

    def read(self, carried: Any, step: Any, delay: int) -> Any:
        """The value `delay` steps before this one, from 1 to `size`."""
        if self.size <= SHORT:
            return carried[delay - 1]
        from jax.lax import dynamic_index_in_dim

        return dynamic_index_in_dim(carried, (step - delay) % self.size, keepdims=False)

    def push(self, carried: Any, step: Any, row: Any) -> Any:
        """What is carried on when this step has its value."""
        if self.size <= SHORT:
            return (row, *carried[:-1])
        from jax.lax import dynamic_update_index_in_dim

        return dynamic_update_index_in_dim(carried, row, step % self.size, 0)
