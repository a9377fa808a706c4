"""Write items as a circuit, and keep which nodes each operation of each equation stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphfold.circuit import Axis, Circuit, Dimension, Output, sort_boundaries
from graphfold.fold.items import Items
from graphfold.fold.writing.axes import choose_axes
from graphfold.fold.writing.bound import fill_histories, write_histories
from graphfold.fold.writing.declare import declare_leaves, declare_sequences, static_leaves
from graphfold.fold.writing.equate import write_equations
from graphfold.fold.writing.given import given_alone
from graphfold.fold.writing.outputs import write_outputs
from graphfold.fold.writing.sheet import Place, ShapesAre, Sheet
from graphfold.fold.writing.signal_names import name_signals
from graphfold.traces.trace import Numbers


@dataclass(frozen=True)
class Draft:
    """A circuit and the nodes of the trace that it stands for.

    `blocks` gives the nodes, by step, of each operation of the expression of each place; `leaves`
    those of inputs and parameters, `given` those of histories from outside; `clocks` the constants
    that a signal computes from the step; `functions` the operation of each opaque function;
    `signals` the item of each signal.
    """

    circuit: Circuit
    lengths: Mapping[str, int]
    blocks: Mapping[tuple[Place, int], Numbers]
    leaves: Mapping[str, Numbers]
    given: Mapping[tuple[str, int], int]
    clocks: Mapping[str, tuple[float, float]]
    functions: Mapping[str, tuple[str, Mapping[str, Any]]]
    axis_of_part: tuple[str, ...]
    signals: Mapping[str, int]


def write_circuit(items: Items, shapes: ShapesAre = "inferred") -> Draft:
    """Write the circuit of some items.

    Where shapes are "declared", histories from outside are inputs with their shapes; where they are
    "unknown", all that needs known ones is an opaque function.
    """
    sheet = Sheet(items, shapes, set() if shapes == "declared" else given_alone(items.plan))
    _name(sheet)
    write_equations(sheet)
    write_histories(sheet)
    write_outputs(sheet)
    fill_histories(sheet)
    return _draft(sheet)


def _name(sheet: Sheet) -> None:
    """Declare and name everything, names that the trace has before those that are made up."""
    own, others = static_leaves(sheet)
    declare_leaves(sheet, own)
    choose_axes(sheet)
    declare_sequences(sheet)
    declare_leaves(sheet, others)
    name_signals(sheet)


def _draft(sheet: Sheet) -> Draft:
    return Draft(
        _circuit(sheet),
        sheet.lengths,
        sheet.blocks,
        sheet.leaves,
        sheet.given,
        sheet.clocks,
        sheet.meanings,
        tuple(axis.name for axis in sheet.axis_of_part),
        {item.name: number for number, item in enumerate(sheet.items.items) if item.signal},
    )


def _circuit(sheet: Sheet) -> Circuit:
    return Circuit(
        sheet.trace.name,
        tuple(sheet.axes) or (Axis("t", "T"),),
        dims=_dimensions(sheet),
        inputs=tuple(sheet.inputs),
        params=tuple(sheet.params),
        functions=tuple(sheet.functions.values()),
        boundaries=sort_boundaries(sheet.boundaries.values()),
        equations=tuple(sheet.equations),
        outputs=tuple(Output(name) for name in dict.fromkeys(sheet.outputs)),
    )


def _dimensions(sheet: Sheet) -> tuple[Dimension, ...]:
    shapes = [signal.shape for signal in (*sheet.inputs, *sheet.params)]
    shapes += [function.shape or () for function in sheet.functions.values()]
    symbols = dict.fromkeys(symbol for shape in shapes for size in shape for symbol in size.symbols)
    return tuple(Dimension(symbol) for symbol in symbols)
