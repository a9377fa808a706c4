"""Split a block of equations into statements: a line continues while a bracket is open."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.errors import Diagnostic
from graphfold.language.tokens import Line, SyntaxProblem, Token, tokenize
from graphfold.operations import OPERATIONS

Statement = list[Token]

_PAIRS = {")": "(", "]": "["}
_KEYWORDS = {a.name for o in OPERATIONS.values() for a in o.attributes}


def syntax_diagnostic(problem: SyntaxProblem) -> Diagnostic:
    """Turn a problem of the text into a diagnostic of the stage "file"."""
    return Diagnostic("file", problem.code, problem.message, problem.mark)


def split_statements(lines: Iterable[Line]) -> tuple[list[Statement], list[Diagnostic]]:
    """Return the statements that are whole, and what is wrong with the others."""
    splitter = _Splitter(list(tokenize(lines)))
    return splitter.statements, [syntax_diagnostic(p) for p in splitter.problems]


class _Splitter:
    def __init__(self, tokens: list[Token | SyntaxProblem]) -> None:
        self.statements: list[Statement] = []
        self.problems: list[SyntaxProblem] = []
        self._open: list[Token] = []
        self._current: Statement = []
        self._broken = False
        for number, token in enumerate(tokens):
            if isinstance(token, SyntaxProblem):
                self._blame(token)
                continue
            if token.first_in_line and self._starts_statement(tokens, number):
                self._finish()
            self._current.append(token)
            if token.kind == "bracket":
                self._bracket(token)
        self._finish()

    def _starts_statement(self, tokens: list[Token | SyntaxProblem], number: int) -> bool:
        if self._open and self._inside_use() and self._current[-1].text in ("(", ",", ";"):
            return _defines(tokens[number : number + 8], indexed=True)
        return not self._open or _defines(tokens[number : number + 8])

    def _inside_use(self) -> bool:
        """Whether the statement may be `name = cell(wire=…`, whose lines begin as equations do."""
        head = [token.kind for token in self._current[:4]]
        return head == ["name", "operator", "name", "bracket"] and len(self._open) == 1

    def _bracket(self, token: Token) -> None:
        if token.text in "([":
            self._open.append(token)
        elif not self._open:
            self._blame(SyntaxProblem(f"'{token.text}' closes nothing", token.mark))
        elif self._open.pop().text != _PAIRS[token.text]:
            message = f"'{token.text}' does not fit the bracket that is open"
            self._blame(SyntaxProblem(message, token.mark))

    def _blame(self, problem: SyntaxProblem) -> None:
        if not self._broken:
            self.problems.append(problem)
        self._broken = True

    def _finish(self) -> None:
        if self._open:
            opened = self._open[-1]
            self._blame(SyntaxProblem(f"'{opened.text}' is never closed", opened.mark))
        if self._current and not self._broken:
            self.statements.append(self._current)
        self._open, self._current, self._broken = [], [], False


def _defines(tokens: list[Token | SyntaxProblem], indexed: bool = False) -> bool:
    """Whether a line looks like `name[…] =` or `name =`, and not like the keyword `axis=0`.

    `indexed` tells that `name =` may be an argument.
    """
    words = [t.text for t in tokens if isinstance(t, Token)]
    if not words or not words[0].isidentifier():
        return False
    if words[1:2] == ["="]:
        return not indexed and words[0] not in _KEYWORDS
    return words[1:2] == ["["] and "]" in words and words[words.index("]") + 1 :][:1] == ["="]
