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

ENCODER_DECODER = gf.loads("""
graphfold: 1
axes: {t: N_x, u: N_y}
modes: [train, test]
dims: [n]
inputs: {"x[t]": [n], "y[u]": [n], bos: [n]}
params: {"U, W, V, Q, S, R, Z, P": [n, n]}
init: {"e[0]": zeros, "d[0]": Q @ C, "fb[0]": bos}
equations: |
  e[t] = tanh(W @ e[t-1] + U @ x[t])
  C = tanh(V @ e[N_x])
  d[u] = tanh(S @ d[u-1] + Z @ fb[u-1] + R @ C)
  o[u] = P @ d[u]
  fb[u] = switch(mode, train: y[u], test: softmax(o[u]))
  L = -sum(y[u] * log_softmax(o[u]) for u)
draw:
  rows: [x, [e, d], o, fb, y, L]
""")

COMPLETE = gf.loads("""
graphfold: 1
init: {"h[0]": zeros, "y[0]": zeros}
equations: |
  h[t] = tanh(h[t-1] + y[t-1])
  y[t] = 2 * h[t]
""")

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
    for mode in ("train", "test"):
        both = gf.unfold(ENCODER_DECODER, t=3, u=2, mode=mode)
        found[f"axes-{mode}.svg"] = gf.draw(both).svg
    found["axes-window.svg"] = gf.draw(gf.window(ENCODER_DECODER), pair=False).svg
    found["modes.svg"] = gf.draw(ENCODER_DECODER).svg
    for steps in (5, 50):
        complete = gf.eliminate(gf.unfold(COMPLETE, steps), "h")
        found[f"complete-{steps}.svg"] = gf.draw(complete).svg
    return found
