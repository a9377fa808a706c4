"""What a stream asks of the one who runs its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from graphfold.evaluate.stream.rewrite import Part
from graphfold.evaluate.value import Array


class Runner(Protocol):
    """A part ready to run."""

    def run(self, values: Mapping[str, Any], *, steps: Mapping[str, int]) -> dict[str, Array]:
        """Return the values of the signals that were asked for."""
        ...

    def with_params(self, params: Mapping[str, Any]) -> Runner:
        """The same with values of its own, beside which others are given to each run."""
        ...


Make = Callable[[Part, Sequence[str]], Runner]
"""Makes a runner of a part and the names of what it gives."""
