"""Values on figures: which numbers an instance has, how they look, and the scale beneath."""
