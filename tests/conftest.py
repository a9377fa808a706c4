"""What all tests share: the update switch for golden files and the hypothesis profiles."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

settings.register_profile("dev", deadline=None, max_examples=100, print_blob=True)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "dev")
if os.environ.get("CI") == "true" and hasattr(providers, "_get_local_constants"):
    # Numbers of modules that happen to be imported would make the sample depend on the order of
    # the tests. There is no public setting; without the private name samples vary, no more.
    providers._get_local_constants = lambda: providers._local_constants


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files anew, for review"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written instead of compared."""
    return bool(request.config.getoption("--update-golden"))
