"""YAML as nodes with marks: every scalar stays text; tags, anchors and doubled keys are refused.

Only PyYAML's composer is used, never its constructors: a model file cannot run code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from graphfold.errors import Diagnostic, Mark, ModelError, shorten

_LONGEST_KEY = 1024  # of YAML


@dataclass(frozen=True)
class Scalar:
    """A text; `style` is "", a quote, "|" or ">"; `line_count` counts the lines of a block."""

    text: str
    mark: Mark
    style: str = ""

    @property
    def inner_mark(self) -> Mark:
        """Where the text itself starts, behind an opening quote."""
        return Mark(self.mark.line, self.mark.column + (self.style in ("'", '"')))


@dataclass(frozen=True)
class Items:
    """A sequence."""

    items: tuple[YamlNode, ...]
    mark: Mark


@dataclass(frozen=True)
class Pairs:
    """A mapping in the order it is written."""

    pairs: tuple[tuple[Scalar, YamlNode], ...]
    mark: Mark


YamlNode = Scalar | Items | Pairs


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes and keeps a list of what a model file may not hold."""

    def __init__(self, text: str, kind: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.kind = kind
        self.problems: list[Diagnostic] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            self._refuse("alias", f"alias '*{event.anchor}'", event)
            self.get_event()  # type: ignore[no-untyped-call]
            mark: Any = event.start_mark
            return yaml.ScalarNode("", "", mark, mark)
        if event.anchor is not None:
            self._refuse("anchor", f"anchor '&{event.anchor}'", event)
            event.anchor = None
        if event.tag is not None:
            self._refuse("tag", f"tag '{shorten(event.tag)}'", event)
            event.tag = None
        return super().compose_node(parent, index)

    def _refuse(self, code: str, what: str, event: Any) -> None:
        message = f"{what} has no meaning in a {self.kind} file; write the value itself"
        self.problems.append(Diagnostic("file", code, message, _mark(event.start_mark)))


def compose(text: str, kind: str = "model", first: str = "graphfold: 1") -> Pairs:
    """Read a YAML document whose top is a mapping; ModelError lists what is wrong.

    Messages say of what `kind` the file should be, and how such a file begins.
    """
    try:
        loader = _Loader(text, kind)
        top = loader.get_single_node()
        problems = loader.problems
        node = None if top is None else _convert(top, problems)
    except yaml.MarkedYAMLError as error:
        raise ModelError([_yaml_problem(error)]) from None
    except ReaderError as error:
        raise ModelError([_unreadable(text, error, kind)]) from None
    except RecursionError:
        raise ModelError([Diagnostic("file", "yaml", "brackets are nested too deep")]) from None
    if problems:
        raise ModelError(sorted(problems, key=lambda p: p.mark or Mark(0, 0)))
    if not isinstance(node, Pairs):
        what = "the file is empty" if node is None else f"a {kind} file is a mapping of sections"
        message = f"{what}; begin with `{first}`"
        raise ModelError([Diagnostic("file", "empty" if node is None else "yaml", message)])
    return node


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _yaml_problem(error: yaml.MarkedYAMLError) -> Diagnostic:
    place = error.problem_mark or error.context_mark
    mark = None if place is None else _mark(place)
    message = str(error.problem or error.context)
    if "'\\t'" in message:
        message = "indent with spaces, not with a tab"
    elif "mapping values are not allowed" in message:
        message = "a ':' stands where no key can be; quote the text or check the indentation"
        if place is not None and place.column > _LONGEST_KEY:
            message = f"a key has at most {_LONGEST_KEY:,} characters"
    elif "',' or '}'" in message:
        message = "expected ',' or '}'; inside braces a key such as 'x[t]' needs quotes"
    elif "',' or ']', but got '['" in message:
        message = "expected ',' or ']'; a name in a list stands without an index: h, not h[t]"
    elif error.context and error.context not in message:
        message = f"{message} ({error.context})"
    return Diagnostic("file", "yaml", shorten(message, 160), mark)


def _unreadable(text: str, error: ReaderError, kind: str) -> Diagnostic:
    before = text[: error.position]
    mark = Mark(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
    character = text[error.position : error.position + 1] or "\0"
    message = f"character U+{ord(character):04X} cannot stand in a {kind} file"
    return Diagnostic("file", "yaml", message, mark)


def _whole_characters(text: str, mark: Mark, problems: list[Diagnostic]) -> str:
    r"""Join what JSON writes as two escapes, "\\ud83e\\udd86"; one alone is no character."""
    if not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        message = "an escape stands for half a character"
        problems.append(Diagnostic("file", "yaml", message, mark))
        return ""


def _convert(node: Any, problems: list[Diagnostic]) -> YamlNode:
    mark = _mark(node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(_whole_characters(node.value, mark, problems), mark, node.style or "")
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_convert(item, problems) for item in node.value), mark)
    pairs: list[tuple[Scalar, YamlNode]] = []
    seen: dict[str, Mark] = {}
    for key_node, value_node in node.value:
        key, value = _convert(key_node, problems), _convert(value_node, problems)
        if not isinstance(key, Scalar):
            message = "a key must be a plain text"
            problems.append(Diagnostic("file", "key", message, key.mark))
        elif key.text in seen:
            message = (
                f"key '{shorten(key.text)}' is given twice (first at line {seen[key.text].line})"
            )
            problems.append(Diagnostic("file", "duplicate-key", message, key.mark))
        else:
            seen[key.text] = key.mark
            pairs.append((key, value))
    return Pairs(tuple(pairs), mark)
