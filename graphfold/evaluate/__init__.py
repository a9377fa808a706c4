"""Evaluate an unfolding with NumPy, the reference, and differentiate it."""

from graphfold.evaluate.backward.circuits import grad
from graphfold.evaluate.backward.gradients import gradients
from graphfold.evaluate.backward.result import Gradients
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.evaluation import Evaluation, UnknownInstanceError
from graphfold.evaluate.kernels import KERNELS
from graphfold.evaluate.numbers import find_non_finite
from graphfold.evaluate.random import random_values
from graphfold.evaluate.reference import evaluate
from graphfold.evaluate.register import register_operation
from graphfold.evaluate.rows.padding import without_padding
from graphfold.evaluate.value import Value

__all__ = [
    "DERIVATIVES",
    "KERNELS",
    "Evaluation",
    "Gradients",
    "UnknownInstanceError",
    "Value",
    "evaluate",
    "find_non_finite",
    "grad",
    "gradients",
    "random_values",
    "register_operation",
    "without_padding",
]
