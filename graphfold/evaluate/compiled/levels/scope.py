"""What a compiled run over trees knows besides: the order of their nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.levels.order import Levels
from graphfold.evaluate.compiled.scope import Scope


@dataclass
class TreeScope(Scope):
    """Tracks of signals over a tree hold their nodes by place: leaves up to 0, then by height."""

    levels: Mapping[str, Levels] = field(default_factory=dict)

    def at(self, signal: str, step: int) -> Flow:
        """A sequence at one step, or at a node or leaf."""
        levels = self.levels.get(self.unfolding.circuit.axis_of[signal] or "")
        return super().at(signal, step if levels is None else levels.place(step))

    def child(self, signal: str, name: str) -> Flow:
        """A signal over a tree at the children of all inner nodes that have that name."""
        circuit = self.unfolding.circuit
        axis = circuit.tree_of_child[name]
        place, track = circuit.trees[axis].children.index(name), self.tracks[signal]
        levels = self.levels[axis]
        if not len(levels.steps):
            return Flow(track.array[:0], (axis,), track.batched)
        return Flow(track.array[levels.children[:, place] - track.first], (axis,), track.batched)
