"""Write the code of a recurrence: straight-line calls into memory set aside before.

The code is made of our own names and numbers only; nothing of a model stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from graphfold.evaluate.compiled.flows import Flow, apply, reduce_axis
from graphfold.evaluate.compiled.fuse import Fused, Member, Product, kind_of
from graphfold.evaluate.compiled.join import Joined, Sum
from graphfold.evaluate.compiled.step import Fact, Operation, Ref
from graphfold.evaluate.compiled.weights import Layout, layout_of
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
    value goes. `memory` are the arrays set aside, by name, and `batched` those that have a row for
    each example; `calls` what else the code calls by name and numbers as arrays; `ready` are the
    products whose sums are made ready, by the name of their row.
    """

    source: str
    rows: tuple[tuple[str, Ref], ...]
    memory: dict[str, Array]
    calls: dict[str, Any]
    products: tuple[Product, ...]
    layouts: tuple[Layout, ...]
    ready: dict[str, int]
    statics: tuple[int, ...]
    batched: frozenset[str] = frozenset()


class Room(NamedTuple):
    """What a loop works in: rows of a batch, a dtype; `cut` when some runs have fewer rows."""

    batch: int | None
    dtype: np.dtype[Any]
    cut: bool = False


def emit(fused: Fused, room: Room, kept: Sequence[str]) -> Code:
    """Write the loop of a fused step; signals that are `kept` get their values written out."""
    return _Writer(fused, room.batch, room.dtype, frozenset(kept), room.cut).write()


@dataclass
class _Writer:
    fused: Fused
    batch: int | None
    dtype: np.dtype[Any]
    kept: frozenset[str]
    cut: bool = False
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
    layouts: dict[int, Layout] = field(default_factory=dict)
    _uses: dict[Ref, int] = field(default_factory=dict)
    _outs: dict[int, str] = field(default_factory=dict)  # the kept signal that a value is

    def write(self) -> Code:
        self._count_uses()
        for unit in self._units():
            unit()
        self._write_out()
        rows = tuple((name, ref) for ref, name in self.rows.items())
        used = set(re.findall(r"\w+", " ".join(self.lines)))
        memory = {name: array for name, array in self.memory.items() if name in used}
        numbers = {name: value for name, value in constants(self.dtype).items() if name in used}
        return Code(
            self._source([*memory, *numbers]),
            rows,
            memory,
            {**self.calls, **numbers},
            self.fused.products,
            tuple(self.layouts[number] for number in range(len(self.fused.products))),
            self.ready,
            tuple(self.statics),
            frozenset(self.batched),
        )

    def _source(self, known: Sequence[str]) -> str:
        rows = [*self.rows.values(), *self.ready]
        outside = [*(f"c{n}" for n in self.statics), *self.weights]
        given = ", ".join([*(f"{name}s" for name in rows), *known, *self.calls, *outside])
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
            for member in product.members:
                made.update(dict.fromkeys((member.product, member.place), name))
                if member.rest:
                    rest = f"rest {member.sum}"
                    needs[rest] = [Ref("operation", member.product), *(r for _, r in member.rest)]
                    run[rest] = _bound(self._rest, member)
                    made[member.place] = rest
        for number, joined in enumerate(self.fused.joined):
            name = f"joined {number}"
            needs[name], made[joined.sum] = [ref for _, ref in joined.rest], name
            run[name] = _bound(self._joined, number, joined)
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
        for joined in self.fused.joined:
            for _, ref in joined.rest:
                self._uses[ref] = self._uses.get(ref, 0) + 1
        for signal, ref in self.fused.step.roots.items():
            self._uses[ref] = self._uses.get(ref, 0) + 2  # its value is not ours to overwrite
            if ref.kind == "operation" and signal in self.kept:
                self._outs.setdefault(ref.number, signal)

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
        if number in self._outs:
            return self._out(self._outs[number])
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
        batched = self.fused.step.facts[product.vector].batched
        apart = self.batch if batched and not self.cut else None
        layout = layout_of([m.rows for m in product.members], apart)
        self.layouts[number] = layout
        z, w, vector = f"z{number}", f"w{number}", self.name(product.vector)
        self.memory[z] = np.empty(layout.shape(self.batch or 0 if batched else 1), self.dtype)
        if not batched:
            self.memory[z] = self.memory[z][0]
        self.batched |= {z} if batched else set()
        self.weights.append(w)
        if layout.apart:
            self.lines.append(f"matmul({vector}, {w}, {z})")
        else:  # the method looks for no other library that would rather do it
            first, second = (vector, w) if batched else (w, vector)
            self.lines.append(f"{first}.dot({second}, {z})")
        if any(member.ready for member in product.members):
            self.ready[f"p{number}"] = number
            self.lines.append(f"add({z}, p{number}, {z})")
        self._squash(number, product)
        for place, member in enumerate(product.members):
            part = self._part(number, place, place + 1)
            self.owned.add(part)
            for own in (member.product, member.sum, member.squash):
                if own is not None:
                    self.place[own] = part

    def _joined(self, number: int, joined: Joined) -> None:
        fact = self.fused.step.operations[joined.sum].fact
        q, v, vector = f"q{number}", f"j{number}", self.name(joined.vector)
        self.memory[q] = np.empty(self.shape(fact), self.dtype)
        self.batched |= {q} if fact.batched else set()
        self.weights.append(v)
        first, second = (vector, v) if fact.batched else (v, vector)
        self.lines.append(f"{first}.dot({second}, {q})")
        self._add_rest(q, fact, joined.rest)
        self.owned.add(q)
        self.place[joined.sum] = q

    def _squash(self, number: int, product: Product) -> None:
        """Take the sigmoids, which come first, and the tanh after them."""
        kinds = [kind_of(self.fused.step, member) for member in product.members]
        squashed = len(kinds) - kinds.count(None)
        if squashed:
            part = self._part(number, 0, squashed)
            self.lines.append(f"tanh({part}, {part})")
        if "sigmoid" in kinds:
            part = self._part(number, 0, kinds.count("sigmoid"))
            self.lines += [f"multiply({part}, half, {part})", f"add({part}, half, {part})"]

    def _part(self, number: int, first: int, last: int) -> str:
        """The members first … last - 1 of a product."""
        z, layout = f"z{number}", self.layouts[number]
        if last - first == len(layout.sizes):
            return z
        name = f"{z}_{first}_{last}"
        self.memory[name] = self.memory[z][layout.where(first, last)]
        self.batched |= {name} if z in self.batched else set()
        return name

    def _rest(self, member: Member) -> None:
        part = self.place[member.product]
        fact = self.fused.step.operations[member.product].fact
        self._add_rest(part, fact, member.rest)

    def _add_rest(self, part: str, fact: Fact, rest: Sequence[tuple[int, Ref]]) -> None:
        for sign, ref in rest:
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


_SHORT: dict[str, Any] = {"matmul": np.matmul, "copyto": np.copyto}
_SHORT |= {function.__name__: function for function in DIRECT.values()}


def constants(dtype: np.dtype[Any]) -> dict[str, Any]:
    """The names that every loop knows; arrays are taken up faster than numbers of Python are."""
    return {**_SHORT, "half": np.asarray(0.5, dtype), "zero": np.asarray(0, dtype)}


def _bound(method: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: method(*arguments)


def _kernel_call(
    operation: Operation, facts: Sequence[Fact], dtype: np.dtype[Any]
) -> Callable[..., Array]:
    attributes, fact = dict(operation.attributes), operation.fact
    lone = [not f.core and not f.batched and not f.axes for f in facts]
    result_lone = not fact.core and not fact.batched and not fact.axes

    def call(*arrays: Array) -> Array:
        if operation.name == "call":  # a user's function may keep what it is given
            arrays = tuple(np.array(a) for a in arrays)
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
