"""Read equations: `name[t] = expression` or `name = expression`, one statement each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graphfold.circuit import Equation, Use
from graphfold.errors import Diagnostic, Mark, shorten
from graphfold.expression import Expression
from graphfold.language.parser import Scope, parse_expression, read_index
from graphfold.language.statements import Statement, split_statements, syntax_diagnostic
from graphfold.language.tokens import Line, SyntaxProblem, Token, tokenize
from graphfold.language.uses import is_use, join_dotted, read_use


@dataclass
class Block:
    """What a block of equations holds, and what could not be read of it."""

    equations: list[Equation] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def read_block(lines: Iterable[Line], scope: Scope) -> Block:
    """Read equations and uses of cells; what cannot be read is reported, the rest returned."""
    statements, problems = split_statements(lines)
    scope = replace(scope, uses=frozenset(s[0].text for s in statements if is_use(s, scope)))
    block = Block(problems=problems)
    for statement in statements:
        tokens = join_dotted(statement, scope)
        try:
            if is_use(tokens, scope):
                block.uses.append(read_use(tokens, scope, len(block.equations)))
            else:
                block.equations.append(_read_equation(tokens, scope))
        except SyntaxProblem as problem:
            block.problems.append(syntax_diagnostic(problem))
    block.problems.sort(key=lambda p: p.mark or Mark(0, 0))
    return block


def read_equations(lines: Iterable[Line], scope: Scope) -> tuple[list[Equation], list[Diagnostic]]:
    """Read a block of equations; what cannot be read is reported, the rest returned."""
    block = read_block(lines, scope)
    return block.equations, block.problems


def read_expression(line: Line, scope: Scope) -> Expression:
    """Read one expression; SyntaxProblem says where it fails."""
    tokens: list[Token] = []
    for token in tokenize([line]):
        if isinstance(token, SyntaxProblem):
            raise token
        tokens.append(token)
    end = Mark(line.mark.line, line.mark.column + len(line.text))
    return parse_expression(join_dotted(tokens, scope), scope, end)


def _read_equation(statement: Statement, scope: Scope) -> Equation:
    name = statement[0]
    if name.kind != "name":
        raise SyntaxProblem(_not_an_equation(name), name.mark)
    equals = next((i for i, t in enumerate(statement) if t.text == "="), None)
    if equals is None:
        stray = next((t for t in statement if t.text == ":"), name)
        raise SyntaxProblem("expected name[t] = expression", stray.mark)
    axis = _left_axis(statement[:equals], scope)
    after = statement[equals + 1 :]
    if len(after) > 1 and after[0].text in scope.cells and after[1].text == "(":
        message = f"a cell is used in a line of its own: write {name.text} = {after[0].text}(…)"
        if axis is not None:
            raise SyntaxProblem(f"{message}, without an index", name.mark, "use")
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
