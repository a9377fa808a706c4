"""Colours in YAML: one text, or those of fill, line, ink and wires."""

from __future__ import annotations

from graphfold.circuit import Tint
from graphfold.colors import read_color
from graphfold.errors import shorten, suggest
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.yaml_nodes import Pairs, Scalar, YamlNode
from graphfold.looks import PARTS


def color_of(report: Report, node: YamlNode) -> str:
    """Read a colour; "" when it is none, which is noted."""
    if not isinstance(node, Scalar) or is_empty(node):
        message = 'write a colour: orange, or "#e69f00" in quotes, as # begins a comment'
        report.blame("color", message, node.mark)
        return ""
    try:
        return read_color(node.text)
    except ValueError as error:
        report.blame("color", str(error), node.mark)
        return ""


def read_tint(report: Report, node: YamlNode) -> Tint | None:
    """Read one colour, or those of fill, line, ink and wires; None when there is none."""
    if not isinstance(node, Pairs):
        color = color_of(report, node)
        return Tint(color) if color else None
    found: dict[str, str] = {}
    for key, value in node.pairs:
        if key.text in PARTS:
            found[key.text] = color_of(report, value)
        else:
            hint = suggest(key.text, PARTS) or f"; there is {', '.join(PARTS)}"
            report.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
    return Tint(**found) if any(found.values()) else None
