"""Eliminate signals from an unfolding: whoever read them reads what they read.

Figure 10.7 of the book, in which every y depends on all earlier ones, is its figure 10.8 without h.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from graphfold.caches import Recomputed
from graphfold.circuit import Circuit
from graphfold.edges import predecessors
from graphfold.errors import UnfoldingError, suggest
from graphfold.instances import Instance, format_id
from graphfold.unfolding import Unfolding

if TYPE_CHECKING:
    from graphfold.edge_arrays import Numbers


@dataclass(frozen=True, repr=False)
class Elimination(Recomputed):
    """An unfolding without the instances of some signals; make one with `eliminate`.

    An edge runs from u to v exactly when a path of the unfolding does whose inner nodes are all
    eliminated. `names` stand in order of declaration.
    """

    unfolding: Unfolding
    names: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{self.unfolding!r} without {', '.join(self.names)}: {self.node_count:,} nodes>"

    @property
    def circuit(self) -> Circuit:
        """The circuit that was unfolded."""
        return self.unfolding.circuit

    @property
    def mode(self) -> str:
        """The mode that was unfolded, or ""."""
        return self.unfolding.mode

    @cached_property
    def _gone(self) -> frozenset[str]:
        return frozenset(self.names)

    def contains(self, signal: str, step: int | None) -> bool:
        """Whether there is such an instance."""
        return signal not in self._gone and self.unfolding.contains(signal, step)

    def instances(self) -> Iterator[Instance]:
        """All instances that remain, in topological order."""
        return (i for i in self.unfolding.instances() if i[0] not in self._gone)

    @cached_property
    def node_count(self) -> int:
        """The number of nodes; without pruning it costs nothing that grows with the steps."""
        if self.unfolding.kept is not None:
            return sum(1 for _ in self.instances())
        axes = self.circuit.axis_of
        inside = sum(1 if axis is None else self.unfolding.length(axis)
                     for axis in map(axes.__getitem__, self.names))  # fmt: skip
        outside = sum(signal in self._gone for signal, _ in self.unfolding.boundaries)
        return self.unfolding.node_count - inside - outside

    def predecessors(self, signal: str, step: int | None) -> tuple[Instance, ...]:
        """The instances an instance reads, directly or through eliminated ones, in order.

        UnfoldingError when there is no such instance.
        """
        if not self.contains(signal, step):
            without = f" without {signal}" if signal in self._gone else ""
            raise UnfoldingError(f"{format_id(signal, step)} is not in this unfolding{without}")
        found: set[Instance] = set()
        pending = [(signal, step)]
        while pending:
            new = [p for p in predecessors(self.unfolding, *pending.pop()) if p not in found]
            found.update(new)
            pending += [p for p in new if p[0] in self._gone]
        left = (p for p in found if p[0] not in self._gone)
        return tuple(sorted(left, key=lambda p: self.unfolding.number(*p) or 0))

    @cached_property
    def edge_count(self) -> int:
        """The number of edges; of T steps there may be about T² of them."""
        from graphfold.detours import count_edges

        return count_edges(self.unfolding, self._gone)

    def edge_arrays(self) -> tuple[Numbers, Numbers]:
        """All edges as two arrays, (sources, targets), int64: places in `instances()`.

        TooLargeError when memory cannot hold them.
        """
        from graphfold.detours import fill_edges

        return fill_edges(self.unfolding, self._gone, self.edge_count)


def eliminate(x: Unfolding | Elimination, names: str | Iterable[str]) -> Elimination:
    r"""Remove all instances of some signals; their readers are connected to what they read.

    Histories of an eliminated signal go too. UnfoldingError for a name that is no signal.

    >>> from graphfold import loads, unfold
    >>> equations = "  h[t] = h[t-1] + y[t-1]\n  y[t] = 2 * h[t]"
    >>> text = "graphfold: 1\ninit: {'h[0]': zeros}\nequations: |\n" + equations
    >>> complete = eliminate(unfold(loads(text), 3), "h")
    >>> [complete.predecessors("y", t) for t in (1, 3)]
    [(('y', 0),), (('y', 0), ('y', 1), ('y', 2))]
    """
    wanted = [names] if isinstance(names, str) else list(names)
    unfolding = x.unfolding if isinstance(x, Elimination) else x
    if not isinstance(unfolding, Unfolding):
        raise UnfoldingError(f"eliminate takes gf.unfold(circuit, 3), not {type(x).__name__}")
    signals = unfolding.circuit.axis_of
    for name in wanted:
        if str(name) not in signals:
            raise UnfoldingError(f"unknown signal '{name}'{suggest(str(name), signals)}")
    gone = {*wanted, *(x.names if isinstance(x, Elimination) else ())}
    return Elimination(unfolding, tuple(name for name in signals if name in gone))
