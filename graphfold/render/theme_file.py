"""Themes as small YAML files: a base, and what differs from it."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from graphfold.circuit import ROLES, Tint
from graphfold.errors import Mark, ModelError, shorten, suggest
from graphfold.formats.color_nodes import color_of, read_tint
from graphfold.formats.model_report import Report
from graphfold.formats.model_text import read_text
from graphfold.formats.yaml_nodes import Pairs, Scalar, YamlNode, compose
from graphfold.render.coloring import colored
from graphfold.render.paint import Palette
from graphfold.render.theme import BOOK, LIMITS, Theme
from graphfold.render.themes import THEMES

FIRST = "graphfold_theme: 1"
SECTIONS = ("graphfold_theme", "name", "base", "sizes", "colors")
COLORS = ("paper", "fill", "line", "ink")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_LONGEST_NAME = 80


def load_theme(path: str | os.PathLike[str]) -> Theme:
    """Read a theme's file; ModelError lists what is wrong with it."""
    text, source = read_text(path)
    return parse_theme(text, source, Path(source).stem)


def parse_theme(text: str, source: str | None = None, name: str = "own") -> Theme:
    r"""Read a theme from its text; ModelError lists what is wrong with it.

    >>> theme = parse_theme("graphfold_theme: 1\nbase: dark\nsizes: {radius: 28}\n")
    >>> theme.radius, theme.palette.paper
    (28.0, '#14171c')
    """
    report, theme = Report(text.splitlines()), BOOK
    try:
        theme = _read(report, compose(text, "theme", FIRST), name)
    except ModelError as error:
        report.problems += error.diagnostics
    if report.problems:
        problems = sorted(report.problems, key=lambda p: p.mark or Mark(0, 0))
        raise ModelError([problem.placed(source) for problem in problems])
    return theme


def _read(report: Report, top: Pairs, name: str) -> Theme:
    sections: dict[str, YamlNode] = {}
    for key, value in top.pairs:
        if key.text in SECTIONS:
            sections[key.text] = value
        else:
            hint = suggest(key.text, SECTIONS) or f"; there is {', '.join(SECTIONS[1:])}"
            report.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
    version = sections.get("graphfold_theme")
    if not isinstance(version, Scalar) or version.text != "1":
        mark = top.mark if version is None else version.mark
        report.blame("version", f"this graphfold reads version 1; begin with `{FIRST}`", mark)
    base = _base(report, sections.get("base"))
    found = _sizes(report, sections.get("sizes"))
    palette = _Colors(report, base.palette).read(sections.get("colors"))
    called = _name(report, sections.get("name"), name)
    return replace(replace(base, palette=palette, name=called), **found)  # type: ignore[arg-type]


def _base(report: Report, node: YamlNode | None) -> Theme:
    if node is None:
        return BOOK
    text = node.text if isinstance(node, Scalar) else ""
    if text not in THEMES:
        hint = suggest(text, THEMES) or f"; there are {', '.join(THEMES)}"
        report.blame("theme", f"unknown theme '{shorten(text)}'{hint}", node.mark)
    return THEMES.get(text, BOOK)


def _name(report: Report, node: YamlNode | None, default: str) -> str:
    if node is None:
        return default
    if not isinstance(node, Scalar) or not 0 < len(node.text) <= _LONGEST_NAME:
        message = f"the name must be a text of at most {_LONGEST_NAME} characters"
        report.blame("name", message, node.mark)
        return default
    return node.text


def _sizes(report: Report, node: YamlNode | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in report.pairs(node, "sizes"):
        if key.text not in LIMITS:
            hint = suggest(key.text, LIMITS) or f"; there is {', '.join(LIMITS)}"
            report.blame("unknown-key", f"unknown size '{shorten(key.text)}'{hint}", key.mark)
            continue
        text = value.text if isinstance(value, Scalar) else ""
        size = float(text) if _NUMBER.fullmatch(text) else math.nan
        low, high = LIMITS[key.text]
        if low <= size <= high:
            found[key.text] = size
        else:
            message = f"{key.text} is a number of points from {low:g} to {high:g}"
            report.blame("size", message, value.mark)
    return found


@dataclass
class _Colors:
    """Reads the section colors over those of a base."""

    report: Report
    base: Palette
    tints: dict[str, Tint] = field(default_factory=dict)

    def read(self, node: YamlNode | None) -> Palette:
        """The palette: its own colours first, since those of roles may go by the paper's."""
        plain: dict[str, str] = {}
        for key, value in self.report.pairs(node, "colors"):
            if key.text in COLORS:
                plain[key.text] = color_of(self.report, value)
            elif key.text == "frames":
                plain |= self._frames(value)
            elif key.text in ROLES:
                tint = read_tint(self.report, value)
                if tint is not None:
                    self.tints[ROLES[key.text]] = tint
            else:
                legal = (*COLORS, "frames", *ROLES)
                hint = suggest(key.text, legal) or f"; there is {', '.join(legal)}"
                message = f"unknown colour '{shorten(key.text)}'{hint}"
                self.report.blame("unknown-key", message, key.mark)
        palette = replace(self.base, **{part: color for part, color in plain.items() if color})  # type: ignore[arg-type]
        return replace(palette, roles=MappingProxyType(colored(palette, self.tints)))

    def _frames(self, node: YamlNode) -> dict[str, str]:
        tint = read_tint(self.report, node) or Tint()
        if tint.ink:
            message = "frames have fill and line; their titles are in the ink of all letters"
            self.report.blame("color", message, node.mark)
        return {"frame_fill": tint.fill, "frame_line": tint.color or tint.line}
