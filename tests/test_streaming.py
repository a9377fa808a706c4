"""Streaming: going on from a returned state is one long run."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from agreement import assert_agrees
from circuits import cases, clocked_cases
from gallery import FUNCTIONS, example, unfolded
from gallery import random_values as gallery_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import random_values

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.evaluate.reference import evaluate

few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def names_of(circuit: Circuit) -> list[str]:
    return [equation.signal for equation in circuit.equations]


def split(circuit: Circuit, values: dict[str, Any], axis: str) -> tuple[dict[str, Any], ...]:
    """The inputs along an axis, and all other values."""
    moving = {s.name for s in circuit.inputs if s.axis == axis}
    return (
        {n: v for n, v in values.items() if n in moving},
        {n: v for n, v in values.items() if n not in moving},
    )


def stream(
    plan: gf.Plan, values: dict[str, Any], cuts: list[int], axis: str = "t", **options: Any
) -> dict[str, Any]:
    """All kept values of a run in blocks that end at `cuts`; the state is pickled in between."""
    inputs, rest = split(plan.circuit, values, axis)
    state = plan.init(values=rest, **options)
    blocks: dict[str, list[Any]] = {}
    for first, last in zip([0, *cuts], cuts, strict=False):
        block = {n: np.asarray(v)[first:last] for n, v in inputs.items()}
        if last - first == 1:
            state, found = plan.step(state, {n: v[0] for n, v in block.items()})
            found = {n: np.asarray(v)[None] for n, v in found.items()}
        else:
            state, found = plan.advance(state, block, last - first)
        state = pickle.loads(pickle.dumps(state))
        for name, value in found.items():
            blocks.setdefault(name, []).append(value)
    assert state.step == cuts[-1]
    return {n: np.concatenate(b) for n, b in blocks.items()} | plan.finish(state)


def assert_one_long_run(
    circuit: Circuit, lengths: Any, values: dict[str, Any], cuts: list[int], **options: Any
) -> None:
    names = names_of(circuit)
    axis = options.get("over", "t")
    found = stream(gf.compile(circuit, keep=names), values, cuts, axis, **options)
    wanted = evaluate(gf.unfold(circuit, lengths), values)
    for name in names:
        assert_agrees(circuit, name, found[name], wanted.signal(name))


MODEL = """\
graphfold: 1
dims: [n]
inputs: {'x[t]': [n]}
params: {W: [n, n], b: [n]}
init: {'h[0]': zeros, 'h[-1]': zeros}
equations: |
  h[t] = tanh(W @ h[t-1] + b * h[t-2] + x[t])
  y = sum(h[t] for t)
outputs: [h, y]
"""
PARAMS = {"W": np.array([[0.5, -1.0], [1.0, 0.25]]), "b": np.array([0.5, -0.5])}
X = np.random.default_rng(0).uniform(-1, 1, (40, 2))


def plan_of(text: str = MODEL, **params: Any) -> gf.Plan:
    return gf.compile(gf.loads(text), params=params or PARAMS)


def refused(circuit: Circuit, axis: str) -> str:
    """Why a circuit cannot be streamed, or ""."""
    try:
        gf.compile(circuit, keep=names_of(circuit)).init(over=axis)
    except (gf.UnfoldingError, gf.ValuesError) as error:
        return str(error) if "cannot be streamed" in str(error) else ""
    return ""


@st.composite
def cut_up(draw: Any, steps: int) -> list[int]:
    """Where the blocks of a run of so many steps end."""
    inside = draw(st.sets(st.integers(1, max(1, steps - 1))))
    return [*sorted(one for one in inside if one < steps), steps]


@few
@given(cases(causal=True), st.data(), st.sampled_from(["float64", "float32"]))
def test_steps_and_blocks_give_the_values_of_one_long_run(
    case: tuple[Circuit, int], data: Any, dtype: str
) -> None:
    circuit, steps = case[0], case[1] + 3
    values = {n: np.asarray(v, dtype) for n, v in random_values(circuit, steps).items()}
    assert_one_long_run(circuit, steps, values, data.draw(cut_up(steps)))


@few
@given(cases(causal=True), st.data(), st.integers(1, 3))
def test_so_do_batches(case: tuple[Circuit, int], data: Any, rows: int) -> None:
    circuit, steps = case[0], case[1] + 3
    roles: Any = ("input", "parameter", "history")
    values = dict(gf.random_values(gf.unfold(circuit, steps), 0, roles=roles, batch=rows))
    assert_one_long_run(circuit, steps, values, data.draw(cut_up(steps)))


@few
@given(cases(), st.data())
def test_so_does_any_circuit_that_is_not_refused(case: tuple[Circuit, int], data: Any) -> None:
    circuit, steps = case[0], case[1] + 3
    values = random_values(circuit, steps)
    cuts = data.draw(cut_up(steps))
    if not refused(circuit, "t"):
        assert_one_long_run(circuit, steps, values, cuts)


def test_a_history_that_a_pin_leaves_unread_is_not_asked_for() -> None:
    circuit = gf.loads(
        """graphfold: 1
axes: {t: T, u: U}
inputs: {"s[t]": []}
params: {p: []}
init: {"y[2]": 0}
equations: |
  v[u] = tanh(p * sin(u))
  y[u] = tanh(v[u+1] + s[T])
"""
    )
    values = {"p": np.array(0.3), "s": np.ones(3)}
    assert_one_long_run(circuit, {"t": 3, "u": 2}, values, [3], over="t", steps={"t": 3, "u": 2})


@few
@given(clocked_cases(), st.sampled_from("tu"), st.data())
def test_so_does_one_over_two_clocks(
    case: tuple[Circuit, dict[str, int]], axis: str, data: Any
) -> None:
    circuit, steps = case[0], {n: most + (3 if n == axis else 1) for n, most in case[1].items()}
    values, cuts = random_values(circuit, steps), data.draw(cut_up(steps[axis]))
    if not refused(circuit, axis):
        assert_one_long_run(circuit, steps, values, cuts, over=axis, steps=steps)


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", gf.example_names())
def test_the_models_of_the_gallery_are_streamed_or_refused(name: str, batch: int | None) -> None:
    circuit, unfolding = gf.flatten(gf.in_mode(example(name))), unfolded(example(name), 6)
    if circuit.trees or name in FUNCTIONS:
        return  # a tree has no steps to go along; a function is bound below
    values, steps = gallery_values(name, 6, batch), dict(unfolding.steps)
    for axis, last in steps.items():
        options = {"over": axis, "steps": steps}
        if not refused(circuit, axis):
            assert_one_long_run(circuit, steps, values, [1, 3, last], **options)


def test_what_the_gallery_cannot_stream() -> None:
    wrong = {"bidirectional", "bidirectional_cells", "vector_to_sequence"}
    names = [n for n in gf.example_names() if len(example(n).axes) == 1 and not example(n).trees]
    flat = {name: gf.flatten(gf.in_mode(example(name))) for name in names}
    assert {name for name, circuit in flat.items() if refused(circuit, "t")} == wrong


def test_a_batch_repeats_the_histories() -> None:
    plan = gf.compile(gf.load(gf.example_path("fibonacci")))
    _, y = plan.advance(plan.init(batch=2), steps=5)
    assert y["F"].T.tolist() == [[1, 1, 2, 3, 5]] * 2


def test_a_state_is_not_changed_by_later_steps() -> None:
    plan, x = plan_of(), X.copy()
    state, _ = plan.advance(plan.init(), x[:5])
    first, _ = plan.step(state, x[5])
    x[:] = np.nan
    again, _ = plan.step(state, X[5])
    assert state.step == 5
    assert first.step == again.step == 6
    np.testing.assert_array_equal(first.rows["h"], again.rows["h"])
    with pytest.raises(ValueError, match="read-only"):
        state.rows["h"][0] = 1
    with pytest.raises(TypeError):
        state.rows["h"] = X  # type: ignore[index]


def test_a_state_has_its_own_copy_of_the_inputs_it_remembers() -> None:
    plan = gf.compile(gf.loads("graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y = x[T]"))
    x = np.arange(1.0, 6.0)
    state, _ = plan.advance(plan.init(), x)
    x[:] = 0
    assert plan.finish(state)["y"].tolist() == 5.0


def test_a_state_is_small_when_the_plan_keeps_the_parameters() -> None:
    state = plan_of().init()
    assert state.rows["h"].shape == (2, 2)
    assert not state.start.values
    assert len(pickle.dumps(state)) < 2000


def test_streams_of_one_plan_do_not_disturb_each_other() -> None:
    plan, other = plan_of(), {"W": -PARAMS["W"]}
    one, two = plan.init(), plan.init(values=other)
    for x in X:
        one, y = plan.step(one, x)
        two, z = plan.step(two, x)
    expected = plan.run({"x": X}), plan.run({"x": X, **other})
    for found, state, run in ((y, one, expected[0]), (z, two, expected[1])):
        np.testing.assert_allclose(found["h"], run["h"][-1], rtol=1e-12)
        np.testing.assert_allclose(plan.finish(state)["y"], run["y"], rtol=1e-12)


def test_finishing_is_the_run_so_far_and_a_stream_may_go_on() -> None:
    plan = plan_of()
    state = plan.init()
    for steps, x in enumerate(X[:6], 1):
        state, _ = plan.step(state, x)
        np.testing.assert_allclose(plan.finish(state)["y"], plan.run({"x": X[:steps]})["y"])


def test_a_stream_takes_on_the_type_of_what_it_is_fed() -> None:
    double = plan_of()
    single = plan_of(**{name: array.astype("float32") for name, array in PARAMS.items()})
    assert single.step(single.init(), [0.5, 0.5])[1]["h"].dtype == np.float32
    assert single.step(single.init(), X[0])[1]["h"].dtype == np.float64
    assert double.step(double.init(), X[0].astype("float32"))[1]["h"].dtype == np.float64
    state, _ = single.advance(single.init(), X[:5].astype("float32"))
    assert single.step(state, X[5])[1]["h"].dtype == np.float64


def test_sizes_that_only_the_inputs_tell_are_known_from_the_first_step_on() -> None:
    text = "graphfold: 1\ndims: [n]\ninputs: {'x[t]': [n]}\ninit: {'h[0]': zeros}\n"
    plan = gf.compile(gf.loads(text + "equations: |\n  h[t] = h[t-1] + x[t]"))
    state = pickle.loads(pickle.dumps(plan.init()))
    for _ in range(3):
        state, y = plan.step(state, np.ones(4))
    assert y["h"].tolist() == [3.0] * 4


def test_later_changes_of_an_array_do_not_reach_the_plan() -> None:
    own = PARAMS["W"].copy()
    plan = plan_of(W=own, b=PARAMS["b"])
    before = plan.run({"x": X})["h"]
    own[:] = 0
    np.testing.assert_array_equal(plan.run({"x": X})["h"], before)
    other = plan.run({"x": X, "W": own})["h"]
    np.testing.assert_allclose(other, plan_of(W=own, b=PARAMS["b"]).run({"x": X})["h"])
    np.testing.assert_array_equal(plan.run({"x": X})["h"], before)


REFUSED = {
    "h[t] = h[t+1] + x[t]": "'h' cannot be streamed: it reads h[t+1] (6:10), a later step",
    "h[t] = x[T] * x[t]": "it reads x[T] (6:10), which is known after the last step only",
    "h[t] = x[t] / T": "it reads the number of steps of t (6:17), which is known",
    "h[t] = x[t] / sum(x[t] for t)": "it reads sum(… for t) (6:17), which is known",
    "h[t] = x[t] / m\n  m = max(x[t] for t)": "'h' cannot be streamed: it reads m (6:17)",
    "h[t] = x[3] * x[t]": "it reads x[3] (6:10), one step for all",
    "h = sum(x[t+1] for t)": "'h' cannot be streamed: it reads x[t+1] (6:11), a later step",
    "h = sum(x[t] - mean(x[t] for t) for t)": "it reads mean(… for t) (6:18), which is known",
}


@pytest.mark.parametrize("equations", REFUSED)
def test_what_needs_later_steps_is_refused_by_name(equations: str) -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\ninit: {'h[T+1]': 0, 'x[T+1]': 0}\n\n"
    if "h[t+1]" not in equations:
        text = text.replace("'h[T+1]': 0, ", "")
    plan = gf.compile(gf.loads(f"{text}equations: |\n  {equations}"))
    with pytest.raises(gf.UnfoldingError) as told:
        plan.init()
    assert REFUSED[equations] in str(told.value)


WRONG: dict[str, Any] = {
    "x: expected one step (n,) or (B, n), found (1, 1, 2)": lambda p: p.step(p.init(), X[None, :1]),
    "x: expected a block (T, n) or (T, B, n), found (2,)": lambda p: p.advance(p.init(), X[0]),
    "input x is missing": lambda p: p.step(p.init()),
    "'z' is no input along t": lambda p: p.step(p.init(), {"z": X[0], "x": X[0]}),
    "'W' is no input along t; what stands still": lambda p: p.step(p.init(), {"W": 1, "x": X[0]}),
    "expected a state, not ndarray": lambda p: p.step(X[0], X[0]),
    "3 by x [n] = (3,)": lambda p: p.step(p.init(), np.zeros(3)),
    "h[0] has 3, x has 4": lambda p: p.step(p.init(batch=3), np.zeros((4, 2))),
    "batch must be a whole number from 0 on, not -1": lambda p: p.init(batch=-1),
    "x is given step by step, not at the start": lambda p: p.init(values={"x": X}),
    "unknown value 'V'": lambda p: p.init(values={"V": X}),
    "W: holds text, not real numbers": lambda p: p.init(values={"W": "a"}),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_does_not_fit_is_told(message: str) -> None:
    with pytest.raises(gf.ValuesError) as told:
        WRONG[message](plan_of())
    assert message in str(told.value)


def test_parameters_that_are_missing_or_unknown_are_told_at_once() -> None:
    with pytest.raises(gf.ValuesError, match=r"parameter b is missing"):
        plan_of(W=PARAMS["W"]).init()
    with pytest.raises(gf.ValuesError, match=r"unknown value 'w'; did you mean 'W'"):
        plan_of(w=PARAMS["W"])
