"""How algebra is written: brackets s[3], parentheses s(3), superscripts s⁽³⁾, or LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from graphfold.circuit import Circuit
from graphfold.expression import Apply, Constant, Read
from graphfold.labels import GREEK_LETTERS, latex_of
from graphfold.language.printer import (
    ATOM,
    LEVELS,
    POWER,
    PRODUCT,
    SUM,
    UNARY,
    Notation,
    Piece,
    attribute_texts,
    constant_text,
)
from graphfold.shapes import solve_shapes

_RAISED = str.maketrans("0123456789+-−()tTnu…", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ᵗᵀⁿᵘ…")


class Unicode(Notation):
    """The notations in plain text; `style` is brackets, parentheses or superscripts."""

    def __init__(self, circuit: Circuit, style: str) -> None:
        super().__init__(circuit)
        self.style = style

    def name(self, name: str) -> str:
        """Write Greek names as letters: theta as θ."""
        *path, own = name.split(".")  # lower.theta is lower.θ
        return ".".join([*path, GREEK_LETTERS.get(own, own)])

    def instance(self, signal: str, step: str | None) -> str:
        """Write a signal at a step."""
        name = self.name(signal)
        return name if step is None else name + _step_text(step, self.style)

    def whole(self, name: str, step: str) -> str:
        """Write the unfolded function: g with the step as its superscript."""
        style = "superscripts" if self.style == "brackets" else self.style
        return self.name(name) + _step_text(step, style)

    def read(self, node: Read) -> Piece:
        """Write a read that nothing is put in for."""
        return Piece(self.instance(node.signal, None if node.index is None else str(node.index)))

    def equation(self, sides: list[str]) -> str:
        """Join the sides of an equation."""
        return " = ".join(sides)

    dots = "…"


def _step_text(step: str, style: str) -> str:
    if style == "brackets":
        return f"[{step}]"
    raised = f"({step.replace('-', '−')})"
    return raised.translate(_RAISED) if style == "superscripts" else raised


_FUNCTIONS = {
    **dict.fromkeys(("tanh", "exp", "log", "sin", "cos", "max"), ""),
    "sigmoid": r"\sigma",
    "maximum": r"\max",
    "minimum": r"\min",
}
_SIGNS = {
    "add": "+", "sub": "-", "neg": "-", "lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge",
    "eq": "=", "ne": r"\ne", "mod": r"\bmod",
}  # fmt: skip


SPACE = r"\,"


def _call(name: str) -> str:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name] or "\\" + name
    return rf"\operatorname{{{name.replace('_', SPACE)}}}"


_SCALARS = frozenset({"sum", "mean", "max", "norm", "dot", "step", "length", "size"})


def _times(left: Piece, right: Piece) -> Piece:
    """A scalar stands beside what it scales; two vectors are multiplied elementwise."""
    if left.scalar or right.scalar:
        return Piece(rf"{left.at(PRODUCT)} \, {right.at(POWER)}", PRODUCT)
    return Piece(rf"{left.at(PRODUCT)} \odot {right.at(UNARY)}", PRODUCT)


LATEX: dict[str, Callable[[list[Piece]], Piece]] = {
    "matmul": lambda o: Piece(rf"{o[0].at(PRODUCT)} \, {o[1].at(UNARY)}", PRODUCT),
    "mul": lambda o: _times(*o),
    "div": lambda o: Piece(rf"\frac{{{o[0].text}}}{{{o[1].text}}}"),
    "pow": lambda o: Piece(rf"{o[0].at(ATOM)}^{{{o[1].text}}}", POWER),
    "sqrt": lambda o: Piece(rf"\sqrt{{{o[0].text}}}"),
    "square": lambda o: Piece(rf"{o[0].at(ATOM)}^{{2}}", POWER),
    "abs": lambda o: Piece(rf"\left| {o[0].text} \right|"),
    "norm": lambda o: Piece(rf"\left\| {o[0].text} \right\|"),
    "transpose": lambda o: Piece(rf"{o[0].at(ATOM)}^{{\top}}", POWER),
    "dot": lambda o: Piece(rf"{o[0].at(POWER)}^{{\top}} {o[1].at(POWER)}", PRODUCT),
    "outer": lambda o: Piece(rf"{o[0].at(POWER)} {o[1].at(POWER)}^{{\top}}", PRODUCT),
}


class Latex(Unicode):
    """LaTeX as in the book: bold vectors, time as a superscript in parentheses."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__(circuit, "latex")
        shapes = solve_shapes(circuit).signals
        self.ranks: Mapping[str, int] = {s: len(shape) for s, shape in shapes.items()}
        self.params = frozenset(p.name for p in circuit.params)
        self.labels = dict(circuit.style.labels)

    def name(self, name: str) -> str:
        """Write a signal's or function's name."""
        if name in self.labels:
            return self.labels[name]
        return latex_of(name, self.ranks.get(name, 0), name in self.params)

    def instance(self, signal: str, step: str | None) -> str:
        """Write a signal with its step as a superscript."""
        return self.name(signal) + (f"^{{({step})}}" if step is not None else "")

    def whole(self, name: str, step: str) -> str:
        """Write the unfolded function."""
        return f"{name}^{{({step})}}"

    def constant(self, value: Constant) -> Piece:
        """Write a number as LaTeX does: 1e-3 as a power of ten."""
        text = constant_text(value)
        mantissa, _, exponent = text.partition("e")
        scalar = not isinstance(value, tuple)
        if exponent and scalar:
            return Piece(rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT, scalar=True)
        return Piece(text, UNARY if text.startswith("-") else ATOM, scalar=scalar)

    def read(self, node: Read) -> Piece:
        """Write a read, minding whether it is a scalar."""
        return replace(super().read(node), scalar=self.ranks.get(node.signal) == 0)

    def apply(self, node: Apply, operands: list[Piece]) -> Piece:
        """Write an operation."""
        known = node.operation in LATEX
        piece = LATEX[node.operation](operands) if known else super().apply(node, operands)
        whole = not node.attributes and node.operation != "stack"
        scalar = node.operation in _SCALARS or (bool(operands) and all(o.scalar for o in operands))
        return replace(piece, scalar=whole and scalar)

    def infix(self, node: Apply, operands: list[Piece]) -> Piece:
        """Write a sign between operands."""
        sign, level = _SIGNS[node.operation], LEVELS[node.operation]
        if len(operands) == 1:
            return Piece(f"-{operands[0].at(UNARY)}", level)
        left, right = operands
        return Piece(f"{left.at(max(level, SUM))} {sign} {right.at(level + 1)}", level)

    def call(self, node: Apply, operands: list[str]) -> Piece:
        """Write a call."""
        if node.operation in ("call", "switch") or node.operation.endswith("_over"):
            return super().call(node, operands)
        settings = [t.replace("_", r"\_") for t in attribute_texts(node)]
        return Piece(f"{_call(node.operation)}({', '.join([*operands, *settings])})")

    def equation(self, sides: list[str]) -> str:
        """Join the sides, aligned at the equals sign when there are several."""
        first, *rest = sides
        if len(rest) < 2:
            return " = ".join(sides)
        lines = " \\\\\n  &= ".join(rest)
        return f"\\begin{{aligned}}\n  {first} &= {lines}\n\\end{{aligned}}"

    dots = r"\dots"
