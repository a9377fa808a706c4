"""Sort the arguments of a call: operands, attributes, parameters behind the semicolon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphfold.circuit import (
    Apply,
    AttributeValue,
    Const,
    ExpressionBuilder,
    Function,
)
from graphfold.errors import Mark, shorten, suggest
from graphfold.language.tokens import SyntaxProblem, Token
from graphfold.operations import OPERATIONS, Attribute, Operation
from graphfold.sizes import Size

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
    size = _size(argument.node, builder)
    if size is None:
        wanted = "a whole number" if spec.kind == "axis" else "a size such as n_h or 3"
        raise SyntaxProblem(f"{spec.name} must be {wanted}", argument.mark)
    if spec.kind != "axis":
        return size
    if size.constant is None:
        raise SyntaxProblem(f"{spec.name} must be a whole number", argument.mark)
    return size.constant


def _size(node: int, builder: ExpressionBuilder) -> Size | None:
    """Read a node as a size: whole numbers, dimensions, + - and *."""
    found = builder.node(node)
    if isinstance(found, Const):
        return Size.of(found.value) if isinstance(found.value, int) else None
    if not isinstance(found, Apply):
        return None
    if found.operation == "size":
        return Size.of(found.attribute("size"))  # type: ignore[arg-type]
    operands = [_size(o, builder) for o in found.operands]
    sizes = [o for o in operands if o is not None]
    if len(sizes) != len(operands) or len(sizes) != 2:
        return None
    left, right = sizes
    results = {"add": left + right, "sub": left - right, "mul": left * right}
    return results.get(found.operation)
