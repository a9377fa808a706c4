"""Labels as plain Unicode: h with its step raised, for where no mathematics can be set."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache

from graphfold.render.mathtext.lists import ACCENTS, MARKS, SYMBOLS
from graphfold.render.mathtext.reader import Atom, Atoms, Unknown, read

_RAISED = str.maketrans(
    "0123456789+-−=()tTnuijxyabcdefghklmoprsvwz⊤…",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵗᵀⁿᵘⁱʲˣʸᵃᵇᶜᵈᵉᶠᵍʰᵏˡᵐᵒᵖʳˢᵛʷᶻᵀ…",
)
_LOWERED = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")  # few letters, hard to read


@lru_cache(maxsize=4096)
def words_of(latex: str) -> str:
    r"""Return a label in plain characters; what is not understood stays as it is.

    >>> words_of(r"\boldsymbol{h}^{(3)}"), words_of(r"\boldsymbol{W}_{f}"), words_of(r"\nosuch")
    ('h⁽³⁾', 'W_f', '\\nosuch')
    """
    try:
        return _all(read(latex)).strip()
    except Unknown:
        return latex


def _all(atoms: Atoms) -> str:
    return "".join(map(_one, atoms))


def _one(atom: Atom) -> str:
    text = _nucleus(atom) + "′" * atom.primes
    if atom.lowered:
        text += _script(_all(atom.lowered), _LOWERED, "_")
    if atom.raised:
        text += _script(_all(atom.raised), _RAISED, "^")
    return text


def _script(text: str, table: dict[int, int], sign: str) -> str:
    """A script in characters of its own, when there are some for all of it."""
    if all(ord(c) in table for c in text):
        return text.translate(table)
    return (
        f"{sign}{text}" if text.isalnum() else f"{sign}({text.removeprefix('(').removesuffix(')')})"
    )


def _nucleus(atom: Atom) -> str:
    if atom.kind in _KINDS:
        return _KINDS[atom.kind](atom)
    return "".join(map(_all, atom.parts))


def _accent(atom: Atom) -> str:
    return unicodedata.normalize("NFC", _all(atom.parts[0]) + ACCENTS[atom.name])


def _pair(atom: Atom) -> str:
    above, below = map(_all, atom.parts)
    return f"{_bracketed(above)}/{_bracketed(below)}"


def _fence(atom: Atom) -> str:
    left, right = (words_of(side) if side != "." else "" for side in atom.name.split(" "))
    return left + _all(atom.parts[0]) + right


_KINDS: dict[str, Callable[[Atom], str]] = {
    "char": lambda atom: atom.name,
    "symbol": lambda atom: "^" if atom.name == "hat" else SYMBOLS[atom.name],
    "mark": lambda atom: MARKS[atom.name],
    "accent": _accent,
    "pair": _pair,
    "root": lambda atom: f"√{_bracketed(_all(atom.parts[1]))}",
    "fence": _fence,
}


def _bracketed(text: str) -> str:
    return text if len(text) < 2 else f"({text})"
