"""Every derivative against central differences in float64, and what it is at kinks."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphfold.evaluate.backward.derivative import Application
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.kernels import KERNELS, STRUCTURAL
from graphfold.evaluate.value import Array, Value
from graphfold.operations import OPERATIONS

BUILT_IN = frozenset(KERNELS)  # other tests may register operations of their own
STEP = 1e-6
POSITIVE = {"log": 0, "sqrt": 0, "pow": 0}  # the operand that must be > 0 for a derivative

Case = tuple[list[Value], dict[str, Any]]
Draw = Any


def test_every_operation_with_a_kernel_has_a_derivative() -> None:
    missing = set(OPERATIONS) - STRUCTURAL - set(DERIVATIVES)
    assert not {name for name in missing if name in BUILT_IN}
    assert set(DERIVATIVES) <= set(OPERATIONS)


def numbers(shape: tuple[int, ...], batched: bool, seed: int) -> Value:
    """Different numbers, at least 0.05 apart and away from 0 and from whole numbers."""
    full = (3, *shape) if batched else shape
    count = int(np.prod(full, dtype=int))
    grid = (np.arange(count) - count // 2) * 0.1 + 0.0437
    return Value(np.random.default_rng(seed).permutation(grid).reshape(full), batched)


@st.composite
def elementwise(draw: Draw, name: str) -> Case:
    core = draw(st.sampled_from([(), (2,), (2, 3), (1, 3)]))
    values = []
    for place in range(OPERATIONS[name].least):
        shape = draw(st.sampled_from([core[i:] for i in range(len(core) + 1)]))
        shape = tuple(1 if draw(st.booleans()) and size > 1 else size for size in shape)
        value = numbers(shape, draw(st.booleans()), draw(st.integers(0, 99)))
        array: Array = np.asarray(value.array * 1.3 + 0.0171 * place)  # no two operands meet
        if POSITIVE.get(name) == place:
            array = np.asarray(np.abs(array) + 0.1)
        if name == "mod" and place == 1:
            array = np.asarray(np.abs(array) + 7)
        values.append(Value(array, value.batched))
    return values, {}


@st.composite
def products(draw: Draw, name: str) -> Case:
    k, m, n = 2, 3, 4
    shapes = {
        "matmul": [
            ((m, k), (k,)), ((k,), (k, n)), ((m, k), (k, n)), ((k,), (k,)), ((2, m, k), (k, n)),
            ((2, m, k), (k,)), ((k,), (2, k, n)), ((2, m, k), (2, k, n)), ((1, m, k), (2, k, n)),
        ],
        "dot": [((k,), (k,)), ((m, k), (k,)), ((m, k), (m, k)), ((1, k), (m, k))],
        "outer": [((m,), (n,))],
    }  # fmt: skip
    left, right = draw(st.sampled_from(shapes[name]))
    pair = [
        numbers(shape, draw(st.booleans()), draw(st.integers(0, 99))) for shape in (left, right)
    ]
    return pair, {}


@st.composite
def along(draw: Draw, name: str) -> Case:
    shape = draw(st.sampled_from([(3,), (2, 3), (1, 2), (2, 2, 2)]))
    axes = st.integers(-len(shape), len(shape) - 1)
    count = draw(st.integers(1, 3)) if name in ("concat", "stack") else 1
    values = [numbers(shape, draw(st.booleans()), draw(st.integers(0, 99))) for _ in range(count)]
    attributes: dict[str, Any] = {} if draw(st.booleans()) else {"axis": draw(axes)}
    if name == "transpose":
        attributes = {}
    if name == "reshape":
        attributes = {"shape": (int(np.prod(shape)), 1)}
    if name == "slice":
        size = shape[attributes.get("axis", 0)]
        attributes |= {"start": draw(st.integers(0, size - 1)), "stop": size}
    return values, attributes


def case_of(name: str) -> st.SearchStrategy[Case]:
    if name in ("matmul", "dot", "outer"):
        return products(name)
    named = [a.name for a in OPERATIONS[name].attributes]
    return along(name) if named or name == "transpose" else elementwise(name)


def pulled(name: str, case: Case, weights: Array | None = None) -> list[Value]:
    """The gradients of all operands, zeros for None; the result's gradient is `weights`."""
    values, attributes = case
    result = KERNELS[name](*values, **attributes)
    ones = np.ones_like(result.array) if weights is None else weights
    use = Application(Value(ones, result.batched), result, values, attributes)
    found = DERIVATIVES[name](use, range(len(values)))
    zeros = [Value(np.zeros_like(v.array), v.batched) for v in values]
    return [z if f is None else f for f, z in zip(found, zeros, strict=True)]


@pytest.mark.parametrize("name", sorted(BUILT_IN - {"one_hot"}))
@settings(max_examples=15)
@given(data=st.data())
def test_a_derivative_agrees_with_central_differences(name: str, data: Any) -> None:
    case = data.draw(case_of(name))
    values, attributes = case
    shape = np.shape(KERNELS[name](*values, **attributes).array)
    weights = np.random.default_rng(5).normal(size=shape)
    gradients = pulled(name, case, weights)
    for place, (value, gradient) in enumerate(zip(values, gradients, strict=True)):
        assert gradient.array.shape == value.array.shape
        assert gradient.batched == value.batched
        for entry in islice(np.ndindex(value.array.shape), 8):
            ends = []
            for sign in (1, -1):
                moved = value.array.copy()
                moved[entry] += sign * STEP
                operands = [*values[:place], Value(moved, value.batched), *values[place + 1 :]]
                ends.append(np.sum(weights * KERNELS[name](*operands, **attributes).array))
            expected = (ends[0] - ends[1]) / (2 * STEP)
            np.testing.assert_allclose(gradient.array[entry], expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", sorted(BUILT_IN - {"one_hot"}))
@settings(max_examples=15)
@given(data=st.data())
def test_a_derivative_keeps_float32(name: str, data: Any) -> None:
    values, attributes = data.draw(case_of(name))
    narrow = [Value(v.array.astype(np.float32), v.batched) for v in values]
    assert {g.array.dtype for g in pulled(name, (narrow, attributes))} == {np.dtype(np.float32)}


def pull(name: str, *arrays: Any, **attributes: Any) -> list[list[float]]:
    with np.errstate(all="ignore"):
        case = [Value(np.asarray(a, float)) for a in arrays], attributes
        return [g.array.tolist() for g in pulled(name, case)]


def test_kinks_have_the_subgradients_that_are_told() -> None:
    assert pull("relu", [-1, 0, 2]) == [[0, 0, 1]]
    assert pull("abs", [-2, 0, 2]) == [[-1, 0, 1]]
    assert pull("sign", [-2, 0, 2]) == [[0, 0, 0]]
    assert pull("maximum", [1, 2, 3], [2, 2, 2]) == [[0, 0.5, 1], [1, 0.5, 0]]
    assert pull("minimum", [1, 2, 3], [2, 2, 2]) == [[1, 0.5, 0], [0, 0.5, 1]]
    assert pull("max", [3, 1, 3]) == [[0.5, 0, 0.5]]
    assert pull("clip", [-1, 0, 1, 2, 5], [0] * 5, [2] * 5) == [
        [0, 1, 1, 1, 0],
        [1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
    ]
    assert pull("norm", [0, 0]) == [[0, 0]]
    assert pull("eq", [1, 2], [1, 1]) == [[0, 0], [0, 0]]
    assert pull("where", [0, 1], [5, 5], [6, 6]) == [[0, 0], [0, 1], [1, 0]]
    assert pull("one_hot", [0, 1], size=2) == [[0, 0]]


def test_powers_of_zero_give_no_nan() -> None:
    assert pull("pow", [0, 0, 0, 3], [0, 1, 2, 0]) == [[0, 1, 0, 0], [0, 0, 0, np.log(3)]]
    assert pull("pow", [-2.0], [3.0])[0] == [12]


def test_extreme_numbers_give_finite_gradients() -> None:
    for name in ("sigmoid", "tanh", "softplus", "softmax", "log_softmax", "layer_norm", "relu"):
        assert np.isfinite(pull(name, [-1e4, 0, 1e4])).all(), name


def test_nan_stays_nan() -> None:
    for name in ("relu", "tanh", "abs", "softmax", "norm", "square", "layer_norm"):
        assert np.isnan(pull(name, *[[np.nan, 1.0]] * OPERATIONS[name].least)[0]).any(), name


def test_a_masked_branch_spoils_nothing() -> None:
    assert pull("where", [1.0], [1.0], [np.inf]) == [[0], [1], [0]]
