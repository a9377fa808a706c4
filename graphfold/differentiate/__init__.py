"""Differentiation: a circuit to one that computes its gradients, too, backward in time."""
