"""How a theme shows what a site is: its colours, and its classes in SVG."""

from __future__ import annotations

from graphfold.render.paint import Paint
from graphfold.render.scene import Site
from graphfold.render.theme import Theme


def paint_of(site: Site, theme: Theme, boundary: bool = False) -> Paint | None:
    """The colours of a site: those of its role, and over them what the model asks for."""
    paint = theme.palette.of_role(site.role, boundary)
    if site.paint is None:
        return paint
    return site.paint if paint is None else paint.over(site.paint)


def classes(site: Site, theme: Theme, kinds: str) -> str:
    """The classes of a node, its role among them where the theme tells roles apart."""
    known = kinds.split()
    return f"{kinds} {site.role}" if theme.palette.roles and site.role not in known else kinds
