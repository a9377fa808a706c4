"""What stands in the node of an operation: a glyph, a weight, a letter or a function's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphfold.circuit import Circuit
from graphfold.expression import Apply, Const, Expression, Read
from graphfold.labels import escape
from graphfold.language.printer import TooLongError, constant_text, write_nodes
from graphfold.notations import Latex
from graphfold.operations import OPERATIONS
from graphfold.render.exploded.pieces import CHAINS, Pieces
from graphfold.render.scene import SiteForm

_WORDS = ("tanh", "exp", "log", "sin", "cos", "max", "concat")
_NAMES = {"maximum": "max", "minimum": "min", "max_over": "max", "mean_over": "mean"}
_NAMES |= {"layer_norm": "norm"} | {word: word for word in _WORDS}
GLYPHS: Mapping[str, str] = {
    "add": "+", "sub": "+", "neg": "-", "mul": r"\times", "div": r"\div", "matmul": "@",
    "pow": r"x^y", "mod": r"\bmod", "lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=",
    "ne": r"\ne", "sigmoid": r"\sigma", "sqrt": r"\sqrt{x}", "abs": r"\left|x\right|",
    "square": "x^2", "norm": r"\left\|x\right\|", "sum": r"\Sigma", "sum_over": r"\Sigma",
    "dot": r"\cdot", "outer": r"\otimes", "transpose": r"\top",
    "log_softmax": r"\mathrm{log\,softmax}", "one_hot": r"\mathrm{one\,hot}",
} | {name: rf"\mathrm{{{word}}}" for name, word in _NAMES.items()}  # fmt: skip
"""The glyphs of operations; the others are shown by their names."""


@dataclass(frozen=True)
class Label:
    """The LaTeX of a node and its form; a `named` one is called as its signal is.

    `minus` are the reads that a sum takes away.
    """

    latex: str
    form: SiteForm = "circle"
    named: bool = False
    minus: frozenset[Read] = frozenset()


class Labels:
    """Writes the labels of a circuit's operations."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.notation = Latex(circuit)

    def of(self, pieces: Pieces, number: int) -> Label:
        """The label of a node that is drawn."""
        node = pieces.expression.nodes[number]
        if pieces.still[number] and number != pieces.expression.root:
            return Label(self._written(pieces.expression, number), "bare")
        if isinstance(node, Read):
            return Label("", "circle", named=True)
        if isinstance(node, Const):
            return Label(constant_text(node.value), "circle")
        return self._applied(pieces, number, node)

    def _applied(self, pieces: Pieces, number: int, node: Apply) -> Label:
        weights = [o for o in node.operands if pieces.still[o]]
        if node.operation in ("matmul", "mul", "dot") and len(weights) == 1:
            text = self._written(pieces.expression, weights[0])
            if node.operation == "dot":
                text = rf"{{{text}}}^{{\top}}"
            return Label(text, "gain")
        if node.operation == "sub" and any(self._is_number(pieces, o) for o in node.operands):
            return Label(self._less(pieces, node))
        if CHAINS.get(node.operation) == "sum":
            alone = node.operation == "neg"
            return Label("-" if alone and not self._chained(pieces, node) else "+")
        numbers = [pieces.expression.nodes[o] for o in node.operands]
        if any(isinstance(n, Const) for n in numbers) and len(numbers) == 2 and len(weights) == 1:
            return Label(self._with_number(pieces.expression, node))
        return Label(self._glyph(node))

    def _is_number(self, pieces: Pieces, number: int) -> bool:
        return isinstance(pieces.expression.nodes[number], Const) and number not in pieces.sites

    def _less(self, pieces: Pieces, node: Apply) -> str:
        """A number less a value, or a value less a number."""
        left, right = (pieces.expression.nodes[o] for o in node.operands)
        if isinstance(left, Const):
            return f"{constant_text(left.value)}-"
        return f"-{constant_text(right.value)}" if isinstance(right, Const) else "+"

    def _chained(self, pieces: Pieces, node: Apply) -> bool:
        inner = pieces.expression.nodes[node.operands[0]]
        return isinstance(inner, Apply) and node.operands[0] not in pieces.sites

    def _with_number(self, expression: Expression, node: Apply) -> str:
        """An operation with a number, as x^2 or x > 0, its other operand left out."""
        dummy = Read(_HOLE)
        operands = [expression.nodes[o] for o in node.operands]
        nodes = tuple(n if isinstance(n, Const) else dummy for n in operands)
        small = Expression((*nodes, Apply(node.operation, (0, 1), node.attributes)))
        return write_nodes(small, self.notation)[-1].text

    def _glyph(self, node: Apply) -> str:
        if node.operation == "call":
            return self.notation.name(str(node.attribute("function")))
        if node.operation in ("step", "length"):
            axis = str(node.attribute("axis"))
            return axis if node.operation == "step" else self.circuit.length_of[axis]
        if node.operation in GLYPHS:
            return GLYPHS[node.operation]
        assert node.operation in OPERATIONS
        return rf"\mathrm{{{escape(node.operation)}}}"

    def _written(self, expression: Expression, number: int) -> str:
        """A weight or letter as an equation writes it."""
        try:
            part = Expression(expression.nodes[: number + 1])
            return write_nodes(part, self.notation)[-1].text
        except TooLongError:
            return r"\ldots"


_HOLE = "x"


def subtracted(expression: Expression) -> frozenset[Read]:
    """The reads that a sum takes away."""
    found: dict[Read, set[int]] = {}
    pending = [(expression.root, 1)]
    while pending:
        number, sign = pending.pop()
        node = expression.nodes[number]
        if isinstance(node, Read):
            found.setdefault(node, set()).add(sign)
        elif isinstance(node, Apply) and node.operation in ("add", "sub", "neg"):
            signs = (-sign,) if node.operation == "neg" else (sign, sign)
            signs = (sign, -sign) if node.operation == "sub" else signs
            pending += zip(node.operands, signs, strict=True)
    alone = isinstance(expression.nodes[-1], Apply) and expression.nodes[-1].operation == "neg"
    return frozenset(read for read, signs in found.items() if signs == {-1} and not alone)
