"""Circuit, unfolding or window to scene: what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from graphfold.circuit import Circuit
from graphfold.labels import escape, latex_of
from graphfold.recurrence import find_components
from graphfold.render.compose import stamped
from graphfold.render.contract import Tie, contract, through_copies, ties
from graphfold.render.factors import Factor, Product
from graphfold.render.rows import Row, arrange
from graphfold.render.scene import Caption, Child, Column, Edge, NodeKind, Piece, Scene, Site

MOST_JOINED = 2


@dataclass(frozen=True)
class View:
    """What all figures of one circuit share: its sites, rows, ties and captions."""

    circuit: Circuit
    sites: Mapping[str, Site]
    rows: tuple[Row, ...]
    ties: tuple[Tie, ...]
    latex: Mapping[str, str]
    untied: frozenset[str] = frozenset()

    @property
    def static(self) -> tuple[str, ...]:
        """The static signals that are shown."""
        return tuple(n for row in self.rows if row.static for n in row.names)

    @property
    def moving(self) -> tuple[str, ...]:
        """The sequences that are shown."""
        return tuple(n for row in self.rows if not row.static for n in row.names)

    @cached_property
    def recurrent(self) -> frozenset[str]:
        """The signals that depend on their own past or future."""
        components, _ = find_components(self.circuit)
        return frozenset(s for c in components if c.direction is not None for s in c.signals)

    def caption(self, tie: Tie) -> Caption:
        """What stands beside the tie's wire."""
        return self.caption_of(tie.products)

    def caption_of(self, ways: tuple[Product, ...]) -> Caption:
        """What stands beside a wire with these products."""
        return _caption(ways, self.latex, self.untied)


def view(circuit: Circuit, untied: frozenset[str] = frozenset()) -> View:
    """Return what figures of the circuit show; `untied` parameters carry a time."""
    signals = [n for n in circuit.signals if circuit.kind_of(n) != "param"]
    hide = [n for n in circuit.style.hide if n in signals]
    kept, gone = contract(ties(circuit), hide)
    latex = dict(_latex(circuit))
    kept, copies = through_copies(circuit, kept)
    latex.update({name: stamped(latex[source], time) for name, source, time in copies})
    shown = [n for n in signals if n not in gone] + [name for name, _, _ in copies]
    sites = {n: Site(n, latex[n], circuit.kind_of(n)) for n in shown}
    return View(circuit, sites, arrange(circuit, kept, shown), kept, latex, untied)


def folded(seen: View) -> Scene:
    """Return the scene of the folded circuit."""
    everything: dict[str, NodeKind] = dict.fromkeys(seen.sites, "node")
    edges = [
        Edge((t.source, 0), (t.target, 0), _dated(seen, t), t.delay, child=child_of(seen, t))
        for t in seen.ties
    ]
    return Scene(seen.rows, seen.sites, (Column("", everything),), join(edges), folded=True)


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


def _dated(seen: View, tie: Tie) -> Caption:
    """The caption in the folded figure, which also tells the step of a fixed read."""
    caption = seen.caption(tie)
    if tie.reach != "fixed" or tie.index is None or tie.target not in seen.circuit.axis_of:
        return caption
    axis = seen.circuit.axis_of[tie.source]
    if axis in seen.circuit.trees and tie.index.base:
        return caption  # the root, which is meant unless told otherwise
    comma = (Piece(","),) if caption else ()
    return (*caption, *comma, Piece(f"{escape(str(axis))}={escape(str(tie.index))}"))


def _latex(circuit: Circuit) -> Mapping[str, str]:
    ranks = _ranks(circuit)
    labels = dict(circuit.style.labels)
    return {
        name: labels.get(name) or latex_of(name, ranks.get(name, 1), name in params)
        for params in [{p.name for p in circuit.params}]
        for name in circuit.signals
    } | {f.name: labels.get(f.name) or latex_of(f.name, 0) for f in circuit.functions}


def _ranks(circuit: Circuit) -> Mapping[str, int]:
    try:
        from graphfold.shapes import infer_shapes

        return {name: len(shape) for name, shape in infer_shapes(circuit).items()}
    except Exception:  # a figure of a half-written model is better than none
        return {name: len(signal.shape) for name, signal in circuit.declared.items()}


def _caption(
    ways: tuple[Product, ...], latex: Mapping[str, str], untied: frozenset[str]
) -> Caption:
    pieces: list[Piece] = []
    for way in ways:
        if way and pieces:
            pieces.append(Piece(","))
        pieces += [_piece(factor, latex, untied) for factor in way]
    return tuple(pieces)


def _piece(factor: Factor, latex: Mapping[str, str], untied: frozenset[str]) -> Piece:
    text = latex[factor.name]
    if factor.transposed:
        text = f"{{{text}}}^{{\\top}}"
    return Piece(text, factor.name in untied)
