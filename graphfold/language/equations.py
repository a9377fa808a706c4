"""Read equations: `name[t] = expression` or `name = expression`, one statement each."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.circuit import Equation, Expression
from graphfold.errors import Diagnostic, Mark, shorten
from graphfold.language.parser import Scope, parse_expression, read_index
from graphfold.language.statements import Statement, split_statements, syntax_diagnostic
from graphfold.language.tokens import Line, SyntaxProblem, Token, tokenize


def read_equations(lines: Iterable[Line], scope: Scope) -> tuple[list[Equation], list[Diagnostic]]:
    """Read a block of equations; what cannot be read is reported, the rest returned."""
    statements, problems = split_statements(lines)
    equations = []
    for statement in statements:
        try:
            equations.append(_read_equation(statement, scope))
        except SyntaxProblem as problem:
            problems.append(syntax_diagnostic(problem))
    return equations, sorted(problems, key=lambda p: p.mark or Mark(0, 0))


def read_expression(line: Line, scope: Scope) -> Expression:
    """Read one expression; SyntaxProblem says where it fails."""
    tokens: list[Token] = []
    for token in tokenize([line]):
        if isinstance(token, SyntaxProblem):
            raise token
        tokens.append(token)
    end = Mark(line.mark.line, line.mark.column + len(line.text))
    return parse_expression(tokens, scope, end)


def _read_equation(statement: Statement, scope: Scope) -> Equation:
    name = statement[0]
    if name.kind != "name":
        raise SyntaxProblem(_not_an_equation(name), name.mark)
    equals = next((i for i, t in enumerate(statement) if t.text == "="), None)
    if equals is None:
        stray = next((t for t in statement if t.text == ":"), name)
        raise SyntaxProblem("expected name[t] = expression", stray.mark)
    axis = _left_axis(statement[:equals], scope)
    last = statement[-1]
    end = Mark(last.mark.line, last.end)
    expression = parse_expression(statement[equals + 1 :], scope, end)
    return Equation(name.text, axis, expression, name.mark)


def _not_an_equation(token: Token) -> str:
    if token.text in ("+", "-", "*", "/", "@", "%", "**"):
        return "a line continues only while a bracket is open; put the expression in ( )"
    return f"expected name[t] = expression, found '{shorten(token.text)}'"


def _left_axis(left: Statement, scope: Scope) -> str | None:
    name = left[0]
    if len(left) == 1:
        return None
    if left[1].text != "[" or left[-1].text != "]":
        raise SyntaxProblem("the left side is name[t] or name", left[1].mark)
    index = read_index(left[2:-1], name)
    if not index.base or index.base in scope.lengths.values():
        message = f"to fix one step, write {name.text}[{index}] under init"
        raise SyntaxProblem(message, name.mark, "index")
    if index.offset:
        message = f"define {name.text}[{index.base}] and shift the reads instead"
        raise SyntaxProblem(message, name.mark, "index")
    return index.base
