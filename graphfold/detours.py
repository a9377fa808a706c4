"""The edges of an elimination: paths whose inner nodes are all eliminated.

A set of nodes is a whole number with a bit for each: a union then takes a few microseconds,
however many nodes there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from graphfold.edge_arrays import Numbers, edge_arrays
from graphfold.memory import ensure_fits
from graphfold.unfolding import Unfolding

_BYTES_PER_EDGE = 16
_FIRST_LOOK = 2**24  # bytes that are taken without asking


def count_edges(unfolding: Unfolding, gone: Collection[str]) -> int:
    """The number of edges; TooLargeError as soon as memory could not hold them."""
    total, looked = 0, _FIRST_LOOK
    for read in _Detours(unfolding, gone):
        total += read.bit_count()
        if total * _BYTES_PER_EDGE > looked:
            looked = 2 * total * _BYTES_PER_EDGE
            ensure_fits(looked, "the edge arrays")
    return total


def fill_edges(unfolding: Unfolding, gone: Collection[str], count: int) -> tuple[Numbers, Numbers]:
    """All edges as arrays of numbers that count the nodes which are left."""
    ensure_fits(_BYTES_PER_EDGE * count, "the edge arrays")
    sources, targets = np.empty(count, np.int64), np.empty(count, np.int64)
    used = 0
    for number, read in enumerate(_Detours(unfolding, gone)):
        members = _members(read)
        part = slice(used, used + len(members))
        sources[part], targets[part] = members, number
        used = part.stop
    assert used == count, (used, count)
    return sources, targets


def _members(bits: int) -> Numbers:
    """The places of the bits that are set, in order."""
    if not bits:
        return np.empty(0, np.int64)
    low = (bits & -bits).bit_length() - 1
    text = (bits >> low).to_bytes((bits.bit_length() - low + 7) // 8, "little")
    return np.flatnonzero(np.unpackbits(np.frombuffer(text, np.uint8), bitorder="little")) + low


class _Detours:
    """For each node that is left, in order, the set of nodes that are left which it reads."""

    def __init__(self, unfolding: Unfolding, gone: Collection[str]) -> None:
        sources, targets = edge_arrays(unfolding)
        self.gone = _mask(unfolding, gone)
        order = np.argsort(targets, kind="stable")
        self.sources = sources[order]
        self.starts = np.searchsorted(targets[order], np.arange(len(self.gone) + 1))
        self.rank = np.cumsum(~self.gone) - 1
        self.last = np.zeros(len(self.gone), np.int64)  # who reads it last
        np.maximum.at(self.last, sources, targets)

    def __iter__(self) -> Iterator[int]:
        starts, gone = self.starts.tolist(), self.gone.tolist()
        rank, last = self.rank.tolist(), self.last.tolist()
        behind: dict[int, int] = {}  # the sets of eliminated nodes that are still to be read
        held, looked = 0, _FIRST_LOOK
        for number, is_gone in enumerate(gone):
            read = 0
            for source in self.sources[starts[number] : starts[number + 1]].tolist():
                if not gone[source]:
                    read |= 1 << rank[source]
                    continue
                read |= behind[source]
                if last[source] == number:
                    held -= behind.pop(source).bit_length() // 8
            if not is_gone:
                yield read
            elif last[number]:
                behind[number] = read
                held += read.bit_length() // 8
                if held > looked:
                    looked = 2 * held
                    ensure_fits(looked, "the paths through eliminated nodes")


def _mask(unfolding: Unfolding, gone: Collection[str]) -> NDArray[np.bool_]:
    count = unfolding.node_count
    names = (signal in gone for signal, _ in unfolding.instances())
    return np.fromiter(names, bool, count)
