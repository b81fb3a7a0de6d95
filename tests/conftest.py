"""Options and fixtures every test folder shares."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.priority import let_no_child_raise_its_priority
from tests.support.turns import ALONE, ORDINARY, Kind, Turns

# No test fails because the machine is busy: what takes long is measured by benchmarks, never asserted.
settings.register_profile("keneya", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("keneya")


let_no_child_raise_its_priority()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-inputs",
        type=int,
        # What the ordinary test run owes every parser that sees the network; raise it for a night.
        default=20_000,
        help="mutated inputs for each fuzz target",
    )


# By marker. Two emulated links would take each other's time; a call of real browsers takes a core.
KINDS = {"netns": Kind("netns", 1), "call": Kind("call", 2)}
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
    with turns.turn(_kind(item)):
        return (yield)


def _kind(item: pytest.Item) -> Kind:
    """What a test needs of the machine, by its markers."""
    if item.get_closest_marker("alone") is not None:
        return ALONE
    return next((kind for marker, kind in KINDS.items() if item.get_closest_marker(marker)), ORDINARY)


@pytest.fixture
def fuzz_inputs(request: pytest.FixtureRequest) -> int:
    """How many mutated inputs a fuzz test feeds its target."""
    count = request.config.getoption("--fuzz-inputs")
    assert isinstance(count, int)
    return count
