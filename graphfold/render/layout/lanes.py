"""Lanes: parallel tracks between rows and between columns, for wires that cannot go straight.

A lane is asked for by a key; each key gets a track of its own, so no two wires share one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from graphfold.render.layout.grid import Grid, Levels
from graphfold.render.theme import Theme

APPROACH = 34.0  # above the highest lane: an arrow head and a caption
FOOT = 9.0
Channels = dict[int, dict[Hashable, int]]


@dataclass
class Lanes:
    """The keys that have asked, per channel between rows, and between any two columns.

    The blocks of a figure share the channels between rows.
    """

    theme: Theme
    flat: Channels = field(default_factory=dict)
    upright: dict[Hashable, int] = field(default_factory=dict)

    def ask_flat(self, channel: int, key: Hashable) -> None:
        """Reserve a track in the channel below row `channel`."""
        tracks = self.flat.setdefault(channel, {})
        tracks.setdefault(key, len(tracks))

    def ask_upright(self, key: Hashable) -> None:
        """Reserve a track between columns."""
        self.upright.setdefault(key, len(self.upright))

    def flat_at(self, levels: Levels, channel: int, key: Hashable) -> float:
        """The height of a track; the first one lies next to the row beneath."""
        track = self.flat[channel][key]
        if channel == 0:
            return levels.ceiling(channel) + APPROACH + self.theme.lane * track
        return levels.floor(channel) - FOOT - self.theme.lane * track

    def upright_at(self, grid: Grid, column: int, key: Hashable) -> float:
        """The place of a track to the right of a column."""
        shift = self.upright[key] - (len(self.upright) - 1) / 2
        return grid.boundary(column) + shift * self.theme.lane

    def height(self, channel: int) -> float:
        """The least height of a channel for its tracks."""
        tracks = len(self.flat.get(channel, ()))
        return APPROACH + self.theme.lane * (tracks - 1) + FOOT if tracks else 0.0

    def width(self) -> float:
        """The least distance of two columns for their tracks."""
        tracks = len(self.upright)
        return 2 * 26.0 + self.theme.lane * (tracks - 1) if tracks else 0.0
