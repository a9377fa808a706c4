"""The ties between the signals that are shown: reads joined through the hidden ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from graphfold.circuit import Circuit, Reach
from graphfold.expression import Index
from graphfold.render.factors import Product, products, union

TieReach = Reach | Literal["leaf"]
Key = tuple[str, str, TieReach, int, Index | None]


@dataclass(frozen=True, slots=True)
class Tie:
    """`target` reads `source`, perhaps through hidden signals; `products` are its labels.

    Over a tree, the index of a "child" tie names the child, and a "leaf" tie goes into what the
    target is at a leaf.
    """

    source: str
    target: str
    reach: TieReach
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
            index = Index(link.child) if link.child else link.index
            found.append(Tie(link.source, link.target, link.reach, link.delay, index, ways))
    return merged([*found, *_leaf_ties(circuit)])


def _leaf_ties(circuit: Circuit) -> Iterator[Tie]:
    for signal in circuit.leaf_signals:
        boundary = circuit.leaf_history(signal)
        if boundary is None or boundary.value is None:
            continue
        ways = products(circuit, boundary.value)
        for number, read in boundary.value.reads():
            if circuit.kind_of(read.signal) != "param":
                yield Tie(read.signal, signal, "leaf", 0, None, ways.get(number, ()))


def contract(found: tuple[Tie, ...], hidden: Iterable[str]) -> tuple[tuple[Tie, ...], set[str]]:
    """Join the ties through hidden signals; also return those that are hidden in fact.

    A hidden signal that reads itself stays: its wires would have endless labels. So does one with
    a value at the leaves of a tree.
    """
    gone: set[str] = set()
    for name in hidden:
        if not any(_keeps(tie, name) for tie in found):
            gone.add(name)
            found = _without(found, name)
    return found, gone


def _keeps(tie: Tie, name: str) -> bool:
    at_leaf = (tie.reach == "child" and tie.source == name) or (
        tie.reach == "leaf" and tie.target == name
    )
    return at_leaf or tie.source == tie.target == name


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


def _reach(first: Tie, second: Tie) -> tuple[TieReach, int, Index | None]:
    if second.reach == "leaf" and first.reach == "step":
        return "leaf", 0, None
    if first.reach == "child" and second.reach == "step":
        return "child", 1, first.index
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
