"""Sort the arguments of a call: operands, attributes, parameters behind the semicolon."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from graphfold.circuit import Function
from graphfold.errors import Mark, shorten, suggest
from graphfold.expression import (
    Apply,
    AttributeValue,
    Const,
    ExpressionBuilder,
    Node,
    nodes_beneath,
)
from graphfold.language.tokens import SyntaxProblem, Token
from graphfold.operations import OPERATIONS, Attribute, Operation
from graphfold.sizes import Size

_MOST_TERMS = 100  # of a sum of products of dimensions
_LARGEST = 10**18  # coefficient
_ARITHMETIC: dict[str, Callable[[Size, Size], Size]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
}

Attributes = list[tuple[str, AttributeValue]]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its node, its keyword if it has one, its axis in `L[t] for t`."""

    node: int
    mark: Mark
    keyword: str | None = None
    axis: str | None = None


def operation_node(
    name: Token,
    arguments: list[Argument],
    semicolon: int | None,
    functions: Mapping[str, Function],
    builder: ExpressionBuilder,
) -> Apply:
    """Return the node of the call `name(arguments)`; an unknown name is kept for the checker."""
    axes = [a for a in arguments if a.axis is not None]
    if axes:
        return _reduction(name, arguments, axes[0])
    if name.text in functions:
        _forbid_keywords(name, arguments)
        _check_semicolon(name, functions[name.text], semicolon)
        operands = tuple(a.node for a in arguments)
        return Apply("call", operands, (("function", name.text),))
    if semicolon is not None and name.text in OPERATIONS:
        raise SyntaxProblem(f"{name.text} takes no parameters after ';'", name.mark)
    operation = OPERATIONS.get(name.text)
    if operation is None or operation.internal:
        return Apply(name.text, tuple(a.node for a in arguments))
    return _operation(name, operation, arguments, builder)


def _reduction(name: Token, arguments: list[Argument], over: Argument) -> Apply:
    if name.text not in ("sum", "mean", "max"):
        message = f"'for' goes with sum, mean or max, not with {shorten(name.text)}"
        raise SyntaxProblem(message, name.mark)
    if len(arguments) != 1:
        raise SyntaxProblem(f"{name.text}(… for {over.axis}) takes one expression", name.mark)
    return Apply(f"{name.text}_over", (over.node,), (("axis", str(over.axis)),))


def _check_semicolon(name: Token, function: Function, semicolon: int | None) -> None:
    expected = len(function.arguments) if function.parameters else None
    if semicolon != expected and (function.parameters or semicolon is not None):
        raise SyntaxProblem(f"write it as declared: {signature(function)}", name.mark)


def signature(function: Function) -> str:
    """Write a function as it is declared: "f(h, x; theta)"."""
    parameters = "; " + ", ".join(function.parameters) if function.parameters else ""
    return f"{function.name}({', '.join(function.arguments)}{parameters})"


def _forbid_keywords(name: Token, arguments: list[Argument]) -> None:
    for argument in arguments:
        if argument.keyword is not None:
            message = f"{name.text} has no setting '{argument.keyword}'"
            raise SyntaxProblem(message, argument.mark)


def _operation(
    name: Token, operation: Operation, arguments: list[Argument], builder: ExpressionBuilder
) -> Apply:
    positional = [a for a in arguments if a.keyword is None]
    count = len(positional) if operation.most is None else operation.most
    operands, settings = positional[:count], positional[count:]
    attributes = _positional(name, operation, settings, builder)
    for argument in arguments:
        if argument.keyword is not None:
            attributes.append(_keyword(operation, argument, builder))
    if len(dict(attributes)) < len(attributes):
        raise SyntaxProblem(f"{name.text} is given one setting twice", name.mark)
    return Apply(
        name.text, tuple(a.node for a in operands), complete(operation, attributes, name.mark)
    )


def _positional(
    name: Token, operation: Operation, settings: list[Argument], builder: ExpressionBuilder
) -> Attributes:
    specs = operation.attributes
    if specs and specs[0].kind == "sizes" and settings:
        sizes = tuple(_value(specs[0], a, builder) for a in settings)
        return [(specs[0].name, sizes)]
    if len(settings) > len(specs):
        least = operation.least
        takes = f"{least} argument" + "s" * (least != 1)
        given = least + len(settings)
        raise SyntaxProblem(f"{name.text} takes {takes}, not {given}", name.mark, "arguments")
    return [(s.name, _value(s, a, builder)) for s, a in zip(specs, settings, strict=False)]


def _keyword(
    operation: Operation, argument: Argument, builder: ExpressionBuilder
) -> tuple[str, AttributeValue]:
    for spec in operation.attributes:
        if spec.name == argument.keyword:
            value = _value(spec, argument, builder)
            return spec.name, (value,) if spec.kind == "sizes" else value
    legal = [s.name for s in operation.attributes]
    hint = suggest(str(argument.keyword), legal) or (
        f"; it has {', '.join(legal)}" if legal else ""
    )
    message = f"{operation.name} has no setting '{argument.keyword}'{hint}"
    raise SyntaxProblem(message, argument.mark)


def complete(
    operation: Operation, attributes: Attributes, mark: Mark
) -> tuple[tuple[str, AttributeValue], ...]:
    """Put attributes into the table's order, leave out defaults, miss none that is required."""
    given = dict(attributes)
    for spec in operation.attributes:
        if spec.required and spec.name not in given:
            message = f"{operation.name} needs its {spec.name}"
            raise SyntaxProblem(message, mark, "arguments")
    return tuple(
        (spec.name, given[spec.name])
        for spec in operation.attributes
        if spec.name in given and given[spec.name] != spec.default
    )


def _value(spec: Attribute, argument: Argument, builder: ExpressionBuilder) -> AttributeValue:
    size = size_of(argument.node, builder.node)
    if size is None:
        wanted = "a whole number" if spec.kind == "axis" else "a size such as n_h or 3"
        raise SyntaxProblem(f"{spec.name} must be {wanted}", argument.mark)
    if spec.kind != "axis":
        return size
    if size.constant is None:
        raise SyntaxProblem(f"{spec.name} must be a whole number", argument.mark)
    return size.constant


def size_of(root: int, node_of: Callable[[int], Node]) -> Size | None:
    """Read a node as a size: whole numbers, dimensions, + - and *; None when it is no size."""
    sizes: dict[int, Size] = {}
    for number in nodes_beneath(root, lambda n: _operands(node_of(n))):
        node = node_of(number)
        size = _size_of(node, [sizes[o] for o in _operands(node)])
        if size is None or len(size.terms) > _MOST_TERMS or _largest(size) > _LARGEST:
            return None
        sizes[number] = size
    return sizes[root]


def _operands(node: Node) -> tuple[int, ...]:
    return node.operands if isinstance(node, Apply) else ()


def _size_of(node: Node, operands: list[Size]) -> Size | None:
    if isinstance(node, Const):
        return Size.of(node.value) if isinstance(node.value, int) else None
    if not isinstance(node, Apply):
        return None
    if node.operation == "size":
        return Size.of(node.attribute("size"))  # type: ignore[arg-type]
    combine = _ARITHMETIC.get(node.operation)
    return combine(*operands) if combine else None


def _largest(size: Size) -> int:
    return max((abs(coefficient) for _, coefficient in size.terms), default=0)
