"""Folding: an unrolled graph of operations back into its circuit, with a proof."""

from graphfold.fold.fold import fold
from graphfold.fold.result import Fold

__all__ = ["Fold", "fold"]
