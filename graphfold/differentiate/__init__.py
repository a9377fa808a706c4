"""Differentiation: a circuit to one that computes its gradients, too, backward in time."""

from graphfold.differentiate.differentiate import Differentiated, differentiate

__all__ = ["Differentiated", "differentiate"]
