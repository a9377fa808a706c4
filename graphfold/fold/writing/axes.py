"""Axes: a clock for each part of a folded circuit, shared where parts can run side by side."""

from __future__ import annotations

from graphfold.circuit import Axis
from graphfold.fold.writing.beneath import parts_beneath
from graphfold.fold.writing.sheet import Sheet


def choose_axes(sheet: Sheet) -> None:
    """Give each part an axis; parts of one length that do not depend on each other share it."""
    beneath = parts_beneath(sheet.items)
    for number, part in enumerate(sheet.plan.parts):
        axis = _shared(sheet, number, beneath) or _fresh(sheet, part.steps)
        sheet.axis_of_part.append(axis)


def _shared(sheet: Sheet, number: int, beneath: list[set[int]]) -> Axis | None:
    """The first axis as long as a part, of no part that depends on it or that it depends on."""
    steps = sheet.plan.parts[number].steps
    barred = {
        axis.name
        for other, axis in enumerate(sheet.axis_of_part)
        if other in beneath[number] or number in beneath[other]
    }
    free = (axis for axis in sheet.axes if axis.name not in barred)
    return next((axis for axis in free if sheet.lengths[axis.name] == steps), None)


def _fresh(sheet: Sheet, steps: int) -> Axis:
    """One more axis: t of length T first, then u of length T_u and so on."""
    name = sheet.names.first_free(("t", "u", "v", "w", "r"), "t")
    length = sheet.names.first_free(() if sheet.axes else ("T",), f"T_{name}")
    axis = Axis(name, length)
    sheet.axes.append(axis)
    sheet.lengths[name] = steps
    return axis
