"""Gradients in the memory of a few states: the steps between checkpoints are run again."""
