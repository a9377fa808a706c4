"""The circuits behind the golden figures; small, and each for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import graphfold as gf
from graphfold.circuit import Circuit

EXAMPLES = files("graphfold.examples")


def shipped(name: str) -> Circuit:
    """One of the models that come with the package."""
    return gf.loads((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))


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

FIGURES: Mapping[str, tuple[Circuit, int]] = {
    "classical": (shipped("classical"), 3),
    "driven": (shipped("driven"), 3),
    "rnn": (shipped("rnn_loss"), 3),
    "lstm": (shipped("lstm"), 2),
    "bidirectional": (shipped("bidirectional"), 3),
    "filter": (gf.loads(FILTER), 20),
    "readout": (gf.loads(READOUT), 3),
}


def draw_all() -> dict[str, str]:
    """Every golden figure as SVG, by the name of its file."""
    found = {}
    for name, (circuit, steps) in FIGURES.items():
        found[f"{name}.svg"] = gf.draw(gf.unfold(circuit, steps)).svg
        if name in ("driven", "rnn", "lstm"):
            found[f"{name}-window.svg"] = gf.draw(gf.window(circuit)).svg
    return found
