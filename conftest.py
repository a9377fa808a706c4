"""For tests, doctests and documentation alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

MOST_MEMORY = 8 * 2**30  # bytes of address space: a runaway test fails instead of the machine


def pytest_configure() -> None:
    """Bound the memory of the tests, where the system can."""
    try:
        import resource
    except ImportError:  # not Unix
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))


@pytest.fixture(autouse=True)
def tables_are_restored() -> Iterator[None]:
    """Forget the operations that a test or an example registers."""
    from graphfold.evaluate.backward.table import DERIVATIVES
    from graphfold.evaluate.engines.table import OPERATIONS as ON_NAMESPACES
    from graphfold.evaluate.kernels import KERNELS
    from graphfold.operations import OPERATIONS
    from graphfold.shape_rules import SHAPE_RULES

    tables: list[dict[str, object]] = [OPERATIONS, SHAPE_RULES, KERNELS, DERIVATIVES, ON_NAMESPACES]  # type: ignore[list-item]
    before = [dict(table) for table in tables]
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)
