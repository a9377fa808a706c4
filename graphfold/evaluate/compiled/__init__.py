"""The compiled evaluation: all steps at once where nothing recurs, straight-line code where it does."""
