"""`--lengths`: numbers, or the name of an array among the inputs; by axis if there are several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from .messages import CallError

if TYPE_CHECKING:
    from graphfold.circuit import Circuit

CONVENTION = "lengths"  # an array of this name holds lengths, unless it is a signal of the model


class RowLengths(click.ParamType):  # type: ignore[type-arg]
    """Lengths of rows: 3,5,2 or an array's name; t=3,5,2 for one of several axes."""

    name = "n,n,…|name"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the axis, or None, and a list of numbers or a name."""
        if not isinstance(value, str):
            return value
        axis, equals, given = value.rpartition("=")
        if equals and not axis.strip():
            return self.fail("an axis stands before '='; write t=3,5,2", param, ctx)
        return (axis.strip() if equals else None), self._given(given.strip(), param, ctx)

    def _given(self, text: str, param: Any, ctx: Any) -> Any:
        if re.fullmatch(r"[^\W\d][\w.\[\]-]*", text):
            return text
        parts = [part.strip() for part in text.split(",")]
        if not all(re.fullmatch(r"[0-9]{1,15}", part) for part in parts):
            shown = text if len(text) <= 40 else text[:39] + "…"
            self.fail(
                f"'{shown}' is neither whole numbers nor a name; write 3,5,2 or the name of an "
                "array among the inputs",
                param,
                ctx,
            )
        return [int(part) for part in parts]


def take_lengths(circuit: Circuit, values: dict[str, Any], asked: tuple[Any, ...]) -> Any:
    """Take the lengths out of the values: as asked for, else the array `lengths` if there is one.

    None without lengths. An array that is a signal of the model is never taken for lengths.
    """
    if not asked:
        free = CONVENTION in values and CONVENTION not in circuit.axis_of
        return values.pop(CONVENTION) if free else None
    axes = [axis for axis, _ in asked]
    twice = next((axis for axis in axes if axes.count(axis) > 1), "")
    if twice != "":
        which = "" if twice is None else f" of '{twice}'"
        raise CallError(f"--lengths: the lengths{which} are given twice")
    if None in axes and len(axes) > 1:
        raise CallError("--lengths: name the axis each time: --lengths t=3,5 --lengths u=2,2")
    found = {axis: _numbers(circuit, values, given) for axis, given in asked}
    for _, given in asked:
        if isinstance(given, str):
            values.pop(given, None)
    return found.get(None, found)


def _numbers(circuit: Circuit, values: dict[str, Any], given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if given in circuit.axis_of:
        cure = "give the lengths a name of their own, or as numbers"
        raise CallError(f"--lengths: '{given}' is a signal of the model; {cure}")
    if given not in values:
        arrays = [name for name in values if name not in circuit.axis_of]
        told = f"; the arrays beside signals are {', '.join(arrays)}" if arrays else ""
        raise CallError(f"--lengths: the inputs hold no array '{given}'{told}")
    return values[given]


def first_lengths(circuit: Circuit, lengths: Any) -> dict[str, int]:
    """The lengths of the first row, by axis."""
    if lengths is None:
        return {}
    by_axis = lengths if isinstance(lengths, dict) else {circuit.axes[0].name: lengths}
    return {axis: int(counts[0]) for axis, counts in by_axis.items() if len(counts)}
