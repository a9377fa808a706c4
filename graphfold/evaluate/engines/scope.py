"""What a run on a namespace knows; boundaries are known before their signal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphfold.evaluate.compiled.flows import Flow
from graphfold.evaluate.compiled.scope import Scope
from graphfold.evaluate.engines.flows import reduce_axis
from graphfold.evaluate.engines.space import Space
from graphfold.expression import Index

Rows = dict[int, Any]


@dataclass
class ArrayScope(Scope):
    """`rows` holds single steps of a signal: histories, far boundaries and pins.

    Where rows of a batch differ in length, a `RowScope` takes its place.
    """

    space: Space = field(kw_only=True)
    rows: dict[str, Rows] = field(default_factory=dict)

    def afresh(self, _lengths: Mapping[str, Any]) -> ArrayScope:
        """The same without the values of a run."""
        return replace(self, tracks={}, statics={}, rows={})

    def at(self, signal: str, step: int) -> Flow:
        """A sequence at one step."""
        row = self.rows.get(signal, {}).get(step)
        return super().at(signal, step) if row is None else Flow(row, (), signal in self.batch)

    def at_end(self, signal: str, index: Index) -> Flow:
        """A sequence at a step counted from the last."""
        axis = str(self.unfolding.circuit.axis_of[signal])
        return self.at(signal, self.unfolding.resolve(index, axis))

    def front(self, signal: str) -> tuple[int, ...]:
        """The batch size of a signal that has one."""
        return (self.batch[signal],) if signal in self.batch else ()

    def count(self, axis: str) -> Flow:
        """The number of steps."""
        return Flow(self.space.constant(self.unfolding.length(axis)))

    def reduce(self, operation: str, flow: Flow, axis: str) -> Flow:
        """Reduce along a clock."""
        return reduce_axis(self.space, operation, flow, axis, self.unfolding.length(axis))

    def pins(self, signal: str) -> Sequence[int]:
        """The steps of a signal that no equation computes, whatever the row."""
        return self.unfolding.pins.get(signal, ())

    def pins_within(self, signal: str) -> bool:
        """Whether a signal is pinned in some rows at a step at which others compute it."""
        return False

    def padded(self, flow: Flow) -> Flow:
        """An input as it is used."""
        return flow

    def blend(self, signal: str, step: Any, row: Any) -> Any:
        """What stands at a step: what the equation gives there."""
        return row

    def blend_steps(self, signal: str, start: int, array: Any) -> Any:
        """What stands at the steps from `start` on."""
        return array

    def filled(self, found: dict[str, Any]) -> dict[str, Any]:
        """The outputs as they are handed over."""
        return found


@dataclass(frozen=True)
class Stretch:
    """The values of several steps on the first axis, from `start` on."""

    start: int
    array: Any

    @property
    def stop(self) -> int:
        """The step behind the last."""
        return self.start + int(self.array.shape[0])

    def cut(self, start: int, stop: int) -> Any:
        """The values of steps start … stop - 1."""
        if (start, stop) == (self.start, self.stop):
            return self.array
        return self.array[start - self.start : stop - self.start, ...]


@dataclass(frozen=True)
class Pieces:
    """What is known of a signal: single steps, which come first, and stretches in order."""

    rows: Rows
    stretches: Sequence[Stretch] = ()

    def put_together(self, space: Space, span: tuple[int, int], blank: tuple[int, ...]) -> Any:
        """The values of steps first … last as one array; what nobody gives is zeros."""
        (step, last), parts, group = span, list[Any](), list[Any]()
        singles = sorted(s for s in self.rows if step <= s <= last)
        for single in (*singles, last + 1):
            between = list(self._between(space, step, single, blank))
            if between and group:
                parts.append(space.xp.stack(group))
                group = []
            parts += between
            if single <= last:
                group.append(self.rows[single])
            step = single + 1
        parts += [space.xp.stack(group)] if group else []
        if not parts:
            return space.zeros((0, *blank))
        return parts[0] if len(parts) == 1 else space.xp.concat(parts)

    def _between(
        self, space: Space, start: int, stop: int, blank: tuple[int, ...]
    ) -> Iterator[Any]:
        for stretch in self.stretches:
            low, high = max(start, stretch.start), min(stop, stretch.stop)
            if low >= high:
                continue
            if start < low:
                yield space.zeros((low - start, *blank))
            yield stretch.cut(low, high)
            start = high
        if start < stop:
            yield space.zeros((stop - start, *blank))
