"""The result of folding: the circuit, its correspondence with the trace, and what repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from graphfold.caches import Recomputed
from graphfold.circuit import Circuit
from graphfold.errors import GraphfoldError, shorten, suggest
from graphfold.instances import format_id
from graphfold.traces.trace import Numbers, Trace

if TYPE_CHECKING:
    from graphfold.unfolding import Unfolding

_SIZES = "\0sizes"  # no name of a leaf

Form = Literal["recurrence", "repeat", "map"]


@dataclass(frozen=True)
class Repetition:
    """One thing that repeats `steps` times over `axis`.

    `form` is "recurrence" (states carry over, weights are shared), "repeat" (as that, but with
    weights of its own at each step, named in `own`) or "map" (no step depends on another).
    `nodes` counts the operations of the trace that it stands for, `operations` those of one step;
    `signals` are those defined over the axis. `period` tells how many elements of the sequence
    that was followed one step takes.
    """

    form: Form
    axis: str
    steps: int
    signals: tuple[str, ...]
    operations: int
    nodes: int
    period: int = 1
    direction: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Fold(Recomputed):
    """What `fold` found: a circuit whose unfolding over `steps` is the trace, or why there is none.

    `circuit` is None when nothing was folded; `reason` then tells why, and also where a fold stops
    short of the whole trace. `prologue` and `epilogue` are the nodes of the trace that stay outside
    the circuit: what comes before a sequence is taken apart, and after one is gathered. `functions`
    tells which operation with which attributes each opaque function of the circuit is.
    """

    trace: Trace
    circuit: Circuit | None = None
    steps: Mapping[str, int] = field(default_factory=dict)
    repetitions: tuple[Repetition, ...] = ()
    reason: str = ""
    prologue: tuple[int, ...] = ()
    epilogue: tuple[int, ...] = ()
    gathered: Mapping[int, str] = field(default_factory=dict)
    functions: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    places: Mapping[tuple[str, int | None], Numbers] = field(default_factory=dict)
    sequences: Mapping[str, Numbers] = field(default_factory=dict)
    size: int = 0

    def __repr__(self) -> str:
        if self.circuit is None:
            return f"<fold of {self.trace.name!r}: nothing; {shorten(self.reason, 60)}>"
        count = self.trace.operation_count
        return f"<fold of {self.trace.name!r}: {count:,} operations into {self.size:,}>"

    def __bool__(self) -> bool:
        return self.circuit is not None

    @property
    def period(self) -> int:
        """The period of the largest repetition; 0 when nothing repeats."""
        return self.repetitions[0].period if self.repetitions else 0

    @property
    def compression(self) -> float:
        """How many operations of the trace stand for one of the circuit."""
        return self.trace.operation_count / self.size if self.size else 1.0

    def unfold(self) -> Unfolding:
        """The unfolding that is the trace; GraphfoldError when nothing was folded."""
        from graphfold.unfold import unfold

        return unfold(self._circuit(), dict(self.steps))

    def picture(self) -> Circuit:
        """The circuit as it is drawn: repeats with weights of their own are boxes, not cycles."""
        from graphfold.fold.picture import picture

        return picture(self._circuit(), self.repetitions)

    @cached_property
    def correspondence(self) -> Mapping[str, str]:
        """From the ids of the trace's nodes to instances of the unfolding, such as "h[3]".

        A node within an equation stands for a part of the instance it is given with.
        """
        found: dict[str, str] = {}
        for (signal, step), nodes in self.places.items():
            if step is not None or len(nodes) == 1:
                one = self._static(signal)
                found.update(
                    (
                        self.trace.id_of(n),
                        format_id(signal, step)
                        if step is not None or one
                        else format_id(signal, 1),
                    )
                    for n in nodes.tolist()
                    if n >= 0
                )
                continue
            for place, node in enumerate(nodes.tolist(), 1):
                if node >= 0:
                    found[self.trace.id_of(node)] = format_id(signal, place)
        return MappingProxyType(found)

    def _static(self, signal: str) -> bool:
        return self._circuit().axis_of.get(signal) is None

    def _circuit(self) -> Circuit:
        if self.circuit is None:
            raise GraphfoldError(f"nothing was folded: {self.reason}")
        return self.circuit

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the circuit takes, made from the arrays that the trace's leaves take by name.

        A sequence is stacked from its elements; of a sequence that the trace reads by an index,
        `values` holds the whole, indexed along its first axis. GraphfoldError for missing names.
        """
        feed = {}
        values = {**values, _SIZES: self._sizes(values)}
        for name, nodes in self.sequences.items():
            elements = [self._value(int(n), values) for n in nodes.tolist()]
            shapes = [e for e in elements if e is not None]
            filled = [np.zeros_like(shapes[0]) if e is None else e for e in elements]
            feed[name] = np.stack(filled) if self._is_sequence(name) else filled[0]
        return feed

    def _sizes(self, values: Mapping[str, Any]) -> dict[str, int]:
        """The sizes of symbols, as the arrays given tell."""
        found: dict[str, int] = {}
        for node, name in self.trace.names.items():
            shape = self.trace.shape_of(node) or ()
            if name in values and any(isinstance(size, str) for size in shape):
                pairs = zip(shape, np.shape(values[name]), strict=False)
                found.update((size, given) for size, given in pairs if isinstance(size, str))
        return found

    def _is_sequence(self, name: str) -> bool:
        return "[" not in name and not self._static(name)

    def _value(self, node: int, values: Mapping[str, Any]) -> Any:
        if node < 0:
            return None
        trace = self.trace
        if trace.op(node) == "const":
            value, shape = np.asarray(trace.attributes_of(node)["value"]), trace.shape_of(node)
            sizes = [values[_SIZES].get(size, size) for size in shape or value.shape]
            known = all(isinstance(size, int) for size in sizes)
            return np.broadcast_to(value, sizes) if known else value
        name = trace.names.get(node, "")
        if name in values:
            return np.asarray(values[name])
        if trace.is_leaf[node]:
            raise GraphfoldError(f"the value of '{name}' is missing{suggest(name, values)}")
        return self._read(node, values)

    def _read(self, node: int, values: Mapping[str, Any]) -> Any:
        """The element that a read by an index gives."""
        attributes, chain = self.trace.attributes_of(node), node
        while not self.trace.is_leaf[chain]:
            if len(self.trace.operands_of(chain)) != 1:
                told = self.trace.label(node)
                raise GraphfoldError(f"{told} reads what is computed first; give its elements")
            chain = self.trace.operands_of(chain)[0]
        whole = self._value(chain, values)
        axis = int(attributes.get("axis", attributes.get("dim", 0)))
        if "index" in attributes:
            return np.take(whole, attributes["index"], axis)
        return np.take(whole, range(attributes["start"], attributes["stop"]), axis)
