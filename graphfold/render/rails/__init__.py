"""Layout of scenes in which data flows to the right: one step placed, then repeated over time."""

from graphfold.render.rails.figure import tracks

__all__ = ["tracks"]
