"""The compiled run of batches whose rows differ in length."""
