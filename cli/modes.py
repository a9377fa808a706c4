"""`--mode` where every mode can be drawn: each beside the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from .messages import CallError

if TYPE_CHECKING:
    from graphfold.circuit import Circuit

ALL = "all"
X = TypeVar("X")

modes_option = click.option(
    "--mode",
    metavar="NAME",
    help="The mode whose branches `switch` takes; all draws every mode, side by side.",
)


def each_mode(
    circuit: Circuit, mode: str | None, make: Callable[[Circuit, str | None], X]
) -> list[X]:
    """What is made of the circuit in the mode asked for; in every one for `all`."""
    names: list[str | None] = [*_names(circuit, mode)]
    return [make(circuit, name) for name in names or [mode]]


def captions(circuit: Circuit, mode: str | None) -> list[str]:
    """What stands beneath the figures of all modes."""
    return _names(circuit, mode)


def ensure_one(mode: str | None, format_: str) -> None:
    """Refuse to write every mode where only one can be."""
    if mode == ALL:
        raise CallError(f"{format_} holds one mode: --mode NAME")


def _names(circuit: Circuit, mode: str | None) -> list[str]:
    names = [m.name for m in circuit.modes]
    return names if mode == ALL and ALL not in names else []
