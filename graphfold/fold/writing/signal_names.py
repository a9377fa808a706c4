"""Names of signals: as the trace has them, else a letter that tells what a signal is for."""

from __future__ import annotations

from graphfold.fold.items import Item
from graphfold.fold.writing.names import base_of
from graphfold.fold.writing.sheet import Sheet

_FEW = 8  # steps whose names are looked at


def name_signals(sheet: Sheet) -> None:
    """Name all signals, those first that the trace has a name for."""
    signals = {n: item for n, item in enumerate(sheet.items.items) if item.signal}
    wanted = {number: _wanted(sheet, item) for number, item in signals.items()}
    letters = _letters(sheet, signals)
    for number in sorted(signals, key=lambda n: not wanted[n]):
        signals[number].name = sheet.names.take(wanted[number] or letters[number])


def _wanted(sheet: Sheet, item: Item) -> str:
    """The name that the trace has for an item, "" when there is none."""
    names = [sheet.trace.names.get(int(n)) for n in item.nodes[item.nodes >= 0][:_FEW]]
    return names[0] or "" if item.part is None else base_of(names)


def _letters(sheet: Sheet, signals: dict[int, Item]) -> dict[int, str]:
    """The letters of signals: c for static ones, h for states, y for results, a for others."""
    states, results = _states(sheet), _results(sheet)
    letters = {}
    for number, item in signals.items():
        if item.part is None:
            letters[number] = "c"
        elif number in states:
            letters[number] = "h"
        else:
            letters[number] = "y" if number in results else "a"
    return letters


def _states(sheet: Sheet) -> set[int]:
    """The items that are read at a later step."""
    refs = (ref for item in sheet.items.items for ref in item.refs)
    return {ref.item for ref in refs if ref.what == "item" and ref.delay}


def _results(sheet: Sheet) -> set[int]:
    """The items with steps that must come out."""
    refs = map(sheet.items.ref, sheet.plan.roots)
    return sheet.gathered | {ref.item for ref in refs if ref.what == "fixed"}
