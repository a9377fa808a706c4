"""Plans of the scenes of a figure: rows aligned, and room enough for every caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphfold.render.layout.plan import Gaps, Plan, aside, plan
from graphfold.render.layout.tile import Tiler
from graphfold.render.scene import STATIC, Edge, Scene
from graphfold.render.theme import Theme

ROUNDS = 6
HIGHER = 12.0
WIDER = 15.0


def settled(scenes: Sequence[Scene], theme: Theme) -> list[Tiler]:
    """Return the scenes tiled; where a caption is crowded, rows and columns move apart."""
    asked, folded = [Gaps([0.0] * len(scene.rows)) for scene in scenes], theme
    for _ in range(ROUNDS):
        themes = [folded if scene.folded else theme for scene in scenes]
        tilers = [Tiler(found) for found in _aligned(scenes, themes, asked)]
        if not any(tiler.crowded for tiler in tilers):
            break
        rows = [max(pair) for pair in zip(*(t.plan.gaps for t in tilers), strict=True)]
        for tiler in tilers:
            rows = _higher(tiler, rows)
        asked = [_wider(tiler, gaps, rows) for tiler, gaps in zip(tilers, asked, strict=True)]
        if any(tiler.crowded and tiler.plan.scene.folded for tiler in tilers):
            folded = replace(folded, site_gap=folded.site_gap + WIDER)
    return tilers


def _higher(tiler: Tiler, gaps: Sequence[float]) -> list[float]:
    """The gaps, larger where a crowded wire passes."""
    row_of, crowded = tiler.plan.ground.row_of, set[int]()
    for edge in tiler.crowded:
        low, high = sorted((row_of[edge.source[0]], row_of[edge.target[0]]))
        crowded.update(range(low + 1, high + 1) if low < high else (low + 1,))
        crowded.update([row_of[edge.target[0]]] if low < high else [])
    return [gap + HIGHER * (row in crowded) for row, gap in enumerate(gaps)]


def _wider(tiler: Tiler, asked: Gaps, rows: Sequence[float]) -> Gaps:
    """The gaps, larger where a crowded wire passes between columns or between blocks."""
    plan, between = tiler.plan, tiler.plan.scene.between
    passed = {plan.scene.block_of[e.source[0]] for e in tiler.crowded if _passes(e)}
    columns = [*asked.columns] or [0.0] * len(plan.panels)
    for block in passed:
        grid = plan.panels[block].grid
        columns[block] = max(columns[block], grid.pitch - grid.cell.width) + WIDER
    crowded = any(between.keys() & {e.source[0], e.target[0]} for e in tiler.crowded)
    blocks = (max(asked.blocks, aside(plan.scene, plan.theme)) + WIDER) if crowded else asked.blocks
    return Gaps(rows, columns, blocks)


def _passes(edge: Edge) -> bool:
    return STATIC not in (edge.source[1], edge.target[1]) and edge.source[1] != edge.target[1]


def _aligned(scenes: Sequence[Scene], themes: Sequence[Theme], asked: Sequence[Gaps]) -> list[Plan]:
    """Plans whose rows have the same heights."""
    each = list(zip(scenes, themes, asked, strict=True))
    plans = [plan(*one) for one in each]
    if len(plans) == 1:
        return plans
    rows = [max(pair) for pair in zip(*(p.gaps for p in plans), strict=True)]
    return [plan(scene, theme, replace(gaps, rows=rows)) for scene, theme, gaps in each]
