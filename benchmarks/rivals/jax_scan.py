"""JAX: the step written once, `lax.scan` over it, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.rivals.by_hand import Run
from benchmarks.rivals.case import GATES, Array, Case


def scan(case: Case) -> Run:
    """The careful loop's products: one for all inputs, one for the state in each step."""
    import jax
    import numpy as np

    compiled = jax.jit(_forward(case))
    arguments = [jax.numpy.asarray(a) for a in (case.values["x"], *_parameters(case))]

    def run() -> Array:
        return np.asarray(compiled(*arguments))

    return run


def gradients(case: Case) -> Run:
    """The derivatives of the loss by all parameters, compiled; returns that of the W."""
    import jax
    import numpy as np

    forward = _forward(case)
    compiled = jax.jit(jax.grad(lambda *given: (forward(*given) ** 2).sum(), argnums=(1, 2, 3, 4)))
    arguments = [jax.numpy.asarray(a) for a in (case.values["x"], *_parameters(case))]

    def run() -> Array:
        return np.asarray(jax.block_until_ready(compiled(*arguments))[1])

    return run


def _parameters(case: Case) -> list[Array]:
    more = case.values["cn"] if case.model == "GRU" else case.values["x"][0, 0, :0]
    return [case.stacked("U"), case.stacked("W"), case.stacked("b"), more]


def _forward(case: Case) -> Callable[..., Any]:
    import jax
    from jax import lax
    from jax import numpy as jnp

    gates, sigmoid = len(GATES[case.model]), jax.nn.sigmoid

    def lstm(state: Any, p: Any, q: Any, _: Any) -> Any:
        i, f, o, g = jnp.split(p + q, gates, 1)
        m = sigmoid(f) * state[1] + sigmoid(i) * jnp.tanh(g)
        return sigmoid(o) * jnp.tanh(m), m

    def gru(state: Any, p: Any, q: Any, cn: Any) -> Any:
        (pz, pr, pn), (qz, qr, qn) = jnp.split(p, gates, 1), jnp.split(q, gates, 1)
        z, n = sigmoid(pz + qz), jnp.tanh(pn + sigmoid(pr + qr) * (cn + qn))
        return z * state[0] + (1 - z) * n, state[1]

    def custom(state: Any, p: Any, q: Any, _: Any) -> Any:
        g, e, n = jnp.split(p + q, gates, 1)
        g, e = sigmoid(g), sigmoid(e)
        m = e * state[1] + (1 - e) * jnp.tanh(n)
        return g * state[0] + (1 - g) * jnp.tanh(m), m

    step = {"LSTM": lstm, "GRU": gru, "custom": custom}[case.model]

    def forward(x: Any, read: Any, recur: Any, bias: Any, more: Any) -> Any:
        def one(state: Any, p: Any) -> Any:
            state = step(state, p, state[0] @ recur.T, more)
            return state, state[0]

        zeros = jnp.zeros((case.shape.batch, case.shape.hidden), x.dtype)
        return lax.scan(one, (zeros, zeros), x @ read.T + bias)[1]

    return forward
