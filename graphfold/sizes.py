"""Sizes of dimensions: whole numbers, symbols such as n_h, and their sums and products."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

Monomial = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """A polynomial with whole coefficients in dimension symbols, kept in a normal form.

    >>> str(2 * Size.of("n_h") + 1)
    '2*n_h + 1'
    >>> Size.of("n") + "m" == Size.of("m") + "n"
    True
    """

    terms: tuple[tuple[Monomial, int], ...]

    @classmethod
    def of(cls, value: Size | int | str) -> Size:
        """Make a size of a whole number, a symbol, or a text such as "4*n_h + 1"."""
        if isinstance(value, Size):
            return value
        if isinstance(value, int):
            return cls((((), value),) if value else ())
        return parse_size(value)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that occur, in order of their names."""
        return tuple(sorted({s for monomial, _ in self.terms for s in monomial}))

    @property
    def constant(self) -> int | None:
        """The whole number this size is, or None while it holds symbols."""
        if self.symbols:
            return None
        return self.terms[0][1] if self.terms else 0

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """Return the number for given sizes of the symbols; KeyError when one is missing."""
        total = 0
        for monomial, coefficient in self.terms:
            total += coefficient * prod(sizes[symbol] for symbol in monomial)
        return total

    def substitute(self, sizes: Mapping[str, Size]) -> Size:
        """Return the size with other sizes in the place of symbols.

        >>> str(Size.of("2*n").substitute({"n": Size.of("m + 1")}))
        '2*m + 2'
        """
        if len(self.terms) == 1 and len(self.terms[0][0]) == 1 and self.terms[0][1] == 1:
            return sizes.get(self.terms[0][0][0], self)  # one symbol, as nearly always
        total = Size(())
        for monomial, coefficient in self.terms:
            term = Size.of(coefficient)
            for symbol in monomial:
                term = term * sizes.get(symbol, symbol)
            total = total + term
        return total

    def __add__(self, other: Size | int | str) -> Size:
        counts = Counter(dict(self.terms))
        for monomial, coefficient in Size.of(other).terms:
            counts[monomial] += coefficient
        return _normal(counts)

    def __mul__(self, other: Size | int | str) -> Size:
        counts: Counter[Monomial] = Counter()
        for left, a in self.terms:
            for right, b in Size.of(other).terms:
                counts[tuple(sorted(left + right))] += a * b
        return _normal(counts)

    __radd__ = __add__
    __rmul__ = __mul__

    def __sub__(self, other: Size | int | str) -> Size:
        return self + Size.of(other) * -1

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self.terms:
            factors = [] if abs(coefficient) == 1 and monomial else [str(abs(coefficient))]
            sign = "-" if coefficient < 0 else "+"
            sign = f" {sign} " if text else sign.removeprefix("+")
            text += sign + "*".join([*factors, *monomial])
        return text or "0"


Shape = tuple[Size, ...]


def shape_of(*sizes: Size | int | str) -> Shape:
    """Make a shape; `shape_of("n_h", 3)` is [n_h, 3]."""
    return tuple(Size.of(size) for size in sizes)


def shape_text(shape: Shape) -> str:
    """Write a shape as a model file does: "[n_h, 3]"."""
    return "[" + ", ".join(str(size) for size in shape) + "]"


def parse_size(text: str) -> Size:
    """Read "n_h", "3" or "4*n_h + 1"; ValueError for anything else."""
    total = Size(())
    pieces = re.split(r"([+-])", text.replace(" ", ""))
    if pieces[0] == "":
        pieces = pieces[1:] if len(pieces) > 1 else pieces
    else:
        pieces.insert(0, "+")
    if len(pieces) % 2:
        raise ValueError(text)
    for sign, product in zip(pieces[::2], pieces[1::2], strict=True):
        term = Size.of(1 if sign == "+" else -1)
        for factor in product.split("*"):
            term = term * _factor(factor)
        total = total + term
    return total


def _factor(text: str) -> Size:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return Size.of(int(text))
    if not text.isidentifier():
        raise ValueError(text)
    return Size((((text,), 1),))


def _normal(counts: Mapping[Monomial, int]) -> Size:
    kept = [(monomial, c) for monomial, c in counts.items() if c]
    return Size(tuple(sorted(kept, key=lambda term: (-len(term[0]), term[0]))))
