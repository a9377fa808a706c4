"""Operations of a trace as operations of the language, or as opaque functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphfold.expression import REDUCTIONS, AttributeValue
from graphfold.operations import OPERATIONS, Attribute
from graphfold.sizes import Size
from graphfold.traces.trace import canonical

_NO_CALLS = frozenset(("step", "length", "size", "switch", "call", *REDUCTIONS))

Settings = tuple[tuple[str, AttributeValue], ...]


def settings(op: str, attributes: Mapping[str, Any], count: int) -> Settings | None:
    """The attributes that the language's operation of that name takes; None when it is another."""
    known = OPERATIONS.get(op)
    if known is None or op in _NO_CALLS:
        return None
    if count < known.least or (known.most is not None and count > known.most):
        return None
    specs = {spec.name: spec for spec in known.attributes}
    if not attributes.keys() <= specs.keys():
        return None
    found: list[tuple[str, AttributeValue]] = []
    for spec in known.attributes:
        if spec.name not in attributes:
            if spec.required:
                return None
            continue
        value = _setting(spec, attributes[spec.name])
        if value is None:
            return None
        if value != spec.default:
            found.append((spec.name, value))
    return tuple(found)


def _setting(spec: Attribute, value: Any) -> AttributeValue | None:
    try:
        if spec.kind == "size":
            return Size.of(value)
        if spec.kind == "sizes":
            return tuple(Size.of(v) for v in value)
    except Exception:
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and spec.kind == "axis" else None


def meaning(op: str, attributes: Mapping[str, Any], count: int) -> str:
    """A text that is the same for operations that mean the same."""
    known = settings(op, attributes, count)
    if known is None:
        return f"{op} {canonical(attributes)} {count if op in REDUCTIONS else ''}"
    return f"{op} {[(name, str(value)) for name, value in known]}"
