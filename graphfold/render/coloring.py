"""Which theme a figure has, and the colours that a model asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from graphfold.circuit import ROLES, Circuit, Style, Tint
from graphfold.colors import mixed, readable_on
from graphfold.errors import DrawingError, shorten, suggest
from graphfold.render.paint import Paint, Palette
from graphfold.render.scene import Frame, Scene, Site
from graphfold.render.theme import BOOK, Theme, ensure_drawable
from graphfold.render.themes import THEMES

if TYPE_CHECKING:
    from graphfold.render.tree_scene import TreeScene

    Shown = Scene | TreeScene

PALE, PALER = 0.72, 0.88  # how much of the paper there is in a fill, and in that of a frame


def theme_of(asked: Theme | str | os.PathLike[str] | None, style: Style) -> Theme:
    """Return the theme that is asked for, else that of the model, with its colours of roles.

    DrawingError for an unknown name; ModelError for a file that is no theme.
    """
    if asked is None:
        asked = style.theme or BOOK
    theme = ensure_drawable(asked) if isinstance(asked, Theme) else named(asked)
    palette = theme.palette
    own = {ROLES[name]: tint for name, tint in style.colors if name in ROLES}
    if not own:
        return theme
    roles = MappingProxyType(colored(palette, own))
    return replace(theme, palette=replace(palette, roles=roles))


def colored(palette: Palette, own: Mapping[str, Tint]) -> Mapping[str, Paint]:
    """The paints of roles, some of them in other colours; a parameter is nothing but letters."""
    paints = {**palette.roles}
    for role, tint in own.items():
        old = paints.get(role, Paint())
        if role == "parameter":
            paints[role] = Paint(ink=tint.ink or tint.color or old.ink)
        else:
            paints[role] = old.over(paint_of(tint, palette))
    return paints


def named(theme: str | os.PathLike[str]) -> Theme:
    """Return a theme that comes along, or read its file."""
    if isinstance(theme, str):
        if theme in THEMES:
            return THEMES[theme]
        if not theme.endswith((".yaml", ".yml")):
            there = f"; there are {', '.join(THEMES)}, or the path of a theme's file (.yaml)"
            raise DrawingError(f"unknown theme '{shorten(theme)}'{suggest(theme, THEMES) or there}")
    elif not isinstance(theme, os.PathLike):
        raise DrawingError(f"a theme is a Theme, a name or a path, not {type(theme).__name__}")
    from graphfold.render.theme_file import load_theme

    return load_theme(theme)


def paint_of(tint: Tint, palette: Palette) -> Paint:
    """What a model asks for as paint: one colour is that of the border, and pale that of the fill.

    Letters that could not be read on the fill are black or white.
    """
    if tint.color:
        fill = mixed(tint.color, palette.paper, PALE)
        return Paint(fill, tint.color, readable_on(fill, palette.ink), wires=tint.wires)
    ink = tint.ink
    if tint.fill and not ink:
        ink = readable_on(tint.fill, palette.ink)
    return Paint(tint.fill, tint.line, ink, wires=tint.wires)


def painted(scene: Shown, circuit: Circuit, theme: Theme) -> Shown:
    """The scene with the colours that the model asks for its signals and groups."""
    tints = dict(circuit.style.colors)
    if not tints:
        return scene
    sites = {name: _site(site, tints, theme.palette) for name, site in scene.sites.items()}
    if not isinstance(scene, Scene):
        return replace(scene, sites=sites)
    frames = tuple(_frame(frame, tints, theme.palette) for frame in scene.frames)
    return replace(scene, sites=sites, frames=frames)


def _site(site: Site, tints: Mapping[str, Tint], palette: Palette) -> Site:
    tint = tints.get(site.name.partition("[")[0])  # a copy such as h[T] looks like h
    return site if tint is None else replace(site, paint=paint_of(tint, palette))


def _frame(frame: Frame, tints: Mapping[str, Tint], palette: Palette) -> Frame:
    tint = tints.get(frame.name)
    if tint is None:
        return frame
    paint = paint_of(tint, palette)
    if tint.color:
        paint = replace(paint, fill=mixed(tint.color, palette.paper, PALER))
    return replace(frame, paint=paint)
