"""Every kernel against an independent formula: one example, batches, mixed ranks, both dtypes."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from graphfold.evaluate.kernels import KERNELS, STRUCTURAL
from graphfold.evaluate.value import Array, Value, fit
from graphfold.operations import OPERATIONS

Formula = Callable[..., Any]


BUILT_IN = frozenset(KERNELS)  # other tests may register operations of their own


def _real(number: complex) -> float:
    return math.nan if isinstance(number, complex) else number


UNARY: dict[str, Callable[[float], float]] = {
    "neg": lambda x: -x,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: x if x > 0 else 0.0,
    "softplus": lambda x: math.log1p(math.exp(x)),
    "exp": math.exp,
    "log": lambda x: math.log(x) if x > 0 else math.nan,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "sign": lambda x: math.copysign(1, x) if x else 0,
    "square": lambda x: x * x,
}
BINARY: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: _real(float(a) ** float(b)),
    "mod": lambda a, b: a % b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "maximum": max,
    "minimum": min,
}
TERNARY: dict[str, Callable[[float, float, float], float]] = {
    "where": lambda c, a, b: a if c else b,
    "clip": lambda x, low, high: min(max(x, low), high),
}
POINTWISE: dict[str, Callable[..., float]] = {**UNARY, **BINARY, **TERNARY}


def _along(function: Callable[[Array], Any]) -> Formula:
    return lambda x, axis=-1: np.apply_along_axis(function, axis, x)


def _softmax(row: Array) -> Array:
    powers = [math.exp(v) for v in row]
    return np.array([p / math.fsum(powers) for p in powers])


def _layer_norm(row: Array) -> Array:
    mean = math.fsum(row) / len(row)
    variance = math.fsum((v - mean) ** 2 for v in row) / len(row)
    return np.array([(v - mean) / math.sqrt(variance + 1e-5) for v in row])


def _reduced(function: Callable[[Array], float]) -> Formula:
    def formula(x: Array, axis: int | None = None) -> Any:
        return function(x.ravel()) if axis is None else np.apply_along_axis(function, axis, x)

    return formula


FORMULAS: dict[str, Formula] = {
    "matmul": lambda a, b: np.einsum(
        {11: "i,i", 12: "i,ij->j", 21: "ij,j->i", 22: "ij,jk->ik"}[10 * a.ndim + b.ndim], a, b
    ),
    "dot": lambda a, b: math.fsum(a * b),
    "outer": lambda a, b: np.array([[p * q for q in b] for p in a]),
    "sum": _reduced(math.fsum),
    "mean": _reduced(lambda x: math.fsum(x) / x.size),
    "max": _reduced(lambda x: sorted(x)[-1]),
    "norm": _reduced(lambda x: math.sqrt(math.fsum(v * v for v in x))),
    "softmax": _along(_softmax),
    "log_softmax": _along(special.log_softmax),
    "layer_norm": _along(_layer_norm),
    "concat": lambda *a, axis=0: np.concatenate(a, axis),
    "stack": lambda *a, axis=0: np.stack(a, axis),
    "transpose": np.transpose,
    "reshape": np.reshape,
    "slice": lambda x, start, stop, axis=0: np.take(x, range(start, stop), axis),
}

# name -> core shapes of the operands, attributes
CASES: list[tuple[str, tuple[tuple[int, ...], ...], dict[str, Any]]] = [
    *((name, ((3,), (3,)), {}) for name in BINARY),
    *((name, shape, {}) for name in UNARY for shape in (((),), ((4,),), ((2, 3),))),
    *((name, ((3,), (2, 3), ()), {}) for name in TERNARY),
    *(("sub", shapes, {}) for shapes in itertools.product(((), (3,), (2, 3), (1, 3)), repeat=2)),
    ("matmul", ((3,), (3,)), {}),
    ("matmul", ((2, 3), (3,)), {}),
    ("matmul", ((3,), (3, 2)), {}),
    ("matmul", ((2, 3), (3, 4)), {}),
    ("matmul", ((4, 4), (4,)), {}),
    ("dot", ((3,), (3,)), {}),
    ("outer", ((3,), (2,)), {}),
    *(
        (name, ((2, 3, 4),), axis)
        for name in ("sum", "mean", "max", "norm")
        for axis in ({}, {"axis": 0}, {"axis": 2}, {"axis": -2})
    ),
    *(
        (name, ((2, 3),), axis)
        for name in ("softmax", "log_softmax", "layer_norm")
        for axis in ({}, {"axis": 0}, {"axis": -1})
    ),
    ("concat", ((2,), (3,), (1,)), {}),
    ("concat", ((2, 3), (2, 1)), {"axis": 1}),
    ("concat", ((2, 3), (4, 3)), {"axis": -2}),
    ("stack", ((), (), ()), {}),
    ("stack", ((2, 3), (2, 3)), {"axis": -1}),
    ("stack", ((2, 3), (2, 3)), {"axis": 1}),
    ("transpose", ((2, 3),), {}),
    ("transpose", ((2, 3, 4),), {}),
    ("transpose", ((2,),), {}),
    ("reshape", ((2, 3),), {"shape": (3, 2)}),
    ("reshape", ((6,),), {"shape": (1, 2, 3)}),
    ("slice", ((5,),), {"start": 1, "stop": 3}),
    ("slice", ((2, 5),), {"start": 0, "stop": 4, "axis": -1}),
]


def _formula(name: str, arrays: list[Array], attributes: dict[str, Any]) -> Array:
    if name in POINTWISE:
        return np.asarray(np.vectorize(POINTWISE[name], otypes=[float])(*arrays))
    return np.asarray(FORMULAS[name](*arrays, **attributes))


def _draw(shape: tuple[int, ...], seed: int) -> Array:
    drawn = np.random.default_rng(seed).normal(size=shape)
    return np.asarray(np.where(np.abs(drawn) < 0.2, 1.0, drawn))  # some equal entries


def _batched(count: int, batch: int) -> list[tuple[int | None, ...]]:
    return list(itertools.product((None, batch), repeat=count))


def test_every_operation_has_a_kernel_and_every_kernel_an_operation() -> None:
    assert KERNELS.keys() | STRUCTURAL == OPERATIONS.keys()
    assert not KERNELS.keys() & STRUCTURAL


def test_every_kernel_is_tried_here() -> None:
    assert {name for name, _, _ in CASES} | {"one_hot"} == BUILT_IN


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "shapes", "attributes"), CASES)
def test_a_kernel_computes_its_formula_for_each_example_of_a_batch(
    name: str, shapes: tuple[tuple[int, ...], ...], attributes: dict[str, Any], dtype: type
) -> None:
    for batch in (2, 3, 4, 1):  # 2, 3 and 4 are core sizes too: nothing may mix them up
        for lead in _batched(len(shapes), batch):
            _check(name, shapes, attributes, lead, dtype)


def _check(
    name: str,
    shapes: tuple[tuple[int, ...], ...],
    attributes: dict[str, Any],
    lead: tuple[int | None, ...],
    dtype: type,
) -> None:
    operands = [
        Value(_draw((*([] if b is None else [b]), *s), i).astype(dtype), b is not None)
        for i, (s, b) in enumerate(zip(shapes, lead, strict=True))
    ]
    with np.errstate(all="ignore"):
        found = KERNELS[name](*operands, **attributes)
    assert found.array.dtype == dtype
    assert found.batched == any(b is not None for b in lead)
    rows = found.array if found.batched else [found.array]
    for row, result in enumerate(rows):
        cores = [(v.array[row] if v.batched else v.array).astype(float) for v in operands]
        expected = _formula(name, cores, attributes)
        assert result.shape == expected.shape
        tolerance = 1e-12 if dtype is np.float64 else 2e-5
        np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extremes_neither_overflow_nor_warn(dtype: type) -> None:
    largest = np.finfo(dtype).max
    x = Value(np.array([-largest, -1000, 0, 1000, largest], dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(KERNELS["sigmoid"](x).array, [0, 0, 0.5, 1, 1])
        np.testing.assert_array_equal(
            KERNELS["softplus"](x).array[[0, 1, 3, 4]], [0, 0, 1000, largest]
        )
        y = Value(np.array([-1000, 0, 1000], dtype))
        np.testing.assert_array_equal(KERNELS["softmax"](y).array, [0, 0, 1])
        np.testing.assert_array_equal(KERNELS["log_softmax"](y).array, [-2000, -1000, 0])


def test_small_probabilities_keep_their_digits() -> None:
    x = Value(np.array([-30.0, -700.0]))
    np.testing.assert_allclose(KERNELS["sigmoid"](x).array, special.expit(x.array), rtol=1e-14)
    expected = np.log1p(np.exp(x.array))
    np.testing.assert_allclose(KERNELS["softplus"](x).array, expected, rtol=1e-14)


@given(st.lists(st.floats(-300, 300), min_size=1, max_size=8))
def test_softmax_adds_up_to_one_and_its_logarithm_agrees(row: list[float]) -> None:
    x = Value(np.array(row))
    found = KERNELS["softmax"](x).array
    assert abs(found.sum() - 1) < 1e-12
    np.testing.assert_allclose(np.exp(KERNELS["log_softmax"](x).array), found, rtol=1e-9)


def test_mod_takes_the_sign_of_the_divisor() -> None:
    a, b = Value(np.array([7.0, -7.0, 7.0, -7.0])), Value(np.array([3.0, 3.0, -3.0, -3.0]))
    np.testing.assert_array_equal(KERNELS["mod"](a, b).array, [1, 2, -2, -1])


@np.errstate(invalid="ignore")
def test_nan_stays_nan() -> None:
    nan = Value(np.array([np.nan]))
    one = Value(np.array([1.0]))
    for name in ("sigmoid", "relu", "softplus", "tanh", "sign"):
        assert np.isnan(KERNELS[name](nan).array).all(), name
    assert np.isnan(KERNELS["clip"](nan, one, one).array).all()
    assert np.isnan(KERNELS["maximum"](one, nan).array).all()
    assert np.isnan(KERNELS["max"](nan).array)


def test_one_hot_puts_a_one_at_the_index() -> None:
    found = KERNELS["one_hot"](Value(np.float32([2, 0]), batched=True), size=3)
    np.testing.assert_array_equal(found.array, [[0, 0, 1], [1, 0, 0]])
    assert found.array.dtype == np.float32
    assert KERNELS["one_hot"](Value(np.array(1.0)), size=3).array.tolist() == [0, 1, 0]


@pytest.mark.parametrize("index", [3.0, -1.0, 0.5, np.nan])
def test_one_hot_refuses_what_is_no_index(index: float) -> None:
    with pytest.raises(ValueError, match=r"whole numbers in 0\.\.2, found"):
        KERNELS["one_hot"](Value(np.array(index)), size=3)


@pytest.mark.parametrize(("start", "stop"), [(0, 6), (3, 2), (-2, 2)])
def test_slice_refuses_what_does_not_exist(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match=r"not within 0\.\.5"):
        KERNELS["slice"](Value(np.zeros(5)), start=start, stop=stop)


def test_a_batch_axis_is_no_core_axis() -> None:
    with pytest.raises(ValueError, match="axis 1 does not exist"):
        KERNELS["sum"](Value(np.zeros((2, 3)), batched=True), axis=1)


def test_an_empty_batch_goes_through() -> None:
    empty = Value(np.zeros((0, 3)), batched=True)
    assert KERNELS["matmul"](Value(np.zeros((2, 3))), empty).array.shape == (0, 2)
    assert KERNELS["softmax"](empty).array.shape == (0, 3)
    assert KERNELS["one_hot"](Value(np.zeros(0), batched=True), size=4).array.shape == (0, 4)


def test_a_history_is_repeated_to_the_shape_of_its_signal() -> None:
    assert fit(Value(np.array(0.0)), (3, 2)).array.shape == (3, 2)
    row = Value(np.arange(4.0).reshape(2, 2), batched=True)
    assert fit(row, (3, 2)).array[1].tolist() == [[2, 3]] * 3
    with pytest.raises(ValueError, match="broadcast"):
        fit(Value(np.zeros(2)), (3,))
