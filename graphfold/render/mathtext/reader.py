"""LaTeX of a label to a tree of atoms; None for whatever is not on the lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphfold.render.mathtext.lists import (
    ACCENTS,
    DELIMITERS,
    FONTS,
    MARKS,
    PAIRS,
    SYMBOLS,
    TEXTS,
)

DEEPEST = 24
_TOKEN = re.compile(r"\\[A-Za-z]+[ \t\n]*|\\.|[ \t\n]+|.", re.DOTALL)


class Unknown(Exception):
    """A label holds what is not on the lists."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A character, a command with its parts, or a group; with what stands raised and lowered.

    `kind` is char, symbol, mark, group, font, text, accent, pair, root, fence or empty.
    """

    kind: str
    name: str = ""
    parts: tuple[Atoms, ...] = ()
    raised: Atoms | None = None
    lowered: Atoms | None = None
    primes: int = 0


Atoms = tuple[Atom, ...]


def read(latex: str) -> Atoms:
    """Return the atoms of a label; Unknown when there is anything that is not on the lists."""
    reader = _Reader(_TOKEN.findall(latex))
    atoms = reader.atoms("")
    if reader.place < len(reader.tokens):
        raise Unknown(reader.tokens[reader.place])
    return atoms


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    def peek(self) -> str:
        """The next token, or ""."""
        return self.tokens[self.place].rstrip(" \t\n") if self.place < len(self.tokens) else ""

    def take(self) -> str:
        """The next token that is no space, which is passed."""
        self.skip()
        if self.place == len(self.tokens):
            raise Unknown("end")
        self.place += 1
        token = self.tokens[self.place - 1]
        return token if token.startswith("\\") and len(token) == 2 else token.rstrip(" \t\n")

    def skip(self) -> None:
        """Pass spaces, which mean nothing in mathematics."""
        while self.place < len(self.tokens) and not self.tokens[self.place].strip(" \t\n"):
            self.place += 1

    def atoms(self, end: str) -> Atoms:
        """The atoms up to `end`, which is passed; "" is the end of the label."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unknown("depth")
        found: list[Atom] = []
        while True:
            self.skip()
            token = self.peek()
            if token == end:
                self.place += bool(end)
                break
            if token in ("^", "_", "'"):
                self.script(found, self.take())
            else:
                found.append(self.atom())
        self.depth -= 1
        return tuple(found)

    def script(self, found: list[Atom], sign: str) -> None:
        """Hang what follows a sign on the last atom."""
        old = found.pop() if found else Atom("empty")
        raised, lowered, primes = old.raised, old.lowered, old.primes
        if sign == "'" and raised is None:
            primes += 1
        elif sign == "^" and raised is None:
            raised = self.argument()
        elif sign == "_" and lowered is None:
            lowered = self.argument()
        else:
            raise Unknown("double script")
        found.append(Atom(old.kind, old.name, old.parts, raised, lowered, primes))

    def argument(self) -> Atoms:
        """A group, or one atom."""
        self.skip()
        if self.peek() == "{":
            self.place += 1
            return self.atoms("}")
        return (self.atom(),)

    def atom(self) -> Atom:
        """One atom, without scripts."""
        token = self.take()
        if token == "{":
            return Atom("group", parts=(self.atoms("}"),))
        if token in MARKS:
            return Atom("mark", token)
        if token.startswith("\\"):
            return self.command(token[1:])
        if token in "^_'}&%$#~\\":
            raise Unknown(token)
        return Atom("char", token)

    def command(self, name: str) -> Atom:
        """A command and its arguments."""
        if name in SYMBOLS:
            return Atom("symbol", name)
        if name in TEXTS:
            return Atom("text", name, (self.text(),))
        if name == "left":
            return self.fence()
        for kind, names, count in (("font", FONTS, 1), ("accent", ACCENTS, 1), ("pair", PAIRS, 2)):
            if name in names:
                return Atom(kind, name, tuple(self.argument() for _ in range(count)))
        if name == "sqrt":
            return Atom("root", name, (self.degree(), self.argument()))
        raise Unknown(name)

    def degree(self) -> Atoms:
        """The degree of a root, if it is told."""
        self.skip()
        if self.peek() != "[":
            return ()
        self.place += 1
        return self.atoms("]")

    def fence(self) -> Atom:
        """What stands between two delimiters that grow with it."""
        left = self.take()
        inside = self.atoms("\\right")
        right = self.take()
        if {left, right} - DELIMITERS:
            raise Unknown("delimiter")
        return Atom("fence", f"{left} {right}", (inside,))

    def text(self) -> Atoms:
        """Characters as they are, in braces; marks and symbols may stand among them."""
        if self.take() != "{":
            raise Unknown("text")
        found: list[Atom] = []
        depth = 0
        while True:
            if self.place == len(self.tokens):
                raise Unknown("end")
            token = self.tokens[self.place]
            self.place += 1
            if token == "}" and not depth:
                return tuple(found)
            depth += {"{": 1, "}": -1}.get(token, 0)
            found += self.piece(token)

    def piece(self, token: str) -> Atoms:
        """A token within a text."""
        name = token[1:].rstrip(" \t\n")
        if token in MARKS:
            return (Atom("mark", token),)
        if token.startswith("\\"):
            if name not in SYMBOLS and name != "hat":
                raise Unknown(name)
            return (Atom("symbol", name),)
        if token in "{}":
            return ()
        if not token.strip(" \t\n"):
            return (Atom("char", " "),)
        if token in "^_&%$#~":
            raise Unknown(token)
        return (Atom("char", token),)
