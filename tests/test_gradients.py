"""Gradients of unfoldings: against central differences, closed forms and rows alone."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from circuits import losses
from gallery import FUNCTIONS, example, sizes_of, unfolded
from hypothesis import given, note, settings
from hypothesis import strategies as st
from row_batches import Batch, batches, put_together, values_of
from simulator import random_values
from tree_circuits import tree_cases

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, ValuesError
from graphfold.instances import format_id, parse_id

Array = np.ndarray[Any, np.dtype[Any]]
Values = Mapping[str, Any]
STEP = 1e-6


def model(equations: str, *sections: str) -> Circuit:
    lines = "\n".join("  " + line.strip() for line in equations.strip().splitlines())
    return gf.loads("\n".join(["graphfold: 1", *sections, "equations: |", lines, ""]))


def _driven(g: Array, h: Array, x: Array, theta: Array) -> tuple[Array, ...]:
    inner = g * (1 - np.tanh(theta[0] * h + theta[1] * x.sum() + theta[2]) ** 2)
    wide = np.zeros_like(theta)
    wide[:3] = [np.sum(inner * h), np.sum(inner * x.sum()), np.sum(inner)]
    return inner * theta[0], np.full_like(x, np.sum(inner * theta[1])), wide


def _classical(g: Array, s: Array, theta: Array) -> tuple[Array, ...]:
    inner = -g * np.sin(theta[0] * s + theta[1])
    wide = np.zeros_like(theta)
    wide[:2] = [np.sum(inner * s), np.sum(inner)]
    return inner * theta[0], wide


PAIRS = {
    "driven": {"f": (FUNCTIONS["driven"]["f"], _driven)},
    "classical": {"f": (FUNCTIONS["classical"]["f"], _classical)},
}


# -- central differences ------------------------------------------------------------------------


def given_gradient(found: gf.Gradients, name: str, like: Array) -> Array:
    """The gradient of an array that was given, in its layout: 0 for a leaf that nothing reads."""
    circuit = found.evaluation.unfolding.circuit
    if name in circuit.axis_of or name in found:
        return found.given(name)
    signal, tree = name.partition("[")[0], circuit.tree_of(name.partition("[")[0])
    assert tree is not None
    count = found.evaluation.unfolding.length(str(tree.leaves))
    leaves = [f"{signal}[{-leaf}]" for leaf in range(count)]
    return np.array([found[leaf] if leaf in found else 0 * like[0] for leaf in leaves])


def check(unfolding: gf.Unfolding, values: Values, loss: str, name: str = "") -> None:
    """A step of all values in a random direction changes the loss by gradient times step."""
    random = np.random.default_rng(3)
    result = gf.evaluate(unfolding, values, functions=FUNCTIONS.get(name))
    weights = random.normal(size=result[loss].shape)
    signal, batched = parse_id(loss)[0], result.instances[parse_id(loss)].batched
    copies = 1 if batched else result.batch.get(signal, 1)  # of a loss that all examples share
    ways = {n: random.normal(size=np.shape(v)) for n, v in values.items()}
    found = gf.gradients(unfolding, values, loss, cotangent=weights, functions=PAIRS.get(name))
    for instance, array in found.items():
        assert array.shape == result[instance].shape, instance

    def moved(step: float) -> float:
        near = {n: v + step * ways[n] for n, v in values.items()}
        return copies * float(
            np.sum(weights * gf.evaluate(unfolding, near, functions=FUNCTIONS.get(name))[loss])
        )

    slopes = [np.sum(given_gradient(found, n, values[n]) * ways[n]) for n in values]
    expected = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    np.testing.assert_allclose(sum(slopes), expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", gf.example_names())
def test_a_gallery_model_agrees_with_central_differences(name: str) -> None:
    circuit = example(name)
    for batch in (None, 2):
        for mode in [m.name for m in circuit.modes] or [None]:
            unfolding = unfolded(circuit, 4, **({"mode": mode} if mode else {}))
            values = gf.random_values(
                unfolding,
                1,
                sizes=sizes_of(circuit),
                roles=("input", "parameter", "history"),
                batch=batch,
            )
            last = list(gf.evaluate(unfolding, values, functions=FUNCTIONS.get(name)).outputs())[-1]
            axis = unfolding.circuit.axis_of[last]
            loss = last if axis is None else format_id(last, max(1, unfolding.length(axis) - 1))
            check(unfolding, values, loss, name)


@settings(max_examples=40)
@given(case=losses(), seed=st.integers(0, 99))
def test_a_random_circuit_agrees_with_central_differences(
    case: tuple[Circuit, dict[str, int], str | None], seed: int
) -> None:
    circuit, steps, loss = case
    note(gf.dumps(circuit))
    if loss:
        check(gf.unfold(circuit, steps), random_values(circuit, steps, seed), loss)


@settings(max_examples=40)
@given(case=tree_cases(), data=st.data())
def test_a_random_circuit_over_a_tree_agrees_with_central_differences(
    case: tuple[Circuit, Any], data: st.DataObject
) -> None:
    circuit, tree = case
    unfolding = gf.unfold(circuit, tree=tree)
    values = gf.random_values(
        unfolding, 2, sizes=sizes_of(circuit), roles=("input", "parameter", "history")
    )
    signals = [e.signal for e in circuit.equations]
    instances = [format_id(*i) for i in unfolding.instances() if i[0] in signals]
    if instances:
        check(unfolding, values, data.draw(st.sampled_from(instances)))


# -- closed forms -------------------------------------------------------------------------------

LINEAR = model("h[t] = W @ h[t-1]\nLoss = sum(h[T])", "dims: {n: 3}",
               "params: {'W': [n, n]}", "init: {'h[0]': given}")  # fmt: skip


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_the_gradient_of_a_linear_network_is_a_power_of_its_matrix(steps: int) -> None:
    random = np.random.default_rng(steps)
    matrix, start = random.normal(size=(3, 3)), random.normal(size=3)
    found = gf.gradients(gf.unfold(LINEAR, steps), {"W": matrix, "h[0]": start}, per_step=["W"])
    ones = np.ones(3)
    for t in range(steps + 1):
        power = np.linalg.matrix_power(matrix.T, steps - t)
        np.testing.assert_allclose(found[f"h[{t}]"], power @ ones)
        if t:
            before = np.linalg.matrix_power(matrix, t - 1) @ start
            np.testing.assert_allclose(found[f"W[{t}]"], np.outer(power @ ones, before))
    np.testing.assert_allclose(found.steps("W").sum(0), found["W"])
    assert found["Loss"] == 1


def test_parts_of_a_parameter_beneath_a_sum_belong_to_its_steps() -> None:
    circuit = model(
        "Loss = sum(w * (w * x[t]) for t) + max(w * x[t] for t) + w * w",
        "inputs: {'x[t]': []}",
        "params: {w: []}",
    )
    values = {"x": [1.0, 2.0, 5.0], "w": 3.0}
    found = gf.gradients(gf.unfold(circuit, 3), values, per_step="w")
    assert found.steps("w").tolist() == [6, 12, 35]
    assert found["w"] == 53 + 6  # w * w belongs to no step


def test_a_read_in_and_beside_a_sum_over_the_same_axis_counts_twice() -> None:
    circuit = model("a[t] = max(x[t] for t) * sum(x[t] for t) + x[t]", "inputs: {'x[t]': []}")
    found = gf.gradients(gf.unfold(circuit, 3), {"x": [1.0, 5.0, 2.0]}, "a[3]")
    assert found.signal("x").tolist() == [5, 5 + 8, 5 + 1]


def test_parts_along_two_axes_are_asked_for_by_axis() -> None:
    circuit = model(
        "a[t] = w * x[t]\nb[s] = w * y[s]\nLoss = sum(a[t] for t) + sum(b[s] for s)",
        "axes: {t: T, s: S}",
        "inputs: {'x[t]': [], 'y[s]': []}",
        "params: {w: []}",
    )
    values = {"x": [1.0, 2.0], "y": [3.0, 4.0, 5.0], "w": 1.0}
    unfolding = gf.unfold(circuit, t=2, s=3)
    assert gf.gradients(unfolding, values, per_step=["w[s]"]).steps("w").tolist() == [3, 4, 5]
    with pytest.raises(UnfoldingError, match=r"several axes; say 'w\[[ts]\]', 'w\[[ts]\]'"):
        gf.gradients(unfolding, values, per_step=["w"])


def test_an_untied_parameter_has_a_gradient_a_step() -> None:
    values = {"W": np.ones((2, 3, 3)), "h[0]": np.ones(3)}
    found = gf.gradients(gf.unfold(LINEAR, 2, untie=["W"]), values)
    assert found.signal("W").shape == (2, 3, 3)
    assert found["W[1]"].tolist() == [[3.0] * 3] * 3


# -- batches and rows ---------------------------------------------------------------------------


def test_a_batch_is_its_examples_and_parameters_add_up() -> None:
    circuit = example("rnn_loss")
    unfolding = gf.unfold(circuit, 3)
    values = dict(gf.random_values(
        unfolding, 0, sizes=sizes_of(circuit), roles=("input", "parameter", "history"), batch=4
    ))  # fmt: skip
    together = gf.gradients(unfolding, values)
    shared = {p.name for p in circuit.params}
    total: dict[str, Any] = {}
    for row in range(4):
        own = {
            n: v if n in shared else v[:, row] if n in "xy" else v[row] for n, v in values.items()
        }
        for name, array in gf.gradients(unfolding, own).items():
            if together[name].ndim == array.ndim:  # without a batch axis: a sum over its rows
                total[name] = total.get(name, 0) + array
            else:
                np.testing.assert_allclose(together[name][row], array, err_msg=name)
    for name, array in total.items():
        np.testing.assert_allclose(together[name], array, err_msg=name)


@settings(max_examples=25)
@given(batch=st.booleans().flatmap(lambda c: batches(clocks=c)), data=st.data())
def test_rows_of_different_lengths_have_the_gradients_they_have_alone(
    batch: Batch, data: st.DataObject
) -> None:
    circuit = batch.circuit
    note(gf.dumps(circuit))
    statics = [e.signal for e in circuit.equations if e.axis is None]
    steps = [f"{e.signal}[1]" for e in circuit.equations if e.axis is not None]
    rows = values_of(batch, 0, set())
    values = put_together(batch, rows, set())
    if not values.keys() - {p.name for p in circuit.params}:
        return
    loss = data.draw(st.sampled_from(statics or steps))
    whole = gf.unfold(circuit, batch.steps)
    if not whole.contains(*parse_id(loss)):
        return
    together = gf.gradients(whole, values, loss, cotangent=1, lengths=batch.lengths)
    total: dict[str, Any] = {}
    for row, (own, counts) in enumerate(zip(rows, batch.rows, strict=True)):
        alone = gf.unfold(circuit, counts)
        if not alone.contains(*parse_id(loss)):
            continue
        for name, array in gf.gradients(alone, own, loss, cotangent=1).items():
            signal, step = parse_id(name)
            axis = circuit.axis_of[signal]
            place = name
            if axis is not None and step is not None and step > counts[axis]:
                place = format_id(signal, step - counts[axis] + batch.steps[axis])
            if place not in together:
                continue  # a history of short rows alone
            if together[place].ndim == array.ndim:
                total[place] = total.get(place, 0) + array
            else:
                np.testing.assert_allclose(together[place][row], array, 1e-9, 1e-12, err_msg=name)
    for name, array in total.items():
        np.testing.assert_allclose(together[name], array, 1e-9, 1e-12, err_msg=name)


def test_padding_has_no_gradient() -> None:
    circuit = model("Loss = sum(x[t] * x[t] for t)", "inputs: {'x[t]': []}")
    x = [[1.0, 4.0], [2.0, 5.0], [3.0, np.nan]]
    found = gf.gradients(gf.unfold(circuit, 3), {"x": x}, lengths=[3, 2])
    assert found.signal("x").T.tolist() == [[2, 4, 6], [8, 10, 0]]


def test_batch_first_holds_for_gradients() -> None:
    circuit = model("Loss = sum(x[t] * x[t] for t)", "inputs: {'x[t]': []}")
    x = np.arange(6.0).reshape(2, 3)
    found = gf.gradients(gf.unfold(circuit, 3), {"x": x}, batch_first=True)
    assert found.signal("x").tolist() == (2 * x).tolist()


@pytest.mark.parametrize("name", ["rnn_loss", "recursive", "attention", "bidirectional"])
def test_an_evaluation_serves_as_its_values(name: str) -> None:
    circuit = example(name)
    unfolding = unfolded(circuit, 3, prune=True)
    roles = ("input", "parameter", "history")
    values = gf.random_values(unfolding, 0, sizes=sizes_of(circuit), roles=roles, batch=2)
    known = gf.evaluate(unfolding, values)
    loss = list(known)[-1]
    found = gf.gradients(unfolding, known, loss, cotangent=1)
    for instance, array in gf.gradients(unfolding, values, loss, cotangent=1).items():
        np.testing.assert_array_equal(found[instance], array, instance)


def test_an_evaluation_of_rows_of_different_lengths_is_refused() -> None:
    circuit = model("Loss = sum(x[t] * x[t] for t)", "inputs: {'x[t]': []}")
    known = gf.evaluate(gf.unfold(circuit, 2), {"x": np.ones((2, 2))}, lengths=[1, 2])
    with pytest.raises(ValuesError, match="give the values themselves, and lengths="):
        gf.gradients(gf.unfold(circuit, 2), known)


def test_weights_of_a_batch_are_one_an_example() -> None:
    circuit = model("y = 2 * x", "dims: {n: 2}", "inputs: {x: [n]}")
    unfolding, x = gf.unfold(circuit, 0), np.ones((3, 2))
    found = gf.gradients(unfolding, {"x": x}, "y", cotangent=[1, 0, 5])
    assert found["x"].tolist() == [[2, 2], [0, 0], [10, 10]]


# -- what is asked for --------------------------------------------------------------------------


def test_only_what_is_asked_for_comes_back() -> None:
    values = {"W": np.eye(3), "h[0]": np.ones(3)}
    found = gf.gradients(gf.unfold(LINEAR, 3), values, wrt=["W", "h[2]"])
    assert list(found) == ["W", "h[2]"]
    with pytest.raises(KeyError, match=r"no gradient was asked for h\[1\]"):
        found["h[1]"]


def test_what_the_loss_does_not_depend_on_is_zero_unless_asked_for() -> None:
    circuit = model(
        "h[t] = v * x[t]\nLoss = h[1]\nother = w * h[2] + sum(h[t] > u for t)",
        "inputs: {'x[t]': []}",
        "params: {v: [], w: [], u: []}",
    )
    values = {"x": [1.0, 2.0], "v": 2.0, "w": 3.0, "u": 0.5}
    unfolding = gf.unfold(circuit, 2)
    found = gf.gradients(unfolding, values)
    assert (found["w"], found["h[2]"], found["v"]) == (0, 0, 1)
    for loss, names in [("Loss", ["w", "h[2]"]), ("other", ["u"])]:
        with pytest.raises(ValuesError, match=f"{loss} does not depend on"):
            gf.gradients(unfolding, values, loss, wrt=names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "Los"}, "no loss 'Los' in the model; did you mean 'Loss'"),
        ({"loss": "h"}, r"'h' is a sequence: write h\[1\] up to h\[3\]"),
        ({"loss": "h[9]"}, r"h\[9\] is not in this unfolding"),
        ({"loss": "h[3]"}, r"h\[3\] has shape \(3,\); differentiate a scalar"),
        ({"wrt": ["V"]}, "wrt: unknown signal 'V'"),
        ({"wrt": ["V", "h[7]"]}, r"unknown signal 'V'.*\n.*h\[7\] is not in"),
        ({"per_step": ["h"]}, "per_step: 'h' is no shared parameter"),
        ({"per_step": ["W[u]"]}, "unknown axis 'u'"),
        ({"cotangent": [1, 2]}, r"cotangent: expected \(\), the shape of Loss, found \(2,\)"),
        ({"cotangent": "a"}, "cotangent: holds text"),
        ({"functions": {"f": (1, 2)}}, "a pair is"),
        ({"functions": 3}, "functions must map names to callables, not int"),
        ({"per_step": [3]}, "per_step: '3' is no shared parameter"),
        ({"wrt": [3]}, "not 3"),
    ],
)
def test_mistakes_are_told(settings: dict[str, Any], message: str) -> None:
    values = {"W": np.eye(3), "h[0]": np.ones(3)}
    with pytest.raises((UnfoldingError, ValuesError), match=f"(?s){message}"):
        gf.gradients(gf.unfold(LINEAR, 3), values, **settings)


def test_values_that_do_not_fit_are_told_as_by_evaluate() -> None:
    with pytest.raises(ValuesError, match="parameter W is missing"):
        gf.gradients(gf.unfold(LINEAR, 3), {"h[0]": np.ones(3)})


def test_an_unknown_setting_is_a_type_error() -> None:
    wrong: dict[str, Any] = {"seeds": 1}
    with pytest.raises(TypeError, match="seeds"):
        gf.gradients(gf.unfold(LINEAR, 1), {"W": np.eye(3), "h[0]": np.ones(3)}, **wrong)


def test_gradients_can_be_pickled_and_copied() -> None:
    circuit = model("Loss = sum(x[t] * x[t] for t)", "inputs: {'x[t]': []}")
    for lengths in (None, [2, 1]):
        found = gf.gradients(gf.unfold(circuit, 2), {"x": np.ones((2, 2))}, lengths=lengths)
        for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
            assert again.signal("x").tolist() == found.signal("x").tolist()


# -- opaque functions ---------------------------------------------------------------------------


def test_an_opaque_function_without_a_derivative_is_named() -> None:
    circuit = example("classical")
    values = {"s[1]": [8.0], "theta": [0.5]}
    with pytest.raises(ValuesError, match="s: function f is opaque and has no derivative; bind"):
        gf.gradients(
            gf.unfold(circuit, 3),
            values,
            "s[3]",
            functions={"f": lambda s, theta: theta * s},
            cotangent=1,
        )


def test_a_function_that_no_wanted_gradient_passes_needs_no_derivative() -> None:
    circuit = model(
        "Loss = w * f(v)",
        "params: {v: [], w: []}",
        "functions: {'f(a)': []}",
    )
    values = {"v": 3.0, "w": 1.0}
    functions = {"f": lambda v: v * v}
    unfolding = gf.unfold(circuit, 0)
    assert gf.gradients(unfolding, values, wrt="w", functions=functions)["w"] == 9
    with pytest.raises(ValuesError, match="Loss: function f is opaque"):
        gf.gradients(unfolding, values, wrt="v", functions=functions)


@pytest.mark.parametrize(
    ("derivative", "message"),
    [
        (lambda g, s, theta: g, "gave 1; expected 2 arrays"),
        (lambda g, s, theta: (g, np.ones(7)), r"gave shape \(7,\) for argument 2 of shape \(1,\)"),
        (lambda g, s, theta: (g, "a"), ": part 2 holds text"),
        (lambda g, s, theta: 1 / 0, "failed: ZeroDivisionError"),
    ],
)
def test_a_wrong_derivative_is_told(derivative: Callable[..., Any], message: str) -> None:
    functions = {"f": (lambda s, theta: theta * s, derivative)}
    values = {"s[1]": [8.0], "theta": [0.5]}
    with pytest.raises(ValuesError, match=r"the derivative of function f ?" + message):
        gf.gradients(
            gf.unfold(example("classical"), 3), values, "s[3]", functions=functions, cotangent=1
        )


def test_a_registered_operation_needs_a_derivative_of_its_own() -> None:
    gf.register_operation("twice", 1, lambda x: 2 * x)
    gf.register_operation("times", 2, lambda a, b: a * b, derivative=lambda g, a, b: (g * b, g * a))
    circuit = model(
        "Loss = sum(times(a, b))\nother = twice(a)", "dims: {n: 2}", "params: {a: [], b: [n]}"
    )
    unfolding, values = gf.unfold(circuit, 0), {"a": 3.0, "b": [1.0, 5.0]}
    found = gf.gradients(unfolding, values)
    assert (found["a"], found["b"].tolist()) == (6, [3, 3])
    with pytest.raises(ValuesError, match="operation 'twice' has no derivative"):
        gf.gradients(unfolding, values, "other")


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn_loss", "attention"])
def test_float32_stays_float32(name: str) -> None:
    circuit = example(name)
    unfolding = unfolded(circuit, 3)
    roles = ("input", "parameter", "history")
    drawn = gf.random_values(unfolding, 0, sizes=sizes_of(circuit), roles=roles, batch=2)
    values = {n: v.astype(np.float32) for n, v in drawn.items()}
    loss = list(gf.evaluate(unfolding, values))[-1]
    found = gf.gradients(unfolding, values, loss, cotangent=1)
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_gradients_are_read_only_and_share_nothing_with_each_other() -> None:
    circuit = model("a = w + v\nLoss = a + w", "params: {w: [], v: []}")
    found = gf.gradients(gf.unfold(circuit, 0), {"w": 1.0, "v": 1.0})
    assert (found["w"], found["v"], found["a"]) == (2, 1, 1)
    with pytest.raises(ValueError, match="read-only"):
        found["w"][...] = 0


def test_a_long_unfolding_needs_no_recursion() -> None:
    circuit = model("h[t] = a * h[t-1]\nLoss = h[T]", "params: {a: []}", "init: {'h[0]': 1}")
    found = gf.gradients(gf.unfold(circuit, 5000), {"a": 1.0})
    assert found["a"] == 5000


def test_norms_follow_a_vanishing_and_an_exploding_gradient() -> None:
    for factor in (0.5, 2.0):
        values = {"W": factor * np.eye(3), "h[0]": np.zeros(3)}
        norms = gf.gradients(gf.unfold(LINEAR, 5), values).norms("h")
        np.testing.assert_allclose(norms, np.sqrt(3) * factor ** np.arange(4, -1, -1))
    huge = {"W": 1e100 * np.eye(3), "h[0]": np.zeros(3)}
    assert np.isclose(gf.gradients(gf.unfold(LINEAR, 4), huge).norms("h")[0] / 3e300, 3**-0.5)


def test_a_pruned_unfolding_and_no_steps_have_gradients() -> None:
    circuit = model("h[t] = a * h[t-1]\nLoss = h[T]", "params: {a: []}", "init: {'h[0]': given}",
                    "outputs: [Loss]")  # fmt: skip
    pruned = gf.unfold(circuit, 2, prune=True)
    assert gf.gradients(pruned, {"a": 2.0, "h[0]": 1.0})["h[0]"] == 4
    assert gf.gradients(gf.unfold(circuit, 0), {"a": 2.0, "h[0]": 1.0})["h[0]"] == 1


# -- of a circuit -------------------------------------------------------------------------------


def test_grad_unfolds_over_the_inputs_and_answers_in_their_shapes() -> None:
    circuit = model(
        "h[t] = a * h[t-1] + x[t]\nLoss = h[T]",
        "inputs: {'x[t]': []}",
        "params: {a: [], unused: []}",
        "init: {'h[0]': given}",
    )
    values = {"x": np.ones((2, 3)), "a": 2.0, "unused": 1.0, "h[0]": np.zeros(2)}
    found = gf.grad(circuit, "Loss", values, batch_first=True, wrt=["x", "h[0]"])
    assert found["x"].tolist() == [[4, 2, 1]] * 2
    assert found["h[0]"].tolist() == [8, 8]
    assert gf.grad(circuit, "Loss", values, batch_first=True)["unused"] == 0
    short = gf.grad(circuit, "Loss", values, "x", batch_first=True, lengths=[3, 1])
    assert short["x"].tolist() == [[4, 2, 1], [1, 0, 0]]


def test_pinned_steps_of_an_input_have_no_gradient() -> None:
    circuit = model(
        "Loss = sum(x[t] * x[t] for t)", "inputs: {'x[t]': []}", "init: {'x[T]': 5, 'x[1]': 4}"
    )
    x = np.ones((2, 3))
    plain = gf.grad(circuit, "Loss", {"x": x}, "x", batch_first=True)
    assert plain["x"].tolist() == [[0, 2, 0]] * 2
    rows = gf.grad(circuit, "Loss", {"x": x.T}, "x", lengths=[3, 2])
    assert rows["x"].T.tolist() == [[0, 2, 0], [0, 0, 0]]
    one = gf.grad(circuit, "Loss", {"x": x[0]}, "x")
    assert one["x"].tolist() == [0, 2, 0]


def test_grad_needs_to_know_the_steps() -> None:
    values = {"W": np.eye(3), "h[0]": np.ones(3)}
    with pytest.raises(UnfoldingError, match="no input tells how many steps t has"):
        gf.grad(LINEAR, "Loss", values)
    assert gf.grad(LINEAR, "Loss", values, steps=2)["W"].shape == (3, 3)
