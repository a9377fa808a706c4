"""Shapes of leaves: as the trace tells, or as follows from the whole that an element is read of."""

from __future__ import annotations

from graphfold.fold.graph import READS
from graphfold.fold.writing.names import legal_name
from graphfold.sizes import Shape, Size
from graphfold.traces.trace import ShapeLike, Trace


def leaf_shape(trace: Trace, node: int) -> Shape:
    """The shape of a node as a declaration has it; [] when it is not known."""
    return tuple(_size(s) for s in shape_of(trace, node) or ())


def shape_of(trace: Trace, node: int) -> ShapeLike | None:
    """The shape of a node; of an element of a known whole, what the index leaves of it."""
    shape = trace.shape_of(node)
    if shape is not None or len(trace.operands_of(node)) != 1:
        return shape
    attributes, whole = trace.attributes_of(node), trace.operands_of(node)[0]
    if trace.op(whole) == "unbind" and "index" in attributes:
        whole = trace.operands_of(whole)[0]
    known = trace.shape_of(whole)
    axis = attributes.get("axis", attributes.get("dim", 0))
    if not known or trace.op(node) not in READS or not isinstance(axis, int):
        return None
    if not -len(known) <= axis < len(known):
        return None
    axis %= len(known)
    if "index" in attributes:
        return known[:axis] + known[axis + 1 :]
    if "start" in attributes and "stop" in attributes:
        return (*known[:axis], attributes["stop"] - attributes["start"], *known[axis + 1 :])
    return None


def _size(size: int | str) -> Size:
    if isinstance(size, int):
        return Size.of(size)
    try:
        return Size.of(size)
    except Exception:
        return Size.of(legal_name(size) or "n")
