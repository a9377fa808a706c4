"""The themes that come along, by name.

The hues are those that Okabe and Ito ("Color Universal Design", 2008) chose for all kinds of sight:
blue, orange, bluish green, reddish purple. Fills also differ in lightness, so that a figure printed
in grey still tells most of them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graphfold.render.paint import Paint, Palette
from graphfold.render.theme import BOOK, Theme


def _roles(paper: str, **paints: Paint) -> Mapping[str, Paint]:
    return MappingProxyType({**paints, "boundary": Paint(fill=paper)})


COLOR = Theme(
    name="color",
    palette=Palette(
        paper="#ffffff",
        fill="#ffffff",
        line="#3a414d",
        ink="#1f2430",
        frame_fill="#f4f6f9",
        frame_line="#b4bcc8",
        roles=_roles(
            "#ffffff",
            input=Paint("#dbe9f8", "#2166ac", "#0d2f52"),
            state=Paint("#ffd98f", "#9a5b00", "#402500"),
            output=Paint("#a6dcc0", "#00553f", "#002e22"),
            loss=Paint("#dd8fb0", "#6a0d37", "#33031a"),
            signal=Paint("#ffffff", "#4d5562", "#1f2430"),
            parameter=Paint(ink="#7a2a8c"),
        ),
    ),
)

DARK = Theme(
    name="dark",
    palette=Palette(
        paper="#14171c",
        fill="#20242b",
        line="#aab3c0",
        ink="#eceff3",
        frame_fill="#1a1e25",
        frame_line="#58616e",
        roles=_roles(
            "#14171c",
            input=Paint("#15344f", "#7cc4f8", "#e3f1fd"),
            state=Paint("#4d360a", "#f5bd55", "#fff0d2"),
            output=Paint("#00513f", "#63e0b2", "#e4fcf2"),
            loss=Paint("#9c3a6d", "#ffb8d6", "#fff2f8"),
            signal=Paint("#20242b", "#9aa4b2", "#eceff3"),
            parameter=Paint(ink="#cfb4ff"),
        ),
    ),
)

SLIDES = Theme(
    name="slides",
    radius=30.0,
    row_gap=42.0,
    site_gap=40.0,
    column_gap=58.0,
    pair_gap=54.0,
    margin=18.0,
    stroke=2.4,
    square=16.0,
    head_length=15.0,
    head_width=10.0,
    clearance=8.0,
    loop=76.0,
    lane=15.0,
    corner=13.0,
    box_corner=14.0,
    box_margin=15.0,
    folded_size=30.0,
    instance_size=21.5,
    wire_size=22.5,
    count_size=17.0,
    cell_size=22.0,
    under_size=14.5,
    title_size=16.0,
    word_size=22.0,
    arrow=60.0,
    palette=Palette(
        paper="#ffffff",
        fill="#ffffff",
        line="#22262d",
        ink="#111317",
        frame_fill="#f3f4f6",
        frame_line="#9aa2ad",
        roles=_roles(
            "#ffffff",
            input=Paint("#e3edf8", "#1f5c99", "#0b2947"),
            state=Paint("#ffdf9f", "#8a5000", "#3a2200"),
            output=Paint("#b3e0c8", "#004f3b", "#002a1f"),
            loss=Paint("#e09ab9", "#640c34", "#300218"),
            signal=Paint("#ffffff", "#2b2f36", "#111317"),
            parameter=Paint(ink="#6a1f7d"),
        ),
    ),
)

THEMES: Mapping[str, Theme] = MappingProxyType({t.name: t for t in (BOOK, COLOR, DARK, SLIDES)})


def themes() -> list[str]:
    """Return the names of the themes that come along.

    >>> themes()
    ['book', 'color', 'dark', 'slides']
    """
    return list(THEMES)
