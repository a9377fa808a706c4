"""Runs in blocks: iterators and files in, files out, in little memory."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from circuits import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit

few = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])

MODEL = """\
graphfold: 1
dims: [n]
inputs: {'x[t]': [n]}
params: {W: [n, n]}
init: {'h[0]': zeros}
equations: |
  h[t] = tanh(W @ h[t-1] + x[t])
  s = sum(h[t] for t)
outputs: [h, s]
"""
W = np.array([[0.5, -1.0], [1.0, 0.25]])
X = np.random.default_rng(0).uniform(-1, 1, (500, 2))
BATCH = np.random.default_rng(0).uniform(-1, 1, (500, 3, 2))


def plan() -> gf.Plan:
    return gf.compile(gf.loads(MODEL), params={"W": W})


def blocks(x: Any, size: int) -> Iterator[Any]:
    return (x[first : first + size] for first in range(0, len(x), size))


def stored(folder: Path, array: Any) -> Any:
    """The array in a file, not in memory."""
    path = folder / "array.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r+")


class Sliceable:
    """An array of another library, of which slices can be taken."""

    def __init__(self, array: Any) -> None:
        self.array, self.shape, self.dtype, self.most = array, array.shape, array.dtype, 0

    def __getitem__(self, where: slice) -> Any:
        found = self.array[where]
        self.most = max(self.most, len(found))
        return found


FORMS: dict[str, Any] = {
    "steps": iter,
    "lists": lambda x: (step.tolist() for step in x),
    "blocks": lambda x: blocks(x, 7),
    "long blocks": lambda x: blocks(x, 333),
    "slices": Sliceable,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_input_makes_no_difference(form: str) -> None:
    expected, found = plan().run({"x": X}), plan().run({"x": FORMS[form](X)})
    for name in ("h", "s"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-12)


@pytest.mark.parametrize("form", ["steps", "blocks", "slices"])
def test_so_it_is_for_a_batch(form: str) -> None:
    options = {} if form == "slices" else {"batch": 3}
    found = plan().run({"x": FORMS[form](BATCH)}, **options)["h"]
    np.testing.assert_allclose(found, plan().run({"x": BATCH})["h"], rtol=1e-12)


@few
@given(cases(), st.data())
def test_blocks_give_what_a_run_in_memory_gives(case: tuple[Circuit, int], data: Any) -> None:
    circuit, steps = case[0], case[1] + data.draw(st.sampled_from([1, 40]))
    values = random_values(circuit, steps)
    names = [equation.signal for equation in circuit.equations]
    whole = gf.compile(circuit, keep=names).run(values, steps=steps)
    moving = [name for name in names if circuit.axis_of[name] is not None]
    out = {name: np.full_like(whole[name], np.nan) for name in moving}
    found = gf.compile(circuit, keep=names).run(values, steps=steps, out=out)
    assert list(found) == names
    for name in names:
        assert name not in out or found[name] is out[name]
        np.testing.assert_allclose(found[name], whole[name], rtol=1e-9, atol=1e-9, err_msg=name)


def test_a_file_goes_into_a_file(tmp_path: Path) -> None:
    x, path = stored(tmp_path, X), tmp_path / "h.npy"
    h = np.lib.format.open_memmap(path, "w+", np.float64, X.shape)
    found = plan().run({"x": x}, out=h)
    assert found["h"] is h
    h.flush()
    np.testing.assert_allclose(np.load(path), plan().run({"x": X})["h"], rtol=1e-12)


def test_batches_may_come_first() -> None:
    turned, out = np.ascontiguousarray(BATCH.swapaxes(0, 1)), np.empty((3, 500, 2))
    found = plan().run({"x": turned}, batch_first=True, out=out)
    expected = plan().run({"x": turned}, batch_first=True)
    np.testing.assert_allclose(found["h"], expected["h"], rtol=1e-12)
    slices = plan().run({"x": Sliceable(turned)}, batch_first=True)["h"]
    np.testing.assert_allclose(slices, expected["h"], rtol=1e-12)


def test_what_needs_all_steps_at_once_runs_in_memory(tmp_path: Path) -> None:
    circuit = gf.loads(MODEL.replace("h[0]", "h[T+1]").replace("h[t-1]", "h[t+1]"))
    backward, out = gf.compile(circuit, params={"W": W}), np.empty(X.shape)
    expected = backward.run({"x": X})["h"]
    assert backward.run({"x": stored(tmp_path, X)}, out=out)["h"] is out
    np.testing.assert_array_equal(out, expected)
    with pytest.raises(gf.UnfoldingError, match=r"'h' cannot be streamed: it reads h\[t\+1\]"):
        backward.run({"x": iter(X)})


def test_memory_does_not_grow_with_the_number_of_steps(tmp_path: Path) -> None:
    own, steps = plan(), 60_000
    out = np.lib.format.open_memmap(tmp_path / "h.npy", "w+", np.float64, (steps, 2))
    own.run({"x": itertools.repeat(np.ones(2))}, steps=9000, out=out[:9000])
    tracemalloc.start()
    own.run({"x": itertools.repeat(np.ones(2))}, steps=steps, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < out.nbytes / 2


def test_no_more_than_a_block_of_a_large_array_is_read() -> None:
    large = Sliceable(np.zeros((20_000, 2)))
    plan().run({"x": large}, out=np.empty((20_000, 2)))
    assert large.most <= 4096


def test_progress_is_told_block_by_block() -> None:
    told: list[tuple[int, int | None]] = []
    plan().run({"x": X}, progress=lambda *one: told.append(one))
    assert told[-1] == (500, 500)
    assert told == sorted(told)
    assert len(told) > 1
    told.clear()
    plan().run({"x": iter(X)}, progress=lambda *one: told.append(one))
    assert told[-1] == (500, None)


def test_rows_that_an_iterator_does_not_reach_are_left() -> None:
    out = np.full((7, 2), 9.0)
    plan().run({"x": iter(X[:3])}, out=out)
    assert (out[:3] != 9).all()
    assert (out[3:] == 9).all()


WRONG: dict[str, Any] = {
    "x: the iterator gives no step": lambda p: p.run({"x": iter([])}),
    "x, after 0 steps: its steps differ in shape: (2,), ()": lambda p: p.run(
        {"x": iter([[1, 2], None])}
    ),
    "x, after 0 steps: holds text, not real numbers": lambda p: p.run({"x": iter("ab")}),
    "the inputs end before step 5": lambda p: p.run({"x": iter(X[:3])}, steps=5),
    "x has 500 steps, but 5 are asked for": lambda p: p.run(
        {"x": X}, steps=5, out=np.empty((5, 2))
    ),
    "out: h: expected an array (500, 2), found (5, 2)": lambda p: p.run(
        {"x": X}, out=np.empty((5, 2))
    ),
    "out: h: int64 cannot hold values in float64": lambda p: p.run(
        {"x": X}, out=np.empty((500, 2), np.int64)
    ),
    "out: 'k' is no output of the plan": lambda p: p.run({"x": X}, out={"k": np.empty(3)}),
    "out: s is no sequence": lambda p: p.run({"x": X}, out={"s": np.empty(2)}),
    "out: h: expected an array (500, 2), found ()": lambda p: p.run({"x": X}, out=5),
    "out: h has 2 steps, but there are more": lambda p: p.run({"x": iter(X)}, out=np.empty((2, 2))),
    "out: h is read-only": lambda p: p.run({"x": X}, out=np.broadcast_to(np.zeros(2), (500, 2))),
    "input x is missing": lambda p: p.run({}, out=np.empty((5, 2))),
    "lengths= takes whole arrays, but x is an iterator": lambda p: p.run(
        {"x": iter(X)}, lengths=[3]
    ),
    "x: expected (T, n) or (T, B, n), found (2,)": lambda p: p.run({"x": X[0]}, out=X.copy()),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_does_not_fit_is_told(message: str) -> None:
    with pytest.raises(gf.ValuesError) as told:
        WRONG[message](plan())
    assert message in str(told.value)


def test_inputs_that_end_at_different_steps_are_told() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': [], 'z[t]': []}\nequations: |\n  y[t] = x[t] + z[t]"
    two = gf.compile(gf.loads(text))
    with pytest.raises(gf.ValuesError, match="z ends before the others"):
        two.run({"x": iter([1.0, 2.0, 3.0]), "z": iter([1.0, 2.0])})
    with pytest.raises(gf.ValuesError, match="x has 3, z has 2"):
        two.run({"x": np.ones(3), "z": np.ones(2)}, out=np.empty(3))
    with pytest.raises(gf.UnfoldingError, match="give steps="):
        gf.compile(gf.load(gf.example_path("fibonacci"))).run({}, out=np.empty(3))
