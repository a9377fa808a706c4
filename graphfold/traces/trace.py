"""The trace: a flat acyclic graph of operations, as arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
ShapeLike = tuple[int | str, ...]

LEAVES = ("input", "param", "const")


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """A graph of operations: node i is `op_names[ops[i]]` of `operands[starts[i]:starts[i + 1]]`.

    `attributes[attrs[i]]` and `shape_table[shapes[i]]` are its attributes and its shape; entry 0 of
    these tables stands for none. `names` and `ids` are sparse and full texts of nodes; nodes stand
    in any order. Make one with `read_trace`.
    """

    op_names: tuple[str, ...]
    ops: Numbers
    starts: Numbers
    operands: Numbers
    attributes: tuple[Mapping[str, Any], ...]
    attrs: Numbers
    shape_table: tuple[ShapeLike | None, ...]
    shapes: Numbers
    outputs: Numbers
    names: Mapping[int, str] = field(default_factory=dict)
    ids: Sequence[str] = ()
    name: str = "trace"

    def __repr__(self) -> str:
        return f"<trace {self.name!r}: {len(self):,} nodes>"

    def __len__(self) -> int:
        return len(self.ops)

    @property
    def operation_count(self) -> int:
        """The number of nodes that are no leaves."""
        return int((~self.is_leaf).sum())

    @cached_property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Which nodes are inputs, parameters or constants."""
        return np.isin(self.ops, [i for i, op in enumerate(self.op_names) if op in LEAVES])

    def op(self, node: int) -> str:
        """The operation of a node."""
        return self.op_names[int(self.ops[node])]

    def attributes_of(self, node: int) -> Mapping[str, Any]:
        """The attributes of a node."""
        return self.attributes[int(self.attrs[node])]

    def shape_of(self, node: int) -> ShapeLike | None:
        """The shape of a node, or None when it is not known."""
        return self.shape_table[int(self.shapes[node])]

    def operands_of(self, node: int) -> list[int]:
        """The operands of a node, in order."""
        found: list[int] = self.operands[self.starts[node] : self.starts[node + 1]].tolist()
        return found

    def id_of(self, node: int) -> str:
        """The id of a node."""
        return self.ids[node] if self.ids else f"n{node}"

    def label(self, node: int) -> str:
        """How a message names a node: its id and operation."""
        name = self.names.get(node)
        told = f" named '{name}'" if name else ""
        return f"'{self.id_of(node)}' ({self.op(node)}{told})"

    def to_dict(self) -> dict[str, Any]:
        """The trace as the data of its JSON form."""
        nodes = [self._node(i) for i in range(len(self))]
        outputs = [self.id_of(i) for i in self.outputs.tolist()]
        return {"graphfold_trace": 1, "name": self.name, "nodes": nodes, "outputs": outputs}

    def _node(self, number: int) -> dict[str, Any]:
        node: dict[str, Any] = {"id": self.id_of(number), "op": self.op(number)}
        if operands := self.operands_of(number):
            node["operands"] = [self.id_of(o) for o in operands]
        if attributes := self.attributes_of(number):
            node["attrs"] = dict(attributes)
        if number in self.names:
            node["name"] = self.names[number]
        if (shape := self.shape_of(number)) is not None:
            node["shape"] = list(shape)
        return node


class Codes:
    """Numbers for things in the order they are first met; equal keys get one number."""

    def __init__(self, *first: Any) -> None:
        self.items: list[Any] = []
        self._numbers: dict[Any, int] = {}
        for item in first:
            self.code(item, item if item is None else repr(item))

    def code(self, item: Any, key: Any) -> int:
        """The number of an item that is known by a hashable key."""
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.items)
            self.items.append(item)
        return number


class AttributeCodes:
    """Numbers for attribute tables; code 0 is the empty one."""

    def __init__(self) -> None:
        self._codes = Codes()
        self.code({})

    def code(self, attributes: Mapping[str, Any]) -> int:
        """The number of a table; tables of equal values have one number."""
        return self._codes.code(dict(attributes), canonical(attributes) if attributes else "")

    @property
    def table(self) -> tuple[Mapping[str, Any], ...]:
        """All tables by number."""
        return tuple(self._codes.items)


def canonical(value: Any) -> str:
    """A text that is the same for equal attributes: 0, 0.0 and False differ, order does not."""
    return json.dumps(value, sort_keys=True, default=str)


def csr(rows: Iterable[Sequence[int]]) -> tuple[Numbers, Numbers]:
    """Starts and operands of rows of operands."""
    rows = list(rows)
    starts = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=starts[1:])
    flat = np.fromiter((o for row in rows for o in row), np.int64, int(starts[-1]))
    return starts, flat
