"""Diagram to Mermaid: a flowchart that READMEs show, with names of ours and labels in quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from graphfold.errors import shorten
from graphfold.render.diagram import Diagram, Node

LONGEST = 80
_PLAIN = re.compile(r"[A-Za-z0-9 ,=()+_/:'\[\]-]")
_SHAPES = {
    "circle": ("((", "))"), "box": ("[", "]"), "delay": ("[", "]"), "stub": ("((", "))"),
    "dots": ("[", "]"),
}  # fmt: skip
_SIGNS = {"-": "minus", "+": "plus", "…": "dots"}
_CLASSES = {
    "delay": "fill:#000,stroke:#888,color:#fff",
    "stub": "stroke-dasharray:4 3",
    "dots": "fill:none,stroke:none",
}


def mermaid(diagrams: Sequence[Diagram], title: str = "") -> str:
    """Return the diagrams as one flowchart, several each in a subgraph of its own."""
    return "\n".join(_lines(diagrams, title)) + "\n"


def _lines(diagrams: Sequence[Diagram], title: str) -> Iterator[str]:
    if title:
        yield from ("---", f"title: {_scalar(title)}", "---")
    upward = all(one.upward for one in diagrams)
    yield f"flowchart {'BT' if upward else 'LR'}"
    writer = _Writer()
    for number, one in enumerate(diagrams):
        if len(diagrams) > 1:
            yield f"  subgraph figure_{number + 1}[{_quoted(one.caption or ' ')}]"
            yield from (f"  {line}" for line in writer.lines(one, number))
            yield "  end"
        else:
            yield from writer.lines(one, number)
    for name, style in _CLASSES.items():
        if name in writer.classes:
            yield f"  classDef {name} {style}"


class _Writer:
    """Writes diagrams, with names for nodes that are used once in all of them."""

    def __init__(self) -> None:
        self.names: dict[tuple[int, str], str] = {}
        self.taken: set[str] = set()
        self.steps = 0
        self.classes: set[str] = set()

    def lines(self, one: Diagram, number: int) -> Iterator[str]:
        """The lines of one diagram: clusters with their nodes, the others, edges."""
        inside: dict[int | None, list[Node]] = {}
        for node in one.nodes:
            self.names[number, node.id] = self._name(node)
            inside.setdefault(node.cluster, []).append(node)
        opened: list[int] = []
        for place, cluster in enumerate(one.clusters):
            yield from self._close(opened, cluster.within)
            self.steps += 1
            indent = "  " * (len(opened) + 1)
            yield f"{indent}subgraph step_{self.steps}[{_quoted(cluster.label or ' ')}]"
            opened.append(place)
            for node in inside.get(place, []):
                yield f"{indent}  {self._node(node, number)}"
        yield from self._close(opened, None)
        for node in inside.get(None, []):
            yield f"  {self._node(node, number)}"
        for arrow in one.arrows:
            line = "-.->" if arrow.dashed else "-->"
            label = f"|{_quoted(arrow.label)}|" if arrow.label else ""
            ends = self.names[number, arrow.source], self.names[number, arrow.target]
            yield f"  {ends[0]} {line}{label} {ends[1]}"

    def _close(self, opened: list[int], within: int | None) -> Iterator[str]:
        """End the clusters that are open, up to one."""
        while opened and opened[-1] != within:
            opened.pop()
            yield "  " * (len(opened) + 1) + "end"

    def _node(self, node: Node, number: int) -> str:
        left, right = _SHAPES[node.shape]
        marked = ""
        if node.shape in _CLASSES:
            self.classes.add(node.shape)
            marked = f":::{node.shape}"
        label = node.label or " "
        return f"{self.names[number, node.id]}{left}{_quoted(label)}{right}{marked}"

    def _name(self, node: Node) -> str:
        """A name that is no word of Mermaid: it holds an underscore, and begins with a letter."""
        told = node.id
        for sign, word in _SIGNS.items():
            told = told.replace(sign, f" {word} ")
        words = re.findall(r"[A-Za-z0-9]+", told)
        base = "_".join(["n", *words] if not words or not words[0][0].isalpha() else words)
        base = (base if "_" in base else f"{base}_")[:60]
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name


def _quoted(text: str) -> str:
    """A label in quotes: whatever could mean something is told by its number."""
    shown = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return '"' + "".join(_character(c, n) for n, c in enumerate(shown)) + '"'


def _character(character: str, place: int) -> str:
    if not character.isprintable():
        return "\ufffd"
    first = not place and character in "+-:/0123456789"  # a list in Markdown, or a path
    plain = _PLAIN.fullmatch(character) and not (first and not character.isalnum())
    return character if plain or ord(character) > 127 else f"#{ord(character)};"


def _scalar(text: str) -> str:
    """A text for YAML in quotes; signs of Mermaid itself are told by their number."""
    quoted = json.dumps(shorten(text, 200), ensure_ascii=False)
    return "".join(c if c not in "%{}<>-#&" else f"\\u{ord(c):04x}" for c in quoted)
