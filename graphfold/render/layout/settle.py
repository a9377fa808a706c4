"""Plans of the scenes of a figure: rows aligned, and room enough for every caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphfold.render.layout.plan import Plan, plan
from graphfold.render.layout.tile import Tiler
from graphfold.render.scene import STATIC, Edge, Scene
from graphfold.render.theme import Theme

ROUNDS = 6
HIGHER = 12.0
WIDER = 15.0


def settled(scenes: Sequence[Scene], theme: Theme) -> list[Tiler]:
    """Return the scenes tiled; where a caption is crowded, rows and columns move apart."""
    gaps, between, folded = [0.0] * len(scenes[0].rows), 0.0, theme
    for _ in range(ROUNDS):
        themes = [folded if scene.folded else theme for scene in scenes]
        plans = _aligned(scenes, themes, gaps, between)
        tilers = [Tiler(found) for found in plans]
        if not any(tiler.crowded for tiler in tilers):
            break
        gaps = [max(pair) for pair in zip(*(found.gaps for found in plans), strict=True)]
        for tiler in tilers:
            gaps = _higher(tiler, gaps)
        between = _wider(tilers[-1], between)
        if any(tiler.crowded and tiler.plan.scene.folded for tiler in tilers):
            folded = replace(folded, site_gap=folded.site_gap + WIDER)
    return tilers


def _higher(tiler: Tiler, gaps: Sequence[float]) -> list[float]:
    """The gaps, larger where a crowded wire passes."""
    grid, crowded = tiler.plan.grid, set[int]()
    for edge in tiler.crowded:
        low, high = sorted((grid.row_of[edge.source[0]], grid.row_of[edge.target[0]]))
        crowded.update(range(low + 1, high + 1) if low < high else (low + 1,))
        crowded.update([grid.row_of[edge.target[0]]] if low < high else [])
    return [gap + HIGHER * (row in crowded) for row, gap in enumerate(gaps)]


def _wider(tiler: Tiler, between: float) -> float:
    """The space between columns, larger where a crowded wire passes it."""
    grid = tiler.plan.grid
    if not any(_passes(edge) for edge in tiler.crowded):
        return between
    return max(between, grid.pitch - grid.cell.width) + WIDER


def _passes(edge: Edge) -> bool:
    return STATIC not in (edge.source[1], edge.target[1]) and edge.source[1] != edge.target[1]


def _aligned(
    scenes: Sequence[Scene], themes: Sequence[Theme], gaps: Sequence[float], between: float
) -> list[Plan]:
    """Plans whose rows have the same heights."""
    pairs = list(zip(scenes, themes, strict=True))
    plans = [plan(scene, theme, gaps, between) for scene, theme in pairs]
    if len(plans) == 1:
        return plans
    gaps = [max(pair) for pair in zip(*(p.gaps for p in plans), strict=True)]
    return [plan(scene, theme, gaps, between) for scene, theme in pairs]
