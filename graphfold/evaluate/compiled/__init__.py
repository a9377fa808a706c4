"""The compiled evaluation: all steps at once, and straight-line code where something recurs."""
