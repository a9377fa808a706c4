"""A reader of the LaTeX files that figures become: it knows our few commands and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graphfold.render.mathtext.lists import COMMANDS

OF_PICTURES = {
    *("begin", "end", "definecolor", "path", "node", "providecommand", "gfchar", "ifdefined"),
    *("Umathchar", "char", "else", "fi", "fontsize", "selectfont"),
}
OF_DOCUMENTS = {"RequirePackage", "documentclass", "usepackage"}
OF_TEXTS = {
    *("textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar"),
    *("textendash", "textemdash", "textquoteleft", "textquoteright", "textquotedblleft"),
    *("textquotedblright", "ensuremath", "ss", "ae", "AE", "o", "O", "oe", "OE", "l", "L"),
    *("u", "v", "H", "c", "r"),
}
MARKS = set("{}%$#&_|,:;! `'^~\"=.")
NUMBER = r"-?\d+(?:\.\d+)?"
POINT = rf"\({NUMBER},{NUMBER}\)"
STEP = rf"(?: -- (?:{POINT}|cycle)| \.\. controls {POINT} and {POINT} \.\. {POINT})"
LINES = (
    r"%.*",
    rf"\\path\[[^\]]+\] {POINT}(?:{STEP}+| rectangle {POINT});",
    rf"\\node\[[^\]]+\](?: \([A-Za-z0-9_-]+\))? at {POINT} \{{.*\}};",
    r"\\definecolor\{gf[a-z0-9]+\}\{HTML\}\{[0-9A-F]{6}\}",
    r"\\begin\{tikzpicture\}\[x=1bp, y=-1bp,",
    r"  gf [a-z]+/\.style=\{.*\},",
    r"\]",
    r"\\end\{tikzpicture\}",
    r"\\providecommand\\gfchar.*",
    r"\\RequirePackage\{fix-cm\}",
    r"\\documentclass\[border=0pt\]\{standalone\}",
    r"\\usepackage\{amsmath,amssymb,tikz\}",
    r"\\(?:begin|end)\{document\}",
)


def problems_of(text: str) -> Iterator[str]:
    """What is wrong with a file: characters, lines, commands or braces."""
    if not text.endswith("\n"):
        yield "the last line has no end"
    for line in text.splitlines():
        if not any(re.fullmatch(form, line) for form in LINES):
            yield f"unknown line: {line}"
        elif not line.startswith("%"):
            yield from _problems_of_line(line)


def _problems_of_line(line: str) -> Iterator[str]:
    if not line.isascii() or not line.isprintable():
        yield f"characters: {line}"
    known = COMMANDS | OF_PICTURES | OF_DOCUMENTS | OF_TEXTS
    for command in re.findall(r"\\([A-Za-z]+|.)", line):
        if command not in known and command not in MARKS:
            yield f"command {command}: {line}"
    depth, dollars = 0, 0
    for token in re.findall(r"\\.|[{}$]", line):
        depth += {"{": 1, "}": -1}.get(token, 0)
        dollars += token == "$"
        if depth < 0:
            break
    if depth or dollars % 2:
        yield f"braces: {line}"
    if re.search(r"(?<!\\)(?:\\\\)*[%&~]", line):
        yield f"special character: {line}"
