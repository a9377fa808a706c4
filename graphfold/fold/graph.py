"""A trace made ready for folding: keys of operations, families of elements, readers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphfold.traces.order import levels, readers
from graphfold.traces.trace import Numbers, Trace, canonical

MOVING = ("index", "start", "stop", "step_index")
READS = frozenset(
    [
        "getitem",
        "select",
        "slice",
        "unbind",
        "index",
        "index_select",
        "gather",
        "take",
        "split",
        "chunk",
        "narrow",
        "Gather",
        "Slice",
        "Split",
        "dynamic_slice",
        "squeeze_getitem",
    ]
)
Hashes = NDArray[np.uint64]

_MOST_ANCESTORS = 40
_SPARSEST = 64


@dataclass(frozen=True)
class Graph:
    """A trace with equal constants as one node, and what folding asks of it again and again.

    `key` is one number for an operation with its attributes (of leaves: what could take its place
    in another repetition), `fine` that with the leaves it reads; `family` and `index` tell which
    elements belong to one sequence; `told` tells nodes apart by what they are made
    of, a few operations deep; `named` are operations whose names tell a step; `once` is the
    node that stands for each.
    """

    trace: Trace
    starts: Numbers
    operands: Numbers
    out_starts: Numbers
    out_targets: Numbers
    out_places: Numbers
    arity: Numbers
    key: Numbers
    fine: Numbers
    told: Numbers
    leaf: NDArray[np.bool_]
    constant: Mapping[int, float]
    family: Numbers
    index: Numbers
    families: tuple[Family, ...]
    once: Numbers
    named: tuple[Family, ...]

    @cached_property
    def levels(self) -> Numbers:
        """The longest path of operations that leads to each node."""
        return levels(self.trace)

    def operand(self, nodes: Numbers, place: int) -> Numbers:
        """The operand of each node at one place."""
        return self.operands[self.starts[nodes] + place]

    def readers_of(self, nodes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """All reads of some nodes: whose they are (by place in `nodes`), who reads, and where."""
        counts = self.out_starts[nodes + 1] - self.out_starts[nodes]
        whose = np.repeat(np.arange(len(nodes)), counts)
        first = np.repeat(self.out_starts[nodes] - (np.cumsum(counts) - counts), counts)
        edges = first + np.arange(len(whose))
        return whose, self.out_targets[edges], self.out_places[edges]


@dataclass(frozen=True)
class Family:
    """Elements of one sequence: reads of `whole` by an index, or leaves numbered in their names."""

    name: str
    nodes: Numbers
    indices: Numbers
    whole: int | None = None
    stride: int = 1


def make_graph(trace: Trace) -> Graph:
    """Prepare a trace; equal constants become one node."""
    once = stand_ins(trace)
    operands = once[trace.operands] if len(trace.operands) else trace.operands
    merged = replace(trace, operands=operands)
    named = _named_families(merged)
    families = _read_families(merged, named, once) + named
    family, index = np.full(len(trace), -1, np.int64), np.zeros(len(trace), np.int64)
    for number, found in reversed([*enumerate(families)]):
        family[found.nodes], index[found.nodes] = number, found.indices
    out_starts, out_targets, out_places = readers(merged)
    keys, arity = _keys(merged), np.diff(merged.starts)
    graph = Graph(
        merged, merged.starts, operands, out_starts, out_targets, out_places,
        arity, keys, keys, keys, merged.is_leaf, _numbers(merged),
        family, index, tuple(families), once, tuple(_signals(merged)),
    )  # fmt: skip
    hashes = leaf_hashes(graph)
    for _ in range(3):
        hashes = refine_by_operands(graph, hashes)
    return replace(graph, fine=_fine(graph), told=(hashes >> np.uint64(2)).astype(np.int64))


def _fine(graph: Graph) -> Numbers:
    """Keys of operations that tell apart which leaves they read, too."""
    told = leaf_hashes(graph)
    told[~graph.leaf | (graph.family >= 0)] = 0
    places = np.arange(len(graph.operands)) - np.repeat(graph.starts[:-1], graph.arity)
    read = told[graph.operands]
    read = np.where(read > 0, mix(read + mix(places + 3)), np.uint64(0))
    found = mix(mix(graph.key) + sums(read, graph.starts)) >> np.uint64(22)
    return found.astype(np.int64)


def nodes_of(trace: Trace, *ops: str) -> Numbers:
    """The nodes with one of some operations."""
    codes = [i for i, op in enumerate(trace.op_names) if op in ops]
    return np.flatnonzero(np.isin(trace.ops, codes))


def stand_ins(trace: Trace) -> Numbers:
    """For each node the one that stands for it.

    Equal constants are one node, and so are equal reads of one element of a leaf.
    """
    first: dict[tuple[int, ...], int] = {}
    found = np.arange(len(trace))
    for node in nodes_of(trace, "const").tolist():
        found[node] = first.setdefault((int(trace.attrs[node]), int(trace.shapes[node])), node)
    leaf, arity = trace.is_leaf, np.diff(trace.starts)
    shallow = leaf.copy()
    ops = np.flatnonzero(arity == 1)
    shallow[ops[leaf[trace.operands[trace.starts[ops]]]]] = True
    for node in nodes_of(trace, *READS).tolist():
        if arity[node] == 1 and shallow[whole := int(trace.operands[trace.starts[node]])]:
            pair = (whole, int(trace.ops[node]), int(trace.attrs[node]))
            found[node] = first.setdefault(pair, node)
    return found


def _numbers(trace: Trace) -> dict[int, float]:
    """The constants that are single numbers."""
    found = {}
    for node in nodes_of(trace, "const").tolist():
        value = trace.attributes_of(node).get("value")
        if isinstance(value, int | float):
            found[node] = value
    return found


def _keys(trace: Trace) -> Numbers:
    """One number for each operation, attributes, number of operands, and shape.

    The shape of operations counts only where all of them tell it. The numbers come from texts, so
    that they do not depend on the order of the nodes.
    """
    ops = _text_codes(trace.op_names)
    attrs = _text_codes([canonical(a) if a else "" for a in trace.attributes])
    shapes = _text_codes([repr(shape) for shape in trace.shape_table])
    attrs_of = np.where(trace.is_leaf, np.uint64(0), attrs[trace.attrs])
    told_by_all = bool((trace.shapes[~trace.is_leaf] > 0).all())
    shape_of = np.where(trace.is_leaf | told_by_all, shapes[trace.shapes], np.uint64(0))
    arity = np.diff(trace.starts).astype(np.uint64)
    told = mix(ops[trace.ops] + mix(attrs_of + mix(shape_of + mix(arity))))
    return (told >> np.uint64(22)).astype(np.int64)


def _text_codes(texts: Sequence[str]) -> Hashes:
    digests = (blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.array([int.from_bytes(digest, "big") for digest in digests], np.uint64)


# -- families -----------------------------------------------------------------------------------


@dataclass
class _Group:
    nodes: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)

    def family(self, name: str, whole: int | None = None) -> Family | None:
        """The elements in order, if they are at least two, each index in equal distances."""
        distinct = sorted(set(self.indices))
        if len(distinct) < 2:
            return None
        stride = gcd(*(b - a for a, b in pairwise(distinct)))
        if (distinct[-1] - distinct[0]) // stride > _SPARSEST * len(distinct):
            return None
        places = [(i - distinct[0]) // stride for i in self.indices]
        return Family(name, np.array(self.nodes), np.array(places), whole, stride)


def _read_families(trace: Trace, named: list[Family], once: Numbers) -> list[Family]:
    """Reads of one node by indices that differ: of an input, or of what is made of one at once.

    The parts of a value that is cut anew in each repetition (gates of one matrix) are no sequence.
    """
    groups: dict[tuple[int, int, str], _Group] = {}
    moving: dict[int, tuple[int, str] | None] = {}
    arity = np.diff(trace.starts)
    own = once == np.arange(len(trace))
    reads = nodes_of(trace, *READS)
    for node in reads[own[reads]].tolist():
        code = int(trace.attrs[node])
        if code not in moving:
            moving[code] = _moving(trace.attributes[code])
        told = moving[code]
        if told is None or arity[node] != 1:
            continue
        whole = int(trace.operands[trace.starts[node]])
        group = groups.setdefault((whole, int(trace.ops[node]), told[1]), _Group())
        group.nodes.append(node)
        group.indices.append(told[0])
    elements = {n for family in named for n in family.nodes.tolist()}
    whole_of = {w: _is_whole(trace, w, elements) for w, _, _ in groups}
    cut = {_cut_key(trace, key, group) for key, group in groups.items() if not whole_of[key[0]]}
    found = (
        group.family(_whole_name(trace, key[0]), key[0])
        for key, group in groups.items()
        if whole_of[key[0]] and _cut_key(trace, key, group) not in cut
    )
    return [family for family in found if family is not None]


def _cut_key(trace: Trace, key: tuple[int, int, str], group: _Group) -> tuple[object, ...]:
    whole, op, rest = key
    return (
        int(trace.ops[whole]),
        int(trace.attrs[whole]),
        op,
        rest,
        tuple(sorted(set(group.indices))),
    )


def _is_whole(trace: Trace, node: int, elements: set[int]) -> bool:
    """Whether a node is made of few leaves, none of which is an element of a sequence."""
    seen, pending = {node}, [node]
    while pending and len(seen) <= _MOST_ANCESTORS:
        current = pending.pop()
        if current in elements or (trace.op(current) in READS and current != node):
            return False
        fresh = set(trace.operands_of(current)) - seen
        seen |= fresh
        pending += fresh
    return not pending


def _whole_name(trace: Trace, node: int) -> str:
    """The name of a sequence: that of the leaf it is made of."""
    for _ in range(8):
        if node in trace.names or trace.starts[node] == trace.starts[node + 1]:
            break
        node = int(trace.operands[trace.starts[node]])
    return trace.names.get(node, "x")


def _moving(attributes: Mapping[str, Any]) -> tuple[int, str] | None:
    """The index that moves, and the rest of the attributes relative to it."""
    given = {n: attributes[n] for n in MOVING if n in attributes}
    if not given or any(isinstance(v, bool) or not isinstance(v, int) for v in given.values()):
        return None
    first = next(iter(given.values()))
    rest = {n: v for n, v in attributes.items() if n not in given}
    return first, canonical([rest, {n: v - first for n, v in given.items()}])


def _named_families(trace: Trace) -> list[Family]:
    """Inputs and parameters whose names differ in one number: x[1], x[2]; layers.0.W."""
    leaves = nodes_of(trace, "input", "param").tolist()
    groups: dict[tuple[str, str, int, int], _Group] = {}
    chosen: dict[int, list[tuple[tuple[str, str, int, int], int]]] = {}
    for node in leaves:
        name = trace.names.get(node, "")
        for match in re.finditer(r"-?\d+", name):
            start, text = match.start(), match.group()
            if text.startswith("-") and (start == 0 or name[start - 1] != "["):
                start, text = start + 1, text[1:]
            rest = (name[:start], name[match.end() :])
            template = (*rest, int(trace.ops[node]), int(trace.shapes[node]))
            groups.setdefault(template, _Group()).nodes.append(node)
            groups[template].indices.append(int(text))
            chosen.setdefault(node, []).append((template, int(text)))

    def likelihood(template: tuple[str, str, int, int]) -> tuple[bool, int]:
        """A number in brackets at the end is a step; else the one that takes most values."""
        count = len(groups[template].nodes)
        return count > 1 and (template[0][-1:], template[1]) == ("[", "]"), count

    best = {n: max((t for t, _ in those), key=likelihood) for n, those in chosen.items()}
    found = []
    for template, group in groups.items():
        kept = [i for i, n in enumerate(group.nodes) if best[n] == template]
        part = _Group([group.nodes[i] for i in kept], [group.indices[i] for i in kept])
        family = part.family(_template_name(template[0], template[1]))
        if family is not None and len(set(part.indices)) == len(part.indices):
            found.append(family)
    return found


def _signals(trace: Trace) -> list[Family]:
    """Operations whose names tell a signal and a step: h[1], h[2]."""
    groups: dict[tuple[str, int], _Group] = {}
    leaf = trace.is_leaf
    for node, name in trace.names.items():
        match = None if leaf[node] else re.fullmatch(r"(.+)\[(-?\d+)\]", name)
        if match:
            group = groups.setdefault((match[1], int(trace.ops[node])), _Group())
            group.nodes.append(node)
            group.indices.append(int(match[2]))
    found = [group.family(name) for (name, _), group in groups.items()]
    return [f for f in found if f is not None and len(set(f.indices.tolist())) == len(f.indices)]


def _template_name(before: str, after: str) -> str:
    return f"{before.rstrip('[._-')}{after.lstrip(']')}" or "x"


# -- hashes -------------------------------------------------------------------------------------


def mix(values: Any) -> Hashes:
    """Scatter 64-bit numbers (the finaliser of SplitMix64)."""
    x = np.asarray(values).astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def sums(values: Hashes, starts: Numbers) -> Hashes:
    """The sum of each run of values, modulo 2**64."""
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)])
    found: Hashes = total[starts[1:]] - total[starts[:-1]]
    return found


def leaf_hashes(graph: Graph) -> Hashes:
    """What tells nodes apart whatever the step: operation, or which leaf it is."""
    found = mix(graph.key)
    families = _text_codes([family.name for family in graph.families] or [""])
    member = graph.family >= 0
    found[member] = mix(families[graph.family[member]] + np.uint64(1))
    alone = np.flatnonzero(graph.leaf & ~member)
    texts = [identity(graph.trace, node) for node in alone.tolist()]
    found[alone] = mix(_text_codes(texts) + np.uint64(2)) if texts else found[alone]
    return found


def identity(trace: Trace, node: int) -> str:
    """What a leaf is known by, whatever its place in the trace."""
    shape = trace.shape_of(node)
    if trace.op(node) == "const":
        return f"const {canonical(trace.attributes_of(node))} {shape}"
    return f"{trace.op(node)} {trace.names.get(node)} {shape}"


def refine_by_operands(graph: Graph, hashes: Hashes) -> Hashes:
    """Tell nodes apart by what they read."""
    places = np.arange(len(graph.operands)) - np.repeat(graph.starts[:-1], graph.arity)
    read = mix(hashes[graph.operands] + mix(places + 7).astype(np.uint64))
    fresh = mix(hashes * np.uint64(3) + sums(read, graph.starts))
    return np.where(graph.leaf | (graph.family >= 0), hashes, fresh)


def refine_by_readers(graph: Graph, hashes: Hashes) -> Hashes:
    """Tell nodes apart by who reads them."""
    read = mix(hashes[graph.out_targets] + mix(graph.out_places + 11).astype(np.uint64))
    return mix(hashes * np.uint64(5) + sums(read, graph.out_starts))
