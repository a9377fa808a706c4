"""Names to LaTeX: bold italic vectors, bold capitals, Greek letters, subscripts."""

from __future__ import annotations

import re

LONGEST = 20
GREEK_LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "iota": "ι",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "upsilon": "υ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Xi": "Ξ",
    "Pi": "Π",
    "Sigma": "Σ",
    "Upsilon": "Υ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
}
GREEK = frozenset(GREEK_LETTERS)
SPECIAL = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "&": r"\&",
    "_": r"\_",
    "^": r"\hat{}",
    "~": r"\sim ",
    " ": r"\ ",
}


def latex_of(name: str, rank: int | None = 1, param: bool = False) -> str:
    r"""Return the LaTeX of a signal's name; `rank` is the length of its shape.

    >>> latex_of("h"), latex_of("theta", 0), latex_of("Wf", 2, True), latex_of("Loss", 0)
    ('\\boldsymbol{h}', '\\theta', '\\boldsymbol{W}_{f}', '\\mathrm{Loss}')
    """
    *path, own = name.split(".")  # lower.h is h of the use "lower"
    base, subscripts = _split(own, param)
    subscripts += path
    text = _bold(base, bool(rank))
    if subscripts:
        text += "_{" + ",".join(_word(s, bold=False) for s in subscripts) + "}"
    return text


def label_within(label: str, use: str) -> str:
    r"""Return the label of a cell's signal as one of a use: with the use as a subscript.

    >>> label_within("h", "lower"), label_within("{h_1}_{\\mathrm{in}}", "out")
    ('{h}_{\\mathrm{lower}}', '{h_1}_{\\mathrm{out},\\mathrm{in}}')
    """
    word = _word(use, bold=False)
    nested = re.fullmatch(r"(\{.*\})_\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", label)
    if nested:
        return f"{nested[1]}_{{{word},{nested[2]}}}"
    return f"{{{label}}}_{{{word}}}"


def escape(text: str, longest: int = LONGEST) -> str:
    """Return LaTeX that shows the characters of `text` as they are, cut when too long."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return "".join(SPECIAL.get(c, c) for c in text)


def _split(name: str, param: bool) -> tuple[str, list[str]]:
    if len(name) > LONGEST:
        return name, []
    head, *tail = [part for part in name.split("_") if part] or [name]
    if head not in GREEK:
        head, first = _tail(head, param)
        tail = [*first, *tail]
    return head, tail


def _tail(head: str, param: bool) -> tuple[str, list[str]]:
    digits = re.fullmatch(r"([^\W\d_]+)(\d+)", head)
    if digits and (len(digits[1]) == 1 or digits[1] in GREEK or not param):
        return digits[1], [digits[2]]
    most = 3 if param else 1
    letters = re.fullmatch(rf"([A-Z])([a-z0-9]{{1,{most}}})", head)
    if letters:
        return letters[1], [letters[2]]
    vector = re.fullmatch(r"([a-z])([a-z])", head) if param else None
    return (vector[1], [vector[2]]) if vector else (head, [])


def _bold(base: str, bold: bool) -> str:
    if len(base) == 1 or base in GREEK:
        symbol = "\\" + base if base in GREEK else escape(base)
        return rf"\boldsymbol{{{symbol}}}" if bold else symbol
    return _word(base, bold)


def _word(word: str, bold: bool) -> str:
    if word in GREEK:
        return "\\" + word
    if len(word) == 1 or word.isdigit():
        return escape(word)
    return rf"\{'mathbf' if bold else 'mathrm'}{{{escape(word)}}}"
