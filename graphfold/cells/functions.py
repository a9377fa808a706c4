"""Functions of cells: one for each definition, named after it, where the sizes agree."""

from __future__ import annotations

from dataclasses import replace

from graphfold.cells.rewrite import Rewriter
from graphfold.cells.seams import Seam
from graphfold.circuit import Function


def carry_functions(seam: Seam, known: dict[str, Function]) -> dict[str, str]:
    """Add the functions of a cell to `known`; return their names outside.

    They are called `lstm.f`, after the cell. A use whose sizes make them other functions has its
    own, `upper.f`.
    """
    for prefix in (seam.use.cell, seam.use.name):
        functions = _named(seam, prefix)
        if all(known.get(f.name, f) == f for f in functions.values()):
            break
    known.update((f.name, f) for f in functions.values())
    return {name: f.name for name, f in functions.items()}


def _named(seam: Seam, prefix: str) -> dict[str, Function]:
    names = {f.name: f"{prefix}.{f.name}" for f in seam.cell.functions}
    rewriter = Rewriter(seam, names, lambda read: read)
    return {f.name: _carried(seam, f, names[f.name], rewriter) for f in seam.cell.functions}


def _carried(seam: Seam, function: Function, name: str, rewriter: Rewriter) -> Function:
    return replace(
        function,
        name=name,
        shape=None if function.shape is None else seam.shape(function.shape),
        body=None if function.body is None else rewriter.body(function.body),
        mark=seam.mark(function.mark),
        size_marks=tuple(m for mark in function.size_marks if (m := seam.mark(mark))),
    )
