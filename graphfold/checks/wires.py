"""Wires and shared parameters must have the shapes that the cell declares for them."""

from __future__ import annotations

from collections.abc import Iterator

from graphfold.cells.aliases import Alias, find_aliases
from graphfold.cells.flatten import flat_cells, flatten
from graphfold.cells.seams import Seam
from graphfold.circuit import Circuit, Signal
from graphfold.errors import Diagnostic
from graphfold.language.printer import TooLongError, write_expression
from graphfold.shapes import Shapes, solve_shapes
from graphfold.sizes import shape_text


def check_shapes(circuit: Circuit) -> Iterator[Diagnostic]:
    """Yield what does not fit: at the wires of a circuit's uses, or else within its equations."""
    flat = flatten(circuit)
    shapes = solve_shapes(flat)
    wrong = list(_wires(circuit, shapes)) if circuit.uses else []
    yield from wrong or shapes.problems


def _wires(circuit: Circuit, shapes: Shapes) -> Iterator[Diagnostic]:
    cells = flat_cells(circuit)
    seams = [Seam(circuit, use, cells[use.cell]) for use in circuit.uses]
    aliases = find_aliases(circuit, seams)
    for seam in seams:
        given = dict((*seam.use.wires, *seam.use.parameters))
        for signal in (*seam.cell.inputs, *seam.cell.params):
            if signal.name in given or seam.use.like is not None:
                yield from _wire(seam, signal, shapes, aliases.get(seam.name(signal.name)))


def _wire(seam: Seam, signal: Signal, shapes: Shapes, alias: Alias | None) -> Iterator[Diagnostic]:
    target = seam.name(signal.name) if alias is None else alias.target
    wanted, found = seam.shape(signal.shape), shapes.signals.get(target)
    if found is None or found == wanted or target in shapes.unknown:
        return
    use, given = seam.use, dict((*seam.use.wires, *seam.use.parameters))
    if signal.name in given:
        try:
            text = write_expression(given[signal.name], seam.outer)
        except TooLongError:
            text = "its wire"
        mark = use.mark_of(signal.name)
    else:
        text, mark = f"{use.like}.{signal.name}", use.mark_of(";")
    message = (
        f"{signal.name}={text}: {seam.name(signal.name)} is {shape_text(wanted)} "
        f"but {text} is {shape_text(found)}"
    )
    yield Diagnostic("shapes", "shape", message, mark, use.name)
