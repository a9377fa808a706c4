"""The YAML model language: sections to a circuit, every problem of the file at once."""

from __future__ import annotations

import re
from dataclasses import replace

from graphfold.circuit import (
    Circuit,
    Equation,
    Output,
    sort_boundaries,
)
from graphfold.errors import Mark, ModelError, shorten, suggest
from graphfold.formats.model_declarations import (
    read_axes,
    read_dims,
    read_functions,
    read_modes,
    read_signals,
)
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.model_style import read_style
from graphfold.formats.model_values import read_bodies, read_init
from graphfold.formats.yaml_nodes import Pairs, Scalar, YamlNode, compose
from graphfold.language.equations import read_equations
from graphfold.language.parser import Scope
from graphfold.language.tokens import Line

SECTIONS = (
    *("graphfold", "name", "axes", "modes", "dims", "inputs", "params", "functions"),
    *("init", "equations", "outputs", "draw"),
)
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks of YAML
_LONGEST_NAME = 200


def parse_model(text: str, source: str | None = None) -> Circuit:
    """Read a model file's text into a circuit, well formed or not; ModelError when unreadable."""
    try:
        top = compose(text)
        report = Report(_LINE_BREAK.split(text))
        circuit = _read(report, top)
    except ModelError as error:
        raise ModelError([replace(d, source=source) for d in error.diagnostics]) from None
    if report.problems:
        problems = sorted(report.problems, key=lambda p: p.mark or Mark(0, 0))
        raise ModelError([replace(p, source=source) for p in problems])
    return replace(circuit, source=source)


def _read(report: Report, top: Pairs) -> Circuit:
    sections = {key.text: value for key, value in top.pairs}
    for key, _ in top.pairs:
        if key.text not in SECTIONS:
            hint = suggest(key.text, SECTIONS)
            report.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
    _check_version(report, top, sections)
    axes, dims = read_axes(report, sections.get("axes")), read_dims(report, sections.get("dims"))
    functions = read_functions(report, sections.get("functions"))
    scope = Scope(
        {a.name: a.length for a in axes},
        frozenset(d.name for d in dims),
        {f.name: f for f in functions},
    )
    functions = read_bodies(report, sections.get("functions"), functions, scope)
    return Circuit(
        name=_read_name(report, sections.get("name")),
        axes=axes,
        modes=read_modes(report, sections.get("modes")),
        dims=dims,
        inputs=tuple(read_signals(report, sections.get("inputs"), "inputs")),
        params=tuple(read_signals(report, sections.get("params"), "params")),
        functions=functions,
        boundaries=sort_boundaries(read_init(report, sections.get("init"), scope)),
        equations=tuple(_read_equations(report, sections.get("equations"), scope)),
        outputs=tuple(
            Output(s.text, s.mark) for s in report.texts(sections.get("outputs"), "outputs")
        ),
        style=read_style(report, sections.get("draw")),
    )


def _check_version(report: Report, top: Pairs, sections: dict[str, YamlNode]) -> None:
    version = sections.get("graphfold")
    if version is None:
        report.blame("version", "missing key 'graphfold'; begin with `graphfold: 1`", top.mark)
    elif not isinstance(version, Scalar) or version.text != "1":
        report.blame(
            "version", "this graphfold reads version 1; write `graphfold: 1`", version.mark
        )


def _read_name(report: Report, node: YamlNode | None) -> str:
    if node is None:
        return "circuit"
    if not isinstance(node, Scalar):
        report.blame("name", "the name must be a text", node.mark)
        return "circuit"
    if len(node.text) > _LONGEST_NAME:
        message = f"the name has {len(node.text):,} characters; at most {_LONGEST_NAME}"
        report.blame("name", message, node.mark)
    return "circuit" if is_empty(node) else node.text


def _read_equations(report: Report, node: YamlNode | None, scope: Scope) -> list[Equation]:
    if node is None or is_empty(node):
        return []
    if not isinstance(node, Scalar) or node.style != "|":
        message = "write `equations: |` and one equation a line beneath it, indented"
        report.blame("equations", message, node.mark)
        return []
    first = node.mark.line  # the line behind the one that holds the `|`
    count = len(node.text.splitlines())
    numbered = enumerate(report.lines[first : first + count], start=first + 1)
    equations, problems = read_equations(
        (Line(text, Mark(number, 1)) for number, text in numbered), scope
    )
    report.problems += problems
    return equations
