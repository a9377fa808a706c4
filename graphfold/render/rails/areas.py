"""Where static sites stand: left of the first block they lead to, right of the last they need."""

from __future__ import annotations

from collections.abc import Iterable

from graphfold.render.scene import STATIC, Scene


def areas_of(scene: Scene) -> list[list[str]]:
    """Return the static sites left of each block, and those right of the last."""
    found: list[list[str]] = [[] for _ in range(len(scene.blocks) + 1)]
    pairs = [(e.source[0], e.target[0]) for e in scene.edges
             if STATIC in (e.source[1], e.target[1])]  # fmt: skip
    needs, leads = _reached(scene, pairs), _reached(scene, [(b, a) for a, b in pairs])
    for name in scene.sites:
        if name not in scene.block_of:
            place = max((b + 1 for b in needs.get(name, ())), default=None)
            if place is None:
                place = min(leads.get(name, ()), default=0)
            found[place].append(name)
    return found


def _reached(scene: Scene, pairs: Iterable[tuple[str, str]]) -> dict[str, set[int]]:
    """The blocks from which data flows into each static site, through static ones only."""
    following: dict[str, list[str]] = {}
    found: dict[str, set[int]] = {}
    pending: list[tuple[str, int]] = []
    for a, b in pairs:
        following.setdefault(a, []).append(b)
        if a in scene.block_of and b not in scene.block_of:
            pending.append((b, scene.block_of[a]))
    while pending:
        name, block = pending.pop()
        if block not in found.setdefault(name, set()):
            found[name].add(block)
            pending += [(b, block) for b in following.get(name, ()) if b not in scene.block_of]
    return found
