"""Circuit, unfolding or window to scene: what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from graphfold.circuit import Circuit
from graphfold.expression import Index
from graphfold.labels import escape, label_within, latex_of
from graphfold.recurrence import find_components
from graphfold.render.blocks import Order, clock, givers, side_by_side
from graphfold.render.compose import stamped
from graphfold.render.contract import Tie, contract, eliminate, merged, through_copies
from graphfold.render.exploded import Exploded
from graphfold.render.exploded.sites import MINUS, by_signs, operation_site
from graphfold.render.factors import Factor, Product, by_mode, in_order
from graphfold.render.nests import arrange_nested, frames, word
from graphfold.render.roles import roles
from graphfold.render.rows import Row
from graphfold.render.scene import (
    Block,
    Caption,
    Child,
    Column,
    Edge,
    Frame,
    NodeKind,
    Piece,
    Role,
    Scene,
    Site,
)
from graphfold.render.uses import Opened, Uses, choose, renamed, stand_in, ties_outside

MOST_JOINED = 2


@dataclass(frozen=True)
class View:
    """What all figures of one circuit share: its sites, rows, ties and captions.

    In `circuit`, uses that are drawn closed stand for their signals; `whole` is the circuit itself.
    """

    circuit: Circuit
    whole: Circuit
    sites: Mapping[str, Site]
    rows: tuple[Row, ...]
    ties: tuple[Tie, ...]
    latex: Mapping[str, str]
    untied: frozenset[str] = frozenset()
    order: Order = field(default_factory=lambda: Order(()))
    uses: Uses = field(default_factory=Uses)
    exploded: Exploded | None = None

    @property
    def flow(self) -> Literal["up", "right"]:
        """Where data flows within a step."""
        return "up" if self.exploded is None else "right"

    @property
    def step_edges(self) -> tuple[Edge, ...]:
        """The wires of one step that move with it, with their delays."""
        axis_of = self.circuit.axis_of
        return tuple(
            Edge((t.source, 0), (t.target, 0), self.caption(t), t.delay, child=child_of(self, t))
            for t in self.ties
            if t.reach in ("step", "child") and axis_of.get(t.source) == axis_of.get(t.target)
        )

    @property
    def static(self) -> tuple[str, ...]:
        """The static signals that are shown."""
        return tuple(n for n in self.sites if self.circuit.axis_of.get(n) is None)

    @property
    def moving(self) -> tuple[str, ...]:
        """The sequences that are shown."""
        return tuple(n for row in self.rows for n in row.names if self.circuit.axis_of.get(n))

    def along(self, axis: str) -> tuple[str, ...]:
        """The sequences that are shown over an axis, or over a tree and its leaves."""
        return tuple(n for n in self.moving if clock(self.circuit, n) == axis)

    @cached_property
    def recurrent(self) -> frozenset[str]:
        """The signals that depend on their own past or future."""
        components, _ = find_components(self.whole)
        found = (s for c in components if c.direction is not None for s in c.signals)
        return frozenset(map(self.uses.shown, found))

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """The frames around the sites of open uses, outer ones first."""
        return frames(self.circuit, self.sites, self.uses)

    @cached_property
    def inside(self) -> Mapping[str, tuple[str, ...]]:
        """The sequences within each closed use."""
        found: dict[str, list[str]] = {}
        for signal, use in self.uses.of.items():
            found.setdefault(use, []).append(signal)
        return {use: tuple(signals) for use, signals in found.items()}

    def caption(self, tie: Tie) -> Caption:
        """What stands beside the tie's wire."""
        return self.caption_of(tie.products)

    def dated(self, tie: Tie) -> Caption:
        """The caption in a folded cell, which also tells the step of a fixed read."""
        caption = self.caption(tie)
        if tie.reach != "fixed" or tie.index is None or tie.target not in self.circuit.axis_of:
            return caption
        axis = self.circuit.axis_of[tie.source]
        if axis in self.circuit.trees and tie.index.base:
            return caption  # the root, which is meant unless told otherwise
        comma = (Piece(","),) if caption else ()
        return (*caption, *comma, Piece(f"{latex_of(str(axis), 0)}={_index(tie.index)}"))

    def caption_of(self, ways: tuple[Product, ...]) -> Caption:
        """What stands beside a wire with these products."""
        return _caption(self, ways)


def view(
    circuit: Circuit,
    untied: frozenset[str] = frozenset(),
    eliminated: frozenset[str] | None = None,
    beside: Sequence[Tie] = (),
    opened: Opened = (),
    exploded: Exploded | None = None,
) -> View:
    """Return what figures of the circuit show; `untied` parameters carry a time.

    Signals that are `eliminated` are not shown, even those that cannot be contracted, and wires
    then join instances of one axis themselves. What stands
    `beside`, the ties of a figure next to this one, counts for the rows as well. The uses of cells
    that are `opened` show their inside; DrawingError for an unknown one. Of an `exploded` circuit
    the nodes are operations.
    """
    uses = choose(circuit, opened)
    signals = [n for n in circuit.signals if circuit.kind_of(n) != "param"]
    kept, gone = contract(ties_outside(circuit, uses), _hidden(circuit, uses))
    ranks = _ranks(circuit)
    latex = dict(_latex(circuit, ranks))
    kept = eliminate(kept, sorted(eliminated or ()))
    gone = gone | (eliminated or set())
    kept, copies = through_copies(circuit, kept, across=eliminated is not None)
    latex.update({name: stamped(latex[source], time) for name, source, time in copies})
    framed = uses if exploded is None else replace(uses, framed={})  # operations have no frames
    latex.update(_latex_within(circuit, framed, ranks))
    shown = [n for n in signals if n not in gone] + [name for name, _, _ in copies]
    shown = list(dict.fromkeys(map(uses.shown, shown)))
    drawn, kept = stand_in(circuit, uses.of), renamed(kept, uses.of)
    parts = {**roles(circuit, ranks)}
    parts |= {name: parts[source] for name, source, _ in copies}
    parts |= _roles_of_uses(uses, parts)
    sites = {n: _site(drawn, uses, n, latex) for n in shown}
    sites = {n: replace(site, role=parts.get(n, "signal")) for n, site in sites.items()}
    if exploded is not None:
        kept = tuple(by_signs(exploded, tie) for tie in kept)
        latex[MINUS] = "-"
        sites = {n: operation_site(exploded, site) for n, site in sites.items()}
    known = {*shown}
    flows = merged([*kept, *(t for t in beside if known.issuperset((t.source, t.target)))])
    order = side_by_side(drawn, flows, shown)
    rows = arrange_nested(drawn, flows, shown, order, uses)
    return View(drawn, circuit, sites, rows, kept, latex, untied, order, uses, exploded)


def _hidden(circuit: Circuit, uses: Uses) -> list[str]:
    known = circuit.axis_of.keys() - uses.of.keys()
    return [*uses.hidden, *(n for n in circuit.style.hide if n in known)]


def _site(circuit: Circuit, uses: Uses, name: str, latex: Mapping[str, str]) -> Site:
    use = uses.closed.get(name)
    if use is None:
        return Site(name, latex[name], circuit.kind_of(name))
    under = word(use.cell) if use.cell != use.path[-1] else ""
    return Site(name, latex[name], "equation", True, under)


def _roles_of_uses(uses: Uses, parts: Mapping[str, Role]) -> Mapping[str, Role]:
    """A use that holds a state is one; any other is a signal."""
    found: dict[str, Role] = dict.fromkeys(uses.closed, "signal")
    found.update({use: "state" for name, use in uses.of.items() if parts.get(name) == "state"})
    return found


def ties_shown(circuit: Circuit, opened: Opened = ()) -> tuple[Tie, ...]:
    """Return the ties of a circuit's figure, joined through what is hidden."""
    uses = choose(circuit, opened)
    kept, _ = contract(ties_outside(circuit, uses), _hidden(circuit, uses))
    return renamed(kept, uses.of)


def folded(seen: View) -> Scene:
    """Return the scene of the folded circuit of one axis, static signals among the others."""
    seen = without_histories(seen)
    everything: dict[str, NodeKind] = dict.fromkeys(seen.sites, "node")
    edges = [
        Edge((t.source, 0), (t.target, 0), seen.dated(t), t.delay, child=child_of(seen, t))
        for t in seen.ties
    ]
    cell = Block(tuple(everything), (Column("", everything),), folded=True)
    return Scene(seen.rows, seen.sites, (cell,), join(edges), frames=seen.frames, flow=seen.flow)


def without_histories(seen: View) -> View:
    """The view without static signals that only give histories, which no folded cell has."""
    tied = {name for tie in seen.ties for name in (tie.source, tie.target)}
    gone = {name for name, _ in givers(seen.circuit, seen.sites)} - tied
    rows = tuple(Row(tuple(n for n in row.names if n not in gone), row.static) for row in seen.rows)
    sites = {name: site for name, site in seen.sites.items() if name not in gone}
    return replace(seen, rows=rows, sites=sites)


def child_of(seen: View, tie: Tie) -> Child | None:
    """The child of a tree that a tie reads; the first ones stand on the left."""
    if tie.reach != "child" or tie.index is None:
        return None
    children = seen.circuit.trees[seen.circuit.tree_of_child[tie.index.base]].children
    place = children.index(tie.index.base)
    return Child(tie.index.base, -1 if 2 * place < len(children) - 1 else 1)


def join(edges: Sequence[Edge]) -> tuple[Edge, ...]:
    """Draw the edges between the same two nodes, by the same delay, as one."""
    found: dict[tuple[object, ...], Edge] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.delay, edge.child)
        old = found.get(key)
        found[key] = _joined(old, edge) if old else edge
    return tuple(_short(edge) if edge.dashed else edge for edge in found.values())


def _short(edge: Edge) -> Edge:
    """A cut wire stands for many: of three captions and more, the first and the last."""
    commas = [i for i, piece in enumerate(edge.caption) if piece.latex == ","]
    if len(commas) < MOST_JOINED:
        return edge
    ends = edge.caption[: commas[0]], edge.caption[commas[-1] + 1 :]
    return replace(edge, caption=(*ends[0], Piece("\\ldots"), *ends[1]))


def _joined(old: Edge, new: Edge) -> Edge:
    if not new.caption or old.caption == new.caption:
        return old
    comma = (Piece(","),) if old.caption else ()
    return replace(old, caption=old.caption + comma + new.caption)


def _index(index: Index) -> str:
    base = latex_of(index.base, 0) if index.base else ""
    return f"{base}{index.offset:+d}" if base and index.offset else base or str(index.offset)


def _latex(circuit: Circuit, ranks: Mapping[str, int]) -> Mapping[str, str]:
    labels = dict(circuit.style.labels)
    return {
        name: labels.get(name) or latex_of(name, ranks.get(name, 1), name in params)
        for params in [{p.name for p in circuit.params}]
        for name in circuit.signals
    } | {f.name: labels.get(f.name) or latex_of(f.name, 0) for f in circuit.functions}


def _latex_within(circuit: Circuit, uses: Uses, ranks: Mapping[str, int]) -> Mapping[str, str]:
    """The labels of closed uses, and of what stands within a use, which need not tell so."""
    labels, groups = dict(circuit.style.labels), {**uses.framed, **uses.closed}
    named = [name for name in uses.closed if name not in circuit.axis_of]  # not after a state
    found = {name: labels.get(name) or word(uses.label(name)) for name in named}
    for name, axis in circuit.axis_of.items() if groups else ():
        use, param = uses.holder(name, groups), circuit.kind_of(name) == "param"
        if use is not None and (param or axis is not None):
            group, own = groups[use], name[len(use) + 1 :]
            label = dict(group.style.labels).get(own)
            if label is None or _outside(label, group.path) == labels.get(name):
                label = label or labels.get(name)
                found[name] = label or latex_of(own, ranks.get(name, 1), param)
    return found


def _outside(label: str, path: Sequence[str]) -> str:
    for use in reversed(path):
        label = label_within(label, use)
    return label


def _ranks(circuit: Circuit) -> Mapping[str, int]:
    try:
        from graphfold.shapes import infer_shapes

        return {name: len(shape) for name, shape in infer_shapes(circuit).items()}
    except Exception:  # a figure of a half-written model is better than none
        return {name: len(signal.shape) for name, signal in circuit.declared.items()}


def _caption(seen: View, ways: tuple[Product, ...]) -> Caption:
    pieces: list[Piece] = []
    names = {mode.name for mode in seen.circuit.modes}
    for way, modes in by_mode(ways).items():
        marks = [Piece(f"\\text{{{escape(mode)}}}") for mode in modes if names - set(modes)]
        for group in (_product(seen, way), marks):
            pieces += [Piece(","), *group] if pieces and group else group
    return tuple(pieces)


def _product(seen: View, way: Product) -> list[Piece]:
    """The factors in the order of the equation; a dot stands for the value between them."""
    left, right = ([_piece(f, seen.latex, seen.untied) for f in side] for side in in_order(way))
    return [*left, *([Piece("\\cdot")] if left and right else []), *right]


def _piece(factor: Factor, latex: Mapping[str, str], untied: frozenset[str]) -> Piece:
    text = latex[factor.name]
    if factor.transposed:
        text = f"{{{text}}}^{{\\top}}"
    return Piece(text, factor.name in untied)
