"""Outputs: the signals of a folded circuit that hold what must come out."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.fold.items import Ref
from graphfold.fold.writing.reads import alias
from graphfold.fold.writing.sheet import Sheet


def write_outputs(sheet: Sheet) -> None:
    """Write the outputs: sequences that come out whole, then everything that comes out alone."""
    refs = {root: sheet.items.ref(root) for root in sheet.plan.roots}
    whole = _whole(sheet, refs.values())
    sheet.outputs += [sheet.items.items[number].name for number in sorted(whole)]

    def place(root: int) -> tuple[str, int, int, str]:
        ref = refs[root]
        return ref.what, ref.item, ref.step, sheet.trace.names.get(root, "")

    for root in sorted(refs, key=place):
        if refs[root].what != "fixed" or refs[root].item not in whole:
            sheet.outputs.append(_output(sheet, root, refs[root]))


def _whole(sheet: Sheet, refs: Iterable[Ref]) -> set[int]:
    """The items that come out at all their steps."""
    items = sheet.items.items
    steps: dict[int, set[int]] = {}
    for ref in refs:
        if ref.what == "fixed":
            steps.setdefault(ref.item, set()).add(ref.step)
    whole = {number for number, those in steps.items() if len(those) == len(items[number].nodes)}
    return whole | {number for number in sheet.gathered if (items[number].nodes >= 0).all()}


def _output(sheet: Sheet, root: int, ref: Ref) -> str:
    if ref.what == "item":
        return sheet.items.items[ref.item].name
    if ref.what == "leaf" and root in sheet.leaf_names:
        return sheet.leaf_names[root]
    return alias(sheet, root, ref)
