"""Traces as JSON: every problem of the file at once, by the id of the node."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.errors import Diagnostic, Mark, ModelError, shorten, suggest
from graphfold.traces.order import find_cycle, topological_order
from graphfold.traces.trace import LEAVES, AttributeCodes, Codes, Trace, csr

_KEYS = ("graphfold_trace", "name", "nodes", "outputs")
_NODE_KEYS = ("id", "op", "operands", "attrs", "name", "shape")
_MOST_PROBLEMS = 20


def parse_trace(text: str | bytes, source: str | None = None) -> Trace:
    """Read a trace from the text of its JSON; ModelError lists what is wrong."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        mark = Mark(error.lineno, error.colno)
        raise ModelError([_problem("json", f"no JSON: {error.msg}", source, mark)]) from None
    except UnicodeDecodeError as error:
        raise ModelError([_problem("json", f"no UTF-8 text: {error.reason}", source)]) from None
    except RecursionError:
        raise ModelError([_problem("json", "brackets are nested too deep", source)]) from None
    return trace_from(data, source)


def trace_from(data: Any, source: str | None = None) -> Trace:
    """Read a trace from the data of its JSON; ModelError lists what is wrong.

    >>> x, y = {"id": "a", "op": "input", "name": "x"}, {"id": "b", "op": "exp", "operands": ["a"]}
    >>> trace_from({"graphfold_trace": 1, "nodes": [y, x], "outputs": ["b"]})
    <trace 'trace': 2 nodes>
    """
    reader = _Reader(source)
    reader.head(data)
    reader.stop()
    reader.nodes(data["nodes"])
    reader.stop()
    trace = reader.trace(data)
    reader.stop()
    if topological_order(trace) is None:
        cycle = find_cycle(trace)
        shown = [trace.id_of(n) for n in [*cycle[:8], cycle[0]]]
        told = (
            " <- ".join(map(shorten, shown)) if len(cycle) <= 8 else " <- ".join(shown[:8]) + " …"
        )
        reader.add("cycle", f"the trace has a cycle: {told}; an unrolled graph has none")
    reader.stop()
    return trace


def _problem(code: str, message: str, source: str | None, mark: Mark | None = None) -> Diagnostic:
    return Diagnostic("file", code, message, mark, source=source)


@dataclass
class _Reader:
    source: str | None
    problems: list[Diagnostic] = field(default_factory=list)
    count: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    ops: Codes = field(default_factory=Codes)
    attributes: AttributeCodes = field(default_factory=AttributeCodes)
    shapes: Codes = field(default_factory=lambda: Codes(None))
    columns: tuple[list[int], list[int], list[int]] = field(default_factory=lambda: ([], [], []))

    def add(self, code: str, message: str) -> None:
        self.count += 1
        if self.count <= _MOST_PROBLEMS:
            self.problems.append(_problem(code, message, self.source))

    def stop(self) -> None:
        if self.count > _MOST_PROBLEMS:
            self.problems.append(
                _problem("trace", f"and {self.count - _MOST_PROBLEMS:,} more problems", self.source)
            )
        if self.problems:
            raise ModelError(self.problems)

    def head(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            self.add("trace", 'a trace is an object {"graphfold_trace": 1, "nodes": […]}')
            return
        for key in data:
            if key not in _KEYS:
                self.add("key", f"unknown key '{shorten(str(key))}'{suggest(str(key), _KEYS)}")
        if "graphfold_trace" not in data:
            self.add("version", 'the version is missing: write "graphfold_trace": 1')
        elif data["graphfold_trace"] != 1 or isinstance(data["graphfold_trace"], bool):
            given = shorten(repr(data["graphfold_trace"]))
            self.add("version", f"version {given} is not known; write 1")
        for key in ("nodes", "outputs"):
            if not isinstance(data.get(key, []), list):
                self.add("trace", f"'{key}' must be a list")
        if "nodes" not in data:
            self.add("trace", "the list 'nodes' is missing")

    def nodes(self, nodes: list[Any]) -> None:
        for place, node in enumerate(nodes):
            identity = node.get("id") if isinstance(node, Mapping) else None
            if not isinstance(identity, str) or not identity:
                self.add("id", f"node number {place + 1} of the list has no text as its 'id'")
            elif identity in self.numbers:
                first = self.numbers[identity] + 1
                message = f"the id is given to nodes number {first} and {place + 1} of the list"
                self.add("id", f"node '{shorten(identity)}': {message}")
            else:
                self.numbers[identity] = place
        self.stop()
        for place, node in enumerate(nodes):
            for problem in self.node(place, node):
                self.add("node", f"node '{shorten(node['id'])}': {problem}")

    def node(self, place: int, node: Mapping[str, Any]) -> Iterator[str]:
        op, name, shape = node.get("op"), node.get("name"), node.get("shape")
        attributes = node.get("attrs", {})
        if not node.keys() <= set(_NODE_KEYS):
            for key in node.keys() - set(_NODE_KEYS):
                yield f"unknown key '{shorten(key)}'{suggest(key, _NODE_KEYS)}"
        if not isinstance(op, str) or not op:
            yield "'op' must be the name of an operation"
            return
        if name is not None and not isinstance(name, str):
            yield "'name' must be a text"
        elif name:
            self.names[place] = name
        elif op in ("input", "param"):
            yield f"'{op}' needs a 'name'"
        if not isinstance(attributes, Mapping):
            yield "'attrs' must be an object"
            return
        if op == "const" and not _is_value(attributes.get("value")):
            yield "'const' needs its number or list of numbers in 'attrs': {\"value\": 0}"
        if not _is_shape(shape):
            yield "'shape' must be a list of sizes: whole numbers from 0 on, or names"
            return
        ops, attrs, shapes = self.columns
        ops.append(self.ops.code(op, op))
        attrs.append(self.attributes.code(attributes))
        known = None if shape is None else tuple(shape)
        shapes.append(self.shapes.code(known, known))

    def trace(self, data: Mapping[str, Any]) -> Trace:
        rows = [self.operands(node) for node in data["nodes"]]
        outputs = []
        for identity in data.get("outputs", []):
            if isinstance(identity, str) and identity in self.numbers:
                outputs.append(self.numbers[identity])
            else:
                self.add("output", f"unknown output {self.unknown(identity)}")
        starts, operands = csr(rows)
        ops, attrs, shapes = (np.array(column, np.int64) for column in self.columns)
        name = data.get("name", "trace")
        return Trace(
            tuple(self.ops.items), ops, starts, operands,
            self.attributes.table, attrs, tuple(self.shapes.items), shapes,
            np.array(outputs, np.int64), self.names, tuple(self.numbers),
            name if isinstance(name, str) and name else "trace",
        )  # fmt: skip

    def operands(self, node: Mapping[str, Any]) -> list[int]:
        given = node.get("operands", [])
        if not isinstance(given, list):
            self.add("node", f"node '{shorten(node['id'])}': 'operands' must be a list of ids")
            return []
        if given and node["op"] in LEAVES:
            message = f"'{node['op']}' is a leaf and has no operands"
            self.add("node", f"node '{shorten(node['id'])}': {message}")
        found = [self.numbers.get(o) if isinstance(o, str) else None for o in given]
        for operand, number in zip(given, found, strict=True):
            if number is None:
                message = f"unknown operand {self.unknown(operand)}"
                self.add("operand", f"node '{shorten(node['id'])}': {message}")
        return [number for number in found if number is not None]

    def unknown(self, identity: Any) -> str:
        if not isinstance(identity, str):
            return f"{shorten(repr(identity))}; an id is a text"
        few = self.numbers if len(self.numbers) <= 2_000 and self.count < 5 else ()
        return f"'{shorten(identity)}'{suggest(identity, few)}"


def _is_value(value: Any) -> bool:
    """Whether a value is a number, or a list of numbers that has a shape."""
    if isinstance(value, int | float):
        return True
    if not isinstance(value, list):
        return False
    try:
        return np.asarray(value).dtype.kind in "fiub"
    except (ValueError, OverflowError, RecursionError):
        return False


def _is_shape(shape: Any) -> bool:
    if shape is None:
        return True
    return isinstance(shape, list) and all(
        (isinstance(s, int) and not isinstance(s, bool) and s >= 0) or (isinstance(s, str) and s)
        for s in shape
    )
