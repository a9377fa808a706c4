"""Numbers as short LaTeX."""

from __future__ import annotations

import math


def number_latex(number: float) -> str:
    r"""Return three significant digits, with a real minus and powers of ten.

    >>> number_latex(-0.5), number_latex(12345.0), number_latex(float("nan"))
    ('-0.5', '1.23{\\times}10^{4}', '\\text{NaN}')
    """
    if math.isnan(number):
        return r"\text{NaN}"
    if math.isinf(number):
        return r"\infty" if number > 0 else r"-\infty"
    if number == int(number) and abs(number) < 10_000:
        return str(int(number))
    mantissa, _, power = f"{number:.3g}".partition("e")
    if not power:
        return mantissa
    return rf"{mantissa}{{\times}}10^{{{int(power)}}}"
