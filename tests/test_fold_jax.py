"""Jaxprs of recurrent functions written as Python loops; skipped where jax is absent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphfold as gf

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.filterwarnings("default")

STEPS, SIZE = 6, 3
RNG = np.random.default_rng(0)


def arrays(*shapes: tuple[int, ...]) -> list[Any]:
    return [RNG.normal(size=shape).astype(np.float32) / 2 for shape in shapes]


def test_a_python_loop_folds_and_computes_the_same() -> None:
    def net(w: Any, u: Any, b: Any, xs: Any, start: Any) -> Any:
        h, ys = start, []
        for step in range(STEPS):
            h = jax.numpy.tanh(xs[step] @ u + h @ w + b)
            ys.append(h)
        return jax.numpy.stack(ys)

    given = arrays((SIZE, SIZE), (SIZE, SIZE), (SIZE,), (STEPS, SIZE), (SIZE,))
    found = gf.fold(jax.make_jaxpr(net)(*given))
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", STEPS)]
    assert found.size == 5
    trace = found.trace
    names = [trace.names[n] for n in range(len(trace)) if trace.op(n) == "input"]
    feed = found.values(dict(zip(names, given, strict=True)))
    values = gf.evaluate(found.unfold(), feed)
    (output,) = found.circuit.outputs
    np.testing.assert_allclose(values.signal(output.name), net(*given), rtol=1e-5, atol=1e-6)


def test_jitted_functions_are_seen_through() -> None:
    @jax.jit
    def cell(w: Any, x: Any, h: Any) -> Any:
        return jax.nn.relu(jax.nn.sigmoid(h @ w) * jax.numpy.tanh(x))

    def net(w: Any, xs: Any, h: Any) -> Any:
        for step in range(STEPS):
            h = cell(w, xs[step], h)
        return h

    found = gf.fold(jax.make_jaxpr(net)(*arrays((SIZE, SIZE), (STEPS, SIZE), (SIZE,))))
    assert [(r.form, r.steps) for r in found.repetitions] == [("recurrence", STEPS)]


def test_control_flow_stays_one_opaque_node() -> None:
    def net(xs: Any, h: Any) -> Any:
        for step in range(STEPS):
            h = jax.lax.fori_loop(0, 3, lambda _, v: v * 2, h + xs[step])
        return h

    found = gf.fold(jax.make_jaxpr(net)(*arrays((STEPS, SIZE), (SIZE,))))
    assert found
    assert {"scan", "while"} & {op for op, _ in found.functions.values()}


def test_what_is_no_closed_jaxpr_is_refused() -> None:
    closed = jax.make_jaxpr(lambda x: x + 1)(1.0)
    with pytest.raises(gf.GraphfoldError, match="make_jaxpr"):
        gf.read_trace(closed.jaxpr)
