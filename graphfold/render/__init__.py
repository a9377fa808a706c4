"""Drawings of circuits and unfoldings: show, place, write."""

from graphfold.render.drawing import Drawing, draw
from graphfold.render.options import DrawOptions

__all__ = ["DrawOptions", "Drawing", "draw"]
