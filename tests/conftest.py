"""Options and fixtures every test folder shares."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.turns import Company, Turns

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


TURNS = pytest.StashKey[Turns]()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Let the tests of several processes (pytest-xdist) take turns."""
    if hasattr(session.config, "workerinput"):
        factory: pytest.TempPathFactory = session.config._tmp_path_factory
        # Every process has a folder of its own below that of the run.
        session.config.stash[TURNS] = Turns(factory.getbasetemp().parent)


# First: the timeout of a test begins with its turn.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test when its turn has come."""
    turns = item.config.stash.get(TURNS, None)
    if turns is None:
        return (yield)
    with turns.turn(_company(item)):
        return (yield)


def _company(item: pytest.Item) -> Company:
    """Whom a test stands beside it, by its markers."""
    if item.get_closest_marker("alone") is not None:
        return Company.ALONE
    # Emulated links are measured against the clock: two at once would take the processor from each other.
    return Company.ANY if item.get_closest_marker("netns") is None else Company.NOT_ITS_KIND


@pytest.fixture
def fuzz_inputs(request: pytest.FixtureRequest) -> int:
    """How many mutated inputs a fuzz test feeds its target."""
    count = request.config.getoption("--fuzz-inputs")
    assert isinstance(count, int)
    return count
