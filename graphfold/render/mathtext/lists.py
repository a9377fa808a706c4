"""What a label may hold: every command that is let through, and what it looks like in Unicode."""

from __future__ import annotations

from graphfold.labels import GREEK_LETTERS

SYMBOLS = {
    **GREEK_LETTERS,
    "varepsilon": "ε", "vartheta": "ϑ", "varpi": "ϖ", "varrho": "ϱ", "varsigma": "ς",
    "varphi": "φ", "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "vdots": "⋮",
    "ddots": "⋱", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "ast": "∗", "star": "⋆",
    "circ": "∘", "bullet": "•", "oplus": "⊕", "ominus": "⊖", "otimes": "⊗", "oslash": "⊘",
    "odot": "⊙", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ll": "≪", "gg": "≫",
    "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "simeq": "≃", "cong": "≅", "equiv": "≡",
    "propto": "∝", "to": "→", "rightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔",
    "uparrow": "↑", "downarrow": "↓", "Rightarrow": "⇒", "Leftarrow": "⇐", "mapsto": "↦",
    "in": "∈", "ni": "∋", "notin": "∉", "subset": "⊂", "supset": "⊃", "subseteq": "⊆",
    "supseteq": "⊇", "cup": "∪", "cap": "∩", "setminus": "∖", "wedge": "∧", "vee": "∨",
    "forall": "∀", "exists": "∃", "neg": "¬", "partial": "∂", "nabla": "∇", "infty": "∞",
    "emptyset": "∅", "ell": "ℓ", "Re": "ℜ", "Im": "ℑ", "hbar": "ℏ", "aleph": "ℵ", "top": "⊤",
    "bot": "⊥", "perp": "⊥", "mid": "∣", "parallel": "∥", "prime": "′", "dagger": "†",
    "ddagger": "‡", "triangle": "△", "sum": "∑", "prod": "∏", "int": "∫", "colon": ":",
    "backslash": "\\", "lbrace": "{", "rbrace": "}", "langle": "⟨", "rangle": "⟩",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "vert": "|", "Vert": "‖",
    "lvert": "|", "rvert": "|", "lVert": "‖", "rVert": "‖", "square": "□", "blacksquare": "■",
    "land": "∧", "lor": "∨", "lnot": "¬", "iff": "⇔", "longrightarrow": "⟶", "bmod": "mod",
    "triangleq": "≜", "quad": " ", "qquad": " ",
}  # fmt: skip
_FUNCTIONS = (
    "arg cos cosh cot coth deg det dim exp gcd inf ker lim ln log max min sec sin sinh sup tan tanh"
)
SYMBOLS |= {name: name for name in _FUNCTIONS.split(" ")}
MARKS = {
    "\\{": "{", "\\}": "}", "\\%": "%", "\\$": "$", "\\#": "#", "\\&": "&", "\\_": "_",
    "\\|": "‖", "\\,": "\u202f", "\\:": " ", "\\;": " ", "\\!": "", "\\ ": " ",
}  # fmt: skip
FONTS = {
    "boldsymbol": "boldsymbol", "bm": "boldsymbol", "mathbf": "mathbf", "mathrm": "mathrm",
    "mathit": "mathit", "mathsf": "mathsf", "mathtt": "mathtt", "mathcal": "mathcal",
    "mathbb": "mathbb", "mathfrak": "mathfrak", "mathnormal": "mathnormal",
    "operatorname": "operatorname",
}  # fmt: skip
TEXTS = {
    "text": "text", "textrm": "text", "mbox": "text", "textbf": "textbf", "textit": "textit",
    "textsf": "textsf", "texttt": "texttt",
}  # fmt: skip
ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "underline": "\u0332", "vec": "\u20d7",
    "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306", "acute": "\u0301",
    "grave": "\u0300", "mathring": "\u030a",
}  # fmt: skip
PAIRS = frozenset({"frac", "tfrac", "dfrac", "binom", "overset", "underset", "stackrel"})
DELIMITERS = frozenset(["(", ")", "[", "]", "|", "/", ".", "<", ">"]) | {
    *("\\{", "\\}", "\\|", "\\langle", "\\rangle", "\\lfloor", "\\rfloor", "\\lceil", "\\rceil"),
    *("\\lbrace", "\\rbrace", "\\vert", "\\Vert"),
}

COMMANDS = frozenset(
    {*SYMBOLS, *FONTS.values(), *TEXTS.values(), *ACCENTS, *PAIRS, "sqrt", "left", "right"}
)
"""The commands of mathematics that a label can bring into a file."""

OF_CHARACTER = {
    shown: f"\\{name}" for name, shown in SYMBOLS.items() if len(shown) == 1 and ord(shown) > 127
} | {"−": "-", "ε": "\\epsilon", "→": "\\to", "φ": "\\phi", "≤": "\\le", "≥": "\\ge", "≠": "\\ne"}
OF_CHARACTER |= {"…": "\\ldots", "⊥": "\\bot", "∣": "\\mid", "∗": "\\ast", "°": "{}^{\\circ}"}


def known_commands() -> frozenset[str]:
    """The commands that a label may hold."""
    return COMMANDS | FONTS.keys() | TEXTS.keys()
