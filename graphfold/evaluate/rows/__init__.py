"""Batches whose rows differ in length: each row as if it were alone."""
