"""The section draw: rows, hide, labels, open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from graphfold.circuit import Style
from graphfold.errors import shorten, suggest
from graphfold.formats.model_report import Report
from graphfold.formats.yaml_nodes import Items, Scalar, YamlNode


def read_style(report: Report, node: YamlNode | None) -> Style:
    """Read `draw`."""
    sections: dict[str, Callable[[YamlNode], object]] = {
        "rows": partial(_rows, report),
        "hide": lambda value: tuple(report.texts(value, "hide")),
        "labels": lambda value: tuple(_labels(report, value)),
        "open": lambda value: tuple(report.texts(value, "open")),
    }
    found: dict[str, object] = {}
    for key, value in report.pairs(node, "draw"):
        if key.text in sections:
            found[key.text] = sections[key.text](value)
        else:
            hint = suggest(key.text, sections)
            report.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
    return _make_style(found)


def _make_style(found: dict[str, object]) -> Style:
    rows: tuple[tuple[Scalar, ...], ...] = found.get("rows", ())  # type: ignore[assignment]
    hide: tuple[Scalar, ...] = found.get("hide", ())  # type: ignore[assignment]
    labels: tuple[tuple[Scalar, str], ...] = found.get("labels", ())  # type: ignore[assignment]
    opened: tuple[Scalar, ...] = found.get("open", ())  # type: ignore[assignment]
    named = [s for row in rows for s in row] + list(hide) + [key for key, _ in labels]
    named += opened
    return Style(
        tuple(tuple(s.text for s in row) for row in rows),
        tuple(s.text for s in hide),
        tuple((key.text, text) for key, text in labels),
        tuple(s.text for s in opened),
        tuple((s.text, s.mark) for s in named),
    )


def _rows(report: Report, node: YamlNode) -> tuple[tuple[Scalar, ...], ...]:
    if not isinstance(node, Items):
        report.blame("rows", "rows is a list, from bottom to top, as [x, h, [o, y]]", node.mark)
        return ()
    return tuple(
        (item,) if isinstance(item, Scalar) else tuple(report.texts(item, "rows"))
        for item in node.items
    )


def _labels(report: Report, node: YamlNode) -> Iterator[tuple[Scalar, str]]:
    for key, value in report.pairs(node, "labels"):
        if isinstance(value, Scalar):
            yield key, value.text
        else:
            report.blame("labels", "a label is a text in LaTeX", value.mark)
