"""Random trees and random circuits over them, made of the random circuits over a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from circuits import SHAPES, circuits
from hypothesis import strategies as st

from graphfold.circuit import Axis, Boundary, Circuit, Equation, Output, Signal, sort_boundaries
from graphfold.expression import Apply, Const, Expression, ExpressionBuilder, Index, Read, constant
from graphfold.sizes import shape_of

Draw = Any
Nested = Any
CHILDREN = {1: ("below",), 2: ("left", "right"), 3: ("first", "second", "third")}


@st.composite
def trees(draw: Draw, arity: int, most: int = 6, least: int = 0) -> Nested:
    """A random tree as nested tuples; every leaf has a word of its own."""
    inner = draw(st.integers(least, most))
    parts: list[Nested] = [f"w{i}" for i in range(1, inner * (arity - 1) + 2)]
    for _ in range(inner):
        place = draw(st.integers(0, len(parts) - arity))
        parts[place : place + arity] = [tuple(parts[place : place + arity])]
    (root,) = parts
    return root


def rewritten(expression: Expression, reads: Mapping[int, Read]) -> Expression:
    """The expression with other reads at some nodes."""
    builder, numbers = ExpressionBuilder(), list[int]()
    for place, node in enumerate(expression.nodes):
        new = reads.get(place, node)
        if isinstance(new, Apply):
            new = replace(new, operands=tuple(numbers[o] for o in new.operands))
        numbers.append(builder.add(new))
    return builder.finish(numbers[-1])


def late_reads(expression: Expression) -> list[tuple[int, str]]:
    """The reads of earlier steps, by node."""
    reads = ((n, r) for n, r in expression.reads() if r.index and r.index.base == "t")
    return [(n, r.signal) for n, r in reads if r.index and r.index.offset < 0]


def over_tree(circuit: Circuit, equations: list[Equation], children: tuple[str, ...]) -> Circuit:
    """The circuit with t as a tree, and without what is told under init."""
    axes = (Axis("k", "K"), Axis("t", "T", children=children, leaves="k"))
    return replace(circuit, axes=axes, equations=tuple(equations), boundaries=())


def unary(circuit: Circuit) -> tuple[Circuit, Circuit]:
    """A causal circuit with all delays 1 and no pins, as a chain and over a tree."""
    chain, tree = [], []
    for equation in circuit.equations:
        late = late_reads(equation.expression)
        back = {n: Read(s, Index("t", -1)) for n, s in late}
        child = {n: Read(s, Index("below")) for n, s in late}
        chain.append(replace(equation, expression=rewritten(equation.expression, back)))
        tree.append(replace(equation, expression=rewritten(equation.expression, child)))
    first = tuple(b for b in circuit.boundaries if b.index == Index("", 0))
    leaves = tuple(replace(b, index=Index("k")) for b in first)
    over = over_tree(circuit, tree, CHILDREN[1])
    return (
        replace(circuit, equations=tuple(chain), boundaries=first),
        replace(over, boundaries=sort_boundaries(leaves)),
    )


class _Grafter:
    """Turns a causal circuit into one over a tree, with inputs and values over the leaves."""

    def __init__(self, draw: Draw, circuit: Circuit, arity: int) -> None:
        self.draw, self.circuit, self.children = draw, circuit, CHILDREN[arity]
        self.moving = [s for s, axis in circuit.axis_of.items() if axis]

    def pick(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def circuit_over_tree(self) -> Circuit:
        equations = []
        for equation in self.circuit.equations:
            late = late_reads(equation.expression)
            reads = {n: Read(s, Index(self.pick(self.children))) for n, s in late}
            equations.append(replace(equation, expression=rewritten(equation.expression, reads)))
        equations += [*self.over_leaves(), *self.extra()]
        leaves = [Signal(f"{s}leaf", "input", "k", shape_of(*SHAPES[s])) for s in SHAPES]
        grown = over_tree(self.circuit, equations, self.children)
        grown = replace(
            grown, inputs=(*grown.inputs, *leaves), boundaries=sort_boundaries(self.histories())
        )
        names = self.draw(st.lists(st.sampled_from(grown.signals), unique=True, max_size=3))
        return replace(grown, outputs=tuple(Output(name) for name in names))

    def over_leaves(self) -> list[Equation]:
        """A recurrence over the leaves: uchain[k] = sin(uchain[k-1] + uleaf[k])."""
        b = ExpressionBuilder()
        parts = (b.add(Read("uchain", Index("k", -1))), b.add(Read("uleaf", Index("k"))))
        root = b.add(Apply("sin", (b.add(Apply("add", parts)),)))
        return [Equation("uchain", "k", b.finish(root))]

    def histories(self) -> list[Boundary]:
        found = []
        for name in self.moving:
            kind = self.pick(["absent", "given", "zeros", "leaf", "mixed", "number"])
            if kind == "absent":
                continue
            value = {"zeros": constant(0), "number": constant(-0.75)}.get(kind)
            if kind in ("leaf", "mixed"):
                value = self.leaf_value(name, kind)
            found.append(Boundary(name, Index("k"), value))
        return found

    def leaf_value(self, name: str, kind: str) -> Expression:
        b, letter = ExpressionBuilder(), name[0]
        source = "uchain" if letter == "u" else f"{letter}leaf"
        root = b.add(Read(source, Index("k")))
        if kind == "mixed":
            scale = b.add(Apply("step", (), (("axis", "k"),)))
            statics = [s for s, a in self.circuit.axis_of.items() if not a and s[0] == letter]
            root = b.add(Apply("mul", (root, b.add(Apply("sin", (scale,))))))
            if statics:
                root = b.add(Apply("add", (root, b.add(Read(self.pick(statics))))))
        return b.finish(root)

    def extra(self) -> list[Equation]:
        """A root that is read, and nodes that read a child, all nodes, a leaf and the root."""
        scalars = [s for s in self.moving if s[0] == "s"]
        if not scalars:  # every axis is used
            b = ExpressionBuilder()
            step = b.add(Apply("step", (), (("axis", "t"),)))
            return [Equation("sall", "t", b.finish(step))]
        name = self.pick(scalars)
        b = ExpressionBuilder()
        here = b.add(Read(name, Index("t")))
        total = b.add(Apply("sum_over", (here,), (("axis", "t"),)))
        bases = [*self.children, "T", "leaf", "all", "t"]
        for base in self.draw(st.lists(st.sampled_from(bases), max_size=4)):
            index = Index("", 0) if base == "leaf" else Index(base)
            more = total if base == "all" else b.add(Read(name, index))
            total = b.add(Apply("add", (total, more)))
        r = ExpressionBuilder()
        root = r.add(Apply("mul", (r.add(Read(name, Index("T"))), r.add(Const(2)))))
        return [Equation("sroot", None, r.finish(root)), Equation("sall", "t", b.finish(total))]


@st.composite
def tree_circuits(draw: Draw, arity: int) -> Circuit:
    """Random circuits over a tree of some arity."""
    return _Grafter(draw, draw(circuits(causal=True)), arity).circuit_over_tree()


@st.composite
def tree_cases(draw: Draw, most: int = 6) -> tuple[Circuit, Nested]:
    """Random circuits over trees, with a tree to unfold them over."""
    arity = draw(st.sampled_from([1, 2, 2, 3]))
    return draw(tree_circuits(arity)), draw(trees(arity, most))
