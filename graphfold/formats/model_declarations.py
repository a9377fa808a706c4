"""Sections that declare: axes, dims, inputs, params, functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphfold.circuit import Axis, Dimension, Function, Mode, Signal
from graphfold.errors import Mark, shorten, suggest
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.yaml_nodes import Items, Pairs, Scalar, YamlNode
from graphfold.sizes import Shape, Size

_FUNCTION = re.compile(r"\s*([^\W\d]\w*)\s*\(([^();]*)(?:;([^();]*))?\)\s*")


def read_axes(report: Report, node: YamlNode | None) -> tuple[Axis, ...]:
    """Read `axes`: a clock and its length symbol."""
    if node is None:
        return (Axis("t", "T"),)
    axes = []
    for key, value in report.pairs(node, "axes"):
        if isinstance(value, Pairs):
            axes.append(_tree_axis(report, key, value))
        elif isinstance(value, Scalar) and value.text.isidentifier():
            axes.append(Axis(key.text, value.text, key.mark))
        else:
            report.blame("axis", f"axis '{key.text}' needs a length symbol, as T", value.mark)
    return tuple(axes) or (Axis("t", "T"),)


def read_modes(report: Report, node: YamlNode | None) -> tuple[Mode, ...]:
    """Read `modes`: a list of names."""
    return tuple(Mode(s.text, s.mark) for s in report.texts(node, "modes"))


_TREE_KEYS = ("length", "children", "leaves")


def _tree_axis(report: Report, key: Scalar, node: Pairs) -> Axis:
    """Read an axis that is a tree: `{length: T, children: [left, right], leaves: k}`."""
    found = {k.text: value for k, value in node.pairs}
    for name, _ in node.pairs:
        if name.text not in _TREE_KEYS:
            hint = suggest(name.text, _TREE_KEYS) or f"; there are {', '.join(_TREE_KEYS)}"
            report.blame("unknown-key", f"unknown key '{shorten(name.text)}'{hint}", name.mark)
    children = tuple(s.text for s in report.texts(found.get("children"), "children"))
    if not children:
        message = f"the tree {key.text} needs the names of its children, as [left, right]"
        report.blame("axis", message, found.get("children", node).mark)
    texts = [_symbol(report, key, node, found.get(name), name) for name in ("length", "leaves")]
    return Axis(key.text, texts[0], key.mark, children, texts[1])


def _symbol(report: Report, key: Scalar, tree: Pairs, value: YamlNode | None, what: str) -> str:
    if isinstance(value, Scalar) and value.text.isidentifier():
        return value.text
    example = {"length": "a length symbol, `length: T`", "leaves": "the leaves' axis, `leaves: k`"}
    report.blame("axis", f"the tree {key.text} needs {example[what]}", (value or tree).mark)
    return "T" if what == "length" else "k"


def read_dims(report: Report, node: YamlNode | None) -> tuple[Dimension, ...]:
    """Read `dims`: a list of symbols, or a mapping to default sizes."""
    if isinstance(node, Pairs):
        return tuple(
            Dimension(k.text, None if is_empty(v) else report.whole(v), k.mark)
            for k, v in node.pairs
        )
    return tuple(Dimension(s.text, None, s.mark) for s in report.texts(node, "dims"))


def read_signals(report: Report, node: YamlNode | None, section: str) -> Iterator[Signal]:
    """Read `inputs` or `params`; several names may share a key."""
    kind = "input" if section == "inputs" else "param"
    for key, value in report.pairs(node, section):
        shape, marks = _shape(report, value)
        for name, axis, mark in _declared_names(report, key):
            yield Signal(name, kind, axis, shape, mark, marks)  # type: ignore[arg-type]


def _declared_names(report: Report, key: Scalar) -> Iterator[tuple[str, str | None, Mark]]:
    column = key.inner_mark.column
    for part in key.text.split(","):
        lead = len(part) - len(part.lstrip())
        mark = Mark(key.mark.line, column + lead)
        column += len(part) + 1
        match = re.fullmatch(r"([^\W\d]\w*)(?:\[\s*([^\W\d]\w*)\s*\])?", part.strip())
        if match:
            yield match[1], match[2], mark
        else:
            message = f"'{shorten(part)}' is not a name; write x or x[t]"
            if re.fullmatch(r"\w+(-\w+)+(\[\w+\])?", part.strip()):
                message += ", with _ for -"
            report.blame("name", message, mark)


def _shape(report: Report, node: YamlNode) -> tuple[Shape, tuple[Mark, ...]]:
    if not isinstance(node, Items):
        report.blame("shape", "a shape is a list, as [n_h, n_x], or [] for a scalar", node.mark)
        return (), ()
    sizes, marks = [], []
    for item in node.items:
        try:
            sizes.append(Size.of(item.text if isinstance(item, Scalar) else ""))
            marks.append(item.mark)
        except ValueError:
            text = f"'{shorten(item.text)}' " if isinstance(item, Scalar) else ""
            message = f"{text}is not a size; write a whole number, a dimension or 4*n_h"
            report.blame("shape", message.removeprefix(" "), item.mark)
    return tuple(sizes), tuple(marks)


def read_functions(report: Report, node: YamlNode | None) -> tuple[Function, ...]:
    """Read the heads of `functions`; a shape makes one opaque."""
    functions = []
    for key, value in report.pairs(node, "functions"):
        match = _FUNCTION.fullmatch(key.text)
        names = [_split(group) for group in match.groups()[1:]] if match else [[""], []]
        if not match or not all(n.isidentifier() for group in names for n in group):
            message = "a function is declared as f(h, x; theta): [n]"
            report.blame("function", message, key.mark)
            continue
        shape, marks = _shape(report, value) if isinstance(value, Items) else (None, ())
        functions.append(
            Function(match[1], tuple(names[0]), tuple(names[1]), shape, None, key.mark, marks)
        )
    return tuple(functions)


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",")] if text and text.strip() else []
