"""The page docs/gallery.md and its figures, written from the model files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gallery import TREE

import graphfold as gf
from graphfold.examples.catalogue import Example

WINDOW = "--window 1,1"

VIEWS: Mapping[str, str | Mapping[str, str]] = {
    "classical": WINDOW,
    "rnn_loss": WINDOW,
    "driven": WINDOW,
    "output_recurrence": WINDOW,
    "single_output": "--steps 9",
    "teacher_forcing": "--window 1,0 --mode all --only-unfolded",
    "graphical_state": {"": "--steps 5", "eliminated": "--steps 5 --eliminate h --only-unfolded"},
    "stacked_lstm": {"": "--steps 3", "open": "--steps 2 --open upper"},
    "recursive": f'--tree "{TREE}"',
    "tree_lstm": f'--tree "{TREE}"',
    "vector_to_sequence": WINDOW,
    "conditional": WINDOW,
    "bidirectional": WINDOW,
    "bidirectional_cells": {"": WINDOW, "open": "--steps 3 --open all"},
    "encoder_decoder": "--steps t=4,u=3",
    "attention": "--steps t=3,u=2",
    "time_skip": "--steps 5",
    "clockwork": "--steps 4",
    "time_delay": "--steps 4",
    "shift_register": "--steps 5",
    "fibonacci": "--steps 4",
}
"""How the page draws a model, when not with --steps 3."""

HEAD = """\
# Gallery

Every figure of the book's chapter 10 (Goodfellow, Bengio and Courville, *Deep Learning*, 2016) that
shows a network, and more from the field. `graphfold examples NAME --save` writes the model and its
data into this folder; what stands under a figure draws it, and evaluates it where there are data.
"""
PARTS = {True: "The book", False: "Beyond the book"}


@dataclass(frozen=True)
class Figure:
    """A figure of the page: the name of its file, and how the command line draws it."""

    stem: str
    line: str

    @property
    def options(self) -> list[str]:
        """The options as a shell takes them apart."""
        return shlex.split(self.line)


def figures(name: str) -> list[Figure]:
    """The figures of a model on the page."""
    views = VIEWS.get(name, "--steps 3")
    if isinstance(views, str):
        views = {"": views}
    return [Figure(f"{name}-{kind}".rstrip("-"), view) for kind, view in views.items()]


def page() -> str:
    """The whole page."""
    examples = gf.list_examples()
    parts = [HEAD]
    for in_book, heading in PARTS.items():
        parts.append(f"## {heading}\n")
        parts += [_section(example) for example in examples if example.in_book == in_book]
    return "\n".join(parts)


def _section(example: Example) -> str:
    title = re.sub(r"\b(rnn|lstm|gru)\b", lambda m: m[0].upper(), gf.load(example.path).name)
    source = f", {example.source}" if example.source else ""
    return "\n".join(
        [
            f"### {title[0].upper()}{title[1:]}\n",
            f"[`{example.name}`](../graphfold/examples/{example.name}.yaml){source}\n",
            *(f"![{f.stem}](figures/{f.stem}.svg)\n" for f in figures(example.name)),
            "```",
            *_equations(example.path.read_text(encoding="utf-8")),
            "```\n",
            "```console",
            *commands(example),
            "```\n",
        ]
    )


def _equations(text: str) -> Iterator[str]:
    """The equations as they stand in the model file."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("equations:"):
            break
    for line in lines:
        if not line.startswith(" "):
            break
        yield line[2:]


def commands(example: Example) -> Iterator[str]:
    """How to draw and to evaluate a model."""
    for figure in figures(example.name):
        yield f"$ graphfold unfold {example.name}.yaml {figure.line}"
    if example.data is not None:
        tree = f' --tree "{TREE}"' if TREE in figures(example.name)[0].line else ""
        yield f"$ graphfold eval {example.name}.yaml --inputs {example.data.name}{tree}"
