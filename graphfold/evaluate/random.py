"""Random parameters, so that a model can be tried before it is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graphfold.circuit import Dimension
from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.binding import measure
from graphfold.evaluate.numbers import floating_dtype
from graphfold.evaluate.sizing import need, need_all
from graphfold.evaluate.slots import Role, Slot, slots
from graphfold.evaluate.value import Array
from graphfold.memory import ensure_fits
from graphfold.shapes import infer_shapes
from graphfold.unfolding import Unfolding


def random_values(
    unfolding: Unfolding,
    seed: int,
    values: Mapping[str, Any] | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    roles: Iterable[Role] = ("parameter",),
    batch: int | None = None,
) -> dict[str, Array]:
    r"""Return random arrays for what an evaluation needs and `values` does not hold.

    Normal numbers with standard deviation 1 / sqrt(size of the last axis), which keeps a sum over
    that axis near 1 (LeCun et al., Efficient BackProp, 1998). Each name has a stream of its own:
    what one signal gets does not depend on which others are given. `roles` may add "input" and
    "history", which get a batch axis when `batch` is given.

    Sizes come from `values`, then `sizes`, then the model's defaults; ValuesError names a size
    that nothing tells.

    >>> from graphfold import loads, unfold
    >>> c = loads("graphfold: 1\ndims: {n: 2}\nparams: {w: [n]}\nequations: |\n  y = sum(w)")
    >>> random_values(unfold(c, 1), seed=0)["w"].shape
    (2,)
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValuesError(f"the seed must be a whole number from 0 on, not {seed!r}")
    given, chosen = values or {}, frozenset(roles)
    shapes = infer_shapes(unfolding.circuit)
    known = measure(unfolding, shapes, given, _with(unfolding.circuit.dims, sizes or {}))
    wanted = [s for s in slots(unfolding, shapes) if s.required and s.role in chosen]
    empty = [s for s in wanted if not _is_given(s, given)]
    need_all((size for slot in empty for size in slot.shape), known)
    dtype = floating_dtype(given.values())
    return {s.name: _draw(s, _shape(s, known, batch), seed, dtype) for s in empty}


def _is_given(slot: Slot, given: Mapping[str, Any]) -> bool:
    return not {slot.name, *slot.spellings}.isdisjoint(given)


def _with(dims: Iterable[Dimension], sizes: Mapping[str, int]) -> list[Dimension]:
    named = {d.name: d for d in dims}
    for name, size in sizes.items():
        if name not in named:
            raise ValuesError(f"unknown dimension '{shorten(name)}'{suggest(name, named)}")
        named[name] = Dimension(name, size)
    return list(named.values())


def _shape(slot: Slot, sizes: Mapping[str, int], batch: int | None) -> tuple[int, ...]:
    steps = () if slot.steps is None else (slot.steps,)
    examples = (batch,) if batch is not None and slot.may_batch else ()
    return (*steps, *examples, *(need(size, sizes) for size in slot.shape))


def _draw(slot: Slot, shape: tuple[int, ...], seed: int, dtype: np.dtype[Any]) -> Array:
    ensure_fits(8 * int(np.prod(shape, dtype=object)), f"{slot.role} {slot.name}")
    stream = np.random.default_rng([seed, *slot.name.encode()])
    scale = np.sqrt(max(shape[-1], 1)) if slot.shape else 1.0
    return (stream.standard_normal(shape) / scale).astype(dtype)
