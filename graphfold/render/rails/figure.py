"""Scenes of operations to groups: every step a cell, and rails from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphfold.render.layout.borders import Border
from graphfold.render.layout.repeat import Tiled
from graphfold.render.rails.areas import areas_of
from graphfold.render.rails.buses import Buses
from graphfold.render.rails.cell import Shape, cell_of
from graphfold.render.rails.measure import Measures, measures
from graphfold.render.rails.ports import Ports, ports_of
from graphfold.render.rails.rows import Steps, steps_of
from graphfold.render.rails.strip import Strip
from graphfold.render.scene import STATIC, Block, Column, Scene
from graphfold.render.theme import Theme

AREA = 30.0  # beside static sites


def tracks(scenes: Sequence[Scene], theme: Theme) -> list[list[Tiled]]:
    """Return the groups of scenes of one circuit; their steps are placed alike."""
    known = measures(scenes, theme)
    return [list(_Sheet(scene, theme, known).groups()) for scene in scenes]


@dataclass
class _Sheet:
    """One scene being drawn: static sites between the strips of its blocks."""

    scene: Scene
    theme: Theme
    known: Measures

    @property
    def border(self) -> Mapping[str, Border]:
        """The borders of all sites."""
        return self.known.border

    def groups(self) -> Iterator[Tiled]:
        """All groups, from left to right."""
        areas, strips, found = areas_of(self.scene), list[Strip](), list[Tiled]()
        stations: list[Strip | None] = []
        x = 0.0
        for number, names in enumerate(areas):
            area = self._area(names, x) if names else None
            stations.append(area)
            if area is not None:
                found += area.still()
                x = area.left + area.cell.width + AREA
            if number < len(self.scene.blocks):
                strip = self._strip(self.scene.blocks[number])
                strip.left = x + strip.outside + strip.beside
                strips.append(strip)
                found += strip.folded() if strip.alone else strip.unfolded()
                x = strip.right + strip.outside + strip.beside + AREA
        for strip in strips:
            yield from strip.grounds()
        yield from Buses(self.scene, strips, areas, stations).groups()
        yield from found

    def _strip(self, block: Block) -> Strip:
        steps = steps_of(self.scene, block)
        gains = {name for name in block.names if self.scene.sites[name].form == "gain"}
        shape = Shape(gains, self.known.port_gap)
        cell = cell_of(block.names, self.border, self._ports(block, steps), shape)
        return Strip(self.scene, self.theme, self.known, cell, steps)

    def _ports(self, block: Block, steps: Steps) -> Ports:
        names, first = set(block.names), len(steps.before)
        inner = range(first, first + steps.count)
        comes, goes = {}, dict[str, None]()
        for edge in self.scene.edges:
            (a, ca), (b, cb) = edge.source, edge.target
            if ca == STATIC and b in names and cb in inner:
                comes[a, b] = replace(edge, target=(b, 0))
            elif cb == STATIC and a in names:
                goes[a] = None
        return ports_of(steps.ties, comes.values(), goes)

    def _area(self, names: Sequence[str], x: float) -> Strip:
        """Static sites as a step of their own, with ports for what comes in and goes out."""
        own = set(names)
        inner = [e for e in self.scene.edges if {e.source[0], e.target[0]} <= own]
        comes, goes = {}, dict[str, None]()
        for edge in self.scene.edges:
            a, b = edge.source[0], edge.target[0]
            if b in own and a not in own:
                comes[a, b] = replace(edge, source=(a, 0), target=(b, 0))
            elif a in own and b not in own:
                goes[a] = None
        cell = cell_of(names, self.border, ports_of(inner, comes.values(), goes))
        steps = Steps((), (Column("", dict.fromkeys(names, "node")),), ())
        return Strip(self.scene, self.theme, self.known, cell, steps, x)
