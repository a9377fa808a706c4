"""Sections with values: init, and the bodies of functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from graphfold.circuit import Boundary, Function
from graphfold.errors import Mark, shorten
from graphfold.expression import Constant, Expression, Index, constant
from graphfold.formats.model_report import Report, is_empty
from graphfold.formats.yaml_nodes import Items, Pairs, Scalar, YamlNode
from graphfold.language.equations import read_expression
from graphfold.language.parser import Scope, read_index
from graphfold.language.tokens import Line, SyntaxProblem, Token, tokenize
from graphfold.language.uses import join_dotted

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def read_bodies(
    report: Report, node: YamlNode | None, functions: tuple[Function, ...], scope: Scope
) -> tuple[Function, ...]:
    """Read the bodies of defined functions, all heads being known."""
    bodies = {}
    for key, value in node.pairs if isinstance(node, Pairs) else ():
        if isinstance(value, Scalar):
            bodies[key.mark] = read_value(report, value, scope)
        elif isinstance(value, Pairs):
            message = "a function is a shape, as [n], or an expression"
            report.blame("function", message, value.mark)
    return tuple(replace(f, body=bodies[f.mark]) if f.mark in bodies else f for f in functions)


def read_value(report: Report, node: Scalar, scope: Scope) -> Expression | None:
    """Read an expression from a scalar; None when it cannot be read."""
    line = Line(" ".join(node.text.splitlines()), node.inner_mark)
    try:
        return read_expression(line, scope)
    except SyntaxProblem as problem:
        report.blame(problem.code, problem.message, problem.mark)
        return None


def read_init(report: Report, node: YamlNode | None, scope: Scope) -> Iterator[Boundary]:
    """Read `init`: a value a step, or the shorthand list, oldest first."""
    for key, value in report.pairs(node, "init"):
        name = _init_key(report, key, scope)
        if name is None:
            continue
        signal, index = name
        if index is not None:
            yield _boundary(report, signal, index, value, key.mark, scope)
        elif isinstance(value, Items):  # the shorthand h: [oldest, ..., newest]
            for place, item in enumerate(value.items):
                at = Index("", place - len(value.items) + 1)
                yield _boundary(report, signal, at, item, key.mark, scope)
        else:
            message = f"say which step: write `{signal}[0]: …`"
            report.blame("init", message, key.mark)


def _init_key(report: Report, key: Scalar, scope: Scope) -> tuple[str, Index | None] | None:
    tokens = list(tokenize([Line(key.text, key.inner_mark)]))
    words = [t for t in tokens if isinstance(t, Token)]
    whole = len(words) == len(tokens)
    words = join_dotted(words, scope)
    if whole and words and words[0].kind == "name":
        if len(words) == 1:
            return words[0].text, None
        if words[1].text == "[" and words[-1].text == "]":
            try:
                return words[0].text, read_index(words[2:-1], words[0])
            except SyntaxProblem:
                pass
    message = f"'{shorten(key.text)}' names no value; write h[0], h[-1] or g[T+1]"
    report.blame("init", message, key.mark)
    return None


def _boundary(
    report: Report, signal: str, index: Index, value: YamlNode, mark: Mark, scope: Scope
) -> Boundary:
    expression: Expression | None = None
    if isinstance(value, Items):
        numbers = _numbers(report, value)
        expression = None if numbers is None else constant(numbers)
    elif isinstance(value, Pairs) or is_empty(value):
        message = f"{signal}[{index}] needs a value: zeros, a number, a list, given"
        report.blame("init", message, value.mark)
    elif value.text in ("zeros", "ones"):
        expression = constant(0 if value.text == "zeros" else 1)
    elif value.text != "given":
        expression = read_value(report, value, scope)
    return Boundary(signal, index, expression, mark)


def _numbers(report: Report, node: YamlNode) -> Constant | None:
    if isinstance(node, Items) and node.items:
        items = [_numbers(report, item) for item in node.items]
        known = tuple(item for item in items if item is not None)
        return known if len(known) == len(items) else None
    if isinstance(node, Scalar) and _NUMBER.fullmatch(node.text):
        value = float(node.text)
        whole = re.fullmatch(r"[-+]?\d+", node.text) and abs(value) < 2**53
        if abs(value) != float("inf"):
            return int(node.text) if whole else value
    report.blame("init", "a list holds finite numbers only", node.mark)
    return None
