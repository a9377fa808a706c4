"""A batch whose rows differ in length: each row is what it is alone."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import onnxruntime
import pytest
from circuits import circuits, fewest_steps
from hypothesis import given, note, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from row_batches import Batch, batches, check_row, put_together, values_of

import graphfold as gf
from graphfold.circuit import Circuit
from graphfold.errors import UnfoldingError, ValuesError
from graphfold.examples import example_path
from graphfold.instances import format_id, parse_id

NAN = np.nan


def model(equations: str, *sections: str) -> Circuit:
    lines = equations.strip().splitlines()
    body = "\n".join("  " + line.strip() for line in lines)
    return gf.loads("\n".join(["graphfold: 1", *sections, "equations: |", body, ""]))


X = "inputs: {'x[t]': []}"


# -- the law ----------------------------------------------------------------------------------


def check(batch: Batch, data: st.DataObject, seed: int, prune: bool = False) -> None:
    circuit = batch.circuit
    note(gf.dumps(circuit))
    static = [s.name for s in circuit.inputs if s.axis is None]
    shared = data.draw(st.sets(st.sampled_from(static))) if static else set()
    rows = values_of(batch, seed, shared)
    wanted = [_without_pruned(batch, n, row) for n, row in enumerate(rows)] if prune else rows
    values = put_together(batch, wanted, shared)
    if not values.keys() - shared - {p.name for p in circuit.params}:
        return  # nothing has rows
    unfolding = gf.unfold(circuit, batch.steps, prune=prune)
    found = gf.evaluate(unfolding, values, lengths=batch.lengths, fill=7)
    for number, (row, steps) in enumerate(zip(rows, batch.rows, strict=True)):
        alone = gf.evaluate(gf.unfold(circuit, steps), row)
        kept = gf.unfold(circuit, steps, prune=prune).instances()  # what else is there is unknown
        check_row(found, batch, number, {format_id(*i): alone[format_id(*i)] for i in kept})


def _without_pruned(batch: Batch, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """Leave out the histories that pruning leaves out, which nobody may give."""
    pruned = gf.unfold(batch.circuit, batch.rows[number], prune=True)
    return {
        name: value
        for name, value in row.items()
        if name in batch.circuit.declared
        or pruned.contains(*parse_id(name))
        or pruned.boundary_value(*parse_id(name))
    }


@given(batches(), st.data(), st.integers(0, 9))
def test_a_batch_with_lengths_equals_each_row_alone(
    batch: Batch, data: st.DataObject, seed: int
) -> None:
    check(batch, data, seed)


@settings(max_examples=50)
@given(batches(clocks=True), st.data(), st.integers(0, 9))
def test_a_batch_with_lengths_over_two_axes_equals_each_row_alone(
    batch: Batch, data: st.DataObject, seed: int
) -> None:
    check(batch, data, seed)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), circuits(), st.integers(0, 9))
def test_a_batch_is_refused_exactly_when_one_of_its_rows_is_refused_alone(
    lengths: list[int], circuit: Circuit, seed: int
) -> None:
    note(gf.dumps(circuit))
    steps = {"t": max(*lengths, fewest_steps(circuit))}
    batch = Batch(circuit, steps, tuple({"t": length} for length in lengths), ("t",))
    rows = values_of(batch, seed, set())
    values = put_together(batch, rows, set())
    if not values.keys() - {p.name for p in circuit.params}:
        return
    refused = False
    for row, own in zip(rows, batch.rows, strict=True):
        try:
            gf.evaluate(gf.unfold(circuit, own), row)
        except (UnfoldingError, ValuesError):
            refused = True
    if refused:
        with pytest.raises(ValuesError, match=r"lengths\['t'\]\[\d\] = \d"):
            gf.evaluate(gf.unfold(circuit, steps), values, lengths=batch.lengths)
        return
    found = gf.evaluate(gf.unfold(circuit, steps), values, lengths=batch.lengths, fill=7)
    for number, (row, own) in enumerate(zip(rows, batch.rows, strict=True)):
        check_row(found, batch, number, gf.evaluate(gf.unfold(circuit, own), row))


@settings(max_examples=30)
@given(batches(), st.data(), st.integers(0, 9))
def test_what_pruning_keeps_has_the_same_values(
    batch: Batch, data: st.DataObject, seed: int
) -> None:
    if batch.circuit.outputs:
        check(batch, data, seed, prune=True)


@settings(max_examples=30)
@given(batches(), st.integers(0, 9))
def test_lengths_that_are_all_T_change_nothing(batch: Batch, seed: int) -> None:
    note(gf.dumps(batch.circuit))
    full = Batch(batch.circuit, batch.steps, (batch.steps,) * 3, ("t",))
    values = put_together(full, values_of(full, seed, set()), set())
    if not values.keys() - {p.name for p in full.circuit.params}:
        return
    unfolding = gf.unfold(full.circuit, full.steps)
    without = gf.evaluate(unfolding, values)
    found = gf.evaluate(unfolding, values, lengths=full.lengths, fill=7)
    assert list(found) == list(without)
    for name, array in found.items():
        expected = without[name]
        if array.shape == expected.shape:
            np.testing.assert_allclose(array, expected, 1e-13, 1e-15, err_msg=name)
        else:  # the same in all rows
            np.testing.assert_allclose(array, np.stack([expected] * 3), 1e-9, 1e-12, err_msg=name)


# -- by hand -----------------------------------------------------------------------------------


def test_a_state_from_the_past_and_one_from_the_future_start_at_each_rows_ends() -> None:
    c = model(
        """h[t] = h[t-1] + x[t]
        g[t] = g[t+1] + x[t]
        first = g[1]
        last = h[T]
        before = h[T-1]""",
        X,
        "init: {'h[0]': 100, 'g[T+1]': 200}",
    )
    x = np.array([[1, 1, 1], [2, 2, NAN], [4, NAN, NAN]])
    found = gf.evaluate(gf.unfold(c, 3), {"x": x}, lengths=[3, 2, 1])
    assert found.signal("h").T.tolist() == [[101, 103, 107], [101, 103, 0], [101, 0, 0]]
    assert found.signal("g").T.tolist() == [[207, 206, 204], [203, 202, 0], [201, 0, 0]]
    assert found["first"].tolist() == [207, 203, 201]
    assert found["last"].tolist() == [107, 103, 101]
    assert found["before"].tolist() == [103, 101, 100]
    assert found["g[4]"].tolist() == [200] * 3
    assert found.signal("x").T.tolist() == [[1, 2, 4], [1, 2, 0], [1, 0, 0]]


def test_reductions_count_the_steps_that_a_row_has() -> None:
    c = model("s = sum(x[t] for t)\nm = mean(x[t] for t)\ntop = max(x[t] for t)\nn = T + 0 * s", X)
    x = np.array([[-1.0, -2], [-4, NAN], [NAN, NAN]])
    found = gf.evaluate(gf.unfold(c, 3), {"x": x}, lengths=np.array([2, 1]))
    assert {n: a.tolist() for n, a in found.outputs().items()} == {
        "s": [-5, -2],
        "m": [-2.5, -2],
        "top": [-1, -2],
        "n": [2, 1],
    }


def test_a_row_without_steps_sums_to_zero_and_reads_its_history() -> None:
    c = model("h[t] = h[t-1] + x[t]\ns = sum(h[t] for t)\ny = h[T]", X, "init: {'h[0]': 5}")
    found = gf.evaluate(gf.unfold(c, 2), {"x": [[1, NAN], [1, NAN]]}, lengths=[2, 0])
    assert found["s"].tolist() == [13, 0]
    assert found["y"].tolist() == [7, 5]
    nobody = gf.evaluate(gf.unfold(c, 2), {"x": np.full((2, 3), NAN)}, lengths=[0, 0, 0])
    assert nobody["y"].tolist() == [5, 5, 5]
    assert nobody.signal("h").tolist() == [[0, 0, 0], [0, 0, 0]]
    none = gf.evaluate(gf.unfold(c, 0), {"x": np.zeros((0, 3))}, lengths=[0, 0, 0])
    assert none.signal("h").shape == (0, 3)
    assert gf.evaluate(gf.unfold(c, 2), {"x": np.zeros((2, 0))}, lengths=[])["y"].shape == (0,)


def test_pins_from_the_end_pin_each_rows_own_last_steps() -> None:
    c = model("s[t] = x[t]", X, "init: {'s[T]': given, 's[T-1]': -1}")
    x = np.arange(12.0).reshape(4, 3)
    given = {"x": x, "s[T]": [70, 80, 90]}
    found = gf.evaluate(gf.unfold(c, 4), given, lengths=[4, 3, 1])
    assert found.signal("s").T.tolist() == [[0, 3, -1, 70], [1, -1, 80, 0], [90, 0, 0, 0]]


def test_a_short_row_may_need_a_history_that_T_steps_do_not() -> None:
    c = model("y = h[T-2]\nh[t] = h[t-1] + x[t]", X, "init: {'h[0]': zeros}")
    x = np.ones((3, 2))
    unfolding = gf.unfold(c, 3)
    assert gf.evaluate(unfolding, {"x": x}, lengths=[3, 2])["y"].tolist() == [1, 0]
    with pytest.raises(ValuesError, match=r"history h\[-1\] is missing"):
        gf.evaluate(unfolding, {"x": x}, lengths=[3, 1])
    found = gf.evaluate(unfolding, {"x": x, "h[-1]": [8, 9]}, lengths=[3, 1])
    assert found["y"].tolist() == [1, 9]


def test_what_fails_on_padding_never_sees_it() -> None:
    c = model(
        "y[t] = one_hot(k[t] - 1, n)\nz[t] = f(k[t])",
        "dims: {n: 3}",
        "inputs: {'k[t]': []}",
        "functions: {f(k): []}",
    )
    seen: list[float] = []

    def f(k: Any) -> Any:
        seen.append(float(k))
        return 10 * k

    k = np.array([[1, 3], [2, -99], [3, -99]])
    found = gf.evaluate(gf.unfold(c, 3), {"k": k}, functions={"f": f}, lengths=[3, 1], fill=-1)
    assert found.signal("y")[:, 1].tolist() == [[0, 0, 1], [-1] * 3, [-1] * 3]
    assert found.signal("z").T.tolist() == [[10, 20, 30], [30, -1, -1]]
    assert sorted(seen) == [1, 2, 3, 3]


def test_an_operation_of_ones_own_never_sees_padding() -> None:
    def careful(a: Any) -> Any:
        assert a.sum() > 0
        return np.log(a)

    gf.register_operation("careful", 1, careful, lambda shape: shape)
    c = model("y[t] = careful(x[t])", X)
    x = np.array([[1.0, 1.0], [1.0, -5]])
    assert (
        gf.evaluate(gf.unfold(c, 2), {"x": x}, lengths=[2, 1]).signal("y").tolist() == [[0, 0]] * 2
    )


def test_padding_of_whole_numbers_may_hold_anything() -> None:
    c = model("y[t] = 2 * x[t]", X)
    x = np.array([[1, 2], [3, np.iinfo(np.int64).min]])
    found = gf.evaluate(gf.unfold(c, 2), {"x": x}, lengths=[2, 1])
    assert found.signal("y").tolist() == [[2, 4], [6, 0]]
    assert x[1, 1] == np.iinfo(np.int64).min, "what is given is left as it is"


def test_an_input_that_all_rows_share_ends_with_each_row() -> None:
    c = model(
        "y[t] = w[t] + w[t+1] + x[t]", "inputs: {'x[t]': [], 'w[t]': []}", "init: {'w[T+1]': 50}"
    )
    values = {"x": np.zeros((3, 2)), "w": [1, 2, 3]}
    found = gf.evaluate(gf.unfold(c, 3), values, lengths=[3, 2])
    assert found.signal("y").T.tolist() == [[3, 5, 53], [3, 52, 0]]
    assert found.signal("w").T.tolist() == [[1, 2, 3], [1, 2, 0]]


def test_untied_parameters_have_no_rows() -> None:
    c = model("y[t] = w * x[t]", X, "params: {w: []}")
    values = {"x": np.ones((3, 2)), "w": [1, 2, 3]}
    found = gf.evaluate(gf.unfold(c, 3, untie="w"), values, lengths=[2, 1])
    assert found.signal("w").tolist() == [1, 2, 3]
    assert found.signal("y").T.tolist() == [[1, 2, 0], [1, 0, 0]]


def test_batch_first_float32_one_row_and_fill() -> None:
    c = gf.load(example_path("bidirectional"))
    sizes, roles = {"n_x": 3, "n_h": 4, "n_g": 2, "n_y": 2}, ("input", "parameter")
    unfolding = gf.unfold(c, 4)
    double = gf.random_values(unfolding, 0, sizes=sizes, roles=roles, batch=1)  # type: ignore[arg-type]
    values = {n: a.astype(np.float32) for n, a in double.items()}
    plain = gf.evaluate(unfolding, values, lengths=[3], fill=NAN).signal("o")
    turned = {n: a.swapaxes(0, 1) if n in "xy" else a for n, a in values.items()}
    first = gf.evaluate(unfolding, turned, lengths=[3], fill=NAN, batch_first=True).signal("o")
    assert plain.dtype == first.dtype == np.float32
    assert plain.shape == (4, 1, 2)
    np.testing.assert_array_equal(first.swapaxes(0, 1), plain)
    assert np.isnan(plain[3]).all()
    assert not np.isnan(plain[:3]).any()


def test_the_result_is_read_only_and_survives_copies() -> None:
    c = model("y[t] = x[t]\nz = x[T]", X)
    found = gf.evaluate(gf.unfold(c, 2), {"x": np.ones((2, 2))}, lengths=[2, 1])
    for array in found.values():
        assert not array.flags.writeable
    for twin in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found)):
        assert {n: a.tolist() for n, a in twin.items()} == {n: a.tolist() for n, a in found.items()}
    assert len(found) == len(list(found)) == 5
    assert "y[3]" not in found


# -- ONNX Runtime ------------------------------------------------------------------------------

CELLS = {
    "RNN": "h[t] = tanh(W0 @ x[t] + R0 @ h[t-1] + B0)",
    "LSTM": """i[t] = sigmoid(W0 @ x[t] + R0 @ h[t-1] + B0)
        o[t] = sigmoid(W1 @ x[t] + R1 @ h[t-1] + B1)
        f[t] = sigmoid(W2 @ x[t] + R2 @ h[t-1] + B2)
        z[t] = tanh(W3 @ x[t] + R3 @ h[t-1] + B3)
        c[t] = f[t] * c[t-1] + i[t] * z[t]
        h[t] = o[t] * tanh(c[t])""",
}
GATES = {"RNN": 1, "LSTM": 4}


def onnx_run(kind: str, direction: str, arrays: dict[str, Any]) -> list[Any]:
    names = ["X", "W", "R", "B", "L"]
    outputs = ["Y", "Yh"]
    node = helper.make_node(kind, names, outputs, hidden_size=3, direction=direction)
    kinds = {"L": TensorProto.INT32}
    ins = [
        helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), arrays[n].shape)
        for n in names
    ]
    outs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in outputs]
    graph = helper.make_graph([node], "rows", ins, outs)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    made.ir_version = 8
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return list(session.run(outputs, arrays))


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_lengths_are_the_sequence_lens_of_onnx_runtime(kind: str, direction: str) -> None:
    gates, ways = GATES[kind], 1 + (direction == "bidirectional")
    random, lengths = np.random.default_rng(0), [6, 3, 1, 5]
    shapes = {"X": (6, 4, 2), "W": (ways, 3 * gates, 2), "R": (ways, 3 * gates, 3)}
    arrays = {n: random.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    biases = random.normal(size=(ways, 3 * gates)).astype(np.float32)
    given = np.concatenate([biases, np.zeros_like(biases)], axis=1)
    y, last = onnx_run(kind, direction, {**arrays, "B": given, "L": np.array(lengths, np.int32)})
    for way in range(ways):
        back = direction == "reverse" or way == 1
        text = CELLS[kind].replace("[t-1]", "[t+1]") if back else CELLS[kind]
        ends = "{'h[T+1]': 0, 'c[T+1]': 0}" if back else "{'h[0]': 0, 'c[0]': 0}"
        ends = ends if kind == "LSTM" else ends.partition(",")[0] + "}"
        gate = range(gates)
        params = [f"  W{g}: [3, 2]\n  R{g}: [3, 3]\n  B{g}: [3]" for g in gate]
        c = model(text + f"\nend = h[{1 if back else 'T'}]", "inputs: {'x[t]': [2]}", "params:",
                  *params, f"init: {ends}")  # fmt: skip
        values = {"x": arrays["X"]}
        for g in gate:
            rows = slice(3 * g, 3 * g + 3)
            values |= {f"W{g}": arrays["W"][way, rows], f"R{g}": arrays["R"][way, rows]}
            values |= {f"B{g}": biases[way, rows]}
        found = gf.evaluate(gf.unfold(c, 6), values, lengths=lengths)
        np.testing.assert_allclose(found.signal("h"), y[:, way], atol=2e-6)
        np.testing.assert_allclose(found["end"], last[way], atol=2e-6)


# -- bad input ---------------------------------------------------------------------------------

TWO = "axes: {t: T, u: U}"
PLAIN = model("y[t] = x[t]", X)
VALUES = {"x": np.ones((3, 2))}


def lines(circuit: Circuit, values: Any, lengths: Any, **options: Any) -> list[str]:
    with pytest.raises(ValuesError) as caught:
        gf.evaluate(gf.unfold(circuit, 3), values, lengths=lengths, **options)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([3, 4], "lengths[1] = 4 is longer than T = 3; shorten it, or unfold over more steps"),
        ([-1, -2], "lengths[0] = -1 (and 1 more) is negative; a length is from 0 to T = 3"),
        ([1.5, 2], "lengths[0] = 1.5 is no whole number; a length is from 0 to T = 3"),
        ([NAN, 2], "lengths[0] = nan is no whole number; a length is from 0 to T = 3"),
        ([np.inf, 2], "lengths[0] = inf is longer than T = 3; shorten it, or unfold over more "
                      "steps"),
        ([True, True], "lengths: holds truth values; expected whole numbers (B,), one a row"),
        ([1, 2, 3], "batch sizes disagree: x has 2, lengths has 3"),
        ([[1, 2]], "lengths: expected whole numbers (B,), one a row, found (1, 2)"),
        (2, "lengths: expected whole numbers (B,), one a row, found ()"),
        ("ab", "lengths: holds text, not real numbers; expected whole numbers (B,), one a row"),
        ({"T": [1, 2]}, "lengths: unknown axis 'T'; did you mean 't'?"),
        ({"clock": [1, 2]}, "lengths: unknown axis 'clock'; the axis is t"),
        ({}, "lengths: no axis is named; leave them out or name one"),
        ({"t": [1, 4]}, "lengths['t'][1] = 4 is longer than T = 3; shorten it, or unfold over more "
                        "steps"),
    ],
)  # fmt: skip
def test_wrong_lengths_are_named_with_a_cure(lengths: Any, expected: str) -> None:
    assert lines(PLAIN, VALUES, lengths) == [expected]


def test_wrong_lengths_are_reported_with_all_other_problems() -> None:
    found = lines(PLAIN, {"x": np.ones((3, 2, 1, 1)), "q": 1}, [9, 9], fill="a")
    assert found == [
        "fill must be a number, as 0 or nan, not 'a'",
        "lengths[0] = 9 (and 1 more) is longer than T = 3; shorten it, or unfold over more steps",
        "unknown value 'q'",
        "x: expected (T,) or (T, B) with T = 3, found (3, 2, 1, 1)",
    ]


def test_lengths_need_a_batch() -> None:
    cure = "give the inputs with a batch axis, (T, B, …), or leave the lengths out"
    assert lines(PLAIN, {"x": np.ones(3)}, [3]) == [f"lengths: no value has a batch axis; {cure}"]


def test_several_axes_need_their_names() -> None:
    c = model("y[t] = x[t]\nz[u] = 1", TWO, X)
    assert lines(c, VALUES, [3, 2]) == [
        "lengths: the model has the axes t, u; write {'t': …, 'u': …}"
    ]
    assert lines(c, VALUES, {"t": [3, 2], "u": [1]}) == [
        "lengths disagree about the number of rows: lengths['t'] has 2, lengths['u'] has 1"
    ]


def test_a_row_too_short_for_a_fixed_read_is_named() -> None:
    c = model("y = x[3]", X)
    assert lines(c, VALUES, [3, 2]) == [
        "lengths[1] = 2: 'y' reads x[3], but t runs over 2 steps only"
    ]


def test_a_row_in_which_two_boundaries_are_the_same_step_is_named() -> None:
    c = model("h[t] = x[t]", X, "init: {'h[1]': 1, 'h[T]': 2}")
    (line,) = lines(c, VALUES, [3, 1])
    assert line.startswith("lengths[1] = 1: h[1] and h[T] are the same step")


@pytest.mark.parametrize("name", ["mean", "max"])
def test_a_row_without_steps_that_has_no_mean_is_named(name: str) -> None:
    c = model(f"y = {name}(x[t] for t)", X)
    assert lines(c, VALUES, [3, 0]) == [f"y: the {name} over no steps has no value: lengths[1] = 0"]
    inside = model(f"y[t] = x[t] - {name}(x[t] for t)", X)
    found = gf.evaluate(gf.unfold(inside, 3), VALUES, lengths=[3, 0])
    assert found.signal("y").tolist() == [[0, 0]] * 3
