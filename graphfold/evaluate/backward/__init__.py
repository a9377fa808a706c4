"""Gradients by reverse mode: a table of derivatives, and the walk back through an unfolding."""
