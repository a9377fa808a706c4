"""How a flat circuit is drawn: as the outer model asks, and within each use as its cell asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graphfold.cells.aliases import Alias
from graphfold.cells.seams import Seam
from graphfold.circuit import Circuit, Style
from graphfold.labels import label_within


def join_styles(
    outer: Circuit,
    seams: Iterable[Seam],
    aliases: Mapping[str, Alias],
    functions: Mapping[str, Mapping[str, str]],
) -> Style:
    """The rows of the outer model, what it and the cells hide, and the labels of both."""
    style, hide, labels = outer.style, list(outer.style.hide), dict(outer.style.labels)
    colors = dict(style.colors)
    for seam in seams:
        hide += [n for n in map(seam.name, seam.cell.style.hide) if n not in aliases]
        for name, label in _labels(seam, functions[seam.use.name]):
            if name not in aliases:
                labels.setdefault(name, label)
        for name, tint in seam.cell.style.colors:
            if name in seam.cell.axis_of and seam.name(name) not in aliases:
                colors.setdefault(seam.name(name), tint)
    return replace(
        style,
        hide=tuple(dict.fromkeys(hide)),
        labels=tuple(labels.items()),
        colors=tuple(colors.items()),
    )


def _labels(seam: Seam, functions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, label in seam.cell.style.labels:
        if name in functions:
            yield functions[name], label
        else:
            yield seam.name(name), label_within(label, seam.use.name)
