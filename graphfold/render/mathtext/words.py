"""Labels as plain Unicode: h with its step raised, for where no mathematics can be set."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from graphfold.render.mathtext.lists import ACCENTS, MARKS, SYMBOLS
from graphfold.render.mathtext.reader import Atom, Atoms, Unknown, read

_RAISED = str.maketrans(
    "0123456789+-−=()tTnuijxyabcdefghklmoprsvwz⊤…",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵗᵀⁿᵘⁱʲˣʸᵃᵇᶜᵈᵉᶠᵍʰᵏˡᵐᵒᵖʳˢᵛʷᶻᵀ…",
)
_LOWERED = str.maketrans(
    "0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
)


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
    return f"{sign}{text}" if text.isalnum() else f"{sign}({text.removeprefix('(').removesuffix(')')})"


def _nucleus(atom: Atom) -> str:
    if atom.kind == "char":
        return atom.name
    if atom.kind == "symbol":
        return {"hat": "^"}.get(atom.name) or SYMBOLS[atom.name]
    if atom.kind == "mark":
        return MARKS[atom.name]
    parts = [_all(part) for part in atom.parts]
    if atom.kind == "accent":
        return unicodedata.normalize("NFC", parts[0] + ACCENTS[atom.name])
    if atom.kind == "pair":
        return f"{_bracketed(parts[0])}/{_bracketed(parts[1])}"
    if atom.kind == "root":
        return f"√{_bracketed(parts[1])}"
    if atom.kind == "fence":
        left, right = (f"{side}".replace(".", "") for side in atom.name.split(" "))
        return words_of(left) + parts[0] + words_of(right)
    return "".join(parts)


def _bracketed(text: str) -> str:
    return text if len(text) < 2 else f"({text})"
