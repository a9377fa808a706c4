"""The ties between the signals that are shown: reads joined through the hidden ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from graphfold.circuit import Circuit, Index, Reach
from graphfold.render.factors import Product, products, union

Key = tuple[str, str, Reach, int, Index | None]


@dataclass(frozen=True, slots=True)
class Tie:
    """`target` reads `source`, perhaps through hidden signals; `products` are its labels."""

    source: str
    target: str
    reach: Reach
    delay: int
    index: Index | None
    products: tuple[Product, ...]

    @property
    def key(self) -> Key:
        """What two ties must share to be drawn as one wire."""
        return (self.source, self.target, self.reach, self.delay, self.index)


def ties(circuit: Circuit) -> tuple[Tie, ...]:
    """Return every read between signals that are no parameters, as written."""
    found: list[Tie] = []
    by_target = {e.signal: products(circuit, e.expression) for e in circuit.equations}
    for link in circuit.links:
        if circuit.kind_of(link.source) != "param":
            ways = by_target[link.target].get(link.node, ())
            found.append(Tie(link.source, link.target, link.reach, link.delay, link.index, ways))
    return merged(found)


def contract(found: tuple[Tie, ...], hidden: Iterable[str]) -> tuple[tuple[Tie, ...], set[str]]:
    """Join the ties through hidden signals; also return those that are hidden in fact.

    A hidden signal that reads itself stays: its wires would have endless labels.
    """
    gone: set[str] = set()
    for name in hidden:
        if not any(t.source == t.target == name for t in found):
            gone.add(name)
            found = _without(found, name)
    return found, gone


def eliminate(found: tuple[Tie, ...], names: Iterable[str]) -> tuple[Tie, ...]:
    """Join the ties through signals that may read themselves; ways through those have no label."""
    for name in names:
        if any(t.source == t.target == name for t in found):
            bare = [replace(t, products=()) if name in (t.source, t.target) else t for t in found]
            found = tuple(t for t in bare if (t.source, t.target) != (name, name))
        found = _without(found, name)
    return found


def through_copies(
    circuit: Circuit, found: tuple[Tie, ...], across: bool = False
) -> tuple[tuple[Tie, ...], list[tuple[str, str, str]]]:
    """Lead what every step reads of other steps (all of them, or one) through a static copy.

    Only that of another axis when `across`. Also return the copies as (name, source, time).
    """
    kept: list[Tie] = []
    copies: dict[str, tuple[str, str, str]] = {}
    for tie in found:
        axis = circuit.axis_of.get(tie.target)
        same = across and axis == circuit.axis_of.get(tie.source)
        if axis is None or tie.reach not in ("all", "fixed") or same:
            kept.append(tie)
            continue
        length = circuit.length_of[str(circuit.axis_of[tie.source])]
        time = str(tie.index) if tie.index else f"1:{length}"
        name = f"{tie.source}[{time}]"
        copies[name] = (name, tie.source, time)
        kept.append(Tie(tie.source, name, tie.reach, tie.delay, tie.index, ((),)))
        kept.append(Tie(name, tie.target, "static", 0, None, tie.products))
    return merged(kept), list(copies.values())


def _without(found: tuple[Tie, ...], name: str) -> tuple[Tie, ...]:
    entering = [t for t in found if t.target == name]
    leaving = [t for t in found if t.source == name]
    kept = [t for t in found if name not in (t.source, t.target)]
    return merged(kept + [_join(a, b) for b in leaving for a in entering])


def _join(first: Tie, second: Tie) -> Tie:
    reach, delay, index = _reach(first, second)
    ways = [outer + inner for outer in second.products for inner in first.products]
    return Tie(first.source, second.target, reach, delay, index, union((), ways))


def _reach(first: Tie, second: Tie) -> tuple[Reach, int, Index | None]:
    if second.reach == "static" or first.reach in ("static", "fixed"):
        return first.reach, first.delay, first.index
    if second.reach == "fixed" and first.reach == "step" and second.index is not None:
        return "fixed", 0, Index(second.index.base, second.index.offset - first.delay)
    reach: Reach = "all" if "all" in (first.reach, second.reach) else "step"
    return reach, first.delay + second.delay, None


def merged(found: Iterable[Tie]) -> tuple[Tie, ...]:
    """Return the ties with one for each wire."""
    by_key: dict[Key, Tie] = {}
    for tie in found:
        old = by_key.get(tie.key)
        ways = union(old.products, tie.products) if old else tie.products
        by_key[tie.key] = Tie(*tie.key, ways)
    return tuple(by_key.values())
