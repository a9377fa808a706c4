"""Matrices side by side, made once and kept for as long as what they are made of is the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from graphfold.evaluate.value import Array

Place = Any  # slice, int or Ellipsis
APART = 8  # rows of a batch; below that the calls cost more than pieces of memory do


class Block(NamedTuple):
    """A matrix, where it stands among others, and what scales it."""

    array: Array
    where: tuple[Place, ...]
    factor: float = 1.0


@dataclass(frozen=True)
class Layout:
    """Where the members of a product stand: beside one another, or one after the other.

    For some rows at once the latter is faster: each member's values are in one piece.
    """

    sizes: tuple[int, ...]
    apart: bool

    def shape(self, inner: int) -> tuple[int, ...]:
        """The shape of matrices with that many rows, or of a product of that many."""
        if self.apart:
            return (len(self.sizes), inner, self.sizes[0])
        return (inner, sum(self.sizes))

    def where(self, first: int, last: int) -> tuple[Place, ...]:
        """The place of members first … last - 1."""
        if self.apart:
            return (first,) if last == first + 1 else (slice(first, last),)
        return (Ellipsis, slice(sum(self.sizes[:first]), sum(self.sizes[:last])))


def layout_of(sizes: Sequence[int], batch: int | None) -> Layout:
    """How members of these sizes stand, for a batch or None."""
    even = len(set(sizes)) == 1 and len(sizes) > 1
    return Layout(tuple(sizes), even and batch is not None and batch >= APART)


@dataclass
class Weights:
    """The wide matrices of a loop, by any key, each with the bits of its blocks.

    A product whose right matrix has its rows in one piece is up to seven times faster than one with
    its columns in one piece, so the matrices are turned; that takes as long as a few steps. To
    compare them with those of the last run takes a fraction of it, whoever wrote into them.
    """

    _known: dict[Hashable, tuple[list[bytes], Array]] = field(default_factory=dict)

    def beside(
        self, key: Hashable, blocks: Sequence[Block], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> Array:
        """The blocks in an array of that shape, zeros elsewhere; it is only read."""
        bits = [block.array.tobytes("A") for block in blocks]
        known = self._known.get(key)
        if known is not None and known[0] == bits:
            return known[1]
        whole = np.zeros(shape, dtype)
        for array, where, factor in blocks:
            np.multiply(array, dtype.type(factor), out=whole[where])
        self._known[key] = bits, whole
        return whole
