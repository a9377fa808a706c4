"""Loops in NumPy that know their network: as one writes them down, and with every care."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.rivals.case import GATES, SIGMOIDS, Array, Case

Run = Callable[[], Array]


def plain(case: Case) -> Run:
    """The equations as they stand: one product for each matrix, new arrays for each value."""
    steps = {"LSTM": _plain_lstm, "GRU": _plain_gru, "custom": _plain_custom}
    v, step = case.values, steps[case.model]

    def run() -> Array:
        state = (np.zeros((case.shape.batch, case.shape.hidden), np.float32),) * 2
        outputs = []
        for x in v["x"]:
            state = step(v, x, *state)
            outputs.append(state[0])
        return np.array(outputs)

    return run


def _sum(v: dict[str, Array], gate: str, x: Array, h: Array) -> Array:
    return v["b" + gate] + x @ v["U" + gate].T + h @ v["W" + gate].T


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _plain_lstm(v: dict[str, Array], x: Array, h: Array, m: Array) -> tuple[Array, Array]:
    i, f, o = (_sigmoid(_sum(v, gate, x, h)) for gate in "ifo")
    m = f * m + i * np.tanh(_sum(v, "g", x, h))
    return o * np.tanh(m), m


def _plain_gru(v: dict[str, Array], x: Array, h: Array, m: Array) -> tuple[Array, Array]:
    z, r = (_sigmoid(_sum(v, gate, x, h)) for gate in "zr")
    n = np.tanh(v["bn"] + x @ v["Un"].T + r * (v["cn"] + h @ v["Wn"].T))
    return z * h + (1 - z) * n, m


def _plain_custom(v: dict[str, Array], x: Array, h: Array, m: Array) -> tuple[Array, Array]:
    g, e = (_sigmoid(_sum(v, gate, x, h)) for gate in "ge")
    m = e * m + (1 - e) * np.tanh(_sum(v, "n", x, h))
    return g * h + (1 - g) * np.tanh(m), m


# -- with every care ------------------------------------------------------------------------------


class _Fused:
    """Matrices side by side and turned, those of sigmoids halved; memory for one step."""

    def __init__(self, case: Case) -> None:
        shape, gates = case.shape, len(GATES[case.model])
        self.x, self.shape = case.values["x"], shape
        scale = np.ones(gates * shape.hidden, np.float32)
        scale[: SIGMOIDS[case.model] * shape.hidden] = 0.5  # sigmoid(z) = (1 + tanh(z / 2)) / 2
        self.read = np.ascontiguousarray((case.stacked("U") * scale[:, None]).T)
        self.recur = np.ascontiguousarray((case.stacked("W") * scale[:, None]).T)
        self.bias = case.stacked("b") * scale
        self.z = np.empty((shape.batch, len(self.bias)), np.float32)
        self.parts = [self.z[:, k * shape.hidden :][:, : shape.hidden] for k in range(gates)]
        self.sigmoids = self.z[:, : SIGMOIDS[case.model] * shape.hidden]

    def sums(self) -> Array:
        """What does not recur, for all steps in one product."""
        steps, batch, inputs, _ = self.shape
        found = self.x.reshape(-1, inputs) @ self.read
        found += self.bias
        return found.reshape(steps, batch, -1)

    def state(self) -> Array:
        """A state, all zeros."""
        return np.zeros((self.shape.batch, self.shape.hidden), np.float32)


def careful(case: Case) -> Run:
    """One product for the inputs of all steps, one for the state in each; nothing new in a step."""
    made: dict[str, Callable[[Case], Run]] = {
        "LSTM": _careful_lstm,
        "GRU": _careful_gru,
        "custom": _careful_custom,
    }
    return made[case.model](case)


def _careful_lstm(case: Case) -> Run:
    f = _Fused(case)
    i, forget, o, g = f.parts
    z, sigmoids, recur, work = f.z, f.sigmoids, f.recur, f.state()
    dot, add, multiply, tanh, half = np.dot, np.add, np.multiply, np.tanh, np.float32(0.5)

    def run() -> Array:
        h, m = f.state(), f.state()
        outputs = np.empty((f.shape.steps, *h.shape), np.float32)
        for p, out in zip(f.sums(), outputs, strict=True):
            dot(h, recur, z)
            add(z, p, z)
            tanh(z, z)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            multiply(m, forget, m)
            multiply(i, g, work)
            add(m, work, m)
            tanh(m, work)
            multiply(work, o, out)
            h = out
        return outputs

    return run


def _careful_gru(case: Case) -> Run:
    f = _Fused(case)
    update, reset, n = f.parts
    z, sigmoids, recur, cn = f.z, f.sigmoids, f.recur, case.values["cn"]
    dot, add, subtract, multiply, tanh = np.dot, np.add, np.subtract, np.multiply, np.tanh
    half, width = np.float32(0.5), f.sigmoids.shape[1]

    def run() -> Array:
        h, sums = f.state(), f.sums()
        outputs = np.empty((f.shape.steps, *h.shape), np.float32)
        gates, candidates = sums[..., :width], sums[..., width:]
        for p, q, out in zip(gates, candidates, outputs, strict=True):
            dot(h, recur, z)
            add(sigmoids, p, sigmoids)
            tanh(sigmoids, sigmoids)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            add(n, cn, n)
            multiply(n, reset, n)
            add(n, q, n)
            tanh(n, n)
            subtract(h, n, out)
            multiply(out, update, out)
            add(out, n, out)
            h = out
        return outputs

    return run


def _careful_custom(case: Case) -> Run:
    f = _Fused(case)
    g, e, n = f.parts
    z, sigmoids, recur, work = f.z, f.sigmoids, f.recur, f.state()
    dot, add, subtract, multiply, tanh = np.dot, np.add, np.subtract, np.multiply, np.tanh
    half = np.float32(0.5)

    def run() -> Array:
        h, m = f.state(), f.state()
        outputs = np.empty((f.shape.steps, *h.shape), np.float32)
        for p, out in zip(f.sums(), outputs, strict=True):
            dot(h, recur, z)
            add(z, p, z)
            tanh(z, z)
            multiply(sigmoids, half, sigmoids)
            add(sigmoids, half, sigmoids)
            subtract(m, n, m)
            multiply(m, e, m)
            add(m, n, m)
            tanh(m, work)
            subtract(h, work, out)
            multiply(out, g, out)
            add(out, work, out)
            h = out
        return outputs

    return run


def products(case: Case) -> Run:
    """The matrix products of the careful loop alone: no loop over this BLAS is faster."""
    f = _Fused(case)

    def run() -> Any:
        h, z, recur, dot = f.state(), f.z, f.recur, np.dot
        f.x.reshape(-1, f.shape.inputs) @ f.read
        for _ in range(f.shape.steps):
            dot(h, recur, z)

    return run
