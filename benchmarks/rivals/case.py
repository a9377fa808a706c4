"""A recurrent network of certain sizes, with random values in float32."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Shape(NamedTuple):
    """Steps, rows of the batch, and the sizes of input and state."""

    steps: int
    batch: int
    inputs: int
    hidden: int


GATES = {"LSTM": "ifog", "GRU": "zrn", "custom": "gen"}
SIGMOIDS = {"LSTM": 3, "GRU": 2, "custom": 2}  # these come first
EQUATIONS = {
    "LSTM": """
        i[t] = sigmoid(bi + Ui @ x[t] + Wi @ h[t-1])
        f[t] = sigmoid(bf + Uf @ x[t] + Wf @ h[t-1])
        o[t] = sigmoid(bo + Uo @ x[t] + Wo @ h[t-1])
        g[t] = tanh(bg + Ug @ x[t] + Wg @ h[t-1])
        m[t] = f[t] * m[t-1] + i[t] * g[t]
        h[t] = o[t] * tanh(m[t])""",
    "GRU": """
        z[t] = sigmoid(bz + Uz @ x[t] + Wz @ h[t-1])
        r[t] = sigmoid(br + Ur @ x[t] + Wr @ h[t-1])
        n[t] = tanh(bn + Un @ x[t] + r[t] * (cn + (Wn @ h[t-1])))
        h[t] = z[t] * h[t-1] + (1 - z[t]) * n[t]""",
    # a trace m that forgets at its own rate, and a highway past it
    "custom": """
        g[t] = sigmoid(bg + Ug @ x[t] + Wg @ h[t-1])
        e[t] = sigmoid(be + Ue @ x[t] + We @ h[t-1])
        n[t] = tanh(bn + Un @ x[t] + Wn @ h[t-1])
        m[t] = e[t] * m[t-1] + (1 - e[t]) * n[t]
        h[t] = g[t] * h[t-1] + (1 - g[t]) * tanh(m[t])""",
}
LOSS = """
        e_t[t] = sum(h[t] * h[t])
        Loss = sum(e_t[t] for t)"""


@dataclass(frozen=True)
class Case:
    """A network: `LSTM`, `GRU`, or a `custom` gated cell that no library has."""

    model: str
    shape: Shape

    def text(self, loss: bool = False) -> str:
        """The model in our language; gradients need a loss."""
        gates = GATES[self.model]
        names = {letter: ", ".join(letter + gate for gate in gates) for letter in "UWb"}
        more = "\n  cn: [n_h]" if self.model == "GRU" else ""
        trace = "" if self.model == "GRU" else "\n  m[0]: zeros"
        return (
            f"graphfold: 1\nname: {self.model}\ndims: [n_x, n_h]\ninputs:\n  x[t]: [n_x]\nparams:\n"
            f"  {names['U']}: [n_h, n_x]\n  {names['W']}: [n_h, n_h]\n  {names['b']}: [n_h]{more}\n"
            f"init:\n  h[0]: zeros{trace}\nequations: |{EQUATIONS[self.model]}"
            f"{LOSS if loss else ''}\noutputs: [h]\n"
        )

    @cached_property
    def values(self) -> dict[str, Array]:
        """Inputs and parameters by name, in float32."""
        draw, shape, scale = np.random.default_rng(0), self.shape, self.shape.hidden**-0.5
        sizes = {"U": (shape.hidden, shape.inputs), "W": (shape.hidden,) * 2, "b": (shape.hidden,)}
        names = [letter + gate for letter in "UWb" for gate in GATES[self.model]]
        names += ["cn"] if self.model == "GRU" else []
        found = {
            name: draw.uniform(-scale, scale, sizes.get(name[0], sizes["b"])) for name in names
        }
        found["x"] = draw.standard_normal((shape.steps, shape.batch, shape.inputs))
        return {name: array.astype(np.float32) for name, array in found.items()}

    def stacked(self, letter: str, gates: str | None = None) -> Array:
        """The matrices or vectors of all gates above one another, as U, W or b."""
        order = gates or GATES[self.model]
        return np.concatenate([self.values[letter + gate] for gate in order])
