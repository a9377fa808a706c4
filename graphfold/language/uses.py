"""Read uses of cells: `lower = lstm(x=e[t], n_x=n_e)`, and the dotted names of their signals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graphfold.cells.arguments import Arguments, make_use
from graphfold.circuit import Use
from graphfold.errors import Mark, shorten, suggest
from graphfold.expression import Expression, Read
from graphfold.language.arguments import size_of
from graphfold.language.parser import Scope, parse_expression
from graphfold.language.tokens import SyntaxProblem, Token
from graphfold.operations import OPERATIONS
from graphfold.sizes import Size

Tokens = list[Token]

_SETTINGS = {attribute.name for o in OPERATIONS.values() for attribute in o.attributes}
_TRUTH = {"true": True, "false": False}


def join_dotted(tokens: Tokens, scope: Scope) -> Tokens:
    """Make one name of `lower.h`; `.T` stays a transpose, and `np.tanh(…)` a mistake."""
    if not (scope.uses or scope.cells) or all(token.text != "." for token in tokens):
        return tokens
    joined: Tokens = []
    for token in tokens:
        if len(joined) > 1 and _joins(joined, token, scope):
            joined.pop()
            whole = f"{joined[-1].text}.{token.text}"
            joined[-1] = joined[-1]._replace(text=whole)
        else:
            joined.append(token)
    return joined


def _joins(before: Tokens, token: Token, scope: Scope) -> bool:
    name, dot = before[-2:]
    member = token.kind == "name" and token.text != "T"
    return member and dot.text == "." and name.kind == "name" and name.text not in scope.dims


def is_use(statement: Tokens, scope: Scope) -> bool:
    """Whether a statement is `name = cell(…)`; an unknown cell is told by its keywords."""
    if len(statement) < 5 or [t.text for t in (statement[1], statement[3])] != ["=", "("]:
        return False
    name, cell = statement[0], statement[2]
    if name.kind != "name" or cell.kind != "name" or _closing(statement) != len(statement) - 1:
        return False
    if cell.text in scope.cells:
        return True
    known = cell.text in OPERATIONS or cell.text in scope.functions
    keywords = {keyword.text for keyword, _, _ in _split(statement[4:-1]) if keyword}
    return not known and bool(keywords - _SETTINGS)


def _closing(statement: Tokens) -> int:
    """Where the bracket closes that opens behind the cell's name."""
    depth = 0
    for place in range(3, len(statement)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(statement[place].text, 0)
        if depth == 0:
            return place
    return -1


def _split(tokens: Tokens) -> Iterator[tuple[Token | None, Tokens, bool]]:
    """The arguments of a use: the keyword, the tokens, whether a semicolon stands before."""
    depth, start, behind = 0, 0, False
    for place, token in enumerate(tokens):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if depth == 0 and token.text in (",", ";"):
            yield _argument(tokens[start:place], behind)
            start, behind = place + 1, behind or token.text == ";"
    if tokens:
        yield _argument(tokens[start:], behind)


def _argument(tokens: Tokens, behind: bool) -> tuple[Token | None, Tokens, bool]:
    if len(tokens) > 1 and tokens[0].kind == "name" and tokens[1].text == "=":
        return tokens[0], tokens[2:], behind
    return None, tokens, behind


@dataclass
class _Reading:
    """What has been read of a use so far."""

    arguments: Arguments = field(default_factory=Arguments)
    marks: dict[str, Mark] = field(default_factory=dict)


def read_use(statement: Tokens, scope: Scope, after: int) -> Use:
    """Read one use; SyntaxProblem says what is wrong with it."""
    reading = _Reading(marks={"": statement[2].mark})
    end = statement[-1]
    places = [*(tokens[0] for _, tokens, _ in _split(statement[4:-1]) if tokens), end]
    for keyword, tokens, behind in _split(statement[4:-1]):
        if not tokens:
            _empty(keyword, places, statement)
        elif keyword is None:
            _positional(reading, statement[2], tokens, behind)
        else:
            _keyword(reading, keyword, tokens, statement[2].text, scope)
    name, cell = statement[0], statement[2]
    made = make_use(name.text, cell.text, scope.cells.get(cell.text), reading.arguments)
    return replace(made, after=after, mark=name.mark, marks=tuple(reading.marks.items()))


def _empty(keyword: Token | None, places: Tokens, statement: Tokens) -> None:
    if keyword is not None:
        raise SyntaxProblem(f"{keyword.text} has no value", keyword.mark)
    raise SyntaxProblem("a wire is missing between two commas", places[0].mark)


def _positional(reading: _Reading, cell: Token, tokens: Tokens, behind: bool) -> None:
    if not behind:
        message = f"the wires of a cell are named: write {cell.text}(x=…)"
        raise SyntaxProblem(message, tokens[0].mark, "use")
    if len(tokens) > 1 or tokens[0].kind != "name":
        message = "behind the semicolon stands the use whose parameters are shared"
        raise SyntaxProblem(message, tokens[0].mark, "use")
    if reading.arguments.like is not None:
        message = "only one use can share all its parameters; bind others by name: W=lower.W"
        raise SyntaxProblem(message, tokens[0].mark, "use")
    reading.arguments.like = tokens[0].text
    reading.marks[";"] = tokens[0].mark


def _keyword(reading: _Reading, name: Token, tokens: Tokens, cell: str, scope: Scope) -> None:
    if name.text in reading.marks:
        raise SyntaxProblem(f"{name.text} is given twice", name.mark, "use")
    reading.marks[name.text] = name.mark
    if name.text == "reverse":
        if len(tokens) != 1 or tokens[0].text not in _TRUTH:
            given = shorten(" ".join(t.text for t in tokens))
            message = f"reverse is true or false, not '{given}'"
            raise SyntaxProblem(message, tokens[0].mark, "use")
        reading.arguments.reverse = _TRUTH[tokens[0].text]
    elif name.text == "over":
        if len(tokens) != 1 or tokens[0].kind != "name":
            raise SyntaxProblem("over takes an axis, such as t", tokens[0].mark, "use")
        reading.arguments.over = tokens[0].text
    else:
        end = Mark(tokens[-1].mark.line, tokens[-1].end)
        value = parse_expression(tokens, scope, end)
        definition = scope.cells.get(cell)
        dims = {d.name for d in definition.dims} if definition else set()
        if name.text in dims:
            reading.arguments.sizes[name.text] = _size(name.text, value, tokens[0].mark, scope)
        else:
            reading.arguments.values[name.text] = value


def _size(dim: str, value: Expression, mark: Mark, scope: Scope) -> Size:
    size = size_of(value.root, value.nodes.__getitem__)
    if size is not None:
        return size
    node = value.nodes[0]
    if len(value.nodes) == 1 and isinstance(node, Read) and node.index is None:
        hint = suggest(node.signal, scope.dims) or "; add it to the list `dims`"
        message = f"dimension '{shorten(node.signal)}' is not declared{hint}"
    else:
        message = f"{dim} must be a size such as n_h or 3"
    raise SyntaxProblem(message, mark, "unknown-dimension")
