"""How a circuit with gradients is drawn: their wires in a second colour, above the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphfold.circuit import Circuit, Style, Tint

BACKWARD = Tint(line="#d55e00", wires="#d55e00")  # vermilion: Okabe and Ito, 2008

Shown = Mapping[str, tuple[str, str]]
"""New signals, each with the one it is a gradient of, and its label; "" for a part of one."""


def style_with(circuit: Circuit, shown: Shown, asked: frozenset[str]) -> Style:
    """The style of the circuit, with its gradients: rows stand in the opposite order above.

    What is a part of a gradient is hidden, and the gradient of a hidden signal, unless it is
    `asked` for.
    """
    style = circuit.style
    labels = [(name, label) for name, (_, label) in shown.items() if label]
    colors = [(name, BACKWARD) for name in shown]
    hidden = [name for name, (signal, _) in shown.items() if not signal or signal in style.hide]
    hide = [name for name in hidden if name not in asked]
    return replace(
        style,
        labels=(*style.labels, *labels),
        colors=(*style.colors, *colors),
        hide=(*style.hide, *hide),
        rows=(*style.rows, *_rows(circuit, shown)) if style.rows else (),
    )


def _rows(circuit: Circuit, shown: Shown) -> list[tuple[str, ...]]:
    """The gradients of the signals of each row, the last row first."""
    of: dict[str, list[str]] = {}
    for name, (signal, _) in shown.items():
        of.setdefault(signal, []).append(name)
    rows = [[name for signal in row for name in of.get(signal, ())] for row in circuit.style.rows]
    return [tuple(row) for row in reversed(rows) if row]
