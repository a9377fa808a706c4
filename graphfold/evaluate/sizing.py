"""Find the sizes of dimension symbols from the shapes of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphfold.circuit import Dimension
from graphfold.errors import ValuesError
from graphfold.sizes import Shape, Size, shape_text


@dataclass(frozen=True)
class Claim:
    """The array `name`, of shape `whole`, should have the core `shape` and has `found`."""

    name: str
    shape: Shape
    found: tuple[int, ...]
    whole: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {shape_text(self.shape)} = {self.found}"


def bind_sizes(
    dims: Iterable[Dimension], claims: Sequence[Claim]
) -> tuple[dict[str, int], list[str]]:
    """Return the sizes of the symbols and the problems found.

    Sizes come from arrays; a default stands in where no array tells.
    """
    equations = [(s, n, c) for c in claims for s, n in zip(c.shape, c.found, strict=True)]
    sizes, problems = _plain_symbols(equations)
    while not problems and (found := _next_symbol(equations, sizes)):
        sizes.update([found])
    for dim in dims:
        if dim.default is not None:
            sizes.setdefault(dim.name, dim.default)
    if not problems:
        problems = [p for claim in claims for p in _check(claim, sizes)]
    return sizes, problems


def _plain_symbols(
    equations: Sequence[tuple[Size, int, Claim]],
) -> tuple[dict[str, int], list[str]]:
    said: dict[str, dict[int, dict[str, None]]] = {}
    for size, number, claim in equations:
        for symbol in size.symbols:
            if size == Size.of(symbol):
                said.setdefault(symbol, {}).setdefault(number, {})[str(claim)] = None
    problems = [_disagreement(symbol, by) for symbol, by in said.items() if len(by) > 1]
    return {symbol: next(iter(by)) for symbol, by in said.items()}, problems


def _disagreement(symbol: str, by_number: Mapping[int, Iterable[str]]) -> str:
    parts = [f"{number} by {', '.join(names)}" for number, names in by_number.items()]
    return f"sizes of {symbol} disagree: " + "; ".join(parts)


def _next_symbol(
    equations: Sequence[tuple[Size, int, Claim]], sizes: Mapping[str, int]
) -> tuple[str, int] | None:
    """Solve one size that has a single unknown symbol, as 4*n_h = 16."""
    for size, number, _ in equations:
        unknown = _unknown(size, sizes)
        if len(unknown) == 1:
            value = _solve(size, unknown[0], number, sizes)
            if value is not None:
                return unknown[0], value
    return None


def _solve(size: Size, symbol: str, number: int, sizes: Mapping[str, int]) -> int | None:
    """Find the whole number that gives `number`, by halving: sizes grow with their symbols."""
    low, high = 0, number + sum(abs(factor) for _, factor in size.terms)
    while low < high:
        middle = (low + high) // 2
        if size.evaluate({**sizes, symbol: middle}) < number:
            low = middle + 1
        else:
            high = middle
    return low if size.evaluate({**sizes, symbol: low}) == number else None


def _check(claim: Claim, sizes: Mapping[str, int]) -> Iterable[str]:
    expected = [known(size, sizes) for size in claim.shape]
    pairs = zip(expected, claim.found, strict=True)
    if any(e is not None and e != found for e, found in pairs):
        values = tuple("?" if e is None else e for e in expected)
        text = "(" + ", ".join(map(str, values)) + ("," if len(values) == 1 else "") + ")"
        shape = shape_text(claim.shape)
        yield f"{claim.name}: expected {shape} = {text}, found {claim.found}"
    elif any(len(_unknown(size, sizes)) == 1 for size in claim.shape):
        yield f"{claim.name}: no whole size fits {shape_text(claim.shape)} = {claim.found}"


def _unknown(size: Size, sizes: Mapping[str, int]) -> list[str]:
    return [s for s in size.symbols if s not in sizes]


def known(size: Size, sizes: Mapping[str, int]) -> int | None:
    """Return the number, or None while a symbol has no size."""
    return size.evaluate(sizes) if all(s in sizes for s in size.symbols) else None


def need(size: Size, sizes: Mapping[str, int]) -> int:
    """Return the number; ValuesError names the symbol whose size nothing tells."""
    need_all([size], sizes)
    return size.evaluate(sizes)


def need_all(wanted: Iterable[Size], sizes: Mapping[str, int]) -> None:
    """Raise a ValuesError that names the symbols in `wanted` whose size nothing tells."""
    unknown = list(dict.fromkeys(s for size in wanted for s in _unknown(size, sizes)))
    if unknown:
        cure = f"give a default, `dims: {{{', '.join(f'{s}: 4' for s in unknown)}}}`"
        raise ValuesError(f"no array tells the size of {', '.join(unknown)}; {cure}")
