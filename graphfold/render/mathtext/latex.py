"""Atoms to LaTeX that any engine reads: in ASCII, every group closed, nothing but the lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from graphfold.render.mathtext.lists import FONTS, OF_CHARACTER, TEXTS
from graphfold.render.mathtext.reader import Atom, Atoms, Unknown, read

MATHEMATICS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-*/=<>()[]|,.;:!?@"
)
WORDS = frozenset(MATHEMATICS - {"<", ">", "|", "-"}) | {" "}
_SIGNS = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "%": "\\%", "$": "\\$", "#": "\\#",
    "&": "\\&", "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", '"': "\\char34{}",
    "`": "\\char96{}", "-": "{-}", "'": "{'}", "\u202f": "\\,", "ß": "\\ss{}",
    "æ": "\\ae{}", "Æ": "\\AE{}", "ø": "\\o{}", "Ø": "\\O{}", "œ": "\\oe{}", "Œ": "\\OE{}",
    "ł": "\\l{}", "Ł": "\\L{}", "–": "\\textendash{}", "—": "\\textemdash{}",
    "‘": "\\textquoteleft{}", "’": "\\textquoteright{}", "“": "\\textquotedblleft{}",
    "”": "\\textquotedblright{}",
}  # fmt: skip
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u0304": "=",
    "\u0307": ".", "\u0306": "u", "\u030c": "v", "\u030b": "H", "\u0327": "c", "\u030a": "r",
}  # fmt: skip
OTHER = "gfchar"
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")


@lru_cache(maxsize=4096)
def safe_latex(latex: str) -> str | None:
    r"""Return the same label from listed commands only, or None when it holds any other.

    >>> safe_latex(r"\bm h^2"), safe_latex(r"\input{x}"), safe_latex("a}")
    ('\\boldsymbol{h}^{2}', None, None)
    """
    try:
        return _all(read(latex))
    except Unknown:
        return None


def text_latex(text: str) -> str:
    r"""Return LaTeX for a paragraph that shows the characters of a text, none of them special.

    >>> text_latex(r"50% \é")
    "50\\% \\textbackslash{}\\'{e}"
    """
    return "".join(map(_in_text, unicodedata.normalize("NFC", text)))


def _written(atom: Atom) -> str:
    text = _nucleus(atom)
    if atom.primes or atom.raised is not None or atom.lowered is not None:
        text = (text or "{}") + "'" * atom.primes
    if atom.raised is not None:
        text += f"^{{{_all(atom.raised)}}}"
    if atom.lowered is not None:
        text += f"_{{{_all(atom.lowered)}}}"
    return text


def _all(atoms: Atoms) -> str:
    found = ""
    for text in map(_written, atoms):
        apart = text[:1].isalpha() and _ENDS_IN_COMMAND.search(found)
        found += " " + text if apart else text
    return found


def _nucleus(atom: Atom) -> str:
    return _KINDS[atom.kind](atom)


def _text(atom: Atom) -> str:
    return f"\\{TEXTS[atom.name]}{{{''.join(map(_shown, atom.parts[0]))}}}"


def _root(atom: Atom) -> str:
    degree, inside = map(_all, atom.parts)
    return f"\\sqrt{f'[{degree}]' if degree else ''}{{{inside}}}"


def _fence(atom: Atom) -> str:
    left, right = atom.name.split(" ")
    return f"\\left{left} {_all(atom.parts[0])}\\right{right}"


def _command(atom: Atom) -> str:
    name = FONTS.get(atom.name, atom.name)
    return f"\\{name}{''.join(f'{{{_all(part)}}}' for part in atom.parts)}"


_KINDS: dict[str, Callable[[Atom], str]] = {
    "empty": lambda atom: atom.name,
    "char": lambda atom: _in_mathematics(atom.name),
    "symbol": lambda atom: f"\\{atom.name}",
    "mark": lambda atom: atom.name,
    "group": lambda atom: f"{{{_all(atom.parts[0])}}}",
    "text": _text,
    "root": _root,
    "fence": _fence,
    "font": _command,
    "accent": _command,
    "pair": _command,
}


def _in_mathematics(character: str) -> str:
    if character in MATHEMATICS:
        return character
    if character in OF_CHARACTER:
        return f"{{{OF_CHARACTER[character]}}}"
    return f"\\text{{{_in_text(character)}}}"


def _shown(atom: Atom) -> str:
    """An atom within a text, where mathematics stands apart."""
    if atom.kind == "char":
        return _in_text(atom.name)
    if atom.kind == "mark":
        return {"\\ ": " ", "\\|": "\\ensuremath{\\|}"}.get(atom.name, atom.name)
    known = {"backslash": "\\", "sim": "~", "hat": "^"}
    if atom.name in known:  # how labels escape these
        return _in_text(known[atom.name])
    return f"\\ensuremath{{\\{atom.name}}}"


@lru_cache(maxsize=4096)
def _in_text(character: str) -> str:
    if character in WORDS:
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    if character in OF_CHARACTER:
        return f"\\ensuremath{{{OF_CHARACTER[character]}}}"
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _ACCENTS:
        return f"\\{_ACCENTS[parts[1]]}{{{parts[0]}}}"
    if not character.isprintable():
        character = "\ufffd"
    return f"\\{OTHER}{{{ord(character):04X}}}"
