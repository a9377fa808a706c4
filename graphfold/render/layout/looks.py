"""How a theme shows what a site is: its colours, and its classes in SVG."""

from __future__ import annotations

from dataclasses import replace

from graphfold.colors import readable_on
from graphfold.render.paint import Paint
from graphfold.render.scene import Site
from graphfold.render.theme import Theme


def paint_of(site: Site, theme: Theme, boundary: bool = False) -> Paint | None:
    """The colours of a site: those of its role, and over them what the model asks for."""
    palette = theme.palette
    if site.paint is None:
        return palette.of_role(site.role, boundary)
    paint = palette.resolved(palette.of_role(site.role)).over(site.paint)
    edge = palette.roles.get("boundary")
    if not boundary or edge is None:
        return paint
    paint = paint.over(edge)
    return replace(paint, ink=readable_on(paint.fill, paint.ink))


def classes(site: Site, theme: Theme, kinds: str) -> str:
    """The classes of a node, its role among them where the theme tells roles apart."""
    known = kinds.split()
    return f"{kinds} {site.role}" if theme.palette.roles and site.role not in known else kinds
