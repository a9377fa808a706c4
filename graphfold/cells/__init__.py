"""Cells: circuits within circuits, and the plain circuit that they amount to."""
