"""A circuit at the level of its operations: every one a signal of its own, with its label."""

from graphfold.render.exploded.explode import Exploded, explode

__all__ = ["Exploded", "explode"]
