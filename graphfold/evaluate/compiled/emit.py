"""Write the code of a recurrence: straight-line calls into memory set aside before.

The code is made of our own names and numbers only; nothing of a model stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, apply, reduce_axis
from graphfold.evaluate.compiled.fuse import Fused, Member, Product, Sum, kind_of, spans
from graphfold.evaluate.compiled.step import Fact, Operation, Ref
from graphfold.evaluate.value import Array
from graphfold.graphs import topological_order

DIRECT: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "mod": np.mod,
    "neg": np.negative,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "square": np.square,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
COMPOUND = ("sigmoid", "relu")  # a few of the above


@dataclass(frozen=True)
class Code:
    """The source of a loop over steps.

    `rows` are what it gets anew at each step: (kind, number, signal), "out" being where a signal's
    value goes. `memory` are the arrays set aside, by name; `ready` the products whose sums are made
    ready, by the name of their row. `batched` is the memory that has a row for each example.
    """

    source: str
    rows: tuple[tuple[str, Ref], ...]
    memory: dict[str, Array]
    calls: dict[str, Callable[..., Any]]
    products: tuple[Product, ...]
    ready: dict[str, int]
    statics: tuple[int, ...]
    batched: frozenset[str] = frozenset()


def emit(fused: Fused, batch: int | None, dtype: np.dtype[Any], kept: Sequence[str]) -> Code:
    """Write the loop of a fused step; signals that are `kept` get their values written out."""
    return _Writer(fused, batch, dtype, frozenset(kept)).write()


@dataclass
class _Writer:
    fused: Fused
    batch: int | None
    dtype: np.dtype[Any]
    kept: frozenset[str]
    lines: list[str] = field(default_factory=list)
    memory: dict[str, Array] = field(default_factory=dict)
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)
    place: dict[int, str] = field(default_factory=dict)
    rows: dict[Ref, str] = field(default_factory=dict)
    ready: dict[str, int] = field(default_factory=dict)
    owned: set[str] = field(default_factory=set)
    batched: set[str] = field(default_factory=set)
    statics: dict[int, None] = field(default_factory=dict)
    weights: list[str] = field(default_factory=list)
    _uses: dict[Ref, int] = field(default_factory=dict)

    def write(self) -> Code:
        self._count_uses()
        for unit in self._units():
            unit()
        self._write_out()
        used = tuple((name, ref) for ref, name in self.rows.items())
        return Code(
            self._source(),
            used,
            self.memory,
            self.calls,
            self.fused.products,
            self.ready,
            tuple(self.statics),
            frozenset(self.batched),
        )

    def _source(self) -> str:
        rows = [*self.rows.values(), *self.ready]
        outside = [*(f"c{n}" for n in self.statics), *self.weights]
        memory = [*self.memory, *self.calls, *outside, *_SHORT]
        given = ", ".join([*(f"{name}s" for name in rows), *memory])
        head = f"for {', '.join(rows)}, in zip({', '.join(f'{name}s' for name in rows)}):"
        body = "\n        ".join(self.lines or ["pass"])
        return f"def loop({given}):\n    {head}\n        {body}\n"

    # -- what comes when --------------------------------------------------------------------------

    def _units(self) -> Iterator[Callable[[], None]]:
        """The pieces of the step, each after those it needs."""
        made: dict[int, str] = {}
        needs: dict[str, list[Ref]] = {}
        run: dict[str, Callable[[], None]] = {}
        for number, product in enumerate(self.fused.products):
            name = f"product {number}"
            needs[name], run[name] = [product.vector], _bound(self._product, number, product)
            for member, start, stop in spans(product):
                made.update(dict.fromkeys((member.product, member.place), name))
                if member.rest:
                    rest = f"rest {member.sum}"
                    needs[rest] = [Ref("operation", member.product), *(r for _, r in member.rest)]
                    run[rest] = _bound(self._rest, number, member, start, stop)
                    made[member.place] = rest
        for number, operation in enumerate(self.fused.step.operations):
            if number in self.fused.absorbed:
                continue
            name = f"operation {number}"
            total = self.fused.sums.get(number)
            terms = tuple(r for _, r in total.terms) if total else operation.operands
            needs[name], made[number] = list(terms), name
            run[name] = _bound(self._sum, total) if total else _bound(self._operation, number)
        edges = [
            (made[ref.number], name)
            for name, refs in needs.items()
            for ref in refs
            if ref.kind == "operation"
        ]
        return (run[name] for name in topological_order(list(needs), edges))

    def _count_uses(self) -> None:
        for number, operation in enumerate(self.fused.step.operations):
            if number in self.fused.absorbed:
                continue
            total = self.fused.sums.get(number)
            for ref in tuple(r for _, r in total.terms) if total else operation.operands:
                self._uses[ref] = self._uses.get(ref, 0) + 1
        for product in self.fused.products:
            refs = [product.vector, *(r for m in product.members for _, r in m.rest)]
            for ref in refs:
                self._uses[ref] = self._uses.get(ref, 0) + 1
        for ref in self.fused.step.roots.values():
            self._uses[ref] = self._uses.get(ref, 0) + 2  # its value is not ours to overwrite

    # -- names ------------------------------------------------------------------------------------

    def name(self, ref: Ref) -> str:
        """What a value is called in the code."""
        if ref.kind == "operation":
            return self.place[ref.number]
        if ref.kind == "static":
            return self._static(ref)
        if ref not in self.rows:
            self.rows[ref] = f"r{len(self.rows)}"
        return self.rows[ref]

    def _static(self, ref: Ref) -> str:
        self.statics[ref.number] = None
        return f"c{ref.number}"

    def fitted(self, ref: Ref, result: Fact) -> str:
        """A value beside others of a higher rank: its batch keeps to the batch."""
        fact, name = self.fused.step.facts[ref], self.name(ref)
        missing = len(result.core) - len(fact.core)
        if fact.batched and missing > 0:
            return f"{name}[:, {', '.join(['None'] * missing)}]"
        return name

    def shape(self, fact: Fact) -> tuple[int, ...]:
        """The shape of a value of the step; that of a lone number is (1,), to write into."""
        if fact.batched:
            return (self.batch or 0, *fact.core)
        return fact.core or (1,)

    def _new(self, fact: Fact) -> str:
        name = f"b{len(self.memory)}"
        self.memory[name] = np.empty(self.shape(fact), self.dtype)
        self.owned.add(name)
        self.batched |= {name} if fact.batched else set()
        return name

    def _target(self, number: int) -> str:
        """Where an operation's value goes: out, over an operand that is done with, or elsewhere."""
        operation = self.fused.step.operations[number]
        for signal, root in self.fused.step.roots.items():
            if root == Ref("operation", number) and signal in self.kept:
                return self._out(signal)
        for ref in self._operands(number):
            free = ref.kind == "operation" and self._uses[ref] == 1
            own = free and self.place[ref.number] in self.owned
            if own and self._room(ref) == self.shape(operation.fact):
                return self.place[ref.number]
        return self._new(operation.fact)

    def _operands(self, number: int) -> tuple[Ref, ...]:
        total = self.fused.sums.get(number)
        if total is not None:
            return tuple(ref for _, ref in total.terms)
        return self.fused.step.operations[number].operands

    def _room(self, ref: Ref) -> tuple[int, ...]:
        return self.shape(self.fused.step.facts[ref])

    def _out(self, signal: str) -> str:
        ref = Ref("state", 0, signal)
        if ref not in self.rows:
            self.rows[ref] = f"o{len(self.rows)}"
        return self.rows[ref]

    # -- code -------------------------------------------------------------------------------------

    def _product(self, number: int, product: Product) -> None:
        facts, vector = self.fused.step.facts, product.vector
        fact = facts[vector]
        total = sum(member.rows for member in product.members)
        whole = Fact((total,), fact.batched)
        z = f"z{number}"
        self.memory[z] = np.empty(self.shape(whole), self.dtype)
        self.batched |= {z} if fact.batched else set()
        w = f"w{number}"
        self.weights.append(w)
        first, second = (self.name(vector), w) if fact.batched else (w, self.name(vector))
        self.lines.append(f"dot({first}, {second}, {z})")
        if any(member.ready for member in product.members):
            self.ready[f"p{number}"] = number
            self.lines.append(f"add({z}, p{number}, {z})")
        squashed = [s for s in spans(product) if kind_of(self.fused.step, s[0])]
        if squashed:
            part = self._part(z, 0, squashed[-1][2], total)
            self.lines.append(f"tanh({part}, {part})")
        ends = [stop for m, _, stop in squashed if kind_of(self.fused.step, m) == "sigmoid"]
        if ends:
            part = self._part(z, 0, ends[-1], total)
            self.lines += [f"multiply({part}, half, {part})", f"add({part}, half, {part})"]
        for member, start, stop in spans(product):
            part = self._part(z, start, stop, total)
            self.owned.add(part)
            for own in (member.product, member.sum, member.squash):
                if own is not None:
                    self.place[own] = part

    def _part(self, z: str, start: int, stop: int, total: int) -> str:
        if (start, stop) == (0, total):
            return z
        name = f"{z}_{start}_{stop}"
        self.memory[name] = self.memory[z][..., start:stop]
        self.batched |= {name} if z in self.batched else set()
        return name

    def _rest(self, number: int, member: Member, start: int, stop: int) -> None:
        part = self.place[member.product]
        fact = self.fused.step.operations[member.product].fact
        for sign, ref in member.rest:
            verb = "add" if sign > 0 else "subtract"
            self.lines.append(f"{verb}({part}, {self.fitted(ref, fact)}, {part})")

    def _sum(self, total: Sum) -> None:
        fact = self.fused.step.operations[total.number].fact
        terms = sorted(total.terms, key=lambda term: -term[0])  # what is added first
        target = self._target(total.number)
        names = [(sign, self.fitted(ref, fact)) for sign, ref in terms]
        if target in [name for _, name in names[1:]]:  # written over while still needed
            target = self._new(fact)
        (sign, first), *others = names
        if sign < 0:
            self.lines.append(f"negative({first}, {target})")
            first = target
        for sign, name in others:
            verb = "add" if sign > 0 else "subtract"
            self.lines.append(f"{verb}({first}, {name}, {target})")
            first = target
        self.place[total.number] = target

    def _operation(self, number: int) -> None:
        operation = self.fused.step.operations[number]
        direct = operation.name in DIRECT or operation.name in COMPOUND
        plain = not operation.fact.axes and not operation.attributes
        facts = [self.fused.step.facts[ref] for ref in operation.operands]
        if direct and plain and not any(fact.axes for fact in facts):
            self._direct(number, operation)
        else:
            self._by_kernel(number, operation, facts)

    def _direct(self, number: int, operation: Operation) -> None:
        target = self._target(number)
        names = [self.fitted(ref, operation.fact) for ref in operation.operands]
        if operation.name == "sigmoid":
            self.lines += [f"multiply({names[0]}, half, {target})", f"tanh({target}, {target})",
                           f"multiply({target}, half, {target})",
                           f"add({target}, half, {target})"]  # fmt: skip
        elif operation.name == "relu":
            self.lines.append(f"maximum({names[0]}, zero, {target})")
        else:
            verb = DIRECT[operation.name].__name__
            self.lines.append(f"{verb}({', '.join([*names, target])})")
        self.place[number] = target

    def _by_kernel(self, number: int, operation: Operation, facts: Sequence[Fact]) -> None:
        name = f"k{number}"
        self.calls[name] = _kernel_call(operation, facts, self.dtype)
        names = ", ".join(self.name(ref) for ref in operation.operands)
        self.lines.append(f"v{number} = {name}({names})")
        self.place[number] = f"v{number}"

    def _write_out(self) -> None:
        for signal in self.fused.step.signals:
            root = self.fused.step.roots[signal]
            if signal in self.kept:
                out, fact = self._out(signal), self.fused.step.facts[root]
                own = Fact(self._core(signal), self._batched(signal))
                name = self.fitted(root, own) if root.kind != "operation" else self.name(root)
                if root.kind == "operation" and fact.batched:
                    name = self.fitted(root, own)
                if name != out:
                    self.lines.append(f"copyto({out}, {name})")

    def _core(self, signal: str) -> tuple[int, ...]:
        return self.fused.step.facts[Ref("state", 0, signal)].core

    def _batched(self, signal: str) -> bool:
        return self.fused.step.facts[Ref("state", 0, signal)].batched


_SHORT = {"half": 0.5, "zero": 0.0, "dot": np.dot, "copyto": np.copyto}
_SHORT |= {function.__name__: function for function in DIRECT.values()}


def given() -> dict[str, Any]:
    """The names that every loop knows."""
    return dict(_SHORT)


def _bound(method: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: method(*arguments)


def _kernel_call(
    operation: Operation, facts: Sequence[Fact], dtype: np.dtype[Any]
) -> Callable[..., Array]:
    attributes, fact = dict(operation.attributes), operation.fact
    lone = [not f.core and not f.batched and not f.axes for f in facts]
    result_lone = not fact.core and not fact.batched and not fact.axes

    def call(*arrays: Array) -> Array:
        flows = [
            Flow(a.reshape(()) if one else a, f.axes, f.batched)
            for a, f, one in zip(arrays, facts, lone, strict=True)
        ]
        if operation.kernel is None:
            axis = attributes["axis"]
            length = flows[0].array.shape[flows[0].axes.index(axis)]
            found = reduce_axis(operation.name, flows[0], axis, length)
        else:
            found = apply(operation.kernel, flows, attributes)
        array = np.asarray(found.array, dtype)
        return array.reshape(1) if result_lone else array

    return call
