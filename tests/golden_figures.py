"""The golden figures: every model folded, unfolded and as a window, and two circuits more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gallery import TREE

import graphfold as gf
from graphfold.circuit import Circuit

FILTER = """
graphfold: 1
inputs: {"x[t]": []}
params: {"b0, b1, b2, a1, a2": []}
init: {x: [0, 0], y: [0, 0]}
equations: |
  y[t] = b0*x[t] + b1*x[t-1] + b2*x[t-2] - a1*y[t-1] - a2*y[t-2]
"""

READOUT = """
graphfold: 1
dims: [n]
inputs: {"x[t]": [n], c: [n]}
params: {"W, U, R, V": [n, n]}
init: {"h[0]": zeros}
equations: |
  h[t] = tanh(W @ h[t-1] + U @ x[t] + R @ c)
  y = V @ h[T]
"""

STEPS: Mapping[str, int | Mapping[str, int]] = {
    "single_output": 9,  # long enough to be cut in the middle
    "encoder_decoder": {"t": 3, "u": 2},
    "attention": {"t": 3, "u": 2},
}
"""How far a model is unfolded, when not over three steps."""

NO_WINDOW = frozenset(["single_output", "encoder_decoder", "attention", "recursive", "tree_lstm"])
"""Models with something static after a sequence: it stands at the end, which no window shows."""

Draw = Callable[[], gf.Drawing]

MORE: Mapping[str, Draw] = {
    "filter": lambda: gf.draw(gf.unfold(gf.loads(FILTER), 20), scale=1.0),
    "readout": lambda: gf.draw(gf.unfold(gf.loads(READOUT), 3), scale=1.0),
}
"""Figures that show what no model of the gallery does: cut histories, a static input."""


def figures(name: str) -> dict[str, Draw]:
    """The golden figures of a model, or one of the figures more, by the stem of the file."""
    if name in MORE:
        return {name: MORE[name]}
    return dict(_figures(name, gf.load(gf.example_path(name))))


def _unfolded(name: str, circuit: Circuit) -> gf.Unfolding:
    if getattr(circuit, "trees", None):
        return gf.unfold(circuit, tree=TREE)
    return gf.unfold(circuit, STEPS.get(name, 3))


def _figures(name: str, circuit: Circuit) -> Iterator[tuple[str, Draw]]:
    for mode in [m.name for m in circuit.modes] or [None]:
        stem = f"{name}-{mode}" if mode else name
        chosen = gf.in_mode(circuit, mode)
        unfolding = _unfolded(name, chosen)
        yield f"{stem}-folded", partial(gf.draw, chosen, scale=1.0)
        yield f"{stem}-unfolded", partial(gf.draw, unfolding, pair=False, scale=1.0)
        if name not in NO_WINDOW:
            window = gf.window(chosen)
            yield f"{stem}-window", partial(gf.draw, window, pair=False, scale=1.0)
