"""Paths of cells in files of their own: relative to the model file that names them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from graphfold.cells.levels import levels
from graphfold.circuit import Cell, Circuit


def path_from(source: str | None, path: str) -> str:
    """The file that `path` names in the model file `source`."""
    folder = os.path.dirname(source or "")  # noqa: PTH120 - Path would drop "./" that messages show
    return os.path.join(folder, path)  # noqa: PTH118


def moved_to(circuit: Circuit, target: str | os.PathLike[str]) -> Circuit:
    """The circuit with paths of cells that hold in the folder `target`."""
    folder = Path(target).absolute()
    if circuit.source is None or Path(circuit.source).absolute().parent == folder:
        return circuit
    moved: dict[int, Circuit] = {}
    for level in levels(circuit):
        cells = tuple(_moved(level, cell, moved, folder) for cell in level.cells)
        moved[id(level)] = replace(level, cells=cells) if cells else level
    return moved[id(circuit)]


def _moved(owner: Circuit, cell: Cell, moved: dict[int, Circuit], folder: Path) -> Cell:
    if cell.path is None:
        return replace(cell, circuit=moved[id(cell.circuit)])
    file = Path(path_from(owner.source, cell.path)).absolute()
    return replace(cell, path=Path(os.path.relpath(file, folder)).as_posix())
