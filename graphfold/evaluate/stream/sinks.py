"""Where the steps of an output go: into an array that is there, or together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.errors import ValuesError, suggest
from graphfold.evaluate.stream.state import spread_rows
from graphfold.evaluate.value import Array
from graphfold.memory import ensure_fits


@dataclass
class Sink:
    """An output of `rank` core axes; `target` is what it is written into, if anything.

    `second` when steps are the second axis of a batch.
    """

    name: str
    rank: int
    target: Any = None
    second: bool = False
    done: int = 0
    _blocks: list[Array] = field(default_factory=list)

    def put(self, block: Array, length: int | None) -> None:
        """Take the next steps of all `length`; ValuesError when they do not fit."""
        if self.target is None and length is not None:
            self.target = self._room(block, length)
        if self.target is None:
            self._blocks.append(block)
            return
        turned = self.second and block.ndim == self.rank + 2
        if not self.done:
            self._ensure_fits(block, length, turned)
        first, self.done = self.done, self.done + len(block)
        if self.done > self.target.shape[int(turned)]:
            message = f"has {self.target.shape[int(turned)]:,} steps, but there are more"
            raise ValuesError(f"out: {self.name} {message}")
        if turned:
            self.target[:, first : self.done] = block.swapaxes(0, 1)
        else:
            self.target[first : self.done] = block

    def _room(self, block: Array, length: int) -> Array:
        """An array for all steps; TooLargeError when it would not fit into memory."""
        shape = (length, *block.shape[1:])
        count = math.prod(shape) * block.dtype.itemsize
        ensure_fits(count, f"{self.name} at {length:,} steps")
        whole = np.empty(shape, block.dtype)
        turned = self.second and block.ndim == self.rank + 2
        return whole.swapaxes(0, 1) if turned else whole

    def _ensure_fits(self, block: Array, length: int | None, turned: bool) -> None:
        shape, steps = list(block.shape), int(turned)
        shape = [shape[1], shape[0], *shape[2:]] if turned else shape
        found = list(getattr(self.target, "shape", ()))
        shape[steps] = found[steps] if length is None and len(found) > steps else length or 0
        if found != shape:
            message = f"expected an array {tuple(shape)}, found {tuple(found)}"
            raise ValuesError(f"out: {self.name}: {message}")
        dtype = getattr(self.target, "dtype", block.dtype)
        if not np.can_cast(block.dtype, dtype, "same_kind"):
            raise ValuesError(f"out: {self.name}: {dtype} cannot hold values in {block.dtype}")
        flags = getattr(self.target, "flags", None)
        if flags is not None and not flags.writeable:
            raise ValuesError(f"out: {self.name} is read-only")

    def whole(self) -> Any:
        """All steps."""
        if self.target is not None:
            return self.target
        batch = next((b.shape[1] for b in self._blocks if b.ndim > self.rank + 1), None)
        found = np.concatenate([spread_rows(b, self.rank, batch) for b in self._blocks])
        return found.swapaxes(0, 1) if self.second and batch is not None else found


def sinks_for(
    ranks: Mapping[str, int], still: Iterable[str], out: Any, batch_first: bool
) -> dict[str, Sink]:
    """A sink for each output; ValuesError for an `out` that names none of them."""
    names = list(ranks)
    if out is None:
        given: Mapping[str, Any] = {}
    elif isinstance(out, Mapping):
        given = out
    elif len(names) == 1:
        given = {names[0]: out}
    else:
        told = ", ".join(f"'{name}': …" for name in names)
        raise ValuesError(f"out must map names of outputs to arrays: {{{told}}}")
    problems = []
    for name in given:
        if name in still:
            problems.append(f"out: {name} is no sequence; the run returns it")
        elif name not in ranks:
            problems.append(f"out: '{name}' is no output of the plan{suggest(str(name), names)}")
    if problems:
        raise ValuesError("\n".join(problems))
    return {n: Sink(n, rank, given.get(n), batch_first) for n, rank in ranks.items()}
