"""Model files on disk: read with every problem located, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable, freeze
from graphfold.files import write_whole
from graphfold.formats.cell_paths import moved_to
from graphfold.formats.model_reader import parse_model
from graphfold.formats.model_text import read_text
from graphfold.formats.model_writer import model_text


def load(path: str | os.PathLike[str] | BinaryIO) -> Circuit:
    """Read a model from a path or an open binary file; its cells too, relative to its folder.

    ModelError lists what is wrong with it; missing history is left to `check`.
    """
    circuit = parse_model(*read_text(path))
    ensure_well_formed(circuit)
    return circuit


def loads(text: str) -> Circuit:
    """Read a model from its text; ModelError lists what is wrong with it.

    Cells in files of their own are looked for in the working directory.
    """
    circuit = parse_model(text)
    ensure_well_formed(circuit)
    return circuit


def dump(circuit: Freezable, path: str | os.PathLike[str]) -> None:
    """Write a circuit to a model file, whole or not at all; OSError when it cannot be written.

    Cells that have files of their own are left there: the new file names them from where it is.
    """
    text = model_text(moved_to(freeze(circuit), Path(path).parent))
    write_whole(path, text.encode())
