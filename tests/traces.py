"""Traces written by running code on recording values, an interpreter of them, and shuffling."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import graphfold as gf
from graphfold.traces.trace import csr


class Value:
    """A node of a trace being recorded."""

    def __init__(self, tape: Tape, identity: str) -> None:
        self.tape, self.identity = tape, identity

    def __add__(self, other: Any) -> Value:
        return self.tape("add", self, other)

    def __mul__(self, other: Any) -> Value:
        return self.tape("mul", self, other)

    def __sub__(self, other: Any) -> Value:
        return self.tape("sub", self, other)

    def __matmul__(self, other: Any) -> Value:
        return self.tape("matmul", self, other)

    def __getitem__(self, index: int) -> Value:
        return self.tape("getitem", self, index=index)


class Tape:
    """Records operations: `tape("tanh", x)`."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.outputs: list[str] = []

    def __call__(
        self, op: str, *operands: Any, name: str = "", shape: Any = None, **attrs: Any
    ) -> Value:
        values = [o if isinstance(o, Value) else self.const(o) for o in operands]
        node: dict[str, Any] = {"id": f"n{len(self.nodes)}", "op": op}
        node |= {"operands": [v.identity for v in values]} if values else {}
        node |= {"attrs": attrs} if attrs else {}
        node |= {"name": name} if name else {}
        node |= {"shape": list(shape)} if shape is not None else {}
        self.nodes.append(node)
        return Value(self, node["id"])

    def input(self, name: str, *shape: int) -> Value:
        return self("input", name=name, shape=shape)

    def param(self, name: str, *shape: int) -> Value:
        return self("param", name=name, shape=shape)

    def const(self, value: Any, *shape: int) -> Value:
        return self("const", value=value, shape=shape)

    def output(self, *values: Value) -> None:
        self.outputs += [v.identity for v in values]

    def data(self) -> dict[str, Any]:
        return {"graphfold_trace": 1, "nodes": self.nodes, "outputs": self.outputs}

    def trace(self) -> gf.Trace:
        return gf.read_trace(self.data())


OPERATIONS: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "matmul": np.matmul,
    "neg": np.negative,
    "gt": np.greater,
    "mod": np.mod,
    "tanh": np.tanh,
    "sin": np.sin,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "where": np.where,
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "dot": np.dot,
    "outer": np.outer,
    "transpose": np.transpose,
    "concat": lambda *xs, axis=0: np.concatenate(xs, axis),
    "stack": lambda *xs, axis=0: np.stack(xs, axis),
    "slice": lambda x, start, stop, axis=0: np.take(x, range(start, stop), axis),
    "getitem": lambda x, index: x[index],
    "select": lambda x, index, dim=0: np.take(x, index, dim),
    "split": np.split,
    "unbind": list,
    "embed": lambda x: 2 * x,
    "sum_over": lambda *xs: sum(xs),
    "mean_over": lambda *xs: sum(xs) / len(xs),
    "max_over": lambda *xs: np.max(np.stack(xs), axis=0),
}


def interpret(trace: gf.Trace, values: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every node of a trace by its id, computed one by one."""
    found: dict[int, Any] = {}
    pending = list(range(len(trace)))
    while pending:
        node = pending.pop()
        if node in found:
            continue
        missing = [o for o in trace.operands_of(node) if o not in found]
        if missing:
            pending += [node, *missing]
        elif trace.op(node) == "const":
            value = np.asarray(trace.attributes_of(node)["value"], float)
            shape = trace.shape_of(node) or value.shape
            known = all(isinstance(s, int) for s in shape)
            found[node] = np.broadcast_to(value, shape) if known else value
        elif trace.is_leaf[node]:
            found[node] = np.asarray(values[trace.names[node]], float)
        else:
            read = [found[o] for o in trace.operands_of(node)]
            found[node] = OPERATIONS[trace.op(node)](*read, **trace.attributes_of(node))
    return {trace.id_of(n): value for n, value in found.items()}


def sized(trace: gf.Trace, sizes: Mapping[str, int]) -> gf.Trace:
    """The trace with numbers for the symbols in its shapes."""
    table = trace.shape_table
    known = (s if s is None else tuple(sizes.get(str(d), d) for d in s) for s in table)
    return replace(trace, shape_table=tuple(known))


def random_leaves(trace: gf.Trace, seed: int = 0) -> dict[str, Any]:
    """Numbers for all inputs and parameters of a trace, by name."""
    rng = np.random.default_rng(seed)
    leaves = [n for n in range(len(trace)) if trace.op(n) in ("input", "param")]
    shapes = {n: [int(s) for s in trace.shape_of(n) or ()] for n in leaves}
    return {trace.names[n]: rng.normal(size=shapes[n]) / 2 for n in leaves}


def shuffled(trace: gf.Trace, seed: int) -> gf.Trace:
    """The same graph with its nodes in another order and with other ids."""
    order = list(range(len(trace)))
    random.Random(seed).shuffle(order)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    starts, operands = csr([[int(place[o]) for o in trace.operands_of(n)] for n in order])
    return replace(
        trace,
        ops=trace.ops[order],
        attrs=trace.attrs[order],
        shapes=trace.shapes[order],
        starts=starts,
        operands=operands,
        outputs=place[trace.outputs],
        names={int(place[n]): name for n, name in trace.names.items()},
        ids=tuple(f"k{i}" for i in range(len(order))),
    )


def without_names(trace: gf.Trace) -> gf.Trace:
    """The same graph, operations without names."""
    leaf = trace.is_leaf
    return replace(trace, names={n: name for n, name in trace.names.items() if leaf[n]})


def folded(tape: Tape) -> gf.Fold:
    """Fold a trace, and check its values and that order and ids do not matter."""
    trace = tape.trace()
    found = gf.fold(trace)
    if found:
        ensure_same_values(found, random_leaves(trace))
        assert gf.loads(gf.dumps(found.circuit)) == found.circuit
    for seed in (1, 2):
        other = gf.fold(shuffled(trace, seed))
        assert other.circuit == found.circuit
        assert other.steps == found.steps
    return found


def forms(fold: gf.Fold) -> list[tuple[str, int]]:
    """What repeats, and how often."""
    return [(r.form, r.steps) for r in fold.repetitions]


def equations(fold: gf.Fold) -> list[str]:
    """The equations of the folded circuit, as a model file has them."""
    text = gf.dumps(fold.circuit).partition("equations: |\n")[2]
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


def ensure_same_values(fold: gf.Fold, values: Mapping[str, Any], functions: Any = None) -> None:
    """Evaluate the circuit, and compare with the values of the trace."""
    expected = interpret(fold.trace, values)
    feed = fold.values(values)
    with np.errstate(all="ignore"):
        found = gf.evaluate(fold.unfold(), feed, functions=functions)
    compared: Sequence[str] = [i for i in fold.correspondence if i in expected]
    assert compared
    for identity in compared:
        np.testing.assert_allclose(
            found[fold.correspondence[identity]], expected[identity], rtol=1e-9, atol=1e-9
        )
