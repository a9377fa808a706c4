"""What is to be drawn to scenes: a circuit, an unfolding, an elimination or a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from graphfold.check import ensure_well_formed
from graphfold.circuit import Circuit, Freezable
from graphfold.errors import DrawingError, shorten, suggest
from graphfold.memory import ensure_fits
from graphfold.render.contract import Tie
from graphfold.render.exploded import Exploded, explode
from graphfold.render.options import DrawOptions
from graphfold.render.scene import Scene
from graphfold.render.symbolic import folded_circuit, windows
from graphfold.render.uses import ALL, Boxes, Opened
from graphfold.render.view import View, ties_shown, view

if TYPE_CHECKING:
    from graphfold.eliminate import Elimination
    from graphfold.render.tree_scene import TreeScene
    from graphfold.unfolding import Unfolding, Window

    Shown = Scene | TreeScene
    Drawable = Freezable | Unfolding | Window | Elimination

DETAILS = ("signals", "operations", "cells")
DIRECTIONS = ("right", "up")
_BYTES_PER_NODE = 5_000  # of a scene, its layout and its SVG, measured
_BYTES_PER_COPY = 1_000  # of a node in a step that is laid out as a copy of others
_MOST_RAILS = 12  # a step has a rail for each step of a delay
_WALKED_PER_NODE = 20  # nodes of an elimination that cost as much as one that is drawn


@dataclass(frozen=True)
class Part:
    """The scenes of one thing that is drawn: alone, or folded and unfolded."""

    circuit: Circuit
    scenes: tuple[Shown, ...]
    mode: str = ""

    @property
    def description(self) -> str:
        """What the part shows, in words."""
        plain = [isinstance(scene, Scene) and scene.folded for scene in self.scenes]
        kinds = ["folded" if folded else "unfolded" for folded in plain]
        return f"The circuit {self.circuit.name}, {' and '.join(kinds)}."


def parts_of(things: Sequence[Drawable], options: DrawOptions) -> list[Part]:
    """Return the parts of a figure; ModelError when a circuit is not well formed.

    One circuit in several modes has its rows in common.
    """
    _ensure_known(options)
    circuits = [_circuit(thing) for thing in things]
    beside: list[Tie] = []
    if len({frozenset(circuit.signals) for circuit in circuits}) == 1 < len(circuits):
        beside = [
            tie for circuit in circuits for tie in ties_shown(circuit, _opened(circuit, options))
        ]
    return [_part(thing, options, beside) for thing in things]


def _ensure_known(options: DrawOptions) -> None:
    for option, known in (("detail", DETAILS), ("direction", DIRECTIONS)):
        asked = getattr(options, option)
        if asked not in known:
            hint = suggest(str(asked), known) or f"; there are {' and '.join(known)}"
            raise DrawingError(f"no {option} is called '{shorten(str(asked))}'{hint}")
    if options.detail == "operations" and options.direction == "up":
        message = 'operations go to the right: time runs upwards at detail "signals" or "cells"'
        raise DrawingError(message)


def _circuit(what: Drawable) -> Circuit:
    from graphfold.eliminate import Elimination
    from graphfold.unfolding import Unfolding, Window

    if isinstance(what, Unfolding | Window | Elimination):
        return what.circuit
    return ensure_well_formed(what)


def _opened(circuit: Circuit, options: DrawOptions) -> Opened:
    """The uses whose inside is shown: as asked, or as the model asks.

    Among operations that is all, among cells none.
    """
    if options.detail == "operations" and options.open is None:
        return ALL if circuit.groups else ()
    if options.detail == "cells":
        return Boxes(options.open or ())
    return circuit.style.open if options.open is None else options.open


def _part(what: Drawable, options: DrawOptions, beside: Sequence[Tie]) -> Part:
    from graphfold.eliminate import Elimination
    from graphfold.unfolding import Unfolding, Window

    circuit = _circuit(what)
    opened = _opened(circuit, options)
    exploded = _exploded(circuit) if options.detail == "operations" else None
    if exploded is not None:
        beside, circuit = (), exploded.circuit
    folded = partial(view, circuit, beside=beside, opened=opened, exploded=exploded)
    if not isinstance(what, Unfolding | Window | Elimination):
        return Part(circuit, (folded_circuit(folded()),))
    _ensure_drawable(what, options)
    if exploded is not None:
        what = _of_operations(what, exploded)
    if isinstance(what, Elimination):
        return Part(what.circuit, (_without(what, options),), what.mode)
    seen = folded(untied=frozenset(getattr(what, "untied", ())))
    if isinstance(what, Window):
        scene: Shown = windows(seen, what.axes, what.before, what.after)
    else:
        scene = _scene(seen, what, options)
    if not options.pair:
        return Part(circuit, (scene,), what.mode)
    return Part(circuit, (folded_circuit(folded()), scene), what.mode)


def _exploded(circuit: Circuit) -> Exploded:
    """The circuit of operations; DrawingError over a tree, and for very long delays.

    The children of a tree have no rails, and a delay has one for each of its steps.
    """
    if circuit.trees:
        raise DrawingError('a circuit over a tree is drawn at detail "signals", not its operations')
    longest = max(circuit.delays, key=lambda delay: abs(delay.steps), default=None)
    if longest is not None and abs(longest.steps) > _MOST_RAILS:
        read = f"{longest.signal} is read {abs(longest.steps)} steps away"
        cure = f'operations are drawn with delays up to {_MOST_RAILS}; draw detail "signals"'
        raise DrawingError(f"{read}: {cure}")
    return explode(circuit)


def _of_operations(
    what: Unfolding | Window | Elimination, exploded: Exploded
) -> Unfolding | Window:
    """The same unfolding, or window, of the circuit of operations."""
    from graphfold.eliminate import Elimination
    from graphfold.unfold import prune_unfolding
    from graphfold.unfolding import Unfolding

    if isinstance(what, Elimination):
        raise DrawingError('an elimination is drawn at detail "signals": its signals are joined')
    made = replace(what, circuit=exploded.circuit)
    if isinstance(made, Unfolding) and made.kept is not None:
        return prune_unfolding(replace(made, kept=None))
    return made


def _scene(seen: View, what: Unfolding, options: DrawOptions) -> Shown:
    """The scene of an unfolding: of all its steps a short one, if they are alike."""
    if what.trees:
        from graphfold.render.tree_scene import tree_scene

        return tree_scene(seen, what, options.words)
    from graphfold.render.spans import every_step
    from graphfold.render.steps import unfolded

    if not options.elide:
        short = every_step(seen, what, options)
        if short is not None:
            return short
        ensure_fits(_BYTES_PER_NODE * what.node_count, "the figure")
    return unfolded(seen, what, options)


def _without(what: Elimination, options: DrawOptions) -> Scene:
    from graphfold.render.detours import view_without, without

    seen, whole = view_without(what)
    return without(seen, whole, options)


def _ensure_drawable(what: Unfolding | Window | Elimination, options: DrawOptions) -> None:
    """Refuse a figure of more nodes, or wires, than the memory holds."""
    from graphfold.eliminate import Elimination
    from graphfold.unfolding import Window

    each = _BYTES_PER_NODE
    if isinstance(what, Window):
        nodes = (what.before + what.after + 1) * len(what.circuit.signals) * len(what.axes)
    elif isinstance(what, Elimination):
        from graphfold.render.shorter import shorter

        walked = shorter(what, options).unfolding.node_count // _WALKED_PER_NODE
        ensure_fits(_BYTES_PER_NODE * walked, "the figure")
        nodes = walked if options.elide else what.edge_count
    elif options.elide and not what.trees:
        from graphfold.render.elision import most_columns

        nodes = min(most_columns(what, options) * len(what.circuit.signals), what.node_count)
    else:
        each = _BYTES_PER_NODE if what.trees else _BYTES_PER_COPY
        nodes = what.node_count
    ensure_fits(each * nodes, "the figure")
