"""The arguments of a use, sorted by what they are in the cell: wires and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from graphfold.circuit import Circuit, Use
from graphfold.expression import Expression
from graphfold.sizes import Size

T = TypeVar("T")


@dataclass
class Arguments:
    """What a use is given, by names of the cell; `values` are wires and parameters together."""

    values: dict[str, Expression] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    like: str | None = None
    over: str | None = None
    reverse: bool = False


def make_use(name: str, cell: str, definition: Circuit | None, given: Arguments) -> Use:
    """Make a use, its arguments in the order of the cell's declarations.

    `definition` is flat; None for an unknown cell. A name that the cell does not know is kept
    among the wires, for the checker to report.
    """
    params = () if definition is None else [p.name for p in definition.params]
    inputs = () if definition is None else [s.name for s in definition.inputs]
    dims = () if definition is None else [d.name for d in definition.dims]
    return Use(
        name,
        cell,
        _sorted({n: v for n, v in given.values.items() if n not in params}, inputs),
        _sorted({n: v for n, v in given.values.items() if n in params}, params),
        _sorted(given.sizes, dims),
        given.like,
        given.over,
        given.reverse,
    )


def _sorted(given: Mapping[str, T], order: Iterable[str]) -> tuple[tuple[str, T], ...]:
    first = [name for name in order if name in given]
    return tuple((n, given[n]) for n in (*first, *(n for n in given if n not in first)))
