"""The YAML model language: sections to a circuit, every problem of the file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from graphfold.circuit import (
    Axis,
    Boundary,
    Circuit,
    Constant,
    Dimension,
    Equation,
    Expression,
    Function,
    Index,
    Output,
    Signal,
    Style,
    constant,
    sort_boundaries,
)
from graphfold.errors import Diagnostic, Mark, ModelError, shorten, suggest
from graphfold.formats.yaml_nodes import Items, Pairs, Scalar, YamlNode, compose
from graphfold.language.equations import read_equations, read_expression
from graphfold.language.parser import Scope, read_index
from graphfold.language.tokens import Line, SyntaxProblem, Token, tokenize
from graphfold.sizes import Shape, Size

SECTIONS = (
    *("graphfold", "name", "axes", "modes", "dims", "inputs", "params", "functions"),
    *("init", "equations", "outputs", "draw"),
)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_FUNCTION = re.compile(r"\s*([^\W\d]\w*)\s*\(([^();]*)(?:;([^();]*))?\)\s*")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks of YAML
_LONGEST_NAME = 200


def parse_model(text: str, source: str | None = None) -> Circuit:
    """Read a model file's text into a circuit, well formed or not; ModelError when unreadable."""
    try:
        top = compose(text)
        reader = _Reader(_LINE_BREAK.split(text))
        circuit = reader.read(top)
    except ModelError as error:
        raise ModelError([replace(d, source=source) for d in error.diagnostics]) from None
    if reader.problems:
        problems = sorted(reader.problems, key=lambda p: p.mark or Mark(0, 0))
        raise ModelError([replace(p, source=source) for p in problems])
    return replace(circuit, source=source)


@dataclass
class _Reader:
    lines: list[str]
    problems: list[Diagnostic] = field(default_factory=list)

    def blame(self, code: str, message: str, mark: Mark) -> None:
        self.problems.append(Diagnostic("file", code, message, mark))

    # -- the whole ------------------------------------------------------------------------

    def read(self, top: Pairs) -> Circuit:
        sections = {key.text: value for key, value in top.pairs}
        for key, _ in top.pairs:
            if key.text not in SECTIONS:
                hint = suggest(key.text, SECTIONS)
                self.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
        self._version(top, sections)
        axes, dims = self._axes(sections.get("axes")), self._dims(sections.get("dims"))
        functions = self._functions(sections.get("functions"))
        scope = Scope(
            {a.name: a.length for a in axes},
            frozenset(d.name for d in dims),
            {f.name: f for f in functions},
        )
        functions = self._bodies(sections.get("functions"), functions, scope)
        return Circuit(
            name=self._name(sections.get("name")),
            axes=axes,
            dims=dims,
            inputs=tuple(self._signals(sections.get("inputs"), "inputs")),
            params=tuple(self._signals(sections.get("params"), "params")),
            functions=functions,
            boundaries=sort_boundaries(self._init(sections.get("init"), scope)),
            equations=tuple(self._equations(sections.get("equations"), scope)),
            outputs=tuple(
                Output(s.text, s.mark) for s in self._texts(sections.get("outputs"), "outputs")
            ),
            style=self._style(sections.get("draw")),
        )

    def _version(self, top: Pairs, sections: dict[str, YamlNode]) -> None:
        version = sections.get("graphfold")
        if version is None:
            self.blame("version", "missing key 'graphfold'; begin with `graphfold: 1`", top.mark)
        elif not isinstance(version, Scalar) or version.text != "1":
            self.blame(
                "version", "this graphfold reads version 1; write `graphfold: 1`", version.mark
            )
        modes = sections.get("modes")
        if modes is not None:
            self.blame("unsupported", "modes are not supported yet; keep one branch", modes.mark)

    def _name(self, node: YamlNode | None) -> str:
        if node is None:
            return "circuit"
        if not isinstance(node, Scalar):
            self.blame("name", "the name must be a text", node.mark)
            return "circuit"
        if len(node.text) > _LONGEST_NAME:
            message = f"the name has {len(node.text):,} characters; at most {_LONGEST_NAME}"
            self.blame("name", message, node.mark)
        return node.text or "circuit"

    # -- small shapes of YAML ---------------------------------------------------------------

    def _pairs(self, node: YamlNode | None, section: str) -> Iterator[tuple[Scalar, YamlNode]]:
        if isinstance(node, Pairs):
            yield from node.pairs
        elif node is not None and not _is_empty(node):
            self.blame("section", f"'{section}' must be a mapping, as `name: value`", node.mark)

    def _texts(self, node: YamlNode | None, section: str) -> Iterator[Scalar]:
        if isinstance(node, Items):
            for item in node.items:
                if isinstance(item, Scalar):
                    yield item
                else:
                    self.blame("section", f"'{section}' must be a list of names", item.mark)
        elif node is not None and not _is_empty(node):
            self.blame("section", f"'{section}' must be a list, as [a, b]", node.mark)

    def _whole(self, node: YamlNode) -> int | None:
        if isinstance(node, Scalar) and re.fullmatch("[0-9]{1,15}", node.text):
            return int(node.text)
        self.blame("size", "a size must be a whole number", node.mark)
        return None

    # -- sections -----------------------------------------------------------------------------

    def _axes(self, node: YamlNode | None) -> tuple[Axis, ...]:
        if node is None:
            return (Axis("t", "T"),)
        axes = []
        for key, value in self._pairs(node, "axes"):
            if isinstance(value, Scalar) and value.text.isidentifier():
                axes.append(Axis(key.text, value.text, key.mark))
            else:
                self.blame("axis", f"axis '{key.text}' needs a length symbol, as T", value.mark)
        if len(axes) > 1:
            message = "several axes are not supported yet; a model has one clock"
            self.blame("unsupported", message, axes[1].mark or Mark(1, 1))
        return tuple(axes) or (Axis("t", "T"),)

    def _dims(self, node: YamlNode | None) -> tuple[Dimension, ...]:
        if isinstance(node, Pairs):
            return tuple(
                Dimension(k.text, None if _is_empty(v) else self._whole(v), k.mark)
                for k, v in node.pairs
            )
        return tuple(Dimension(s.text, None, s.mark) for s in self._texts(node, "dims"))

    def _signals(self, node: YamlNode | None, section: str) -> Iterator[Signal]:
        kind = "input" if section == "inputs" else "param"
        for key, value in self._pairs(node, section):
            shape, marks = self._shape(value)
            for name, axis, mark in self._declared_names(key):
                yield Signal(name, kind, axis, shape, mark, marks)  # type: ignore[arg-type]

    def _declared_names(self, key: Scalar) -> Iterator[tuple[str, str | None, Mark]]:
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
                self.blame("name", message, mark)

    def _shape(self, node: YamlNode) -> tuple[Shape, tuple[Mark, ...]]:
        if not isinstance(node, Items):
            self.blame("shape", "a shape is a list, as [n_h, n_x], or [] for a scalar", node.mark)
            return (), ()
        sizes, marks = [], []
        for item in node.items:
            try:
                sizes.append(Size.of(item.text if isinstance(item, Scalar) else ""))
                marks.append(item.mark)
            except ValueError:
                text = f"'{shorten(item.text)}' " if isinstance(item, Scalar) else ""
                message = f"{text}is not a size; write a whole number, a dimension or 4*n_h"
                self.blame("shape", message.removeprefix(" "), item.mark)
        return tuple(sizes), tuple(marks)

    def _functions(self, node: YamlNode | None) -> tuple[Function, ...]:
        functions = []
        for key, value in self._pairs(node, "functions"):
            match = _FUNCTION.fullmatch(key.text)
            names = [_split(group) for group in match.groups()[1:]] if match else [[""], []]
            if not match or not all(n.isidentifier() for group in names for n in group):
                message = "a function is declared as f(h, x; theta): [n]"
                self.blame("function", message, key.mark)
                continue
            shape, marks = self._shape(value) if isinstance(value, Items) else (None, ())
            functions.append(
                Function(match[1], tuple(names[0]), tuple(names[1]), shape, None, key.mark, marks)
            )
        return tuple(functions)

    def _bodies(
        self, node: YamlNode | None, functions: tuple[Function, ...], scope: Scope
    ) -> tuple[Function, ...]:
        bodies = {}
        for key, value in node.pairs if isinstance(node, Pairs) else ():
            if isinstance(value, Scalar):
                bodies[key.mark] = self._expression(value, scope)
            elif isinstance(value, Pairs):
                message = "a function is a shape, as [n], or an expression"
                self.blame("function", message, value.mark)
        return tuple(replace(f, body=bodies[f.mark]) if f.mark in bodies else f for f in functions)

    def _expression(self, node: Scalar, scope: Scope) -> Expression | None:
        line = Line(" ".join(node.text.splitlines()), node.inner_mark)
        try:
            return read_expression(line, scope)
        except SyntaxProblem as problem:
            self.blame(problem.code, problem.message, problem.mark)
            return None

    def _init(self, node: YamlNode | None, scope: Scope) -> Iterator[Boundary]:
        for key, value in self._pairs(node, "init"):
            name = self._init_key(key)
            if name is None:
                continue
            signal, index = name
            if index is not None:
                yield self._boundary(signal, index, value, key.mark, scope)
            elif isinstance(value, Items):  # the shorthand h: [oldest, ..., newest]
                for place, item in enumerate(value.items):
                    at = Index("", place - len(value.items) + 1)
                    yield self._boundary(signal, at, item, key.mark, scope)
            else:
                message = f"say which step: write `{signal}[0]: …`"
                self.blame("init", message, key.mark)

    def _init_key(self, key: Scalar) -> tuple[str, Index | None] | None:
        tokens = list(tokenize([Line(key.text, key.inner_mark)]))
        words = [t for t in tokens if isinstance(t, Token)]
        if len(words) == len(tokens) and words and words[0].kind == "name":
            if len(words) == 1:
                return words[0].text, None
            if words[1].text == "[" and words[-1].text == "]":
                try:
                    return words[0].text, read_index(words[2:-1], words[0])
                except SyntaxProblem:
                    pass
        message = f"'{shorten(key.text)}' names no value; write h[0], h[-1] or g[T+1]"
        self.blame("init", message, key.mark)
        return None

    def _boundary(
        self, signal: str, index: Index, value: YamlNode, mark: Mark, scope: Scope
    ) -> Boundary:
        expression: Expression | None = None
        if isinstance(value, Items):
            numbers = self._numbers(value)
            expression = None if numbers is None else constant(numbers)
        elif isinstance(value, Pairs) or _is_empty(value):
            message = f"{signal}[{index}] needs a value: zeros, a number, a list, given"
            self.blame("init", message, value.mark)
        elif value.text in ("zeros", "ones"):
            expression = constant(0 if value.text == "zeros" else 1)
        elif value.text != "given":
            expression = self._expression(value, scope)
        return Boundary(signal, index, expression, mark)

    def _numbers(self, node: YamlNode) -> Constant | None:
        if isinstance(node, Items) and node.items:
            items = [self._numbers(item) for item in node.items]
            known = tuple(item for item in items if item is not None)
            return known if len(known) == len(items) else None
        if isinstance(node, Scalar) and _NUMBER.fullmatch(node.text):
            value = float(node.text)
            whole = re.fullmatch(r"[-+]?\d+", node.text) and abs(value) < 2**53
            if abs(value) != float("inf"):
                return int(node.text) if whole else value
        self.blame("init", "a list holds finite numbers only", node.mark)
        return None

    def _equations(self, node: YamlNode | None, scope: Scope) -> list[Equation]:
        if node is None or _is_empty(node):
            return []
        if not isinstance(node, Scalar) or node.style != "|":
            message = "write `equations: |` and one equation a line beneath it, indented"
            self.blame("equations", message, node.mark)
            return []
        first = node.mark.line  # the line behind the one that holds the `|`
        count = len(node.text.splitlines())
        numbered = enumerate(self.lines[first : first + count], start=first + 1)
        equations, problems = read_equations(
            (Line(text, Mark(number, 1)) for number, text in numbered), scope
        )
        self.problems += problems
        return equations

    def _style(self, node: YamlNode | None) -> Style:
        sections: dict[str, Callable[[YamlNode], object]] = {
            "rows": self._rows,
            "hide": lambda value: tuple(self._texts(value, "hide")),
            "labels": lambda value: tuple(self._labels(value)),
        }
        found: dict[str, object] = {}
        for key, value in self._pairs(node, "draw"):
            if key.text in sections:
                found[key.text] = sections[key.text](value)
            else:
                hint = suggest(key.text, sections)
                self.blame("unknown-key", f"unknown key '{shorten(key.text)}'{hint}", key.mark)
        return _style(found)

    def _rows(self, node: YamlNode) -> tuple[tuple[Scalar, ...], ...]:
        if not isinstance(node, Items):
            self.blame("rows", "rows is a list, from bottom to top, as [x, h, [o, y]]", node.mark)
            return ()
        return tuple(
            (item,) if isinstance(item, Scalar) else tuple(self._texts(item, "rows"))
            for item in node.items
        )

    def _labels(self, node: YamlNode) -> Iterator[tuple[Scalar, str]]:
        for key, value in self._pairs(node, "labels"):
            if isinstance(value, Scalar):
                yield key, value.text
            else:
                self.blame("labels", "a label is a text in LaTeX", value.mark)


def _style(found: dict[str, object]) -> Style:
    rows: tuple[tuple[Scalar, ...], ...] = found.get("rows", ())  # type: ignore[assignment]
    hide: tuple[Scalar, ...] = found.get("hide", ())  # type: ignore[assignment]
    labels: tuple[tuple[Scalar, str], ...] = found.get("labels", ())  # type: ignore[assignment]
    named = [s for row in rows for s in row] + list(hide) + [key for key, _ in labels]
    return Style(
        tuple(tuple(s.text for s in row) for row in rows),
        tuple(s.text for s in hide),
        tuple((key.text, text) for key, text in labels),
        tuple((s.text, s.mark) for s in named),
    )


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",")] if text and text.strip() else []


def _is_empty(node: YamlNode) -> bool:
    return isinstance(node, Scalar) and not node.text and not node.style
