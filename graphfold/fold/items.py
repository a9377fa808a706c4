"""Items: the operations of the circuit to be, what each reads, and which become signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Literal

import numpy as np

from graphfold.expression import REDUCTIONS
from graphfold.fold.find.part import Kind, Slot
from graphfold.fold.graph import Graph, identity
from graphfold.fold.meaning import meaning
from graphfold.fold.plan import Plan
from graphfold.fold.writing.names import base_of
from graphfold.traces.trace import Numbers

_ROUNDS = 8

What = Literal["item", "fixed", "sequence", "element", "leaf", "const", "clock", "all"]


@dataclass(frozen=True)
class Ref:
    """What an operand is.

    An "item" `delay` steps ago, or at a "fixed" step, or at "all" steps; an input "sequence"
    (number `item` of the plan's) `delay` steps ago or its "element" at a step; a "leaf" or "const"
    `node`; a number that moves with the "clock".
    """

    what: What
    item: int = -1
    delay: int = 0
    step: int = 0
    node: int = -1
    clock: tuple[float, float] = (1, 0)


@dataclass
class Item:
    """One operation of the circuit; `part` is None when it is static. `nodes` by step."""

    part: int | None
    nodes: Numbers
    refs: list[Ref] = field(default_factory=list)
    signal: bool = False
    owner: int = -1
    name: str = ""
    recurrent: bool = False

    @property
    def node(self) -> int:
        """One of its nodes."""
        return int(self.nodes[self.nodes >= 0][0])


@dataclass
class Items:
    """All items of a plan, operands before their readers as far as no delay is between.

    `sequences` are the leaf kinds as (part, kind); `roots` the items whose values must come out at
    given steps.
    """

    plan: Plan
    items: list[Item] = field(default_factory=list)
    of_kind: dict[tuple[int, int], int] = field(default_factory=dict)
    of_static: dict[int, int] = field(default_factory=dict)
    sequences: dict[tuple[int, int], int] = field(default_factory=dict)

    def ref(self, node: int, history: bool = False) -> Ref:
        """How something outside the parts reads a node; a number fits the shape of a history."""
        plan, graph = self.plan, self.plan.graph
        if graph.trace.op(node) == "const":
            return Ref("const" if _is_told(graph, node, history) else "leaf", node=node)
        if plan.part[node] >= 0:
            item = self.of_kind[int(plan.part[node]), int(plan.kind[node])]
            return Ref("fixed", item, step=int(plan.step[node]))
        if node in plan.elements:
            part, kind, step = plan.elements[node]
            return Ref("element", self.sequences[part, kind], step=step)
        if graph.leaf[node] or node in plan.stray:
            return Ref("leaf", node=node)
        return Ref("item", self.of_static[node])

    def readers(self) -> list[list[tuple[int, Ref]]]:
        """Who reads each item, and how."""
        found: list[list[tuple[int, Ref]]] = [[] for _ in self.items]
        for number, item in enumerate(self.items):
            for ref in item.refs:
                if ref.what in ("item", "fixed", "all"):
                    found[ref.item].append((number, ref))
        return found


def _is_told(graph: Graph, node: int, history: bool) -> bool:
    """Whether an expression can hold a constant: finite, and telling its own shape."""
    value, shape = graph.trace.attributes_of(node).get("value"), graph.trace.shape_of(node)
    numbers = np.asarray(value)
    if not numbers.size or not np.isfinite(numbers).all():
        return False
    if isinstance(value, list):
        return history or not any(isinstance(size, str) for size in shape or ())
    return history or not shape


def make_items(plan: Plan) -> Items:
    """The items of a plan, those that become signals marked."""
    items = Items(plan)
    for number, part in enumerate(plan.parts):
        for place in _kind_order(plan.graph, part.kinds):
            kind = part.kinds[place]
            if kind.leaf:
                items.sequences[number, place] = len(items.sequences)
            else:
                items.of_kind[number, place] = len(items.items)
                items.items.append(Item(number, kind.nodes))
    for node in _static_order(items):
        items.of_static[node] = len(items.items)
        items.items.append(Item(None, np.array([node])))
    _read(items)
    _choose_signals(items)
    return items


def _kind_order(graph: Graph, kinds: tuple[Kind, ...]) -> list[int]:
    """Kinds, those read at the same step first; equal ones by their operations and leaves."""
    names = [_kind_name(graph, kind) for kind in kinds]
    read = [{s.kind for s in k.slots if s.kind >= 0 and not s.delay} for k in kinds]
    return _ordered(read, names)


def _ordered(read: list[set[int]], names: Sequence[tuple[str, ...]]) -> list[int]:
    """Numbers in an order where what is read stands first, layer by layer, each sorted by name."""
    waiting = [len(those) for those in read]
    readers: list[list[int]] = [[] for _ in read]
    for number, those in enumerate(read):
        for other in those:
            readers[other].append(number)
    layer = sorted((n for n, count in enumerate(waiting) if not count), key=lambda n: names[n])
    order: list[int] = []
    place: dict[int, int] = {}
    while layer:
        for number in layer:
            place[number] = len(order)
            order.append(number)
        fresh = []
        for number in layer:
            for reader in readers[number]:
                waiting[reader] -= 1
                if not waiting[reader]:
                    fresh.append(reader)
        layer = sorted(fresh, key=lambda n: (names[n], sorted(place[r] for r in read[n])))
    assert len(order) == len(read), "operations of one step read each other in a circle"
    return order


def _kind_name(graph: Graph, kind: Kind) -> tuple[str, ...]:
    trace, node = graph.trace, int(kind.nodes[kind.nodes >= 0][0])
    if kind.leaf:
        return (graph.families[kind.family].name if kind.family >= 0 else identity(trace, node),)
    slots = (_slot_name(graph, slot) for slot in kind.slots)
    return meaning(trace.op(node), trace.attributes_of(node), int(graph.arity[node])), *slots


def _slot_name(graph: Graph, slot: Slot) -> str:
    if slot.node >= 0:
        leaf = graph.leaf[slot.node]
        return identity(graph.trace, slot.node) if leaf else graph.trace.op(slot.node)
    return f"{slot.delay} {slot.clock}"


def _static_order(items: Items) -> list[int]:
    plan = items.plan
    place = {node: number for number, node in enumerate(plan.statics)}
    trace = plan.graph.trace
    read = [{place[o] for o in trace.operands_of(n) if o in place} for n in plan.statics]
    told: dict[int, str] = {}
    for number in _ordered(read, [("",)] * len(read)):
        told[plan.statics[number]] = _static_text(items, plan.statics[number], told)
    told = _told_apart(items, told)
    names = [(trace.names.get(n, ""), told[n]) for n in plan.statics]
    return [plan.statics[number] for number in _ordered(read, names)]


def _told_apart(items: Items, told: dict[int, str]) -> dict[int, str]:
    """Tell equal operations apart by who reads them, and so on."""
    for _ in range(_ROUNDS):
        count = len(set(told.values()))
        if count == len(told):
            break
        told = {
            n: _digest(_static_text(items, n, told), *_reader_texts(items, n, told)) for n in told
        }
        if len(set(told.values())) == count:
            break
    return told


def _static_text(items: Items, node: int, told: dict[int, str]) -> str:
    """A text for an operation and all it is made of, whatever the order of the trace."""
    trace = items.plan.graph.trace
    count = int(items.plan.graph.arity[node])
    texts = [meaning(trace.op(node), trace.attributes_of(node), count)]
    texts += [told.get(o) or _operand_text(items, o) for o in trace.operands_of(node)]
    return _digest(*texts)


def _digest(*texts: str) -> str:
    return blake2b("\n".join(texts).encode(), digest_size=12).hexdigest()


def _operand_text(items: Items, node: int) -> str:
    plan = items.plan
    if plan.part[node] >= 0:
        item = items.of_kind[int(plan.part[node]), int(plan.kind[node])]
        return f"{item} {plan.step[node]}"
    return identity(plan.graph.trace, node) + str(plan.elements.get(node))


def _reader_texts(items: Items, node: int, told: dict[int, str]) -> list[str]:
    graph = items.plan.graph
    _, who, places = graph.readers_of(np.array([node]))
    pairs = zip(who.tolist()[:100], places.tolist(), strict=False)
    return sorted(f"{told.get(w) or _operand_text(items, w)} {p}" for w, p in pairs)


def _read(items: Items) -> None:
    """Say what every item reads."""
    for (part, place), number in items.of_kind.items():
        slots = items.plan.parts[part].kinds[place].slots
        items.items[number].refs = [_slot_ref(items, part, slot) for slot in slots]
    for node, number in items.of_static.items():
        operands = items.plan.graph.trace.operands_of(node)
        over = _reduced(items, node, operands)
        items.items[number].refs = [over] if over else [items.ref(o) for o in operands]


def _slot_ref(items: Items, part: int, slot: Slot) -> Ref:
    if slot.clock is not None:
        return Ref("clock", clock=slot.clock)
    if slot.kind < 0:
        return items.ref(slot.node)
    if (part, slot.kind) in items.sequences:
        return Ref("sequence", items.sequences[part, slot.kind], slot.delay)
    return Ref("item", items.of_kind[part, slot.kind], slot.delay)


def _reduced(items: Items, node: int, operands: list[int]) -> Ref | None:
    """All steps of an item, when a reduction over an axis reads just these."""
    plan = items.plan
    if plan.graph.trace.op(node) not in REDUCTIONS or not operands or plan.part[operands[0]] < 0:
        return None
    part, kind = int(plan.part[operands[0]]), int(plan.kind[operands[0]])
    same = np.array_equal(plan.parts[part].kinds[kind].nodes, operands)
    return Ref("all", items.of_kind[part, kind]) if same else None


# -- signals -------------------------------------------------------------------------------------


def _choose_signals(items: Items) -> None:
    """Mark the items that need a name; each other one belongs to the one that reads it."""
    for number in _must_be_signals(items):
        items.items[number].signal = True
    readers = items.readers()
    while True:
        for number in range(len(items.items) - 1, -1, -1):
            item = items.items[number]
            owners = {items.items[r].owner for r, _ in readers[number]}
            if not item.signal and len(owners) == 1:
                item.owner = owners.pop()
            else:
                item.signal, item.owner = True, number
        twins = list(_twins(items))
        if not twins:
            return
        for number in twins:
            items.items[number].signal = True


def _twins(items: Items) -> Iterator[int]:
    """Equal operations in one equation, which would become one: they need names."""
    seen: dict[tuple[object, ...], int] = {}
    trace = items.plan.graph.trace
    same: list[int] = []
    for number, item in enumerate(items.items):
        op = meaning(trace.op(item.node), trace.attributes_of(item.node), len(item.refs))
        refs = tuple(replace(r, item=same[r.item]) if _inner(items, r) else r for r in item.refs)
        first = seen.setdefault((item.owner, op, refs), number)
        same.append(first)
        if first != number and not item.signal:
            yield number


def _inner(items: Items, ref: Ref) -> bool:
    return ref.what == "item" and not ref.delay and not items.items[ref.item].signal


def _must_be_signals(items: Items) -> Iterator[int]:
    trace = items.plan.graph.trace
    for number, item in enumerate(items.items):
        ends = (trace.names.get(int(n)) for n in item.nodes[[0, -1]] if n >= 0)
        if base_of(ends) or (item.part is None and item.node in trace.names):
            yield number
        for ref in item.refs:
            yield from _named_by(items, number, ref)
    read = [items.ref(root) for root in items.plan.roots]
    for part in items.plan.parts:
        read += [items.ref(node, history=True) for node in part.histories.values()]
    yield from (ref.item for ref in read if ref.what in ("item", "fixed"))
    yield from (items.of_kind[pair] for pair in items.plan.gathered.values())


def _named_by(items: Items, number: int, ref: Ref) -> Iterator[int]:
    """The items that need a name because one reads the other in such a way."""
    if ref.what == "all":
        yield number
    if (
        ref.what in ("fixed", "all")
        or (ref.what == "item" and ref.delay)
        or (
            ref.what == "item"
            and ((items.items[ref.item].part is None) != (items.items[number].part is None))
        )
    ):
        yield ref.item
