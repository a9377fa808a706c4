"""Recurrent layers as ONNX defines them, as circuits and as arrays in its order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import graphfold as gf
from graphfold import Circuit

Array = np.ndarray[Any, np.dtype[Any]]

GATES = {"RNN": "n", "LSTM": "iofn", "GRU": "zrn"}  # in the order of ONNX
SUM = "W{g}_ @ x[t] + B{g}_ + C{g}_ + R{g}_ @ h_[p]"
CELLS = {
    "RNN": "h_[t] = tanh(" + SUM.format(g="n") + ")",
    "LSTM": f"""i_[t] = sigmoid({SUM.format(g="i")} + Pi_ * c_[p])
        f_[t] = sigmoid({SUM.format(g="f")} + Pf_ * c_[p])
        c_[t] = f_[t] * c_[p] + i_[t] * tanh({SUM.format(g="n")})
        o_[t] = sigmoid({SUM.format(g="o")} + Po_ * c_[t])
        h_[t] = o_[t] * tanh(c_[t])""",
    "GRU": f"""z_[t] = sigmoid({SUM.format(g="z")})
        r_[t] = sigmoid({SUM.format(g="r")})
        n_[t] = tanh(candidate)
        h_[t] = (1 - z_[t]) * n_[t] + z_[t] * h_[p]""",
}
CANDIDATES = (
    "Wn_ @ x[t] + Bn_ + Cn_ + Rn_ @ (r_[t] * h_[p])",
    "Wn_ @ x[t] + Bn_ + r_[t] * (Rn_ @ h_[p] + Cn_)",
)


@dataclass(frozen=True)
class Layer:
    """A layer of a kind, with sizes; `after` resets after the product (linear_before_reset)."""

    kind: str
    direction: str
    steps: int
    batch: int
    inputs: int
    hidden: int
    seed: int
    after: bool = False
    started: bool = True
    peepholes: bool = True

    @property
    def ways(self) -> str:
        """One letter for each direction."""
        return {"forward": "a", "reverse": "z", "bidirectional": "az"}[self.direction]

    @property
    def states(self) -> str:
        """The signals that are read a step later."""
        return "hc" if self.kind == "LSTM" else "h"

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """ONNX's inputs, in double precision."""
        random, ways, gates = np.random.default_rng(self.seed), len(self.ways), GATES[self.kind]
        rows, hidden, state = len(gates) * self.hidden, self.hidden, (ways, self.batch, self.hidden)
        shapes = {"X": (self.steps, self.batch, self.inputs), "W": (ways, rows, self.inputs),
                  "R": (ways, rows, hidden), "B": (ways, 2 * rows)}  # fmt: skip
        found = {name: random.normal(size=shape) for name, shape in shapes.items()}
        if self.started:
            found |= {f"initial_{name}": random.normal(size=state) for name in self.states}
        if self.kind == "LSTM" and self.peepholes:
            found["P"] = random.normal(size=(ways, 3 * hidden))
        return found

    @property
    def attributes(self) -> dict[str, Any]:
        """ONNX's attributes."""
        more = {"linear_before_reset": int(self.after)} if self.kind == "GRU" else {}
        return {"direction": self.direction, "hidden_size": self.hidden, **more}

    def circuit(self) -> Circuit:
        """The layer as a circuit: h of each way, and what it reads."""
        names = {letter + gate + way: size for way in self.ways for gate in GATES[self.kind]
                 for letter, size in self._sizes().items()}  # fmt: skip
        if self.kind == "LSTM":
            names |= {f"P{gate}{way}": "[n]" for gate in "iof" for way in self.ways}
        params = "".join(f"\n  {name}: {size}" for name, size in names.items())
        value = "given" if self.started else "zeros"
        init = "".join(
            f"\n  {state}{way}[{self.edge(way)}]: {value}" for way in self.ways
            for state in self.states
        )  # fmt: skip
        equations = "".join(f"\n        {self._equations(way)}" for way in self.ways)
        outputs = ", ".join(state + way for way in self.ways for state in self.states)
        return gf.loads(
            f"graphfold: 1\ndims: [m, n]\ninputs:\n  x[t]: [m]\nparams:{params}\ninit:{init}\n"
            f"equations: |{equations}\noutputs: [{outputs}]\n"
        )

    def values(self, dtype: Any = np.float64) -> dict[str, Array]:
        """The same arrays by the names of the circuit."""
        n, gates, arrays = self.hidden, GATES[self.kind], self.arrays
        found = {"x": arrays["X"]}
        peepholes = arrays.get("P", np.zeros((len(self.ways), 3 * n)))
        for way, letter in enumerate(self.ways):
            for place, gate in enumerate(gates):
                part = slice(place * n, place * n + n)
                found["W" + gate + letter] = arrays["W"][way, part]
                found["R" + gate + letter] = arrays["R"][way, part]
                found["B" + gate + letter] = arrays["B"][way, part]
                found["C" + gate + letter] = arrays["B"][way, len(gates) * n :][part]
            if self.kind == "LSTM":
                for place, gate in enumerate("iof"):
                    found["P" + gate + letter] = peepholes[way, place * n : place * n + n]
            for state in self.states if self.started else "":
                found[f"{state}{letter}[{self.edge(letter)}]"] = arrays["initial_" + state][way]
        return {name: array.astype(dtype) for name, array in found.items()}

    def stacked(self, found: dict[str, Array]) -> Array:
        """The states h of a run in ONNX's order: (T, ways, B, n)."""
        return np.stack([found["h" + way] for way in self.ways], axis=1)

    def edge(self, way: str) -> str:
        """Where a direction starts."""
        return "0" if way == "a" else "T+1"

    def _sizes(self) -> dict[str, str]:
        return {"W": "[n, m]", "R": "[n, n]", "B": "[n]", "C": "[n]"}

    def _equations(self, way: str) -> str:
        text = CELLS[self.kind].replace("candidate", CANDIDATES[self.after])
        return text.replace("_", way).replace("[p]", "[t-1]" if way == "a" else "[t+1]")
