"""Matrices side by side, made once and kept for as long as what they are made of is the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from graphfold.evaluate.value import Array


class Block(NamedTuple):
    """A matrix that takes the columns `start` … of a wider one; `factor` scales it."""

    array: Array
    start: int
    factor: float = 1.0


@dataclass
class Weights:
    """The wide matrices of a loop, by any key, each with copies of its blocks.

    A product whose right matrix has its rows in one piece is up to seven times faster than one with
    its columns in one piece, so the matrices are turned; that takes as long as a few steps. To
    compare them with those of the last run takes a fraction of it, whoever wrote into them.
    """

    _known: dict[Hashable, tuple[tuple[Block, ...], Array]] = field(default_factory=dict)

    def beside(
        self, key: Hashable, blocks: Sequence[Block], shape: tuple[int, int], dtype: np.dtype[Any]
    ) -> Array:
        """The blocks side by side in a matrix of that shape, zeros elsewhere; it is only read."""
        old, whole = self._known.get(key, ((), None))
        if whole is not None and len(old) == len(blocks) and all(map(_same, old, blocks)):
            return whole
        whole = np.zeros(shape, dtype)
        for array, start, factor in blocks:
            part = whole[:, start : start + array.shape[1]]
            np.multiply(array, dtype.type(factor), out=part)
        copies = tuple(block._replace(array=block.array.copy("K")) for block in blocks)
        self._known[key] = copies, whole
        return whole


def _same(old: Block, new: Block) -> bool:
    """Whether both hold the same bits; `old` is a copy."""
    if old[1:] != new[1:] or old.array.shape != new.array.shape:
        return False
    kind = f"u{new.array.itemsize}"
    if new.array.itemsize > 8 or new.array.dtype != old.array.dtype:
        return False
    return bool((old.array.view(kind) == new.array.view(kind)).all())
