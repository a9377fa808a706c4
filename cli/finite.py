"""Tell of values that are not finite."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .messages import print_diagnostics


@contextmanager
def telling_of_non_finite(as_json: bool) -> Iterator[None]:
    """Print what a FiniteWarning says once the work is done; pass other warnings on."""
    import graphfold as gf

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", gf.FiniteWarning)
        yield
    for one in caught:
        if isinstance(one.message, gf.FiniteWarning):
            print_diagnostics([one.message.diagnostic], as_json)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
