"""Model files and the cells they name: each definition read once, cells before their users.

Nothing here recurses: a cell may use a cell that uses a cell, and so on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphfold.circuit import Cell, Circuit
from graphfold.errors import Diagnostic, Mark, ModelError, shorten
from graphfold.formats.cell_paths import path_from
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.model_text import read_text
from graphfold.formats.yaml_nodes import Pairs, Scalar, YamlNode, compose

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks of YAML


@dataclass
class Definition:
    """A model file, or an inline cell within one; `circuit` is None until (and unless) it is read.

    `cells` holds the definitions of its cells by name, None for one that cannot be read.
    """

    key: str
    name: str
    source: str | None
    report: Report
    top: Pairs
    owner: Definition | None = None
    cells: dict[str, Definition | None] = field(default_factory=dict)
    circuit: Circuit | None = None

    @property
    def inline(self) -> bool:
        """Whether it stands in the file of its owner."""
        return self.owner is not None

    @property
    def sections(self) -> dict[str, YamlNode]:
        """The sections by their keys."""
        return {key.text: value for key, value in self.top.pairs}

    def known_cells(self) -> Iterator[Cell]:
        """The cells that could be read."""
        node = self.sections.get("cells")
        for key, value in node.pairs if isinstance(node, Pairs) else ():
            found = self.cells.get(key.text)
            if found is not None and found.circuit is not None:
                path = value.text if isinstance(value, Scalar) else None
                yield Cell(key.text, found.circuit, path, key.mark)


class Library:
    """The definitions found so far, and what is wrong with their files."""

    def __init__(self) -> None:
        self._found: dict[str, Definition] = {}
        self._finished: set[str] = set()
        self._unreadable: list[Diagnostic] = []

    def definitions(self, text: str, source: str | None) -> Iterator[Definition]:
        """Yield what a model needs, cells before their users, the model itself last.

        ModelError when the model itself is no YAML.
        """
        root = self._add(text, source, os.path.realpath(source) if source else "")
        open_: dict[str, tuple[Definition, Iterator[Definition]]] = {}
        open_[root.key] = root, self._cells(root, open_)
        while open_:
            current, unread = next(reversed(open_.values()))
            cell = next(unread, None)
            if cell is not None:
                open_[cell.key] = cell, self._cells(cell, open_)
                continue
            yield current
            del open_[current.key]
            self._finished.add(current.key)

    @property
    def problems(self) -> list[Diagnostic]:
        """All problems of all files, file by file, that of the model first."""
        found = list(self._unreadable)
        for definition in self._found.values():
            if not definition.inline:
                by_place = sorted(definition.report.problems, key=lambda p: p.mark or Mark(0, 0))
                found += [p.placed(definition.source) for p in by_place]
        return found

    def _add(self, text: str, source: str | None, key: str) -> Definition:
        try:
            top = compose(text)
        except ModelError as error:
            raise ModelError([replace(d, source=source) for d in error.diagnostics]) from None
        report = Report(LINE_BREAK.split(text))
        return self._found.setdefault(key, Definition(key, "circuit", source, report, top))

    def _cells(
        self, owner: Definition, open_: dict[str, tuple[Definition, Iterator[Definition]]]
    ) -> Iterator[Definition]:
        """Find the cells that a definition names; yield those that are not read yet."""
        for key, value in owner.report.pairs(owner.sections.get("cells"), "cells"):
            cell: Definition | None = None
            if isinstance(value, Pairs):
                cell = self._inline(owner, key, value)
            elif isinstance(value, Scalar) and not is_empty(value):
                cell = self._file(owner, key, value, [d for d, _ in open_.values()])
            else:
                message = f"cell '{shorten(key.text)}' is a file or a mapping of sections"
                owner.report.blame("cell", message, value.mark)
            owner.cells[key.text] = cell
            if cell is not None and cell.key not in self._finished:
                yield cell

    def _inline(self, owner: Definition, key: Scalar, value: Pairs) -> Definition:
        place = f"{owner.key}\0{value.mark}"
        cell = Definition(place, key.text, owner.source, owner.report, value, owner)
        return self._found.setdefault(place, cell)

    def _file(
        self, owner: Definition, key: Scalar, value: Scalar, open_: list[Definition]
    ) -> Definition | None:
        path = path_from(owner.source, value.text)
        real = os.path.realpath(path)
        places = [place for place, d in enumerate(open_) if d.key == real]
        if places:
            files = [str(d.source) for d in open_[places[0] :] if not d.inline]
            ring = " -> ".join([*files, files[0]])
            message = f"cell '{shorten(key.text)}' contains itself: {ring}"
            owner.report.blame("recursion", message, value.mark)
            return None
        return self._found.get(real) or self._read(owner, value.mark, path, real)

    def _read(self, owner: Definition, mark: Mark, path: str, real: str) -> Definition | None:
        try:
            text, _ = read_text(path)
        except ModelError as error:
            message = f"{path}: {error.diagnostics[0].message}"
            if not os.path.lexists(path):
                own = owner.source not in (None, "<stdin>")
                place = "the folder of this file" if own else "the working directory"
                message += f"; a cell is looked for from {place}"
            owner.report.blame("file", message, mark)
            return None
        try:
            return self._add(text, path, real)
        except ModelError as error:
            self._unreadable += error.diagnostics
            return None
