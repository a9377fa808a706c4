"""Which parts depend on which others."""

from __future__ import annotations

from graphfold.fold.items import Items, Ref


def parts_beneath(items: Items) -> list[set[int]]:
    """For each part the others that it depends on, through whatever lies between."""
    parts = _read_at_once(items)
    for _ in parts:
        for those in parts:
            those.update(*(parts[other] for other in list(those)))
    return [those - {number} for number, those in enumerate(parts)]


def _read_at_once(items: Items) -> list[set[int]]:
    """The parts that each part reads, by operations that stand by themselves at most."""
    parts: list[set[int]] = [set() for _ in items.plan.parts]
    beneath: list[set[int]] = [set() for _ in items.items]
    for number, item in enumerate(items.items):
        if item.part is None:
            beneath[number].update(*(_through(items, ref, beneath) for ref in item.refs))
    for number, part in enumerate(items.plan.parts):
        for node in part.histories.values():
            parts[number] |= _through(items, items.ref(node), beneath)
    for item in items.items:
        if item.part is not None:
            parts[item.part].update(*(_through(items, ref, beneath) for ref in item.refs))
    return parts


def _through(items: Items, ref: Ref, beneath: list[set[int]]) -> set[int]:
    if ref.what not in ("item", "fixed", "all"):
        return set()
    part = items.items[ref.item].part
    return beneath[ref.item] if part is None else {part}
