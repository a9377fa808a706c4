"""Check the arrays given to an evaluation and bind them: every problem at once, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphfold.circuit import Dimension
from graphfold.errors import ValuesError, shorten, suggest
from graphfold.evaluate.constants import too_large
from graphfold.evaluate.numbers import as_numbers, floating_dtype, inexact
from graphfold.evaluate.rows.needs import Rows, row_slots
from graphfold.evaluate.rows.padding import add_rows, blank_padding, disagreement
from graphfold.evaluate.sizing import Claim, bind_sizes
from graphfold.evaluate.slots import Slot, slots
from graphfold.evaluate.value import Array, Value
from graphfold.expression import Const
from graphfold.memory import ensure_fits
from graphfold.sizes import Shape
from graphfold.unfolding import Unfolding

_SMALL = 1 << 26  # bytes that nobody asks the system about


@dataclass(frozen=True)
class Bound:
    """Arrays that fit: by name, in one dtype; a sequence is (T, *shape) or (T, B, *shape)."""

    values: Mapping[str, Value]
    sizes: Mapping[str, int]
    dtype: np.dtype[Any]
    batch: int | None = None


@dataclass
class _Findings:
    problems: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    batches: dict[str, int] = field(default_factory=dict)


def bind(
    unfolding: Unfolding,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Any],
    *,
    problems: Iterable[str] = (),
    batch_first: bool = False,
    rows: Rows | None = None,
) -> Bound:
    """Bind `values` to the signals of an unfolding; ValuesError lists all that does not fit.

    `problems` are lines found before, reported with the others. With `rows`, padding is zeros.
    """
    if not isinstance(values, Mapping):
        raise ValuesError(f"values must map names to arrays, not {type(values).__name__}")
    findings = _Findings(list(problems))
    wanted = slots(unfolding, shapes) if rows is None else row_slots(unfolding, shapes, rows)
    given = _name_values(unfolding, wanted, values, findings)
    bound = _arrays(given, batch_first, findings)
    if rows is not None:
        findings.problems += add_rows(findings.batches, rows.lengths)
        bound = blank_padding(unfolding, bound, rows.lengths)
    dtype = floating_dtype(given.values())
    findings.problems += [p for n, v in bound.items() for p in inexact(n, v.array, dtype)]
    findings.problems += too_large(unfolding.circuit, dtype)
    findings.problems += _batch_problems(findings.batches)
    claims = [*findings.claims, *_constants(unfolding, shapes)]
    sizes, wrong = bind_sizes(unfolding.circuit.dims, claims)
    if findings.problems or wrong:
        raise ValuesError("\n".join([*findings.problems, *wrong]))
    batch = next(iter(findings.batches.values()), None)
    return Bound({n: _cast(v, dtype) for n, v in bound.items()}, sizes, dtype, batch)


def measure(
    unfolding: Unfolding,
    shapes: Mapping[str, Shape],
    values: Mapping[str, Any],
    dims: Iterable[Dimension],
) -> dict[str, int]:
    """Return the sizes that `values`, complete or not, and then `dims` tell."""
    findings = _Findings()
    given = _name_values(unfolding, slots(unfolding, shapes), values, findings)
    _arrays(given, False, findings)
    return bind_sizes(dims, [*findings.claims, *_constants(unfolding, shapes)])[0]


def _arrays(given: Mapping[Slot, Any], batch_first: bool, findings: _Findings) -> dict[str, Value]:
    bound: dict[str, Value] = {}
    for slot, value in given.items():
        array = _numeric(slot, value, findings)
        shaped = None if array is None else _shaped(slot, array, batch_first, findings)
        if shaped is not None:
            bound[slot.name] = shaped
    return bound


def _constants(unfolding: Unfolding, shapes: Mapping[str, Shape]) -> Iterator[Claim]:
    """Say what lists under `init` tell: `h[0]: [1, 2]` makes n_h = 2; a size 1 is repeated."""
    for (signal, step), boundary in unfolding.declared_boundaries.items():
        node = boundary.value.nodes[-1] if boundary.value is not None else None
        if not isinstance(node, Const) or signal not in shapes:
            continue
        found = np.shape(node.value)
        pairs = [p for p in zip(shapes[signal][::-1], found[::-1], strict=False) if p[1] != 1]
        if pairs:
            shape, core = zip(*pairs[::-1], strict=True)
            yield Claim(f"{signal}[{step}]", shape, core, found)


def _cast(value: Value, dtype: np.dtype[Any]) -> Value:
    """Take on the dtype, as a view: an evaluation forbids writing to its arrays."""
    return Value(value.array.astype(dtype, copy=False).view(), value.batched)


# -- names -----------------------------------------------------------------------------------


def _name_values(
    unfolding: Unfolding,
    wanted: tuple[Slot, ...],
    values: Mapping[str, Any],
    findings: _Findings,
) -> dict[Slot, Any]:
    by_name = {name: slot for slot in wanted for name in (slot.name, *slot.spellings)}
    given: dict[Slot, Any] = {}
    unknown: list[str] = []
    for key, value in values.items():
        slot = by_name.get("".join(key.split())) if isinstance(key, str) else None
        if slot is None:
            unknown.append(str(key))
        elif slot in given:
            findings.problems.append(f"{slot.name} is given twice, also as {key}")
        else:
            given[slot] = value
    free = [slot.name for slot in wanted if slot not in given]
    for slot in wanted:
        if slot.required and slot not in given:
            findings.problems.append(_missing(slot, unknown))
    findings.problems += [_unknown(unfolding, name, free) for name in unknown]
    return given


def _missing(slot: Slot, unknown: list[str]) -> str:
    close = suggest(slot.name, unknown) if unknown else ""
    cure = close.replace("did you mean", "is it") if close else ""
    if slot.role == "history" and not close:
        cure = f"; give it, or write `{slot.name}: zeros` under init"
    return f"{slot.role} {slot.name} is missing: an array {_expected(slot)}{cure}"


def _unknown(unfolding: Unfolding, name: str, free: list[str]) -> str:
    signal, bracket, _ = name.partition("[")
    circuit = unfolding.circuit
    if signal in circuit.declared and bracket:
        return f"{shorten(name)} is no value to give: give all steps as {signal}"
    if signal in circuit.equation and not bracket:
        return f"{signal} is computed by an equation and cannot be given"
    tree = circuit.tree_of(signal)
    if tree is not None:
        cure = f"give all leaves as {signal}[{tree.leaves}], or write it under init"
        return f"{shorten(name)} is no value to give; {cure}"
    if signal in circuit.equation:
        cure = f"write `{shorten(name)}: given` under init to give it"
        return f"{shorten(name)} has no place in this unfolding or has its value there; {cure}"
    return f"unknown value '{shorten(name)}'{suggest(name, free or circuit.declared)}"


# -- numbers and shapes ----------------------------------------------------------------------


def _numeric(slot: Slot, value: Any, findings: _Findings) -> Array | None:
    try:
        array = as_numbers(value)
    except ValueError as error:
        findings.problems.append(f"{slot.name}: {error}; expected an array {_expected(slot)}")
        return None
    _ensure_holdable(slot.name, array)
    return array


def _ensure_holdable(name: str, array: Array) -> None:
    """Refuse a view that repeats few numbers to more than the memory holds."""
    pairs = zip(array.strides, array.shape, strict=True)
    if array.nbytes > _SMALL and any(stride == 0 and size > 1 for stride, size in pairs):
        ensure_fits(array.nbytes, f"{name} of shape {array.shape}")


def _expected(slot: Slot, batch_first: bool = False) -> str:
    text = slot.layout(batched=False)
    if slot.may_batch:
        text += f" or {slot.layout(batched=True, batch_first=batch_first)}"
    return text if slot.steps is None else f"{text} with {slot.symbol} = {slot.steps}"


def _shaped(slot: Slot, array: Array, batch_first: bool, findings: _Findings) -> Value | None:
    extra = array.ndim - len(slot.shape) - slot.lead
    if extra not in ((0, 1) if slot.may_batch else (0,)):
        expected = _expected(slot, batch_first)
        findings.problems.append(f"{slot.name}: expected {expected}, found {array.shape}")
        return None
    batched = extra == 1
    found = array.shape
    if batched and batch_first and slot.lead:
        array = array.swapaxes(0, 1)
    if slot.steps is not None and array.shape[0] != slot.steps:
        findings.problems.append(_wrong_length(slot, found, array.shape[0], batched, batch_first))
    if batched:
        findings.batches[slot.name] = array.shape[slot.lead]
    core = array.shape[array.ndim - len(slot.shape) :]
    findings.claims.append(Claim(slot.name, slot.shape, core, found))
    return Value(array, batched)


def _wrong_length(
    slot: Slot, found: tuple[int, ...], steps: int, batched: bool, batch_first: bool
) -> str:
    layout = slot.layout(batched=batched, batch_first=batch_first)
    cure = f"give {slot.steps} steps or unfold over {steps}"
    if slot.of_tree:
        cure = f"give {slot.steps} of them, or unfold over another tree"
    return (
        f"{slot.name}: expected {layout} with {slot.symbol} = {slot.steps}, found {found}; {cure}"
    )


def _batch_problems(batches: Mapping[str, int]) -> list[str]:
    if len(set(batches.values())) < 2:
        return []
    return [disagreement(batches)]
