"""The equation language: what is written is read back, as Python would, and faults are placed."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Circuit, Dimension, Function
from graphfold.errors import Mark
from graphfold.expression import Apply, Const, Expression, ExpressionBuilder, Index, Read
from graphfold.language.equations import read_equations, read_expression
from graphfold.language.parser import Scope
from graphfold.language.printer import LIMIT, TooLongError, write_expression
from graphfold.language.tokens import Line, SyntaxProblem
from graphfold.operations import OPERATIONS
from graphfold.sizes import Size

FUNCTION = Function("f", ("x", "y"), ("p",))
OTHER = Function("g", ())
CIRCUIT = Circuit("c", dims=(Dimension("n"),), functions=(FUNCTION, OTHER))
SCOPE = Scope({"t": "T"}, frozenset({"n"}), {"f": FUNCTION, "g": OTHER})


def read(text: str) -> Expression:
    return read_expression(Line(text, Mark(1, 1)), SCOPE)


def problem(text: str) -> str:
    """The column and the message of what is wrong with an expression."""
    with pytest.raises(SyntaxProblem) as caught:
        read(text)
    return f"{caught.value.mark.column} {caught.value.message}"


# -- written and read back ----------------------------------------------------------------------

Draw = Any
NUMBERS = st.integers(-9, 9) | st.floats(-1e300, 1e300)
LISTS = st.recursive(
    NUMBERS, lambda inner: st.lists(inner, min_size=1, max_size=3).map(tuple), max_leaves=5
)
READS = st.sampled_from(
    [Read("a"), *(Read("h", i) for i in (Index("t"), Index("t", -2), Index("T", 1), Index("", -1)))]
)
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "axis": st.integers(-3, 3),
    "size": st.sampled_from([Size.of(2), Size.of("n"), 4 * Size.of("n") + 1, Size.of("n") - 2]),
}


@st.composite
def expressions(draw: Draw) -> Expression:
    """Random expressions over all operations; operands may be shared."""
    builder = ExpressionBuilder()
    numbers: list[int] = []
    for _ in range(draw(st.integers(1, 8))):
        numbers.append(builder.add(draw(nodes(numbers))))
    return builder.finish(numbers[-1])


@st.composite
def nodes(draw: Draw, numbers: list[int]) -> Any:
    if not numbers or draw(st.integers(0, 2)) == 0:
        return draw(READS | LISTS.map(Const))
    infix = sorted(o.name for o in OPERATIONS.values() if o.infix)
    name = draw(st.sampled_from(infix) | st.sampled_from(sorted(OPERATIONS)))
    spec = OPERATIONS[name]
    if name == "call":
        known = draw(st.sampled_from([FUNCTION, OTHER]))
        operands = [draw(st.sampled_from(numbers)) for _ in known.arguments + known.parameters]
        return Apply("call", tuple(operands), (("function", known.name),))
    count = draw(st.integers(spec.least, spec.least + 2 if spec.most is None else spec.most))
    operands = [draw(st.sampled_from(numbers)) for _ in range(count)]
    settings: list[tuple[str, Any]] = []
    for attribute in spec.attributes:
        if attribute.kind == "text":
            value: Any = "t"
        elif attribute.kind == "texts":
            value = tuple(f"m{place}" for place in range(count))
        elif attribute.kind == "sizes":
            value = tuple(draw(st.lists(SETTINGS["size"], min_size=1, max_size=3)))
        elif name == "size":
            value = Size.of("n")
        else:
            value = draw(SETTINGS[attribute.kind])
        if value != attribute.default and (attribute.required or draw(st.booleans())):
            settings.append((attribute.name, value))
    return Apply(name, tuple(operands), tuple(settings))


@given(expressions())
def test_an_expression_that_is_written_and_read_back_is_equal(expression: Expression) -> None:
    text = write_expression(expression, CIRCUIT)
    note(text)
    assert read(text) == expression
    assert write_expression(read(text), CIRCUIT) == text


# -- as Python reads it ----------------------------------------------------------------------


class Symbol:
    """Records what Python makes of an expression, as nested tuples."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree


def _record(name: str) -> Any:
    return lambda self, *others: Symbol((name, self.tree, *(o.tree for o in others)))


for _name in [
    "add",
    "sub",
    "mul",
    "matmul",
    "mod",
    "pow",
    "neg",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
]:
    setattr(Symbol, f"__{_name}__", _record(_name))
Symbol.__truediv__ = _record("div")  # type: ignore[attr-defined]


def tree(expression: Expression) -> Any:
    """An expression as nested tuples."""
    trees: list[Any] = []
    for node in expression.nodes:
        if isinstance(node, Apply):
            trees.append((node.operation, *(trees[o] for o in node.operands)))
        else:
            trees.append(getattr(node, "signal", None))
    return trees[-1]


def _join(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["+", "-", "*", "/", "@", "%", "**"])
    chained = st.tuples(parts, signs, parts).map(" ".join)
    compared = st.tuples(parts, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), parts)
    wrapped = (chained | compared.map(" ".join)).map("({})".format)
    return chained | wrapped | parts.map("-{}".format) | parts.map("({})".format)


TEXTS = st.recursive(st.sampled_from("abc"), _join, max_leaves=10)


@given(TEXTS)
def test_operators_bind_as_in_python(text: str) -> None:
    try:
        expression = read(text)
    except SyntaxProblem as caught:
        assert "'@' and '*' need parentheses here" in caught.message  # noqa: PT017
        assert "@" in text.replace("**", "")
        assert "*" in text.replace("**", "")
        return
    python = eval(text, {name: Symbol(name) for name in "abc"})
    assert tree(expression) == python.tree
    assert read(write_expression(expression, CIRCUIT)) == expression


NUMERIC = {
    "-2 ** 2": -4,
    "(-2) ** 2": 4,
    "2 ** -1": 0.5,
    "2 ** 3 ** 2": 512,
    "-(2)": -2,
    "- -2": 2,
    "+2": 2,
    "8 / 4 / 2": 1,
    "8 - 4 - 2": 2,
    "7 % 4 * 2": 6,
    "-7 % 4": 1,
    "1e-3 * 1E3": 1,
    ".5 + 1.": 1.5,
    "1 + 2 < 4": 1,
    "(1 < 2) + (2 <= 1)": 1,
}


@pytest.mark.parametrize(("text", "value"), NUMERIC.items())
def test_numbers_come_out_as_in_python(text: str, value: float) -> None:
    assert eval(text) == value
    circuit = gf.loads(f"graphfold: 1\nequations: |\n  y = {text}\n")
    for again in (circuit, gf.loads(gf.dumps(circuit))):
        assert gf.evaluate(gf.unfold(again, 0), {})["y"] == pytest.approx(value)


def test_equal_sub_expressions_become_one_node() -> None:
    assert len(read("tanh(a) * tanh(a) + tanh(a)").nodes) == 4
    assert read("a * 2 - -2").nodes[1:] == read("x * 2 - -2").nodes[1:]


def test_nodes_stand_in_the_order_they_are_read_in() -> None:
    assert read("a + -2 * 2") == read("a + (-2) * 2")
    first, second = read("slice(a, 1, n) * n"), read("slice(a, start=1, stop=n) * n")
    assert first == second
    assert first.nodes[0] == Read("a")


def test_a_sum_of_5000_terms_needs_no_recursion() -> None:
    text = " + ".join(f"{k} * h[t-{k % 5 + 1}]" for k in range(1, 5001))
    expression = read(text)
    assert write_expression(expression, CIRCUIT) == text
    circuit = gf.loads(f"graphfold: 1\nequations: |\n  h[t] = ({text}) / 5000\n")
    assert len(circuit.delays) == 5
    assert gf.loads(gf.dumps(circuit)) == circuit


def test_an_expression_too_long_to_write_says_so_instead_of_filling_the_memory() -> None:
    builder = ExpressionBuilder()
    number = builder.add(Read("a"))
    for _ in range(60):
        number = builder.add(Apply("add", (number, number)))
    expression = builder.finish(number)
    assert len(expression.nodes) == 61
    with pytest.raises(TooLongError):
        write_expression(expression, CIRCUIT)
    assert LIMIT < 2**60


@pytest.mark.parametrize("bracket", ["(", "tanh(", "-", "2 ** ", "["])
def test_deep_nesting_is_refused(bracket: str) -> None:
    said = problem(bracket * 5000 + "1")
    assert "nested more than 100 deep; give parts of it names of their own" in said


@pytest.mark.parametrize("bracket", ["(", "tanh(", "-", "+", "maximum(1, "])
def test_ninety_levels_are_read(bracket: str) -> None:
    depth = 45 if bracket.endswith(("(", " ")) else 90
    assert read(bracket * depth + "a" + ")" * (depth * ("(" in bracket)))


# -- what is wrong, and where -----------------------------------------------------------------

FAULTS = {
    "": "1 expected a value, found the end of the equation",
    "a +": "4 expected a value, found the end of the equation",
    "a + * b": "5 expected a value, found '*'",
    "a b": "3 expected an operator; write a @ b",
    "W h[t-1] + b": "3 expected an operator; write W @ h[t-1]",
    "2 a": "3 expected an operator; write 2 * a",
    "2 (a + b)": "3 expected an operator; write 2 * (a + b)",
    "(a) (b)": "5 expected an operator; write (a) @ (b)",
    "2a": "1 '2a' is not a number",
    "1.2.3": "1 '1.2.3' is not a number",
    "1e999": "1 1e999 is too large for a number",
    "a @ b * c": "7 '@' and '*' need parentheses here; write (a @ b) * c",
    "a * b @ c": "7 '@' and '*' need parentheses here; write (a * b) @ c",
    "a * b / d @ c": "11 '@' and '*' need parentheses here; write (a * b / d) @ c",
    "a < b < c": "7 comparisons do not chain; write (a < b) * (b < c)",
    "a = b": "3 '=' stands in an expression; compare with ==",
    "a == (b = c)": "9 expected an operator or ')'",
    "a, b": "2 expected an operator, found ','",
    "(a, b)": "3 a comma has no meaning here; use concat or stack",
    "a)": "2 expected an operator, found ')'",
    "a ^ 2": "3 unexpected character '^'; "
    "write ** for a power, .T for a transpose, h[t-1] for a step",
    "a ⊙ b": "3 unexpected character '⊙'; write * for the elementwise product",
    "a − b": "3 unexpected character '−'; write the plain minus -",
    "a ≤ b": "3 unexpected character '≤'; write <=",
    "{a}": "1 unexpected character '{'; equations use ( ) and [ ]",
    "a $ b": "3 unexpected character '$'",
    "a \x07 b": "3 unexpected character 'U+0007'",
    "a.x": "3 only .T (transpose) may follow a dot",
    "a.T.x": "5 only .T (transpose) may follow a dot",
    "(a + b)[t]": "8 only a signal takes a time index",
    "h[t][t]": "5 only a signal takes a time index",
    "h[]": "1 an index is t, t-1, T or a whole number, as in h[t-1]",
    "h[2*t]": "1 an index is t, t-1, T or a whole number, as in h[t-1]",
    "h[1.5]": "1 an index is t, t-1, T or a whole number, as in h[t-1]",
    "h[1-t]": "1 an index is t, t-1, T or a whole number, as in h[t-1]",
    "h[t-1000000000000000000000]": "1 an index is t, t-1, T or a whole number, as in h[t-1]",
    "[]": "1 an empty list has no value",
    "[1, a]": "5 a list holds numbers only; use stack or concat",
    "[1 2]": "4 expected ',' or ']'",
    "sum(a for s)": "11 expected an axis after 'for': t",
    "tanh(a for t)": "1 'for' goes with sum, mean or max, not with tanh",
    "sum(a, b for t)": "1 sum(… for t) takes one expression",
    "sum(a, axs=0)": "8 sum has no setting 'axs'; did you mean 'axis'?",
    "sum(a, axis=n)": "8 axis must be a whole number",
    "sum(a, axis=0, axis=1)": "1 sum is given one setting twice",
    "sum(a, 0, 1)": "1 sum takes 1 argument, not 3",
    "slice(a, 1)": "1 slice needs its stop",
    "slice(a, 1, b)": "13 stop must be a size such as n_h or 3",
    "slice(a, 1, 2.5)": "13 stop must be a size such as n_h or 3",
    "reshape(a)": "1 reshape needs its shape",
    "one_hot(a)": "1 one_hot needs its size",
    "f(a, b)": "1 write it as declared: f(x, y; p)",
    "f(a; b, c)": "1 write it as declared: f(x, y; p)",
    "f(a, b; p=c)": "9 f has no setting 'p'",
    "tanh(a; b)": "1 tanh takes no parameters after ';'",
    "tanh(a b)": "8 expected an operator; write a @ b",
    "tanh(a": "7 expected an operator, ',' or ')'",
}


@pytest.mark.parametrize(("text", "said"), FAULTS.items())
def test_every_fault_of_an_expression_is_placed_and_explained(text: str, said: str) -> None:
    assert problem(text) == said


STATEMENTS = {
    "y[t] == 1": "1:1 expected name[t] = expression",
    "y[t]": "1:1 expected name[t] = expression",
    "1 = y": "1:1 expected name[t] = expression, found '1'",
    "+ y": "1:1 a line continues only while a bracket is open; put the expression in ( )",
    "y[t-1] = 1": "1:1 define y[t] and shift the reads instead",
    "y[1] = 1": "1:1 to fix one step, write y[1] under init",
    "y[T] = 1": "1:1 to fix one step, write y[T] under init",
    "y(t) = 1": "1:2 the left side is name[t] or name",
    "y[t] = 1)": "1:9 ')' closes nothing",
    "y[t] = (1]": "1:10 ']' does not fit the bracket that is open",
    "y[t] = (1": "1:8 '(' is never closed",
    "y[t] =": "1:7 expected a value, found the end of the equation",
    "y: 1": "1:2 expected name[t] = expression",
}


@pytest.mark.parametrize(("text", "said"), STATEMENTS.items())
def test_every_fault_of_an_equation_is_placed_and_explained(text: str, said: str) -> None:
    equations, problems = read_equations([Line(text, Mark(1, 1))], SCOPE)
    assert [f"{p.mark} {p.message}" for p in problems] == [said]
    assert not equations


def block(text: str) -> tuple[list[str], list[str]]:
    """The signals that a block defines, and its problems."""
    lines = [Line(line, Mark(n, 1)) for n, line in enumerate(text.split("\n"), 1)]
    equations, problems = read_equations(lines, SCOPE)
    return [e.signal for e in equations], [f"{p.mark} {p.message}" for p in problems]


def test_a_line_continues_while_a_bracket_is_open() -> None:
    text = "a = (1 +\n  # a comment between\n\n  2)\nb = concat(\n a,\n axis=0\n)"
    assert block(text) == (["a", "b"], [])


def test_a_line_does_not_continue_otherwise() -> None:
    said = "2:1 a line continues only while a bracket is open; put the expression in ( )"
    assert block("a = 1\n+ 2\nb = 3") == (["a", "b"], [said])


def test_a_bracket_left_open_spoils_one_equation_only() -> None:
    assert block("a = (1\nb[t] = 2\nc = (3") == (
        ["b"],
        ["1:5 '(' is never closed", "3:5 '(' is never closed"],
    )


def test_every_equation_that_cannot_be_read_is_reported() -> None:
    signals, problems = block("a = 1 +\nb = 2\nc = 3 $\nd = * 4")
    assert signals == ["b"]
    assert [p.split()[0] for p in problems] == ["1:8", "3:7", "4:5"]


@given(st.text(alphabet="ab1.t[]()+-*@=,;#\n \tT\"'{}:é", max_size=40))
def test_no_text_whatever_crashes_the_reader(text: str) -> None:
    equations, problems = read_equations([Line(x, Mark(1, 1)) for x in text.split("\n")], SCOPE)
    assert all(p.mark is not None for p in problems)
    assert all(operator.length_hint(e.expression.nodes) for e in equations)


LONG_SIZES = {
    "a long sum": ("+".join(["1"] * 3000), None),
    "a product of sums": ("*".join(f"(a{i} + b{i})" for i in range(12)), "stop must be a size"),
    "a number of 5,000 digits": ("*".join(["999999999999999"] * 334), "stop must be a size"),
}


@pytest.mark.parametrize(("size", "message"), LONG_SIZES.values(), ids=LONG_SIZES)
def test_long_sizes_are_read_or_refused(size: str, message: str | None) -> None:
    dims = ", ".join(f"{letter}{i}" for i in range(12) for letter in "ab")
    head = f"graphfold: 1\ndims: [{dims}]\ninputs: {{'x[t]': [3000]}}\nequations: |\n"
    text = f"{head}  y[t] = slice(x[t], 0, {size})\n"
    if message is None:
        assert str(gf.infer_shapes(gf.loads(text))["y"][0]) == "3000"
    else:
        with pytest.raises(gf.ModelError, match=message):
            gf.loads(text)
