"""The table of operations and the tables of meanings have the same names."""

from __future__ import annotations

import pytest

import graphfold as gf
from graphfold.evaluate.kernels import KERNELS, STRUCTURAL
from graphfold.language.printer import LEVELS
from graphfold.operations import OPERATIONS, Operation, callable_names, register
from graphfold.shape_rules import SHAPE_RULES


def test_every_operation_has_a_shape_rule_and_no_rule_is_left_over() -> None:
    assert set(SHAPE_RULES) == set(OPERATIONS) - {"call"}  # the function's declaration tells it


def test_every_operation_has_a_kernel_or_is_structural() -> None:
    assert set(KERNELS) | STRUCTURAL == set(OPERATIONS)
    assert not set(KERNELS) & STRUCTURAL


def test_every_infix_operation_binds_at_some_level() -> None:
    assert set(LEVELS) == {o.name for o in OPERATIONS.values() if o.infix}


def test_every_callable_operation_is_a_public_name() -> None:
    for name in callable_names():
        assert callable(getattr(gf, name))
        assert name in dir(gf)


def test_the_functions_that_the_language_promises_exist() -> None:
    promised = (
        "tanh sigmoid relu softplus softmax log_softmax exp log sqrt sin cos abs sign maximum "
        "minimum where sum mean max dot outer concat stack transpose reshape slice one_hot clip "
        "norm square layer_norm"
    )
    assert set(callable_names()) >= set(promised.split())


def test_every_public_name_is_there() -> None:
    for name in dir(gf):
        assert getattr(gf, name) is not None


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="operation 'tanh' exists already"):
        register(Operation("tanh", 1, 1))
