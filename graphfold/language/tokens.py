"""Cut equations into tokens that remember their line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from graphfold.errors import Mark

_PATTERN = re.compile(
    r"""(?P<space>[ \t\r]+|\#.*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<name>[^\W\d]\w*)
      | (?P<operator>\*\*|<=|>=|==|!=|[-+*/@%<>=.,;:])
      | (?P<bracket>[()\[\]])""",
    re.VERBOSE,
)

_CURES = {
    "^": "write ** for a power, .T for a transpose, h[t-1] for a step",
    "×": "write * (elementwise) or @ (matrix product)",
    "·": "write * (elementwise) or @ (matrix product)",
    "⊙": "write * for the elementwise product",
    "−": "write the plain minus -",
    "≤": "write <=",
    "≥": "write >=",
    "{": "equations use ( ) and [ ]",
    "}": "equations use ( ) and [ ]",
}


class Token(NamedTuple):
    """A piece of text: kind is "number", "name", "operator", "bracket" or "end"."""

    kind: str
    text: str
    mark: Mark
    first_in_line: bool = False

    @property
    def end(self) -> int:
        """The column just behind the token."""
        return self.mark.column + len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text that starts at `mark` in its file."""

    text: str
    mark: Mark


class SyntaxProblem(Exception):
    """What is wrong with the text, and where."""

    def __init__(self, message: str, mark: Mark, code: str = "syntax") -> None:
        super().__init__(message)
        self.message, self.mark, self.code = message, mark, code


def tokenize(lines: Iterable[Line]) -> Iterator[Token | SyntaxProblem]:
    """Yield the tokens of some lines; a character that fits nowhere is yielded as a problem."""
    for line in lines:
        text, number, column = line.text, line.mark.line, line.mark.column
        position, first = 0, True
        while position < len(text):
            match = _PATTERN.match(text, position)
            if match is None:
                yield SyntaxProblem(_stray(text, position), Mark(number, column + position))
                break
            kind = match.lastgroup or "space"
            if kind != "space":
                yield Token(kind, match.group(), Mark(number, column + position), first)
                first = False
            position = match.end()


def _stray(text: str, position: int) -> str:
    character = text[position]
    if character.isdigit() or character == ".":
        word = re.split(r"[\s()\[\],;]", text[position:])[0][:30]
        return f"'{word}' is not a number"
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    cure = _CURES.get(character)
    return f"unexpected character '{shown}'" + (f"; {cure}" if cure else "")
