"""Options and fixtures every test folder shares."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# No test fails because the machine is busy: what takes long is measured by benchmarks, never asserted.
settings.register_profile("keneya", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("keneya")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-inputs",
        type=int,
        # What the ordinary test run owes every parser that sees the network; raise it for a night.
        default=20_000,
        help="mutated inputs for each fuzz target",
    )


@pytest.fixture
def fuzz_inputs(request: pytest.FixtureRequest) -> int:
    """How many mutated inputs a fuzz test feeds its target."""
    count = request.config.getoption("--fuzz-inputs")
    assert isinstance(count, int)
    return count
