"""The YAML model language: sections to a circuit, every problem of the file at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphfold.cells.flatten import flatten
from graphfold.circuit import Cell, Circuit, Output, Use, sort_boundaries
from graphfold.errors import Mark, ModelError, shorten, suggest
from graphfold.formats.model_declarations import (
    read_axes,
    read_dims,
    read_functions,
    read_modes,
    read_signals,
)
from graphfold.formats.model_library import Definition, Library
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.model_style import read_style
from graphfold.formats.model_values import read_bodies, read_init
from graphfold.formats.yaml_nodes import Scalar, YamlNode
from graphfold.language.equations import Block, read_block
from graphfold.language.parser import Scope
from graphfold.language.tokens import Line

SECTIONS = (
    *("graphfold", "name", "axes", "modes", "dims", "inputs", "params", "functions", "cells"),
    *("init", "equations", "outputs", "draw"),
)
_START = Mark(1, 1)
_LONGEST_NAME = 200


def parse_model(text: str, source: str | None = None) -> Circuit:
    """Read a model's text, and its cells, into a circuit, well formed or not.

    ModelError lists all that cannot be read.
    """
    library, circuit = Library(), None
    for definition in library.definitions(text, source):
        before = len(definition.report.problems)
        circuit = _read(definition)
        if len(definition.report.problems) == before:
            definition.circuit = circuit
    if library.problems or circuit is None:
        raise ModelError(library.problems)
    return circuit


def _read(definition: Definition) -> Circuit:
    report, sections = definition.report, definition.sections
    for key, _ in definition.top.pairs:
        if key.text not in SECTIONS:
            hint = suggest(key.text, SECTIONS)
            report.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
    _check_version(definition)
    axes, dims = read_axes(report, sections.get("axes")), read_dims(report, sections.get("dims"))
    functions = read_functions(report, sections.get("functions"))
    cells = tuple(definition.known_cells())
    scope = Scope(
        {a.name: a.length for a in axes},
        frozenset(d.name for d in dims),
        {f.name: f for f in functions},
        _cells_in_scope(definition, cells),
    )
    functions = read_bodies(report, sections.get("functions"), functions, scope)
    block = _read_equations(report, sections.get("equations"), scope)
    scope = replace(scope, uses=frozenset(use.name for use in block.uses))
    for use in block.uses:
        _check_cell(definition, use)
    return Circuit(
        name=_read_name(report, sections.get("name"), definition.name),
        axes=axes,
        modes=read_modes(report, sections.get("modes")),
        dims=dims,
        inputs=tuple(read_signals(report, sections.get("inputs"), "inputs")),
        params=tuple(read_signals(report, sections.get("params"), "params")),
        functions=functions,
        boundaries=sort_boundaries(read_init(report, sections.get("init"), scope)),
        equations=tuple(block.equations),
        outputs=tuple(
            Output(s.text, s.mark) for s in report.texts(sections.get("outputs"), "outputs")
        ),
        style=read_style(report, sections.get("draw")),
        cells=cells,
        uses=tuple(block.uses),
        source=definition.source,
    )


def _check_cell(definition: Definition, use: Use) -> None:
    """Refuse a cell that is known only outside of an inline cell, or is that cell itself."""
    around = definition
    while use.cell not in definition.cells and around.owner is not None:
        if use.cell == around.name:
            message = f"cell '{shorten(use.cell)}' contains itself"
            definition.report.blame("recursion", message, use.mark_of("") or _START)
            return
        around = around.owner
        if use.cell in around.cells:
            message = (
                f"cell '{shorten(use.cell)}' is not known here; "
                f"name it under the `cells` of '{shorten(definition.name)}' too"
            )
            definition.report.blame("unknown-cell", message, use.mark_of("") or _START)
            return


def _cells_in_scope(
    definition: Definition, cells: tuple[Cell, ...]
) -> Mapping[str, Circuit | None]:
    """The cells by name, flat; None for one that is wrong, which is told where it stands."""
    known: dict[str, Circuit | None] = dict.fromkeys(definition.cells)
    for cell in cells:
        try:
            known[cell.name] = flatten(cell.circuit)
        except ModelError:
            known[cell.name] = None
    return known


def _check_version(definition: Definition) -> None:
    report, sections = definition.report, definition.sections
    version = sections.get("graphfold")
    if version is None:
        if not definition.inline:
            message = "missing key 'graphfold'; begin with `graphfold: 1`"
            report.blame("version", message, definition.top.mark)
    elif not isinstance(version, Scalar) or version.text != "1":
        report.blame(
            "version", "this graphfold reads version 1; write `graphfold: 1`", version.mark
        )


def _read_name(report: Report, node: YamlNode | None, default: str) -> str:
    if node is None:
        return default
    if not isinstance(node, Scalar):
        report.blame("name", "the name must be a text", node.mark)
        return default
    if len(node.text) > _LONGEST_NAME:
        message = f"the name has {len(node.text):,} characters; at most {_LONGEST_NAME}"
        report.blame("name", message, node.mark)
    return default if is_empty(node) else node.text


def _read_equations(report: Report, node: YamlNode | None, scope: Scope) -> Block:
    if node is None or is_empty(node):
        return Block()
    if not isinstance(node, Scalar) or node.style != "|":
        message = "write `equations: |` and one equation a line beneath it, indented"
        report.blame("equations", message, node.mark)
        return Block()
    first = node.mark.line  # the line behind the one that holds the `|`
    count = len(node.text.splitlines())
    numbered = enumerate(report.lines[first : first + count], start=first + 1)
    block = read_block((Line(text, Mark(number, 1)) for number, text in numbered), scope)
    report.problems += block.problems
    return block
