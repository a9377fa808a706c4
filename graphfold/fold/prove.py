"""The proof: unfold the circuit and compare it with the trace, node for node.

Nothing here knows how the circuit was found. Every operation of the unfolding that stands for a
node must be the same operation, read the same operands in the same order, and every operation of
the trace must have exactly one that stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from graphfold.fold.graph import Graph
from graphfold.fold.meaning import meaning
from graphfold.fold.writing.write import Draft
from graphfold.traces.operation_level import OperationLevel
from graphfold.traces.spelled import floats
from graphfold.traces.trace import Numbers, ShapeLike, Trace, canonical


@dataclass(frozen=True)
class Outside:
    """Nodes that the circuit need not hold, and those whose values must be its outputs."""

    nodes: Numbers
    roots: Numbers


def find_flaw(graph: Graph, draft: Draft, level: OperationLevel, outside: Outside) -> str | None:
    """What makes the unfolding differ from the trace; None when they are the same.

    Linear in the size of both.
    """
    flaw = _without_place(draft, level)
    if flaw is not None:
        return flaw
    origin = _origin(graph, draft, level)
    return (
        _wrong_leaves(graph, draft)
        or _wrong_operations(graph, level.trace, draft, origin)
        or _wrong_operands(graph, level.trace, draft, origin)
        or _not_once(graph, draft, origin, outside)
        or _wrong_outputs(graph, level.trace, origin, outside)
    )


def _without_place(draft: Draft, level: OperationLevel) -> str | None:
    """Every operation and leaf that is said to stand for nodes must be there, at each step."""
    for key, nodes in draft.blocks.items():
        if key not in level.blocks or len(level.blocks[key]) != len(nodes):
            return f"'{key[0][0]}' would have other operations"
    for name, nodes in draft.leaves.items():
        if name not in level.leaves or len(level.leaves[name]) != len(nodes):
            return f"'{name}' would have other steps"
    return None


def _origin(graph: Graph, draft: Draft, level: OperationLevel) -> Numbers:
    """For each node of the unfolding the node of the trace that it stands for, or -1."""
    origin = np.full(len(level.trace), -1, np.int64)
    pairs: list[tuple[Numbers, Numbers]] = [
        (level.blocks[key], nodes) for key, nodes in draft.blocks.items()
    ]
    pairs += [(level.leaves[name], nodes) for name, nodes in draft.leaves.items()]
    for key, node in draft.given.items():
        if key in level.given:
            pairs.append((np.array([level.given[key]]), np.array([node])))
    for numbers, nodes in pairs:
        there = numbers >= 0
        origin[numbers[there]] = nodes[there]
    return origin


def _wrong_leaves(graph: Graph, draft: Draft) -> str | None:
    """Inputs and parameters must be leaves, or elements of a sequence in equal distances."""
    static: dict[int, str] = {}
    for name, nodes in draft.leaves.items():
        there = np.flatnonzero(nodes >= 0)
        reads = there[~graph.leaf[nodes[there]]]
        if reads.size and (graph.family[nodes[reads]] != graph.family[nodes[reads[0]]]).any():
            return f"'{name}' would hold elements of several sequences"
        if (graph.family[nodes[reads]] < 0).any():
            return f"{graph.trace.label(int(nodes[reads[0]]))} is no element of a sequence"
        ahead = np.diff(graph.index[nodes[reads]])
        if ahead.size and (ahead * np.diff(reads)[0] != ahead[0] * np.diff(reads)).any():
            return f"the elements of '{name}' are not in equal distances"
        if draft.circuit.axis_of[name] is None and static.setdefault(int(nodes[0]), name) != name:
            return f"{graph.trace.label(int(nodes[0]))} would become several inputs"
    return None


def _wrong_operations(graph: Graph, unfolded: Trace, draft: Draft, origin: Numbers) -> str | None:
    there = np.flatnonzero((origin >= 0) & ~unfolded.is_leaf)
    nodes = origin[there]
    table = np.stack([
        unfolded.ops[there], unfolded.attrs[there], np.diff(unfolded.starts)[there],
        graph.trace.ops[nodes], graph.trace.attrs[nodes], graph.arity[nodes],
    ])  # fmt: skip
    _, first = np.unique(_coded(table), return_index=True)
    pairs = table[:, first]
    for (op, attrs, count, *other), at in zip(pairs.T.tolist(), first.tolist(), strict=True):
        name, attributes = unfolded.op_names[op], unfolded.attributes[attrs]
        name, attributes = draft.functions.get(name, (name, attributes))
        mine = meaning(name, attributes, count)
        theirs = meaning(graph.trace.op_names[other[0]], graph.trace.attributes[other[1]], other[2])
        if mine != theirs or count != other[2]:
            return f"{graph.trace.label(int(nodes[at]))} would become {name}"
    return None


def _coded(table: Numbers) -> Numbers:
    """One number for each column, the same for equal columns."""
    codes = np.zeros(table.shape[1], np.int64)
    for row in table:
        _, fresh = np.unique(codes * (int(row.max(initial=0)) + 1) + row, return_inverse=True)
        codes = fresh.reshape(-1)
    return codes


def _wrong_operands(graph: Graph, unfolded: Trace, draft: Draft, origin: Numbers) -> str | None:
    counts = np.diff(unfolded.starts)
    there = np.flatnonzero((origin >= 0) & (counts > 0))
    if not there.size:
        return None
    runs = counts[there]
    offsets = np.arange(int(runs.sum())) - np.repeat(np.cumsum(runs) - runs, runs)
    read = unfolded.operands[np.repeat(unfolded.starts[there], runs) + offsets]
    meant = graph.operands[np.repeat(graph.starts[origin[there]], runs) + offsets]
    stands = origin[read]
    wrong = np.flatnonzero(stands != meant)
    _, once = np.unique(np.stack([read[wrong], meant[wrong]]), axis=1, return_index=True)
    for at in wrong[np.sort(once)].tolist():
        if not _equal_constants(graph, unfolded, draft, int(read[at]), int(meant[at])):
            node = int(origin[np.repeat(there, runs)[at]])
            place = int(offsets[at]) + 1
            return f"operand {place} of {graph.trace.label(node)} would be another one"
    return None


def _equal_constants(graph: Graph, unfolded: Trace, draft: Draft, read: int, meant: int) -> bool:
    """Whether a constant of the trace is the constant, or the moving number, of the unfolding."""
    if graph.trace.op(meant) != "const":
        return False
    value = graph.trace.attributes_of(meant).get("value")
    if unfolded.op(read) == "const":
        given = unfolded.attributes_of(read).get("value")
        return _same(given, value) or _same(given, _spread(value, graph.trace.shape_of(meant)))
    signal, _, step = unfolded.names.get(read, "").rstrip("]").partition("[")
    if signal not in draft.clocks or not step:
        return False
    slope, start = draft.clocks[signal]
    return bool(slope * int(step) + start == value)


def _spread(value: Any, shape: ShapeLike | None) -> Any:
    """A number as the list of its shape, as far as that is known."""
    sizes = [size for size in shape or () if isinstance(size, int)]
    known = sizes and len(sizes) == len(shape or ()) and prod(sizes) < 10_000
    return np.broadcast_to(value, sizes).tolist() if known else value


def _same(one: Any, other: Any) -> bool:
    return canonical(floats(one)) == canonical(floats(other))


def _not_once(graph: Graph, draft: Draft, origin: Numbers, outside: Outside) -> str | None:
    """Every operation inside must have exactly one that stands for it."""
    held = np.zeros(len(graph.trace), np.int64)
    for nodes in draft.blocks.values():
        np.add.at(held, nodes[nodes >= 0], 1)
    standing = np.bincount(origin[origin >= 0], minlength=len(graph.trace))
    wanted = ~graph.leaf
    wanted[outside.nodes] = False
    wrong = np.flatnonzero(wanted & ((held != 1) | (standing != 1)))
    if not wrong.size:
        return None
    node = int(wrong[0])
    return f"{graph.trace.label(node)} would be there {int(held[node])} times"


def _wrong_outputs(graph: Graph, unfolded: Trace, origin: Numbers, outside: Outside) -> str | None:
    given = origin[unfolded.outputs]
    constants = [op == "const" for op in unfolded.op_names]
    real = ~np.array(constants, bool)[unfolded.ops[unfolded.outputs]]
    if (given[real] < 0).any():
        return "an output would have a step that the trace has not"
    missing = np.setdiff1d(outside.roots, given)
    missing = missing[[graph.trace.op(n) != "const" for n in missing.tolist()]]
    return f"{graph.trace.label(int(missing[0]))} would be no output" if missing.size else None
