"""Products with a state in every form, for one row, a few and many, as the reference has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import graphfold as gf
from graphfold.evaluate.compiled import ready

few = settings(max_examples=60, deadline=None)
TERMS = ("b", "-b", "U @ x[t]", "x[t] @ V", "-(U @ x[t])", "Q @ y[t]", "d[t]", "e[t]", "s", "0.5",
         "h[t-2]", "h[t-1] * d[t]")  # fmt: skip
SQUASHES = ("sigmoid", "tanh", "sin", "")


@st.composite
def gates(draw: Any) -> list[str]:
    """Sums with a product of the state in each, perhaps squashed."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        product = draw(st.sampled_from(["W{} @ h[t-1]", "h[t-1] @ W{}"])).format(number)
        terms = draw(st.lists(st.sampled_from(TERMS), max_size=4, unique=True))
        place = draw(st.integers(0, len(terms)))
        terms.insert(place, f"({product})")
        total = " + ".join(f"({term})" for term in terms).replace("+ (-", "- (")
        found.append(f"{draw(st.sampled_from(SQUASHES))}({total})")
    return found


def circuit_of(sums: list[str], backward: bool) -> gf.Circuit:
    """A recurrence whose next state is the sum of all gates, each scaled."""
    matrices = ", ".join(f"W{number}" for number in range(len(sums)))
    lines = [f"g{number}[t] = {total}" for number, total in enumerate(sums)]
    lines.append("h[t] = 0.2 * (" + " + ".join(f"g{n}[t]" for n in range(len(sums))) + ")")
    init = "h[T+1]: zeros\n  h[T+2]: given" if backward else "h[0]: zeros\n  h[-1]: given"
    text = "".join(f"\n  {line}" for line in lines)
    return gf.loads(
        "graphfold: 1\ndims: [n, m]\n"
        "inputs: {'x[t]': [m], 'y[t]': [m], 'd[t]': [n], 'e[t]': [], s: [n]}\n"
        f"params:\n  {matrices}: [n, n]\n  U: [n, m]\n  V: [m, n]\n  Q: [n, m]\n  b: [n]\n"
        f"init:\n  {init}\nequations: |{text.replace('t-', 't+') if backward else text}\n"
    )


def values_of(sums: list[str], steps: int, batch: int | None, seed: int) -> dict[str, Any]:
    """x, e and the past have a batch, y and d are the same for all rows."""
    random, rows = np.random.default_rng(seed), () if batch is None else (batch,)
    shapes: dict[str, tuple[int, ...]] = {"x": (steps, *rows, 2), "y": (steps, 2), "d": (steps, 3)}
    shapes |= {"e": (steps, *rows), "s": (3,), "U": (3, 2), "V": (2, 3), "Q": (3, 2), "b": (3,)}
    shapes |= {f"W{number}": (3, 3) for number in range(len(sums))}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@given(
    sums=gates(),
    backward=st.booleans(),
    batch=st.sampled_from([None, 1, 2, 8, 9]),
    sizes=st.tuples(st.integers(0, 5), st.sampled_from([1, 1 << 22]), st.integers(0, 9)),
)
@example(["(W0 @ h[t-1]) + U @ x[t] + Q @ y[t]"], False, None, (3, 1, 0))
@few
def test_sums_with_products_are_those_of_the_reference(
    sums: list[str], backward: bool, batch: int | None, sizes: tuple[int, int, int]
) -> None:
    steps, warm, seed = sizes
    circuit, values = circuit_of(sums, backward), values_of(sums, steps, batch, seed)
    values["h[T+2]" if backward else "h[-1]"] = np.ones(3)
    names = [f"g{number}" for number in range(len(sums))] + ["h"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ready, "WARM", warm)  # a step at a time, or all
        found = gf.compile(circuit, keep=names).run(values)
    expected = gf.evaluate(gf.unfold(circuit, steps), values)
    for name in names:
        signal = expected.signal(name)
        if signal.ndim < found[name].ndim:
            signal = signal[:, None]
        np.testing.assert_allclose(found[name], np.broadcast_to(signal, found[name].shape),
                                   rtol=1e-9, atol=1e-12, err_msg=name)  # fmt: skip


def test_a_plan_sees_what_is_written_into_its_matrices() -> None:
    sums = ["sigmoid((W0 @ h[t-1]) + U @ x[t])", "tanh(W1 @ h[t-1])"]
    circuit, values = circuit_of(sums, False), values_of(sums, 4, 8, 0)
    values["h[-1]"] = np.zeros(3)
    plan = gf.compile(circuit, keep=["h"])
    for name, written in (("W0", 2.0), ("U", np.nan), ("U", -1.0), ("W1", 0.0), ("W1", -0.0)):
        plan.run(values)
        values[name][1, 1] = written
        expected = gf.evaluate(gf.unfold(circuit, 4), values).signal("h")
        np.testing.assert_allclose(plan.run(values)["h"], expected, rtol=1e-9)
