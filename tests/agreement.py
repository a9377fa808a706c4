"""What must agree: an array with the value of the reference, in shape, dtype and entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphfold.circuit import Circuit


def assert_agrees(circuit: Circuit, name: str, found: Any, expected: Any) -> None:
    """Compare all steps of a signal with the reference's."""
    array = np.asarray(found)
    if array.ndim > expected.ndim:  # it may read a batch, but does so at no step
        expected = np.expand_dims(expected, int(circuit.axis_of[name] is not None))
        expected = np.broadcast_to(expected, array.shape)
    assert array.shape == expected.shape, name
    assert array.dtype == expected.dtype, name
    small = 1e-4 if expected.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(array, expected, rtol=small, atol=small, err_msg=name)
