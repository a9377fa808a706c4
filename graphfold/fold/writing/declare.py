"""Declarations: inputs and parameters of a folded circuit, static ones and sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from graphfold.circuit import Signal
from graphfold.fold.graph import identity
from graphfold.fold.items import Ref
from graphfold.fold.writing.leaf_shapes import leaf_shape
from graphfold.fold.writing.sheet import Sheet
from graphfold.traces.trace import Numbers


def static_leaves(sheet: Sheet) -> tuple[set[int], set[int]]:
    """The leaves and single elements to declare: those with names of their own, and the others."""
    leaves = {ref.node for ref in _refs(sheet) if ref.what == "leaf"} - sheet.alone
    own = {n for n in leaves if sheet.graph.family[n] < 0 and sheet.trace.op(n) != "const"}
    return own, leaves - own


def declare_leaves(sheet: Sheet, nodes: Iterable[int]) -> None:
    """Declare static inputs and parameters, in the order of their names."""
    names = {node: _leaf_name(sheet, node) for node in nodes}
    for node in sorted(names, key=lambda n: (names[n], identity(sheet.trace, n))):
        name = sheet.leaf_names[node] = sheet.names.take(names[node], "x")
        _declare(sheet, name, np.array([node]))


def declare_sequences(sheet: Sheet) -> None:
    """Declare the input sequences, equal ones over one axis once."""
    same: dict[tuple[str, bytes], str] = {}
    for (part, place), number in sheet.items.sequences.items():
        kind, axis = sheet.plan.parts[part].kinds[place], sheet.axis(part).name
        key = (axis, kind.nodes.tobytes())
        if key not in same:
            wanted = _sequence_name(sheet, kind.nodes, kind.family)
            same[key] = sheet.names.take(wanted, "x")
            _declare(sheet, same[key], kind.nodes, axis)
        sheet.sequence_names[number] = same[key]


def _refs(sheet: Sheet) -> Iterator[Ref]:
    """All reads of the circuit."""
    items = sheet.items
    for item in items.items:
        yield from item.refs
    for part in items.plan.parts:
        yield from (items.ref(node, history=True) for node in part.histories.values())
    yield from (items.ref(root) for root in items.plan.roots)


def _declare(sheet: Sheet, name: str, nodes: Numbers, axis: str | None = None) -> None:
    node = int(nodes[nodes >= 0][0])
    shape = leaf_shape(sheet.trace, node)
    if sheet.trace.op(node) == "param" and axis is None:
        sheet.params.append(Signal(name, "param", axis, shape))
    else:
        sheet.inputs.append(Signal(name, "input", axis, shape))
    sheet.leaves[name] = nodes


def _leaf_name(sheet: Sheet, node: int) -> str:
    if sheet.trace.op(node) == "const":
        return "constant"
    if node in sheet.trace.names:
        return sheet.trace.names[node]
    family = sheet.graph.families[sheet.graph.family[node]]
    return f"{family.name}_{int(sheet.graph.index[node])}"


def _sequence_name(sheet: Sheet, nodes: Numbers, family: int) -> str:
    """The name of the family, or what the names of all elements begin with."""
    if family >= 0:
        return sheet.graph.families[family].name
    names = [sheet.trace.names.get(int(n), "") for n in nodes[nodes >= 0]]
    first, last = min(names), max(names)
    common = next((i for i, c in enumerate(first) if last[i : i + 1] != c), len(first))
    return first[:common].rstrip("0123456789.[_-")
