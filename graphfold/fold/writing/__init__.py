"""A circuit from what was found: axes, names, declarations, equations, boundaries, outputs."""
