"""Options and fixtures every test folder shares."""

from __future__ import annotations

import pytest


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
