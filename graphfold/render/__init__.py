"""Drawings of circuits and unfoldings: show, place, write."""

from graphfold.render.drawing import Drawing, draw
from graphfold.render.options import DrawOptions
from graphfold.render.theme import Theme
from graphfold.render.themes import themes

__all__ = ["DrawOptions", "Drawing", "Theme", "draw", "themes"]
