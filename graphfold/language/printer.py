"""Write expressions as text: brackets only where the language needs them.

One pass over the flat nodes, so depth costs nothing. A `Notation` says how leaves look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphfold.circuit import Circuit, Function
from graphfold.expression import Apply, Const, Constant, Expression, Node, Read
from graphfold.operations import OPERATIONS

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)

LEVELS = {
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq", "ne"), COMPARISON),
    **dict.fromkeys(("add", "sub"), SUM),
    **dict.fromkeys(("mul", "div", "matmul", "mod"), PRODUCT),
    "neg": UNARY,
    "pow": POWER,
}

LIMIT = 200_000  # characters; a shared sub-expression is written out at each use


class TooLongError(Exception):
    """The text of an expression would pass the limit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text, how strongly it binds, the signs of its chain of products, whether it is a scalar."""

    text: str
    level: int = ATOM
    signs: frozenset[str] = frozenset()
    scalar: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses when it binds more weakly than `level`."""
        return self.text if self.level >= level else f"({self.text})"

    def apart(self, level: int) -> str:
        """As `at`, and a bare number in parentheses: -(2) is no literal, and 2.T is no number."""
        number = self.level == ATOM and self.text[:1].isdigit()
        return f"({self.text})" if number else self.at(level)


class Notation:
    """The model language; other notations override single methods."""

    def __init__(self, circuit: Circuit) -> None:
        self.functions: Mapping[str, Function] = circuit.function
        self.lengths = circuit.length_of

    def read(self, node: Read) -> Piece:
        """Write a read of a signal."""
        return Piece(node.signal if node.index is None else f"{node.signal}[{node.index}]")

    def constant(self, value: Constant) -> Piece:
        """Write a number or a nested list."""
        text = constant_text(value)
        return Piece(text, UNARY if text.startswith("-") else ATOM)

    def apply(self, node: Apply, operands: list[Piece]) -> Piece:
        """Write an operation on operands that are written already."""
        if node.operation in LEVELS:
            return self.infix(node, operands)
        if node.operation == "transpose":
            return Piece(f"{operands[0].apart(ATOM)}.T")
        if node.operation == "step":
            return Piece(str(node.attribute("axis")))
        if node.operation == "length":
            return Piece(self.lengths.get(str(node.attribute("axis")), "T"))
        if node.operation == "size":
            return Piece(str(node.attribute("size")))
        return self.call(node, [o.text for o in operands])

    def infix(self, node: Apply, operands: list[Piece]) -> Piece:
        """Write an operation between (or before) its operands."""
        sign, level = OPERATIONS[node.operation].infix, LEVELS[node.operation]
        if len(operands) == 1:
            return Piece(f"{sign}{operands[0].apart(UNARY)}", level)
        left, right = operands
        if level == POWER:
            return Piece(f"{left.at(ATOM)} {sign} {right.at(UNARY)}", level)
        if level != PRODUCT:
            return Piece(
                f"{left.at(level + (level == COMPARISON))} {sign} {right.at(level + 1)}", level
            )
        signs = left.signs | {node.operation}
        if {"mul", "matmul"} <= signs:  # the language does not let them stand side by side
            left, signs = Piece(f"({left.text})"), frozenset({node.operation})
        return Piece(f"{left.at(level)} {sign} {right.at(level + 1)}", level, signs)

    def call(self, node: Apply, operands: list[str]) -> Piece:
        """Write a call with its attributes, or a reduction over time."""
        if node.operation == "call":
            return Piece(self.function_call(node, operands))
        if node.operation == "switch":
            modes = node.attribute("modes")
            assert isinstance(modes, tuple)
            branches = (f"{m}: {o}" for m, o in zip(modes, operands, strict=True))
            return Piece(f"switch(mode, {', '.join(branches)})")
        if node.operation.endswith("_over"):
            name = node.operation.removesuffix("_over")
            return Piece(f"{name}({operands[0]} for {node.attribute('axis')})")
        return Piece(f"{node.operation}({', '.join([*operands, *attribute_texts(node)])})")

    def function_call(self, node: Apply, operands: list[str]) -> str:
        """Write f(h, x; theta): parameters stand after a semicolon."""
        name = str(node.attribute("function"))
        function = self.functions.get(name)
        count = len(function.arguments) if function else len(operands)
        parameters = operands[count:]
        tail = f"; {', '.join(parameters)}" if parameters else ""
        return f"{self.name(name)}({', '.join(operands[:count])}{tail})"

    def name(self, name: str) -> str:
        """Write the name of a signal or function."""
        return name


def attribute_texts(node: Apply) -> list[str]:
    """The attributes of an operation as they are written in a call."""
    texts = []
    for name, value in node.attributes:
        if name == "shape" and isinstance(value, tuple):
            texts += [str(size) for size in value]
        else:
            texts.append(str(value) if name in ("start", "stop", "size") else f"{name}={value}")
    return texts


def constant_text(value: Constant) -> str:
    """Write a number, or a nested tuple as a list."""
    if isinstance(value, tuple):
        return "[" + ", ".join(constant_text(v) for v in value) + "]"
    return repr(value)


def write_nodes(expression: Expression, notation: Notation) -> list[Piece]:
    """Write every node of an expression; TooLongError past the limit."""
    pieces: list[Piece] = []
    for node in expression.nodes:
        piece = _write(node, pieces, notation)
        if len(piece.text) > LIMIT:
            raise TooLongError
        pieces.append(piece)
    return pieces


def _write(node: Node, pieces: list[Piece], notation: Notation) -> Piece:
    if isinstance(node, Const):
        return notation.constant(node.value)
    if isinstance(node, Read):
        return notation.read(node)
    return notation.apply(node, [pieces[o] for o in node.operands])


def write_expression(expression: Expression, circuit: Circuit) -> str:
    """Write an expression in the model language; TooLongError past the limit."""
    return write_nodes(expression, Notation(circuit))[-1].text
