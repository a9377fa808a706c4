"""What is given to an evaluation: every mistake named at once, with what was expected."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from graphfold import load, loads, unfold
from graphfold.circuit import Circuit
from graphfold.errors import GraphfoldError, TooLargeError, UnfoldingError, ValuesError
from graphfold.evaluate import evaluate, find_non_finite, random_values
from graphfold.evaluate.evaluation import UnknownInstanceError
from graphfold.examples import example_path

RNN = load(example_path("rnn_loss"))
SIZES = {"n_x": 3, "n_h": 4, "n_y": 2}
ALL: Any = ("input", "parameter", "history")


def good(batch: int | None = None, steps: int = 5) -> dict[str, Any]:
    return dict(random_values(unfold(RNN, steps), 0, sizes=SIZES, roles=ALL, batch=batch))


def lines(values: Any, circuit: Circuit = RNN, **options: Any) -> list[str]:
    with pytest.raises(ValuesError) as caught:
        evaluate(unfold(circuit, 5), values, **options)
    return str(caught.value).splitlines()


def test_everything_missing_is_said_at_once() -> None:
    assert lines({}) == [
        "input x is missing: an array (T, n_x) or (T, B, n_x) with T = 5",
        "input y is missing: an array (T, n_y) or (T, B, n_y) with T = 5",
        "parameter U is missing: an array (n_h, n_x)",
        "parameter W is missing: an array (n_h, n_h)",
        "parameter V is missing: an array (n_y, n_h)",
        "parameter b is missing: an array (n_h,)",
        "parameter c is missing: an array (n_y,)",
    ]


def test_every_kind_of_mistake_is_said_in_one_error() -> None:
    v = good(batch=6)
    found = lines(
        {
            **v,
            "x": v["x"][:4],
            "y": v["y"][:, :5],
            "U": v["U"].astype(complex),
            "b": v["b"][None],
            "V": v["V"][:, :3],
            "q": 1,
        }
    )
    assert found == [
        "unknown value 'q'",
        "x: expected (T, B, n_x) with T = 5, found (4, 6, 3); give 5 steps or unfold over 4",
        "U: holds complex numbers, not real numbers; expected an array (n_h, n_x)",
        "b: expected (n_h,), found (1, 4)",
        "batch sizes disagree: x has 6, y has 5",
        "sizes of n_h disagree: 4 by W [n_h, n_h] = (4, 4); 3 by V [n_y, n_h] = (2, 3)",
    ]


def _change(**changes: Any) -> dict[str, Any]:
    return {**good(), **changes}


CASES = {
    "a near name": (
        {"w" if k == "W" else k: a for k, a in good().items()},
        [
            "parameter W is missing: an array (n_h, n_h); is it 'w'?",
            "unknown value 'w'; did you mean 'W'?",
        ],
    ),
    "a signal with an equation": (
        _change(o=1),
        ["o is computed by an equation and cannot be given"],
    ),
    "a history that the model fixes": (
        _change(**{"h[0]": np.ones(4)}),
        [
            "h[0] has no place in this unfolding or has its value there; "
            "write `h[0]: given` under init to give it"
        ],
    ),
    "one step of an input": (
        _change(**{"x[1]": np.ones(3)}),
        ["x[1] is no value to give: give all steps as x"],
    ),
    "a name that is no text": (_change() | {3: 4}, ["unknown value '3'"]),
    "a scalar for a matrix": (_change(W=1.0), ["W: expected (n_h, n_h), found ()"]),
    "one example too few axes": (
        _change(x=np.ones(5)),
        ["x: expected (T, n_x) or (T, B, n_x) with T = 5, found (5,)"],
    ),
    "a batch of parameters": (
        _change(W=np.ones((6, 4, 4))),
        ["W: expected (n_h, n_h), found (6, 4, 4)"],
    ),
    "text": (
        _change(b=["a"] * 4),
        ["b: holds text, not real numbers; expected an array (n_h,)"],
    ),
    "bytes": (_change(b=b"abcd"), ["b: holds text, not real numbers; expected an array (n_h,)"]),
    "nothing": (_change(b=None), ["b: is no array but NoneType; expected an array (n_h,)"]),
    "a dict": (_change(b={}), ["b: is no array but dict; expected an array (n_h,)"]),
    "objects": (
        _change(b=[None] * 4),
        ["b: holds Python objects, not real numbers; expected an array (n_h,)"],
    ),
    "dates": (
        _change(b=np.zeros(4, "datetime64[s]")),
        ["b: holds dates, not real numbers; expected an array (n_h,)"],
    ),
    "records": (
        _change(b=np.zeros(4, "f4,f4")),
        ["b: holds records, not real numbers; expected an array (n_h,)"],
    ),
    "rows of different length": (
        _change(W=[[1, 2], [3]]),
        ["W: is a list whose rows differ in length; expected an array (n_h, n_h)"],
    ),
    "masked entries": (
        _change(b=np.ma.masked_equal([1, 2, 3, 4], 2)),
        ["b: holds masked entries, which have no value; expected an array (n_h,)"],
    ),
    "whole numbers past the dtype": (
        {k: a.astype(np.float32) for k, a in good().items()} | {"b": [2**24 + 1, 0, 0, 0]},
        ["b: holds whole numbers beyond 16,777,216, too large for float32"],
    ),
    "numbers past the dtype": (
        {k: a.astype(np.float32) for k, a in good().items()} | {"b": [1e300, 0, 0, 0]},
        ["b: holds numbers that are too large for float32"],
    ),
    "one matrix that disagrees with itself": (
        _change(W=np.ones((4, 5))),
        [
            "sizes of n_h disagree: 4 by U [n_h, n_x] = (4, 3), W [n_h, n_h] = (4, 5), "
            "V [n_y, n_h] = (2, 4), b [n_h] = (4,); 5 by W [n_h, n_h] = (4, 5)"
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_with_what_was_expected(case: str) -> None:
    values, expected = CASES[case]
    assert lines(values) == expected


def test_values_must_be_a_mapping() -> None:
    assert lines([1, 2]) == ["values must map names to arrays, not list"]


def test_a_circuit_is_no_unfolding() -> None:
    with pytest.raises(UnfoldingError, match=r"evaluate\(unfold\(circuit, 3\), values\)"):
        evaluate(RNN, good())  # type: ignore[arg-type]


def test_a_wrong_length_with_the_batch_first() -> None:
    v = good(batch=6)
    found = lines(v, batch_first=True)
    assert found[0] == (
        "x: expected (B, T, n_x) with T = 5, found (5, 6, 3); give 5 steps or unfold over 6"
    )


# -- histories -----------------------------------------

WAVE = """graphfold: 1
dims: [n]
inputs: {'x[t]': [n]}
init: {'h[0]': given, 'g[T+1]': given}
equations: |
  h[t] = h[t-1] + x[t] + x[t-1]
  g[t] = g[t+1] + x[t]
"""


def test_histories_and_far_boundaries_are_given_by_name() -> None:
    wave = loads(WAVE)
    assert lines({"x": np.ones((5, 2))}, wave) == [
        "history x[0] is missing: an array (n,) or (B, n); give it, or write `x[0]: zeros` under "
        "init",
        "history h[0] is missing: an array (n,) or (B, n); give it, or write `h[0]: zeros` under "
        "init",
        "history g[6] is missing: an array (n,) or (B, n); give it, or write `g[6]: zeros` under "
        "init",
    ]
    given = {"x": np.ones((5, 2)), "x[0]": [0, 0], "h[0]": [1, 2], "g[T+1]": [10, 20]}
    found = evaluate(unfold(wave, 5), given)
    assert found["h[5]"].tolist() == [10, 11]
    assert found["g[1]"].tolist() == [15, 25]
    by_number = {("g[6]" if k == "g[T+1]" else k): a for k, a in given.items()}
    np.testing.assert_array_equal(evaluate(unfold(wave, 5), by_number)["g[1]"], found["g[1]"])
    assert lines({**given, "g[6]": [1, 1]}, wave) == ["g[6] is given twice, also as g[6]"]


def test_a_history_that_pruning_leaves_out_is_not_asked_for() -> None:
    circuit = loads(WAVE.replace("equations", "outputs: [h]\nequations"))
    given = {"x": np.ones((5, 2)), "x[0]": [0, 0], "h[0]": [1, 2]}
    found = evaluate(unfold(circuit, 5, prune=True), given)
    assert found["h[5]"].tolist() == [10, 11]
    assert lines(given, circuit)[0].startswith("history g[6] is missing")


def test_a_batched_history_makes_a_batch() -> None:
    wave = loads(WAVE)
    given = {"x": np.ones((5, 2)), "x[0]": [0, 0], "h[0]": np.zeros((3, 2)), "g[6]": [0, 0]}
    found = evaluate(unfold(wave, 5), given)
    assert found["h[1]"].shape == (3, 2)
    assert found["g[1]"].shape == (2,)
    assert found.signal("h").shape == (5, 3, 2)
    assert lines({**given, "g[6]": np.zeros((4, 2))}, wave) == [
        "batch sizes disagree: h[0] has 3, g[6] has 4"
    ]


# -- sizes -----------------------------------------


@pytest.mark.parametrize(
    ("shape", "found", "message"),
    [
        ("[2*n]", 5, "no whole size fits [2*n] = (5,)"),
        ("[n + 3]", 2, "no whole size fits [n + 3] = (2,)"),
        ("[3]", 2, "expected [3] = (3,), found (2,)"),
    ],
)
def test_a_size_that_no_number_fits(shape: str, found: int, message: str) -> None:
    circuit = loads(f"graphfold: 1\ndims: [n]\nparams: {{v: {shape}}}\nequations: |\n  y = sum(v)")
    assert lines({"v": np.ones(found)}, circuit) == [f"v: {message}"]


def test_a_list_under_init_tells_a_size_as_an_array_does() -> None:
    circuit = loads(
        "graphfold: 1\ndims: [n]\nparams: {b: [n]}\ninit: {'h[0]': [1, 2]}\n"
        "equations: |\n  h[t] = b + h[t-1]"
    )
    assert lines({"b": np.ones(3)}, circuit) == [
        "sizes of n disagree: 3 by b [n] = (3,); 2 by h[0] [n] = (2,)"
    ]


def test_arrays_overrule_a_default_size_and_must_agree_about_sums() -> None:
    circuit = loads(
        "graphfold: 1\ndims: {n: 9}\nparams: {v: [n], w: [n + 1]}\nequations: |\n  y = sum(v)"
    )
    unfolding = unfold(circuit, 1)
    assert evaluate(unfolding, {"v": np.ones(2), "w": np.ones(3)})["y"] == 2
    assert lines({"v": np.ones(2), "w": np.ones(4)}, circuit) == [
        "w: expected [n + 1] = (3,), found (4,)"
    ]


def test_a_size_that_nothing_tells() -> None:
    circuit = loads("graphfold: 1\ndims: [n]\ninputs: {k: []}\nequations: |\n  y = one_hot(k, n)")
    assert lines({"k": 1}, circuit) == [
        "y: no array tells the size of n; give a default, `dims: {n: 4}`"
    ]


# -- functions -----------------------------------------

DRIVEN = load(example_path("driven"))
STATE = {"x": np.ones((5, 2)), "h[0]": np.zeros(3), "theta": np.ones(1)}


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ({}, ["function f is opaque; bind a Python callable, functions={'f': …}"]),
        ({"f": 3}, ["function f is bound to int, no callable"]),
        (
            {"F": abs},
            [
                "function f is opaque; bind a Python callable, functions={'f': …}",
                "function 'F' is unknown; did you mean 'f'?",
            ],
        ),
        (
            {"f": lambda h, _x, _theta: h[:2]},
            ["h[1]: function f gave shape (2,), declared is (3,)"],
        ),
        (
            {"f": lambda h, _x, _theta: h * 1j},
            ["h[1]: function f: the result holds complex numbers, not real numbers"],
        ),
        (
            {"f": lambda *_: None},
            ["h[1]: function f: the result is no array but NoneType"],
        ),
        (
            {"f": lambda h, _x: h},
            [
                "h[1]: function f failed: TypeError: <lambda>() takes 2 "
                "positional arguments but 3 were given"
            ],
        ),
        (
            {"f": lambda *_: 1 / 0},
            ["h[1]: function f failed: ZeroDivisionError: division by zero"],
        ),
    ],
)
def test_a_function_that_does_not_fit(functions: Any, expected: list[str]) -> None:
    assert lines(STATE, DRIVEN, functions=functions) == expected


def test_a_function_sees_one_example_at_a_time() -> None:
    seen = []

    def f(h: Any, x: Any, theta: Any) -> Any:
        seen.append((h.shape, x.shape, theta.shape))
        return h + x.sum()

    evaluate(unfold(DRIVEN, 5), {**STATE, "x": np.ones((5, 4, 2))}, functions={"f": f})
    assert set(seen) == {((3,), (2,), (1,))}
    assert len(seen) == 20


# -- numbers that a kernel refuses, or that are not finite -----------------------------------------


@pytest.mark.parametrize(
    ("equation", "x", "message"),
    [
        ("y[t] = one_hot(x[t], 3)", [0, 1, 5, 0, 0], "y[3]: one_hot needs whole numbers in 0..2"),
        ("y = mean(x[t] for t)", [], "y: the mean over no steps has no value"),
        ("y = max(x[t] for t)", [], "y: the max over no steps has no value"),
    ],
)
def test_a_value_that_an_operation_refuses_is_named_with_its_instance(
    equation: str, x: list[float], message: str
) -> None:
    circuit = loads(f"graphfold: 1\ninputs: {{'x[t]': []}}\nequations: |\n  {equation}")
    with pytest.raises(ValuesError, match=re.escape(message)):
        evaluate(unfold(circuit, len(x)), {"x": np.array(x)})


def test_nan_and_infinity_stay_what_they_are_without_a_warning() -> None:
    circuit = loads(
        "graphfold: 1\ninputs: {'x[t]': []}\nequations: |\n  y[t] = exp(x[t]) / (x[t] - 1)"
    )
    x = np.array([1.0, np.nan, np.inf, 800, -np.inf])
    found = evaluate(unfold(circuit, 5), {"x": x}).signal("y")
    np.testing.assert_array_equal(found, [np.inf, np.nan, np.nan, np.inf, -0.0])


def test_values_that_are_not_finite_are_found() -> None:
    assert find_non_finite({"x": np.ones(3), "n": [1, 2], "s": "text"}) == []
    assert find_non_finite({"x": np.array([[1, np.inf], [np.nan, 0]]), "b": np.nan}) == [
        "x holds 2 values that are not finite, the first is inf at [0, 1]",
        "b holds 1 value that is not finite, the first is nan at []",
    ]


# -- dtypes -----------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4", np.longdouble])
def test_a_floating_dtype_is_kept(dtype: Any) -> None:
    v = {k: a.astype(dtype) for k, a in good().items()}
    found = evaluate(unfold(RNN, 5), v)
    assert {a.dtype for a in found.values()} == {np.dtype(dtype).newbyteorder("=")}


def test_whole_and_truth_values_and_plain_lists_take_the_dtype_of_the_others() -> None:
    v: dict[str, Any] = {k: a.astype(np.float32) for k, a in good().items()}
    v |= {"y": np.ones((5, 2), bool), "c": np.array([1, 2]), "b": [0.5, 0.5, 0.5, 0.5]}
    assert evaluate(unfold(RNN, 5), v)["Loss"].dtype == np.float32
    whole = {k: np.ones(a.shape, np.int64) for k, a in v.items() if k != "b"} | {"b": [1] * 4}
    assert evaluate(unfold(RNN, 5), whole)["Loss"].dtype == np.float64


# -- memory -----------------------------------------


def test_more_steps_than_memory_are_refused_at_once() -> None:
    fibonacci = load(example_path("fibonacci"))
    with pytest.raises(TooLargeError, match=r"1,000,000,000,002 instances would need 4\d\d TB"):
        evaluate(unfold(fibonacci, 10**12), {})


def test_large_values_count_and_not_only_many_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphfold.memory.available_memory", lambda: 100_000)
    text = (
        "graphfold: 1\ndims: [n]\ninputs: {{'x': []}}\ninit: {{'h[0]': zeros}}\nequations: |\n  {}"
    )
    many = loads(text.format("h[t] = h[t-1] + x"))
    evaluate(unfold(many, 5), {"x": 1.0})
    with pytest.raises(TooLargeError, match="instances would need 4"):
        evaluate(unfold(many, 5), {"x": np.ones(10_000)})
    wide = loads(text.replace("[]", "[n]").format("h[t] = h[t-1] + x"))
    with pytest.raises(TooLargeError, match="instances would need 4"):
        evaluate(unfold(wide, 5), {"x": np.ones(10_000)})


# -- asking for a value -----------------------------------------


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        ("h[6]", r"h\[6\] is not in this unfolding"),
        ("hh[1]", "unknown signal 'hh'; did you mean 'h'"),
        ("h", r"'h' is a sequence: write h\[1\]"),
        ("W[1]", "'W' is static: write W"),
        ("h[", "is no instance"),
    ],
)
def test_an_instance_that_is_not_there(instance: str, message: str) -> None:
    found = evaluate(unfold(RNN, 5), good())
    with pytest.raises(UnknownInstanceError, match=message) as caught:
        found[instance]
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, GraphfoldError)
    assert not str(caught.value).startswith('"')


def test_a_signal_that_is_not_there_or_not_whole() -> None:
    text = "graphfold: 1\ninputs: {'x[t]': []}\noutputs: [y]\nequations: |\n  y = x[T]"
    found = evaluate(unfold(loads(text), 5, prune=True), {"x": np.arange(5)})
    with pytest.raises(UnknownInstanceError, match="did you mean 'x'"):
        found.signal("xx")
    with pytest.raises(UnknownInstanceError, match=r"x\[1\] was pruned"):
        found.signal("x")


# -- random values -----------------------------------------


def test_random_values_depend_on_the_seed_and_the_name_alone() -> None:
    unfolding = unfold(RNN, 5)
    v = good()
    given = {"x": v["x"], "y": v["y"], "b": v["b"]}
    first = random_values(unfolding, 7, given, sizes=SIZES)
    again = random_values(unfolding, 7, {**given, "V": v["V"]}, sizes=SIZES)
    assert set(first) == {"U", "W", "V", "c"}
    assert set(again) == {"U", "W", "c"}
    np.testing.assert_array_equal(first["W"], again["W"])
    assert not np.array_equal(first["W"], random_values(unfolding, 8, given, sizes=SIZES)["W"])
    evaluate(unfolding, {**given, **first})
    lstm = random_values(unfold(load(example_path("lstm")), 1), 0, sizes={"n_x": 3, "n_h": 4})
    assert len({a.tobytes() for a in lstm.values()}) == 12


def test_random_parameters_are_scaled_by_the_size_they_are_summed_over() -> None:
    big = random_values(unfold(RNN, 1), 0, sizes={"n_x": 400, "n_h": 100, "n_y": 2})
    assert abs(big["U"].std() * 20 - 1) < 0.02
    assert abs(big["W"].std() * 10 - 1) < 0.03


def test_random_values_take_the_dtype_of_what_is_given() -> None:
    given = {"x": np.ones((5, 3), np.float32), "y": np.ones((5, 2), np.float32)}
    drawn = random_values(unfold(RNN, 5), 0, given, sizes={"n_h": 4})
    assert {a.dtype for a in drawn.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("seed", [-1, 1.5, True, "1"])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ValuesError, match="the seed must be a whole number from 0 on"):
        random_values(unfold(RNN, 5), seed, sizes=SIZES)


def test_random_values_need_sizes() -> None:
    with pytest.raises(ValuesError, match="no array tells the size of n_h, n_x, n_y; give"):
        random_values(unfold(RNN, 5), 0)
    with pytest.raises(ValuesError, match="unknown dimension 'nh'; did you mean 'n_h'"):
        random_values(unfold(RNN, 5), 0, sizes={"nh": 3})
