"""The equation language: text to expressions and back."""
