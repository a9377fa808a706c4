"""The circuit: signals, equations and delays as plain frozen data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import PurePath
from types import MappingProxyType
from typing import Literal, Protocol

from graphfold.caches import Recomputed
from graphfold.errors import GraphfoldError, Mark, shorten
from graphfold.expression import (
    REDUCTIONS,
    Apply,
    Expression,
    Index,
    Read,
)
from graphfold.sizes import Shape, Size

Kind = Literal["input", "param", "equation"]


@dataclass(frozen=True)
class Axis:
    """A clock: `name` runs over 1..`length`.

    With `children`, their names, it is a tree: its steps are the inner nodes, in post-order, and
    `leaves` is the axis of the leaves. Leaf k is the instance of step 1 - k.
    """

    name: str
    length: str
    mark: Mark | None = field(default=None, compare=False, repr=False)
    children: tuple[str, ...] = ()
    leaves: str | None = None


@dataclass(frozen=True)
class Mode:
    """A way to run the circuit, such as train or test; `switch` chooses an expression by it."""

    name: str
    mark: Mark | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Dimension:
    """A declared dimension symbol and, perhaps, its default size."""

    name: str
    default: int | None = None
    mark: Mark | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Signal:
    """A declared input or parameter: a sequence over `axis`, or static when that is None."""

    name: str
    kind: Kind
    axis: str | None
    shape: Shape
    mark: Mark | None = field(default=None, compare=False, repr=False)
    size_marks: tuple[Mark, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Equation:
    """`signal[axis] = expression`, or `signal = expression` when `axis` is None."""

    signal: str
    axis: str | None
    expression: Expression
    mark: Mark | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Function:
    """A function of the model: opaque when `body` is None, else an expression in its arguments."""

    name: str
    arguments: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    shape: Shape | None = None
    body: Expression | None = None
    mark: Mark | None = field(default=None, compare=False, repr=False)
    size_marks: tuple[Mark, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Boundary:
    """A history, far boundary or pinned instance; `value` None means given from outside."""

    signal: str
    index: Index
    value: Expression | None
    mark: Mark | None = field(default=None, compare=False, repr=False)


def sort_boundaries(boundaries: Iterable[Boundary]) -> tuple[Boundary, ...]:
    """Put boundaries into one order, whatever the order they were written in."""
    return tuple(sorted(boundaries, key=lambda b: (b.signal, b.index.base, b.index.offset)))


@dataclass(frozen=True)
class Output:
    """A signal named under `outputs`."""

    name: str
    mark: Mark | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Tint:
    """A colour that a model asks for, "#rrggbb": one `color`, or those of fill, line and ink.

    `wires` is that of the wires that come in.
    """

    color: str = ""
    fill: str = ""
    line: str = ""
    ink: str = ""
    wires: str = ""


ROLES = {
    "inputs": "input",
    "states": "state",
    "outputs": "output",
    "losses": "loss",
    "signals": "signal",
    "parameters": "parameter",
    "boundaries": "boundary",
}
"""What colours are given to under `colors`, besides signals and groups: the roles of signals."""

THEMES = ("book", "color", "dark", "slides")


@dataclass(frozen=True)
class Style:
    """How a model asks to be drawn: rows from bottom to top, hidden signals, LaTeX labels.

    `open` names the uses of cells whose inside is shown; `groups` are signals within a frame, by
    its title; `colors` belong to signals, groups or roles; `hide_in` is hidden in one mode.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    hide: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    open: tuple[str, ...] = ()
    marks: tuple[tuple[str, Mark], ...] = field(default=(), compare=False, repr=False)
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()
    colors: tuple[tuple[str, Tint], ...] = ()
    theme: str = ""
    hide_in: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Delay:
    """The value of `signal` `steps` steps ago: the black square, one per (signal, steps).

    A lookahead `g[t+1]` has steps -1. Over a tree, `child` names the child whose value it is; that
    child stands at least one step before.
    """

    signal: str
    steps: int
    child: str = ""

    def __repr__(self) -> str:
        child = f", child={self.child!r}" if self.child else ""
        return f"Delay(signal={self.signal!r}, steps={self.steps}{child})"


Reach = Literal["static", "step", "child", "fixed", "all"]


@dataclass(frozen=True)
class Link:
    """One read as an edge: `target` reads `source`.

    `reach` says what is read at step t of the target: the one value ("static"), step t - delay
    ("step"), the `child` of t ("child", at least one step before), the step named by `index`
    ("fixed"), or step s - delay for every s ("all").
    """

    source: str
    target: str
    reach: Reach
    delay: int = 0
    index: Index | None = None
    node: int = field(default=0, compare=False)
    mark: Mark | None = field(default=None, compare=False, repr=False)
    child: str = ""


@dataclass(frozen=True)
class Use:
    """One use of a cell: `name = cell(x=…, n=…, W=…, over=axis, reverse=true; like)`.

    `wires` give its inputs, `parameters` those that are not its own, `sizes` its dimensions, each
    by its name in the cell; those left out of `parameters` are shared with the use `like`, or its
    own. `reverse` runs it backward in time. `after` equations of the circuit stand before it.
    """

    name: str
    cell: str
    wires: tuple[tuple[str, Expression], ...] = ()
    parameters: tuple[tuple[str, Expression], ...] = ()
    sizes: tuple[tuple[str, Size], ...] = ()
    like: str | None = None
    axis: str | None = None
    reverse: bool = False
    after: int = 0
    mark: Mark | None = field(default=None, compare=False, repr=False)
    marks: tuple[tuple[str, Mark], ...] = field(default=(), compare=False, repr=False)

    def mark_of(self, argument: str) -> Mark | None:
        """Where an argument is given, or else where the use stands."""
        return dict(self.marks).get(argument, self.mark)


@dataclass(frozen=True)
class Group:
    """The part of a flat circuit that came of one use.

    Its signals are named by `path` and a name of the cell: ("outer", "inner") holds
    "outer.inner.h". `cell` is the name of the definition, `title` that of its circuit; `inputs`
    and `style` are those of the cell, in its own names.
    """

    path: tuple[str, ...]
    cell: str
    title: str
    axis: str | None = None
    reverse: bool = False
    inputs: tuple[str, ...] = ()
    style: Style = Style()

    @property
    def name(self) -> str:
        """The path as it is written: "outer.inner"."""
        return ".".join(self.path)


@dataclass(frozen=True, repr=False)
class Circuit(Recomputed):
    """A directed graph of signals; every cycle of a well-formed one passes a delay.

    One with `uses` is a hierarchy: its own signals, and those of the cells it uses; `flatten`
    gives the plain circuit, whose `groups` tell what came of which use, outer ones first.
    """

    name: str
    axes: tuple[Axis, ...] = (Axis("t", "T"),)
    modes: tuple[Mode, ...] = ()
    dims: tuple[Dimension, ...] = ()
    inputs: tuple[Signal, ...] = ()
    params: tuple[Signal, ...] = ()
    functions: tuple[Function, ...] = ()
    boundaries: tuple[Boundary, ...] = ()
    equations: tuple[Equation, ...] = ()
    outputs: tuple[Output, ...] = ()
    style: Style = Style()
    cells: tuple[Cell, ...] = ()
    uses: tuple[Use, ...] = ()
    groups: tuple[Group, ...] = ()
    source: str | None = field(default=None, compare=False)

    @cached_property
    def declared(self) -> Mapping[str, Signal]:
        """Inputs and parameters by name."""
        return MappingProxyType({s.name: s for s in (*self.inputs, *self.params)})

    @cached_property
    def equation(self) -> Mapping[str, Equation]:
        """Equations by the signal they define."""
        return MappingProxyType({e.signal: e for e in self.equations})

    @cached_property
    def function(self) -> Mapping[str, Function]:
        """Functions by name."""
        return MappingProxyType({f.name: f for f in self.functions})

    @cached_property
    def boundary(self) -> Mapping[tuple[str, Index], Boundary]:
        """Histories, far boundaries and pins by (signal, index)."""
        return MappingProxyType({(b.signal, b.index): b for b in self.boundaries})

    @cached_property
    def boundaries_of(self) -> Mapping[str, tuple[Boundary, ...]]:
        """Histories, far boundaries and pins by signal; only of signals that have some."""
        found: dict[str, list[Boundary]] = {}
        for boundary in self.boundaries:
            found.setdefault(boundary.signal, []).append(boundary)
        return MappingProxyType({signal: tuple(those) for signal, those in found.items()})

    @cached_property
    def axis_of(self) -> Mapping[str, str | None]:
        """Every signal and its axis (None when static), in order of declaration."""
        axes = {s.name: s.axis for s in self.declared.values()}
        axes.update((e.signal, e.axis) for e in self.equations)
        return MappingProxyType(axes)

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of all signals, in order of declaration."""
        return tuple(self.axis_of)

    def kind_of(self, signal: str) -> Kind:
        """Return "input", "param" or "equation"."""
        return self.declared[signal].kind if signal in self.declared else "equation"

    @cached_property
    def length_of(self) -> Mapping[str, str]:
        """The length symbol of each axis."""
        return MappingProxyType({a.name: a.length for a in self.axes})

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every distinct read of every equation, in order of declaration.

        GraphfoldError for a circuit with uses: its reads are known once it is flat.
        """
        if self.uses:
            message = "a circuit that uses cells has its reads and delays once it is flat"
            raise GraphfoldError(f"{message}: gf.flatten(circuit)")
        return tuple(link for e in self.equations for link in equation_links(self, e))

    @cached_property
    def links_into(self) -> Mapping[str, tuple[Link, ...]]:
        """The links by their target; every equation has an entry."""
        found: dict[str, list[Link]] = {e.signal: [] for e in self.equations}
        for link in self.links:
            found[link.target].append(link)
        return MappingProxyType({target: tuple(links) for target, links in found.items()})

    @cached_property
    def delays(self) -> tuple[Delay, ...]:
        r"""The delays (and lookaheads), one per (signal, k), however many read it.

        >>> from graphfold import loads
        >>> c = loads("graphfold: 1\ninit: {F: [0, 1]}\nequations: |\n  F[t] = F[t-1] + F[t-2]")
        >>> c.delays
        (Delay(signal='F', steps=1), Delay(signal='F', steps=2))
        """
        reaches = ("step", "child", "all")
        moving = (link for link in self.links if link.reach in reaches and link.delay)
        return tuple(dict.fromkeys(Delay(i.source, i.delay, i.child) for i in moving))

    @cached_property
    def trees(self) -> Mapping[str, Axis]:
        """The axes that are trees, by name."""
        return MappingProxyType({a.name: a for a in self.axes if a.children})

    @cached_property
    def tree_of_child(self) -> Mapping[str, str]:
        """The axis of each child's name."""
        return MappingProxyType({c: a.name for a in self.trees.values() for c in a.children})

    def is_of_tree(self, axis: str) -> bool:
        """Whether an axis is a tree, or counts the leaves of one."""
        return axis in self.trees or any(axis == tree.leaves for tree in self.trees.values())

    def tree_of(self, signal: str) -> Axis | None:
        """The axis of a signal when that is a tree, else None."""
        return self.trees.get(self.axis_of.get(signal) or "")

    def clock_of(self, index: Index) -> str | None:
        """The axis along which a read with that index moves; None for a fixed one."""
        if index.base in self.length_of:
            return index.base
        return self.tree_of_child.get(index.base)

    def leaf_history(self, signal: str) -> Boundary | None:
        """What a signal over a tree is at the leaves, `h[k]: …` under init, if that is told."""
        tree = self.tree_of(signal)
        return None if tree is None else self.boundary.get((signal, Index(tree.leaves or "")))

    @cached_property
    def leaf_signals(self) -> tuple[str, ...]:
        """The signals over trees that are read, or told, at leaves."""
        if not self.trees:
            return ()
        read = {link.source for link in self.links if self._reads_leaf(link)}
        told = {s for s in self.signals if self.leaf_history(s) is not None}
        return tuple(s for s in self.signals if s in read | told)

    def _reads_leaf(self, link: Link) -> bool:
        """Whether a link may read a leaf: through a child, by number, or as the root of a leaf."""
        if self.tree_of(link.source) is None:
            return False
        fixed = link.index is not None and (link.index.base != "" or link.index.offset <= 0)
        return link.reach == "child" or fixed

    def __repr__(self) -> str:
        return f"<circuit {self.name!r}: {shorten(', '.join(self.signals), 60)}>"

    def freeze(self) -> Circuit:
        """Return the circuit itself; a builder returns the circuit built so far."""
        return self


@dataclass(frozen=True, eq=False)
class Cell:
    """A circuit that others use by a name; `path` is the file it is kept in, if it has its own.

    Two are equal when their names and circuits are, wherever they are kept.
    """

    name: str
    circuit: Circuit
    path: str | None = None
    mark: Mark | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cell):
            return NotImplemented
        pending: list[tuple[Cell, Cell]] = [(self, other)]
        equal = set[tuple[int, int]]()
        while pending:  # no recursion: cells within cells may be many levels deep
            one, two = pending.pop()
            pair = (id(one.circuit), id(two.circuit))
            if one.name != two.name:
                return False
            if pair[0] == pair[1] or pair in equal:
                continue
            inner, others = one.circuit.cells, two.circuit.cells
            if len(inner) != len(others) or _own(one.circuit) != _own(two.circuit):
                return False
            equal.add(pair)
            pending += zip(inner, others, strict=True)
        return True

    def __hash__(self) -> int:
        return hash((self.name, self.circuit.name, len(self.circuit.equations)))


def _own(circuit: Circuit) -> tuple[object, ...]:
    """What makes two circuits equal besides the cells they define."""
    names = (f.name for f in fields(circuit) if f.compare and f.name != "cells")
    return tuple(getattr(circuit, name) for name in names)


class Freezable(Protocol):
    """A circuit, or a builder of one."""

    def freeze(self) -> Circuit:
        """Return the frozen circuit."""
        ...


def freeze(circuit: Freezable) -> Circuit:
    """Return the frozen circuit; GraphfoldError for what is neither a circuit nor a builder."""
    if not hasattr(circuit, "freeze"):
        kind = type(circuit).__name__
        cure = "; read a file with gf.load(path)" if isinstance(circuit, str | PurePath) else ""
        raise GraphfoldError(f"expected a circuit, not {kind}{cure}")
    return circuit.freeze()


def equation_links(circuit: Circuit, equation: Equation) -> Iterator[Link]:
    """The distinct reads of an equation as links; a read under `sum(… for t)` reaches all steps."""
    expression = equation.expression
    seen: set[Link] = set()
    under = _reductions_above(expression)
    for number, read in expression.reads():
        axis = read.index.base if read.index is not None else ""
        for reduced in sorted({axis in axes for axes in under[number]}):
            link = _link(circuit, equation, number, read, reduced)
            if link not in seen:
                seen.add(link)
                yield link


def _link(circuit: Circuit, equation: Equation, number: int, read: Read, reduced: bool) -> Link:
    place = (number, equation.expression.mark(number))
    source, target, index = read.signal, equation.signal, read.index
    if index is None:
        return Link(source, target, "static", 0, None, *place)
    axis = circuit.axis_of.get(source)
    if axis is not None and circuit.tree_of_child.get(index.base) == axis:
        return Link(source, target, "child", 1, None, *place, index.base)
    if index.base != axis:
        return Link(source, target, "fixed", 0, index, *place)
    reach: Reach = "all" if reduced else "step"
    return Link(source, target, reach, -index.offset, None, *place)


def _reductions_above(expression: Expression) -> list[set[frozenset[str]]]:
    """For each node: the axes that are reduced above it, for every way it is reached."""
    under: list[set[frozenset[str]]] = [set() for _ in expression.nodes]
    under[expression.root].add(frozenset())
    for number in range(expression.root, -1, -1):
        node = expression.nodes[number]
        if isinstance(node, Apply):
            reached = under[number]
            if node.operation in REDUCTIONS:
                reached = {axes | {str(node.attribute("axis"))} for axes in reached}
            for operand in node.operands:
                under[operand] |= reached
    return under
