"""NaN and infinities are kept, and the first one is told: where it arose, and from what."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from circuits import cases
from command_line import call
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.instances import format_id, parse_id

GROWTH = """graphfold: 1
inputs: {'x[t]': []}
params: {w: []}
init: {'h[0]': 1}
outputs: [y]
equations: |
  z[t] = w * h[t-1]
  h[t] = exp(z[t]) + x[t]
  y = 1 / h[T]
"""
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def caught() -> Iterator[list[gf.FiniteWarning]]:
    """The warnings of values that are not finite."""
    found: list[gf.FiniteWarning] = []
    with warnings.catch_warnings(record=True) as all_of_them:
        warnings.simplefilter("always")
        yield found
    for one in all_of_them:
        assert isinstance(one.message, gf.FiniteWarning), one
        assert one.filename == __file__
        found.append(one.message)


def told(circuit: Circuit, values: dict[str, Any], steps: Any = None, **options: Any) -> list[Any]:
    """What the compiled run and the reference say, which is the same."""
    with caught() as compiled:
        gf.compile(circuit).run(values, steps=steps, check_finite=True, **options)
    with caught() as reference:
        count = len(values["x"]) if steps is None else steps
        gf.evaluate(gf.unfold(circuit, count), values, check_finite=True, **options)
    assert list(map(str, compiled)) == list(map(str, reference))
    return compiled


def test_the_operation_is_told_even_if_the_result_is_finite() -> None:
    values = {"x": np.zeros(6), "w": 3.0}
    with caught() as found:
        y = gf.run(gf.loads(GROWTH), values, check_finite=True)["y"]
    assert y == 0  # 1 / inf
    (warning,) = found
    assert str(warning) == (
        "h[3] is the first value that is not finite (inf): exp(z[t]) gives inf from finite operands"
    )
    assert (warning.instance, warning.operation, warning.rows) == ("h[3]", "exp(z[t])", None)
    assert str(warning.diagnostic).startswith("8:10: not-finite: warning: h[3] is")
    assert told(gf.loads(GROWTH), values)[0].instance == "h[3]"
    assert str(pickle.loads(pickle.dumps(warning))) == str(warning)


def test_all_is_well_without_a_word() -> None:
    assert told(gf.loads(GROWTH), {"x": np.zeros(6), "w": 0.5}) == []


def test_nobody_warns_who_was_not_asked() -> None:
    values = {"x": np.full(3, np.nan), "w": 3.0}
    with caught() as found:
        assert np.isnan(gf.run(gf.loads(GROWTH), values)["y"])
        gf.evaluate(gf.unfold(gf.loads(GROWTH), 3), values)
        gf.grad(gf.loads(GROWTH), "y", values)
    assert found == []


@pytest.mark.parametrize(("number", "step"), [(np.nan, 2), (np.inf, 4), (-np.inf, 1)])
def test_a_value_that_was_given_is_told_with_its_rows(number: float, step: int) -> None:
    x = np.zeros((5, 3))
    x[step - 1, [0, 2]] = number
    x[step:] = np.nan
    (warning,) = told(gf.loads(GROWTH), {"x": x, "w": 0.5})
    assert (warning.instance, warning.operation, warning.rows) == (f"x[{step}]", "", (2, 3))
    assert str(warning).endswith(f"({number}, in 2 of 3 rows): as it was given")


def test_the_first_in_time_is_told_not_the_first_signal() -> None:
    text = GROWTH.replace("  y =", "  a[t] = log(3 - t) + 0 * x[t]\n  b[t] = sqrt(1 - t)\n  y =")
    (warning,) = told(gf.loads(text), {"x": np.zeros(9), "w": 0.1})
    assert warning.instance == "b[2]"


def test_an_anti_causal_signal_starts_at_its_end() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'g[T+1]': 0}\nequations: |\n"
    circuit = gf.loads(text + "  g[t] = exp(g[t+1]) + log(x[t])\n")
    (warning,) = told(circuit, {"x": np.array([0.0, 0.0, 1.0, 1.0])})
    assert (warning.instance, warning.operation) == ("g[2]", "log(x[t])")
    (warning,) = told(circuit, {"x": np.ones(9)})
    assert (warning.instance, warning.operation) == ("g[5]", "exp(g[t+1])")


def test_beneath_a_sum_the_step_is_told() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y = sum(2 * log(x[t]) for t)\n"
    (warning,) = told(gf.loads(text), {"x": np.array([1.0, 2.0, 0.0, -1.0])})
    assert str(warning).endswith("log(x[t]) gives -inf from finite operands, at t = 3")
    huge = gf.loads(text.replace("2 * log(x[t])", "x[t]"))
    (warning,) = told(huge, {"x": np.array([1e308, 1e308])})
    assert warning.operation == "sum(x[t] for t)"


def test_a_history_that_was_given_is_told() -> None:
    text = "graphfold: 1\ninit: {'h[0]': given}\nequations: |\n  h[t] = 0.5 * h[t-1]\n"
    (warning,) = told(gf.loads(text), {"h[0]": np.nan}, steps=3)
    assert (warning.instance, warning.operation) == ("h[0]", "")


def test_padding_does_not_count_and_rows_end_where_they_end() -> None:
    text = GROWTH.replace("exp(z[t])", "z[t]")
    x = np.ones((5, 3))
    x[3:, 0], x[4:, 1] = np.nan, np.inf
    values = {"x": x, "w": 0.5}
    assert told(gf.loads(text), values, lengths=[3, 4, 5]) == []
    (warning,) = told(gf.loads(text), values, lengths=[3, 5, 5])
    assert (warning.instance, warning.rows) == ("x[5]", (1, 3))
    assert told(gf.loads(text), values, lengths=[3, 4, 5], fill=np.nan) == []
    (warning,) = told(
        gf.loads(text.replace("1 / h[T]", "log(0 * h[T])")), values, lengths=[3, 4, 4]
    )
    assert (warning.instance, warning.rows) == ("y", (3, 3))


hostile = st.sampled_from([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0])


@few
@given(cases(), st.data())
def test_what_is_told_is_not_finite_and_all_that_it_reads_is(
    case: tuple[Circuit, int], data: st.DataObject
) -> None:
    circuit, steps = case
    values = {n: np.array(v, float) for n, v in random_values(circuit, steps).items()}
    for array in values.values():
        if array.size and data.draw(st.booleans()):
            array.flat[data.draw(st.integers(0, array.size - 1))] = data.draw(hostile)
    unfolding = gf.unfold(circuit, steps)
    plain = gf.evaluate(unfolding, values)
    with caught() as found:
        checked = gf.evaluate(unfolding, values, check_finite=True)
    for name in plain:
        np.testing.assert_array_equal(plain[name], checked[name])
    wrong = {name for name in plain if not np.isfinite(plain[name]).all()}
    assert len(found) == (1 if wrong else 0)
    for warning in found:
        assert warning.instance in wrong
        read = gf.predecessors(unfolding, *parse_id(warning.instance))
        assert wrong.isdisjoint(format_id(*instance) for instance in read)
    names = [equation.signal for equation in circuit.equations]
    compiled = gf.compile(circuit, keep=names[:1])
    with caught() as again:
        same = compiled.run(values, steps=steps, check_finite=True)
    for name, array in compiled.run(values, steps=steps).items():
        np.testing.assert_array_equal(array, same[name])
    assert bool(again) == bool(found)


@pytest.mark.parametrize("name", gf.example_names())
def test_every_model_of_the_gallery_tells_where_its_input_is_wrong(name: str) -> None:
    circuit = gf.flatten(gf.in_mode(example(name)))
    values = {n: np.array(v, float) for n, v in gallery_values(name, 4).items()}
    moving = [s.name for s in circuit.inputs if s.axis is not None]
    if not moving:
        return
    values[moving[0]][1] = np.nan
    with caught() as found:
        options: Any = {"functions": FUNCTIONS[name]} if name in FUNCTIONS else {}
        gf.evaluate(unfolded(circuit, 4), values, check_finite=True, **options)
    assert [warning.instance for warning in found] == [f"{moving[0]}[2]"]


# -- gradients ------------------------------------------------------------------------------------

ROOT = """graphfold: 1
inputs: {'x[t]': []}
params: {w: []}
init: {'h[0]': 0}
equations: |
  h[t] = sqrt(w * x[t]) + 0.5 * h[t-1]
  Loss = sum(h[t] for t)
"""


def test_the_first_gradient_on_the_way_back_is_told() -> None:
    with caught() as found:
        values = {"x": np.array([1.0, 0.0, 2.0]), "w": 1.0}
        gf.grad(gf.loads(ROOT), "Loss", values, check_finite=True)
    (warning,) = found
    assert str(warning) == (
        "the gradient of x[2] is the first that is not finite (inf): "
        "in h[2], the derivative of sqrt(w * x[t]) makes it from finite values"
    )
    with caught() as found:
        gf.grad(gf.loads(ROOT), "Loss", {"x": np.ones(3), "w": 1.0}, check_finite=True)
    assert found == []


def test_so_it_is_for_batches_and_lengths() -> None:
    x = np.array([[1.0, 2.0], [1.0, 0.0], [3.0, 4.0]])
    with caught() as found:
        gf.grad(gf.loads(ROOT), "Loss", {"x": x, "w": 1.0}, check_finite=True)
    assert (found[0].instance, found[0].rows) == ("x[2]", (1, 2))
    with caught() as found:
        gf.grad(gf.loads(ROOT), "Loss", {"x": x, "w": 1.0}, check_finite=True, lengths=[3, 1])
    assert found == []
    with caught() as found:
        gf.grad(gf.loads(ROOT), "Loss", {"x": x, "w": 1.0}, check_finite=True, lengths=[3, 2])
    assert [warning.instance for warning in found] == ["x[2]"]


def test_a_value_that_is_not_finite_comes_before_gradients() -> None:
    values = {"x": np.array([1.0, -1.0]), "w": 1.0}
    with caught() as found:
        gf.grad(gf.loads(ROOT), "Loss", values, check_finite=True)
    assert [w.operation for w in found] == ["sqrt(w * x[t])"]
    assert "first value that is not finite" in str(found[0])


# -- the command line -----------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    model, data = tmp_path / "growth.yaml", tmp_path / "data.npz"
    model.write_text(GROWTH)
    np.savez(data, x=np.zeros((6, 2)), w=np.float64(3))
    return str(model), str(data)


@pytest.mark.parametrize("command", ["eval", "grad"])
def test_a_command_tells_it_as_a_diagnostic(command: str, files: tuple[str, str]) -> None:
    model, data = files
    more = ("--loss", "y") if command == "grad" else ()
    plain = call(command, model, "--inputs", data, *more)
    done = call(command, model, "--inputs", data, "--check-finite", *more)
    assert (done.code, done.out) == (0, plain.out)
    line = f"{model}:8:10: not-finite: warning: h[3] is the first value that is not finite"
    assert [text.startswith(line) for text in done.lines if "not-finite" in text] == [True]
    assert "not-finite" not in plain.err
