"""The golden figures: every model folded, unfolded and as a window, and some circuits more."""

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

STEPS: Mapping[str, int | Mapping[str, int]] = {
    "single_output": 9,  # long enough to be cut in the middle
    "encoder_decoder": {"t": 3, "u": 2},
    "attention": {"t": 3, "u": 2},
}
"""How far a model is unfolded, when not over three steps."""

NO_WINDOW = frozenset(["recursive", "tree_lstm"])
"""Models over a tree, which has no window."""

Draw = Callable[[], gf.Drawing]

_draw = partial(gf.draw, scale=1.0)


def shipped(name: str) -> Circuit:
    """One of the models that come with the package, flat."""
    return gf.flatten(gf.load(gf.example_path(name)))


def _side_by_side() -> gf.Drawing:
    circuit = shipped("teacher_forcing")
    windows = [gf.window(circuit, mode=mode) for mode in ("train", "test")]
    return _draw(windows, pair=False, captions=("train time", "test time"))


MORE: Mapping[str, Draw] = {
    "filter": lambda: _draw(gf.unfold(gf.loads(FILTER), 20)),
    "readout": lambda: _draw(gf.unfold(gf.loads(READOUT), 3)),
    "axes": lambda: _draw(gf.unfold(ENCODER_DECODER, t=3, u=2)),
    "axes-window": lambda: _draw(gf.window(ENCODER_DECODER)),
    "modes": lambda: _draw(ENCODER_DECODER),
    "modes-side-by-side": _side_by_side,
    "cells-open": lambda: _draw(gf.window(shipped("stacked_lstm")), open="middle"),
    "complete-5": lambda: _draw(gf.eliminate(gf.unfold(COMPLETE, 5), "h")),
    "complete-50": lambda: _draw(gf.eliminate(gf.unfold(COMPLETE, 50), "h")),
}
"""What no model of the gallery shows: cut histories, a static input, modes at once, arcs."""


def draw_some() -> str:
    """SVG of figures of every kind, one behind the other."""
    some = ("rnn_loss", "lstm", "encoder_decoder", "stacked_lstm", *MORE)
    return "".join(draw().svg for name in some for draw in figures(name).values())


def figures(name: str) -> dict[str, Draw]:
    """The golden figures of a model, or one of the figures more, by the stem of the file."""
    if name in MORE:
        return {name: MORE[name]}
    circuit = gf.load(gf.example_path(name))
    found = dict(_figures(name, circuit))
    if circuit.modes:
        found[f"{name}-folded"] = partial(_draw, circuit)
    if name == "graphical_state":  # figure 10.7 of the book
        gone = gf.eliminate(gf.unfold(circuit, 5), "h")
        found["graphical_state-eliminated"] = partial(_draw, gone)
    if name not in NO_WINDOW:
        chosen = gf.in_mode(circuit)
        among = partial(_draw, _unfolded(name, chosen), detail="operations", pair=False)
        found[f"{name}-operations"] = among
    return found


def _unfolded(name: str, circuit: Circuit) -> gf.Unfolding:
    if circuit.trees:
        return gf.unfold(circuit, tree=TREE)
    return gf.unfold(circuit, STEPS.get(name, 3))


def _figures(name: str, circuit: Circuit) -> Iterator[tuple[str, Draw]]:
    for mode in [m.name for m in circuit.modes] or [None]:
        stem = f"{name}-{mode}" if mode else name
        chosen = gf.in_mode(circuit, mode)
        unfolding = _unfolded(name, chosen)
        yield f"{stem}-folded", partial(_draw, chosen)
        yield f"{stem}-unfolded", partial(_draw, unfolding, pair=False)
        if name not in NO_WINDOW:
            window = gf.window(chosen)
            yield f"{stem}-window", partial(_draw, window, pair=False)
