"""The compiled run over trees: all nodes of one height at once, as a batch."""
