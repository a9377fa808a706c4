"""Check what is given to a run on a namespace and bring it there, without a look at its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.evaluate.binding import Bound, bind
from graphfold.evaluate.engines.space import Namespace, Space, name_of
from graphfold.evaluate.numbers import as_numbers
from graphfold.evaluate.rows.needs import Rows, row_slots
from graphfold.evaluate.slots import Slot, slots
from graphfold.shapes import Shapes
from graphfold.unfolding import Unfolding


@dataclass(frozen=True)
class Entry:
    """A value: the name it is given under, its own name, and whether its batch axis comes first."""

    key: str
    name: str
    turned: bool


@dataclass(frozen=True)
class Fit:
    """How values of certain shapes fit; of `bound` only sizes and batches count, no numbers."""

    bound: Bound
    space: Space
    entries: tuple[Entry, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others that are lowered differently."""
        bound, space = self.bound, self.space
        flags = tuple((name, value.batched) for name, value in bound.values.items())
        where = (str(space.dtype), space.device, space.wide, bound.batch)
        return (tuple(bound.sizes.items()), where, flags)

    def arrays(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arrays of the namespace by name, in one dtype, steps first."""
        return {entry.name: self._array(values[entry.key], entry.turned) for entry in self.entries}

    def _array(self, value: Any, turned: bool) -> Any:
        space = self.space
        own = space.namespace.owns(value)
        array = space.cast(value) if own else space.moved(as_numbers(value))
        return space.xp.moveaxis(array, 0, 1) if turned else array


@dataclass
class Fitter:
    """Binds values on a namespace; `problems` were found before and are reported with the rest.

    It remembers how arrays of the namespace fit, by their shapes.
    """

    namespace: Namespace
    shapes: Shapes
    problems: tuple[str, ...] = ()
    _known: dict[object, Fit] = field(default_factory=dict)

    def fit(
        self,
        unfolding: Unfolding,
        values: Mapping[str, Any],
        batch_first: bool,
        rows: Rows | None = None,
        wrong: Sequence[str] = (),
    ) -> Fit:
        """Return how values fit; ValuesError lists all that does not, `wrong` included."""
        if rows is not None or wrong:
            return self._fit(unfolding, values, batch_first, rows, wrong)
        key = self._signature(unfolding, values, batch_first)
        found = self._known.get(key)
        if found is None:
            found = self._fit(unfolding, values, batch_first)
            if key is not None:
                self._known[key] = found
        return found

    def blank(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values with zeros without memory for arrays of the namespace."""
        owns, zero = self.namespace.owns, np.zeros(())
        return {
            name: np.broadcast_to(zero, tuple(value.shape)) if owns(value) else value
            for name, value in values.items()
        }

    def _signature(
        self, unfolding: Unfolding, values: Mapping[str, Any], batch_first: bool
    ) -> object | None:
        """What tells arrays of the namespace from others; None when others are among them."""
        owns, place = self.namespace.owns, self.namespace.device_of
        if not isinstance(values, dict) or not all(
            owns(v) and self._floats(v) for v in values.values()
        ):
            return None
        told = tuple((n, tuple(v.shape), v.dtype, place(v)) for n, v in values.items())
        return unfolding.steps, batch_first, self.namespace.has_double, told

    def _fit(
        self,
        unfolding: Unfolding,
        values: Mapping[str, Any],
        batch_first: bool,
        rows: Rows | None = None,
        found: Sequence[str] = (),
    ) -> Fit:
        wrong = [*self.problems, *found]
        dtype, device = self._dtype(values, wrong), self._device(values, wrong)
        stand_ins: Any = values
        if isinstance(values, Mapping):
            stand_ins = {name: self._stand_in(value) for name, value in values.items()}
        shapes = self.shapes.signals
        bound = bind(
            unfolding, shapes, stand_ins, problems=wrong, batch_first=batch_first, rows=rows
        )
        wanted = slots(unfolding, shapes) if rows is None else row_slots(unfolding, shapes, rows)
        entries = tuple(self._entries(wanted, values, bound, batch_first))
        return Fit(bound, _space(self.namespace, dtype, device), entries)

    def _entries(
        self, wanted: Iterable[Slot], values: Iterable[str], bound: Bound, batch_first: bool
    ) -> Iterator[Entry]:
        by_name = {name: slot for slot in wanted for name in (slot.name, *slot.spellings)}
        for key in values:
            slot = by_name["".join(key.split())]
            batched = bound.values[slot.name].batched
            yield Entry(key, slot.name, batch_first and bool(slot.lead) and batched)

    def _stand_in(self, value: Any) -> Any:
        """What `bind` may look at: the value, or one number, repeated without memory."""
        if not self.namespace.owns(value):
            return value
        name = name_of(value.dtype)
        known = np.dtype(name if hasattr(np, name) else "float32")
        number = self._largest(value) if known.kind in "iu" else 0
        return np.broadcast_to(np.asarray(number, known), tuple(value.shape))

    def _largest(self, value: Any) -> int:
        """The whole number of an array that is hardest to hold in a floating dtype."""
        if self.namespace.is_traced(value) or 0 in value.shape:
            return 0
        ends = [int(self.namespace.xp.max(value)), int(self.namespace.xp.min(value))]
        return max(ends, key=abs)

    # -- dtype and device -------------------------------------------------------------------------

    def _dtype(self, values: Any, wrong: list[str]) -> Any:
        """The dtype of the floating arrays, or the namespace's own when there is none."""
        xp, found = self.namespace.xp, dict[str, list[str]]()
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if (dtype := getattr(value, "dtype", None)) is not None and self._floats(value):
                native = dtype.newbyteorder("=") if isinstance(dtype, np.dtype) else dtype
                found.setdefault(name_of(native), []).append(str(name))
        unknown = [n for n in found if not hasattr(xp, n) or n == "longdouble"]
        for dtype in unknown:
            wrong.append(f"{', '.join(found[dtype])}: {self.namespace.name} has no {dtype}")
        if "float64" in found and not self.namespace.has_double:
            wrong.append(
                f"{', '.join(found['float64'])}: float64, {_NO_DOUBLE[self.namespace.jax]}"
            )
        known = [getattr(xp, n) for n in found if n not in unknown]
        if wrong or not known:
            return xp.__array_namespace_info__().default_dtypes()["real floating"]
        return xp.result_type(*known)

    def _floats(self, value: Any) -> bool:
        if self.namespace.owns(value):
            return bool(self.namespace.xp.isdtype(value.dtype, "real floating"))
        return isinstance(value.dtype, np.dtype) and value.dtype.kind == "f"

    def _device(self, values: Any, wrong: list[str]) -> Any:
        """Where the arrays lie: all on one device."""
        found: dict[Any, list[str]] = {}
        for name, value in values.items() if isinstance(values, Mapping) else ():
            if self.namespace.owns(value):
                found.setdefault(self.namespace.device_of(value), []).append(str(name))
        if len(found) > 1:
            told = "; ".join(f"{', '.join(names)} on {device}" for device, names in found.items())
            wrong.append(f"the arrays are on several devices: {told}")
        return next(iter(found), None)


_NO_DOUBLE = {
    False: "which the namespace does not have: give float32 arrays",
    True: (
        "which JAX would cut to float32: call jax.config.update('jax_enable_x64', True) before, "
        "or give float32 arrays"
    ),
}


def _space(namespace: Namespace, dtype: Any, device: Any) -> Space:
    wide = namespace.xp.float64 if namespace.has_double else None
    return Space(namespace, dtype, device, wide)
