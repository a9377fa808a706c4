"""Evaluate with NumPy: an unfolding, the reference, and its gradients; a circuit compiled."""

from graphfold.evaluate.backward.circuits import grad
from graphfold.evaluate.backward.gradients import gradients
from graphfold.evaluate.backward.result import Gradients
from graphfold.evaluate.backward.table import DERIVATIVES
from graphfold.evaluate.compiled.compile import compile, run
from graphfold.evaluate.compiled.plan import Plan
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
    "Plan",
    "UnknownInstanceError",
    "Value",
    "compile",
    "evaluate",
    "find_non_finite",
    "grad",
    "gradients",
    "random_values",
    "register_operation",
    "run",
    "without_padding",
]
