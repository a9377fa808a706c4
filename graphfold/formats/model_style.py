"""The section draw: rows, hide, labels, open, groups, colors, theme, modes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graphfold.circuit import Style
from graphfold.errors import Mark, shorten, suggest
from graphfold.formats.color_nodes import read_tint
from graphfold.formats.model_report import Report
from graphfold.formats.yaml_nodes import Items, Pairs, Scalar, YamlNode

Lists = tuple[tuple[str, tuple[str, ...]], ...]


def read_style(report: Report, node: YamlNode | None) -> Style:
    """Read `draw`."""
    reader = _Reader(report)
    sections: dict[str, Callable[[YamlNode], object]] = {
        "rows": reader.rows,
        "hide": lambda value: reader.names(value, "hide"),
        "labels": lambda value: tuple(reader.labels(value)),
        "open": lambda value: reader.names(value, "open"),
        "groups": lambda value: tuple(reader.groups(value)),
        "colors": lambda value: tuple(reader.colors(value)),
        "theme": reader.theme,
        "modes": lambda value: tuple(reader.modes(value)),
    }
    found: dict[str, object] = {}
    for key, value in reader.known(node, "draw", sections):
        found["hide_in" if key == "modes" else key] = sections[key](value)
    return Style(marks=tuple(reader.marks), **found)  # type: ignore[arg-type]


@dataclass
class _Reader:
    """Reads what the sections hold, and keeps where names stand."""

    report: Report
    marks: list[tuple[str, Mark]] = field(default_factory=list)

    def known(
        self, node: YamlNode | None, section: str, legal: object
    ) -> Iterator[tuple[str, YamlNode]]:
        """The pairs of a section with known keys."""
        keys = list(legal)  # type: ignore[call-overload]
        for key, value in self.report.pairs(node, section):
            if key.text in keys:
                yield key.text, value
            else:
                hint = suggest(key.text, keys) or f"; there is {', '.join(keys)}"
                message = f"unknown key '{shorten(key.text)}'{hint}"
                self.report.blame("unknown-key", message, key.mark)

    def name(self, scalar: Scalar) -> str:
        """A name, whose place is kept."""
        self.marks.append((scalar.text, scalar.mark))
        return scalar.text

    def names(self, node: YamlNode, section: str) -> tuple[str, ...]:
        """A list of names."""
        return tuple(map(self.name, self.report.texts(node, section)))

    def rows(self, node: YamlNode) -> tuple[tuple[str, ...], ...]:
        """Rows, from bottom to top."""
        if not isinstance(node, Items):
            message = "rows is a list, from bottom to top, as [x, h, [o, y]]"
            self.report.blame("rows", message, node.mark)
            return ()
        return tuple(
            (self.name(item),) if isinstance(item, Scalar) else self.names(item, "rows")
            for item in node.items
        )

    def labels(self, node: YamlNode) -> Iterator[tuple[str, str]]:
        """Labels by name."""
        for key, value in self.report.pairs(node, "labels"):
            if isinstance(value, Scalar):
                yield self.name(key), value.text
            else:
                self.report.blame("labels", "a label is a text in LaTeX", value.mark)

    def groups(self, node: YamlNode) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Signals by the title of their frame."""
        for key, value in self.report.pairs(node, "groups"):
            title = self.name(key)
            if isinstance(value, Items):
                yield title, self.names(value, f"groups: {shorten(title)}")
            else:
                message = f"a group is a list of signals, as {shorten(title)}: [h, c]"
                self.report.blame("groups", message, value.mark)

    def colors(self, node: YamlNode) -> Iterator[tuple[str, object]]:
        """Colours by signal, group or role."""
        for key, value in self.report.pairs(node, "colors"):
            tint = read_tint(self.report, value)
            if tint is not None:
                yield self.name(key), tint

    def theme(self, node: YamlNode) -> str:
        """The name of a theme."""
        if isinstance(node, Scalar):
            return self.name(node)
        self.report.blame("theme", "a theme is a name, as `theme: color`", node.mark)
        return ""

    def modes(self, node: YamlNode) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What is hidden, by mode."""
        for key, value in self.report.pairs(node, "modes"):
            if not isinstance(value, Pairs):
                message = f"say what is hidden, as {shorten(key.text)}: {{hide: [L]}}"
                self.report.blame("modes", message, value.mark)
                continue
            mode = self.name(key)
            for _, hidden in self.known(value, "modes", ["hide"]):
                yield mode, self.names(hidden, "hide")
