"""Boundaries: what a folded circuit reads before the first step and after the last."""

from __future__ import annotations

from math import prod

import numpy as np

from graphfold.circuit import Boundary
from graphfold.expression import Const, Constant, Expression, Read
from graphfold.fold.writing.reads import alias
from graphfold.fold.writing.sheet import Sheet
from graphfold.terms import constant_of

_LARGEST_LIST = 64  # numbers of a history


def write_histories(sheet: Sheet) -> None:
    """Write the histories of all parts: an expression each, or `given` from outside."""
    for number, part in enumerate(sheet.plan.parts):
        for (kind, step), node in part.histories.items():
            name = _kind_name(sheet, number, kind)
            if (name, step) not in sheet.boundaries:
                index = sheet.beyond(sheet.axis(number), step)
                value = None if node in sheet.alone else _history(sheet, node)
                sheet.boundaries[name, step] = Boundary(name, index, value)
                if value is None:
                    sheet.given[name, step] = node


def fill_histories(sheet: Sheet) -> None:
    """Write zeros where steps that nobody needs read before the first step or after the last."""
    axes = {axis.name: axis for axis in sheet.axes}
    zero = Expression((Const(0),))
    for equation in sheet.equations:
        for _, read in equation.expression.reads():
            if read.index is None or read.index.base != equation.axis:
                continue
            axis = axes[read.index.base]
            for step in _steps_beyond(sheet.lengths[axis.name], read.index.offset):
                if (read.signal, step) not in sheet.boundaries:
                    boundary = Boundary(read.signal, sheet.beyond(axis, step), zero)
                    sheet.boundaries[read.signal, step] = boundary


def _steps_beyond(length: int, offset: int) -> range:
    """The steps outside 1..length that a read at an offset reaches from within."""
    if offset < 0:
        return range(1 + offset, min(0, length + offset) + 1)
    return range(max(length, offset) + 1, length + offset + 1)


def _kind_name(sheet: Sheet, part: int, kind: int) -> str:
    if (part, kind) in sheet.items.sequences:
        return sheet.sequence_names[sheet.items.sequences[part, kind]]
    return sheet.items.items[sheet.items.of_kind[part, kind]].name


def _history(sheet: Sheet, node: int) -> Expression:
    ref = sheet.items.ref(node, history=True)
    if ref.what == "const":
        return Expression((Const(_initial(sheet, node)),))
    if ref.what == "leaf":
        return Expression((Read(sheet.leaf_names[node]),))
    if ref.what == "item":
        return Expression((Read(sheet.items.items[ref.item].name),))
    return Expression((Read(alias(sheet, node, ref)),))


def _initial(sheet: Sheet, node: int) -> Constant:
    """A constant history; a number becomes a list where shapes must be told, and are small."""
    value, shape = sheet.trace.attributes_of(node)["value"], sheet.trace.shape_of(node)
    sizes = [size for size in shape or () if isinstance(size, int)]
    small = bool(sizes) and len(sizes) == len(shape or ()) and 0 < prod(sizes) <= _LARGEST_LIST
    if sheet.shapes == "declared" and small:
        return constant_of(np.broadcast_to(value, sizes))
    return constant_of(value)
