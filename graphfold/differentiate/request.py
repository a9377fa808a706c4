"""What is asked of `differentiate`: a loss, and what to differentiate by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphfold.circuit import Circuit
from graphfold.differentiate.clock import Clock
from graphfold.errors import GraphfoldError, shorten, suggest
from graphfold.expression import Index

Place = tuple[str, Index | None]  # a signal, or a fixed step of one


@dataclass(frozen=True)
class Wish:
    """The loss; the signals, given histories and steps that are asked for, by name."""

    loss: Place
    wanted: Mapping[str, Place]

    @property
    def signals(self) -> frozenset[str]:
        """The signals that are asked for, whole or at a step."""
        return frozenset(signal for signal, _ in self.wanted.values())


def read_wish(
    circuit: Circuit, loss: str, wrt: Iterable[str] | None, clocks: Mapping[str, Clock]
) -> Wish:
    """Read names such as "Loss", "h[T]", "W" or "h[0]"; GraphfoldError for what there is not.

    `wrt` None stands for all parameters.
    """
    names = (
        [p.name for p in circuit.params] if wrt is None else [wrt] if isinstance(wrt, str) else wrt
    )
    wanted = {name: _place(circuit, name, clocks, whole=True) for name in names}
    return Wish(_place(circuit, loss, clocks, whole=False), wanted)


def _place(circuit: Circuit, text: str, clocks: Mapping[str, Clock], whole: bool) -> Place:
    name, bracket, rest = str(text).partition("[")
    name = name.strip()
    if name not in circuit.axis_of:
        raise GraphfoldError(f"unknown signal '{shorten(name)}'{suggest(name, circuit.axis_of)}")
    axis = circuit.axis_of[name]
    if axis is None:
        if bracket:
            raise GraphfoldError(f"{name} is static and takes no index")
        return name, None
    if not bracket:
        if whole:
            return name, None
        raise GraphfoldError(
            f"{name} is a sequence over {axis}: name a step, as {name}[{clocks[axis].length}]"
        )
    return name, clocks[axis].fix(_index(rest.strip().removesuffix("]"), clocks[axis], str(text)))


def _index(text: str, clock: Clock, whole: str) -> Index:
    text = "".join(text.split())
    base = clock.length if text.startswith(clock.length) else ""
    offset = text.removeprefix(base)
    try:
        return Index(base, int(offset or 0))
    except ValueError:
        cure = f"write a number, or {clock.length} for the last step"
        raise GraphfoldError(f"{shorten(whole)}: '{shorten(text)}' is no step; {cure}") from None
