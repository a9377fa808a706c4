"""Lengths as text."""


def number(value: float, digits: int = 2) -> str:
    """Write a length, short and never as -0."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
