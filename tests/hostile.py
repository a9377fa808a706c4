"""Text that wants to break out of a figure, and figures that hold it everywhere they may."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from hypothesis import strategies as st

import graphfold as gf
from graphfold.circuit import Axis, Circuit, Equation, Style
from graphfold.expression import Expression, Index, Read

TEXTS = (
    *("</svg>", "<script>alert(1)</script>", "a & b", "\"double\" 'single'", "100% %s", "]]>"),
    *(r"\input{/etc/passwd}", r"\write18{rm}", r"\def\x{1}\x", r"\end{tikzpicture}", "^^5cinput x"),
    *(
        r"\frac{1}",
        r"\frac{",
        "x^a^b",
        "x_",
        "$x$",
        "#1",
        "a~b",
        "_",
        "^",
        "&",
        "trailing\\",
        "\\\\",
    ),
    *(
        "a\x00b\x1b[31m\ud800",
        "line\nbreak\r\n%",
        "\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627",
    ),
    *(
        "e\u0301\u0327o",
        "\u202egnp.exe",
        "\U0001f600\U0001f468\u200d\U0001f469",
        "é ß ł ø – “x”",
        "θ∈ℝ",
    ),
    *("%%{init: {}}%%", "end", 'x"]; y["', "a --> b", "`code`", "1. list", "subgraph", "<b>x</b>"),
    *('" ] ; evil [label="', "digraph { a }", "/* none */", "\\N", "\\l", "x" * 10_000, "", " "),
    *(r"\left( x", r"\text{a$b}", r"\text{\input{x}}", r"\begin{matrix}a\\b\end{matrix}", "''"),
)
"""Each means something in SVG, LaTeX, PDF, Mermaid, DOT or to a reader of right-to-left text."""

texts = st.one_of(
    st.sampled_from(TEXTS),
    st.text(),
    st.text("\\{}$%#&_^~<>\"'`[]()/|-=.:;x1 \n"),
    st.lists(st.sampled_from(("\\frac", "\\hat", "^", "_", "{", "}", "'", "x", "\\left(", "1")),
             max_size=8).map("".join),
)  # fmt: skip
"""Any text, the more often the more harm it might do."""


def figures(text: str) -> Iterator[gf.Drawing]:
    """Figures with the text as a label, and as title, captions and the word on the arrow."""
    label = text if _balanced(text) else None
    circuit = looped(label)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gf.LabelWarning)
        yield gf.draw(circuit, title=text)
        things = [gf.window(circuit), circuit]
        yield gf.draw(things, captions=[text, "other"], word=text, title=text)


def looped(label: str | None = None, name: str = "x") -> Circuit:
    """One signal that reads itself."""
    read = Expression((Read(name, Index("t", -1)),))
    labels = ((name, label),) if label is not None else ()
    equations = (Equation(name, "t", read),)
    return Circuit("c", (Axis("t", "T"),), equations=equations, style=Style(labels=labels))


def _balanced(text: str) -> bool:
    """Labels with a brace too many or too few are refused as a mistake in the model."""
    return not [problem for problem in gf.check(looped(text)) if problem.code == "label"]
