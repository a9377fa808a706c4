"""Read expressions: operator precedence over tokens, straight into flat nodes.

From weakest to strongest: comparison, + -, * / @ %, unary minus, **, then calls and indices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from graphfold.circuit import Circuit, Function
from graphfold.errors import Mark, shorten
from graphfold.expression import (
    Apply,
    Const,
    Constant,
    Expression,
    ExpressionBuilder,
    Index,
    Number,
    Read,
)
from graphfold.language.arguments import Argument, operation_node
from graphfold.language.tokens import SyntaxProblem, Token
from graphfold.operations import OPERATIONS
from graphfold.sizes import Size

_COMPARISONS = {
    o.infix: o.name for o in OPERATIONS.values() if o.name in ["lt", "le", "gt", "ge", "eq", "ne"]
}
_SUMS = {"+": "add", "-": "sub"}
_PRODUCTS = {"*": "mul", "/": "div", "@": "matmul", "%": "mod"}
_WORDS = {
    "if": "write where(condition, a, b)",
    "and": "write (a) * (b)",
    "or": "write maximum(a, b)",
    "in": "a sum over all steps is sum(h[t] for t)",
}
_DEPTH = 100


@dataclass(frozen=True)
class Scope:
    """The names that are no signals: axes with their lengths, dimensions, functions, cells.

    A cell is flat, or None when it could not be read; `uses` are the names of its uses.
    """

    lengths: Mapping[str, str] = field(default_factory=dict)
    dims: frozenset[str] = frozenset()
    functions: Mapping[str, Function] = field(default_factory=dict)
    cells: Mapping[str, Circuit | None] = field(default_factory=dict)
    uses: frozenset[str] = frozenset()


def parse_expression(tokens: list[Token], scope: Scope, end: Mark) -> Expression:
    """Read one expression that takes all the tokens; SyntaxProblem says where it fails."""
    parser = _Parser([*tokens, Token("end", "", end)], scope)
    root = parser.comparison()
    parser.expect_end()
    return parser.builder.finish(root)


class _Parser:
    def __init__(self, tokens: list[Token], scope: Scope) -> None:
        self.tokens, self.scope = tokens, scope
        self.place = self.depth = 0
        self.builder = ExpressionBuilder()

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, text: str) -> bool:
        found = self.token.text == text and self.token.kind != "end"
        self.place += found
        return found

    def expect(self, text: str, message: str) -> None:
        if not self.accept(text):
            raise SyntaxProblem(message, self.token.mark)

    def text(self, first: int) -> str:
        """The source from token `first` up to here, on one line."""
        text, column = "", 0
        for token in self.tokens[first : self.place]:
            text += " " * (bool(text) and token.mark.column != column) + token.text
            column = token.end
        return shorten(text)

    # -- levels of precedence ------------------------------------------------------------

    def comparison(self) -> int:
        left = self.chain(_SUMS, self.product)
        if self.token.text in _COMPARISONS:
            sign = self.take()
            right = self.chain(_SUMS, self.product)
            left = self.builder.add(Apply(_COMPARISONS[sign.text], (left, right)), sign.mark)
            if self.token.text in _COMPARISONS:
                message = "comparisons do not chain; write (a < b) * (b < c)"
                raise SyntaxProblem(message, self.token.mark)
        return left

    def chain(self, names: Mapping[str, str], operand: Callable[[], int]) -> int:
        left = operand()
        while self.token.kind == "operator" and self.token.text in names:
            sign = self.take()
            right = operand()
            left = self.builder.add(Apply(names[sign.text], (left, right)), sign.mark)
        return left

    def product(self) -> int:
        first, signs = self.place, set[str]()
        left = self.unary()
        while self.token.kind == "operator" and self.token.text in _PRODUCTS:
            left_text, sign = self.text(first), self.take()
            start = self.place
            right = self.unary()
            signs.add(sign.text)
            if {"@", "*"} <= signs:
                cure = f"write ({left_text}) {sign.text} {self.text(start)}"
                raise SyntaxProblem(f"'@' and '*' need parentheses here; {cure}", sign.mark)
            left = self.builder.add(Apply(_PRODUCTS[sign.text], (left, right)), sign.mark)
        return left

    def unary(self) -> int:
        self._deeper()
        sign = self.token
        if self.accept("+"):
            node = self.unary()
        elif self.accept("-"):
            literal = self.token.kind == "number"
            node = self._negate(self.unary(), sign.mark, literal)
        else:
            node = self.power()
        self.depth -= 1
        return node

    def _negate(self, operand: int, mark: Mark, literal: bool) -> int:
        node = self.builder.node(operand)
        if literal and isinstance(node, Const) and isinstance(node.value, int | float):
            return self.builder.add(Const(-node.value), mark)
        return self.builder.add(Apply("neg", (operand,)), mark)

    def power(self) -> int:
        base = self.postfix()
        if self.token.text != "**":
            return base
        sign = self.take()
        return self.builder.add(Apply("pow", (base, self.unary())), sign.mark)

    def postfix(self) -> int:
        first = self.place
        node = self.atom()
        while self.token.text in (".", "["):
            sign = self.take()
            if sign.text == "[":
                raise SyntaxProblem("only a signal takes a time index", sign.mark)
            self.expect("T", f"only .T (transpose) may follow a dot{self._without_prefix(first)}")
            node = self.builder.add(Apply("transpose", (node,)), sign.mark)
        self._missing_operator(first)
        return node

    def _without_prefix(self, first: int) -> str:
        """The cure for `np.tanh(…)`."""
        name = self.token.text
        called = self.token.kind == "name" and self.tokens[self.place + 1].text == "("
        return f"; write {shorten(name)}(…)" if called and self.place == first + 2 else ""

    def _missing_operator(self, first: int) -> None:
        if self.token.kind not in ("number", "name") and self.token.text != "(":
            return
        if self.token.text == "for":
            return
        if self.token.text in _WORDS:
            message = f"'{self.token.text}' is no operator; {_WORDS[self.token.text]}"
            raise SyntaxProblem(message, self.token.mark)
        left, sign = self.text(first), "*" if self.tokens[first].kind == "number" else "@"
        mark, start = self.token.mark, self.place
        self.atom()
        message = f"expected an operator; write {left} {sign} {self.text(start)}"
        raise SyntaxProblem(message, mark)

    # -- atoms ----------------------------------------------------------------------------

    def atom(self) -> int:
        token = self.take()
        if token.kind == "number":
            return self.builder.add(Const(read_number(token)), token.mark)
        if token.kind == "name":
            return self.call(token) if self.accept("(") else self.name(token)
        if token.text == "(":
            return self._parenthesis()
        if token.text == "[":
            return self.builder.add(Const(self._literal(token)), token.mark)
        found = f"'{token.text}'" if token.text else "the end of the equation"
        raise SyntaxProblem(f"expected a value, found {found}", token.mark)

    def _parenthesis(self) -> int:
        self._deeper()
        node = self.comparison()
        self.depth -= 1
        if self.token.text == ",":
            raise SyntaxProblem("a comma has no meaning here; use concat or stack", self.token.mark)
        self.expect(")", "expected an operator or ')'")
        return node

    def _literal(self, opened: Token) -> Constant:
        """Read `1, [2, 3]]`: the rest of a nested list of numbers."""
        self._deeper()
        items: list[Constant] = []
        while not self.accept("]"):
            if items:
                self.expect(",", "expected ',' or ']'")
            items.append(self._literal_item())
        self.depth -= 1
        if not items:
            raise SyntaxProblem("an empty list has no value", opened.mark)
        return tuple(items)

    def _literal_item(self) -> Constant:
        token = self.take()
        if token.text == "[":
            return self._literal(token)
        sign = -1 if token.text == "-" else 1
        if token.text in ("-", "+"):
            token = self.take()
        if token.kind != "number":
            raise SyntaxProblem("a list holds numbers only; use stack or concat", token.mark)
        return sign * read_number(token)

    def name(self, token: Token) -> int:
        if self.accept("["):
            index = self.index(token)
            return self.builder.add(Read(token.text, index), token.mark)
        for axis, length in self.scope.lengths.items():
            if token.text in (axis, length):
                operation = "step" if token.text == axis else "length"
                return self.builder.add(Apply(operation, (), (("axis", axis),)), token.mark)
        if token.text in self.scope.dims:
            return self.builder.add(Apply("size", (), (("size", Size.of(token.text)),)), token.mark)
        return self.builder.add(Read(token.text), token.mark)

    def index(self, signal: Token) -> Index:
        tokens: list[Token] = []
        while not self.accept("]"):
            if self.token.kind == "end":
                raise index_problem(signal)
            tokens.append(self.take())
        return read_index(tokens, signal)

    # -- calls ----------------------------------------------------------------------------

    def call(self, name: Token) -> int:
        if name.text in self.scope.cells:
            message = (
                f"a cell is used in a line of its own: write part = {name.text}(…), then part.h[t]"
            )
            raise SyntaxProblem(message, name.mark, "use")
        if name.text == "switch" and name.text not in self.scope.functions:
            return self._switch(name)
        self._deeper()
        arguments, semicolon = self._arguments()
        self.depth -= 1
        node = operation_node(name, arguments, semicolon, self.scope.functions, self.builder)
        return self.builder.add(node, name.mark)

    def _switch(self, name: Token) -> int:
        """Read `mode, train: a, test: b)`: one branch a mode."""
        self._deeper()
        if not self.accept("mode"):
            message = "switch chooses by the mode: switch(mode, train: a, test: b)"
            raise SyntaxProblem(message, self.token.mark)
        modes: list[str] = []
        branches: list[int] = []
        while not self.accept(")"):
            self.expect(",", "expected an operator, ',' or ')'")
            modes.append(self._mode())
            branches.append(self.comparison())
        self.depth -= 1
        if not modes:
            message = "switch has no branches; write switch(mode, train: a, test: b)"
            raise SyntaxProblem(message, name.mark)
        node = Apply("switch", tuple(branches), (("modes", tuple(modes)),))
        return self.builder.add(node, name.mark)

    def _mode(self) -> str:
        token = self.take()
        if token.kind != "name" or not self.accept(":"):
            found = f"'{token.text}'" if token.text else "the end of the equation"
            raise SyntaxProblem(f"expected a branch, as train: a, found {found}", token.mark)
        return token.text

    def _arguments(self) -> tuple[list[Argument], int | None]:
        arguments: list[Argument] = []
        semicolon: int | None = None
        while not self.accept(")"):
            if arguments or semicolon is not None:
                if self.token.text == ";" and semicolon is None:
                    semicolon = len(arguments)
                elif self.token.text != ",":
                    raise SyntaxProblem("expected an operator, ',' or ')'", self.token.mark)
                self.take()
            elif self.token.text == ";":
                semicolon = 0
                self.take()
            arguments.append(self._argument())
        return arguments, semicolon

    def _argument(self) -> Argument:
        mark, keyword = self.token.mark, None
        if self.token.kind == "name" and self.tokens[self.place + 1].text == "=":
            keyword = self.take().text
            self.take()
        node = self.comparison()
        axis = None
        if self.accept("for"):
            axis = self.take()
            if axis.text not in self.scope.lengths:
                names = " or ".join(self.scope.lengths)
                raise SyntaxProblem(f"expected an axis after 'for': {names}", axis.mark)
            if self.token.text == "in":
                message = f"'for {axis.text}' runs over all steps; leave out the rest"
                raise SyntaxProblem(message, self.token.mark)
        return Argument(node, mark, keyword, axis.text if axis else None)

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEPTH:
            message = f"nested more than {_DEPTH} deep; give parts of it names of their own"
            raise SyntaxProblem(message, self.token.mark)

    def expect_end(self) -> None:
        token = self.token
        if token.kind == "end":
            return
        if token.text == "=":
            raise SyntaxProblem("'=' stands in an expression; compare with ==", token.mark)
        if token.text == ":":
            message = "':' stands in an expression; an equation is written name[t] = expression"
            raise SyntaxProblem(message, token.mark)
        raise SyntaxProblem(f"expected an operator, found '{token.text}'", token.mark)


def read_number(token: Token) -> Number:
    """Return the number a token spells; SyntaxProblem when no float can hold it."""
    value = float(token.text)
    if value == float("inf"):
        raise SyntaxProblem(f"{shorten(token.text)} is too large for a number", token.mark)
    return int(token.text) if token.text.isdigit() and value < 2**53 else value


def read_index(tokens: list[Token], signal: Token) -> Index:
    """Read what stands between the brackets: `t`, `t-1`, `T` or `-3`."""
    words = [token.text for token in tokens]
    base = words.pop(0) if tokens and tokens[0].kind == "name" else ""
    if base and not words:
        return Index(base)
    sign = words.pop(0) if words and words[0] in ("+", "-") else ""
    whole = len(words) == 1 and words[0].isdigit() and len(words[0]) <= 15
    if not whole or (base and not sign):
        raise index_problem(signal)
    return Index(base, -int(words[0]) if sign == "-" else int(words[0]))


def index_problem(signal: Token) -> SyntaxProblem:
    """Say what an index may be."""
    message = f"an index is t, t-1, T or a whole number, as in {shorten(signal.text)}[t-1]"
    return SyntaxProblem(message, signal.mark, "index")
