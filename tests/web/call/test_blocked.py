"""A network that lets no media through is told from a slow one, and people hear of it until a leg connects."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.web.call.near import SETUP, Near

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

JUDGE = """async ([pairs, answeredMs, sinceMs]) => {
    const { isBlocked } = await import('/web/shared/call/link/blocked.js');
    const report = new Map(pairs.map((pair, index) => [`p${index}`, { type: 'candidate-pair', ...pair }]));
    return isBlocked(report, answeredMs, sinceMs);
}"""
LOST: dict[str, Any] = {"requestsSent": 30, "responsesReceived": 0, "requestsReceived": 0}


@pytest.mark.parametrize(
    ("pairs", "answered_ms", "since_ms", "blocked"),
    [
        ([LOST, LOST], 300, 6_900, False),
        ([LOST, LOST], 300, 7_000, True),
        ([], 300, 7_000, True),  # not even a pair to check
        ([LOST, LOST | {"responsesReceived": 1}], 300, 10_000, False),
        ([LOST | {"requestsReceived": 2}], 300, 10_000, False),
        # Where the answer itself took long, checks do too.
        ([LOST], 4_000, 10_000, False),
        ([LOST], 4_000, 12_000, True),
        # A path was found, and no handshake comes through it.
        ([LOST | {"responsesReceived": 1}], 300, 20_000, True),
        ([LOST | {"responsesReceived": 1, "currentRoundTripTime": 0.1}], 300, 6_900, False),
        ([LOST | {"responsesReceived": 1, "currentRoundTripTime": 0.1}], 300, 7_000, True),
        ([LOST | {"responsesReceived": 1, "currentRoundTripTime": 1.3}], 300, 15_000, False),
        ([LOST | {"responsesReceived": 1, "currentRoundTripTime": 1.3}], 300, 16_000, True),
    ],
)
async def test_a_closed_network_is_told_from_a_slow_one(
    pure: Page, pairs: list[dict[str, Any]], answered_ms: int, since_ms: int, blocked: bool
) -> None:
    assert await pure.evaluate(JUDGE, [pairs, answered_ms, since_ms]) is blocked


BECOMES = """Object.defineProperty(near.at(-1), 'connectionState', { configurable: true, get: () => given });
near.at(-1).onconnectionstatechange();"""


async def becomes(near: Near, state: str) -> None:
    """The newest leg has this state, whatever its checks say."""
    await near.run(BECOMES, state)


def told(leg_id: str, *, blocked: bool = True) -> dict[str, Any]:
    return {"type": "path_blocked", "leg_id": leg_id, "blocked": blocked}


# Of this leg no check is ever answered: its far end has no candidates of the page's.
@pytest_asyncio.fixture(loop_scope="module")
async def near(modules: Page) -> Near:
    await modules.evaluate(SETUP)
    return Near(modules)


async def test_within_ten_seconds_the_page_and_the_server_know_and_a_new_try_changes_nothing(
    near: Near,
) -> None:
    await near.start()
    await near.answered()
    await near.page.clock.run_for(6_000)
    assert await near.sent("path_blocked") == []
    await near.until("media.leg.condition === 'blocked'")
    assert await near.sent("path_blocked") == [told("leg-1")]
    # The browser gives up after a minute: the next leg is blocked from its beginning.
    await near.page.clock.run_for(60_000)
    await near.offered(2)
    assert (await near.run("return seen.legs")) == ["connecting", "blocked"]
    await near.answered("leg-2")
    await near.until("seen.sent.filter((one) => one.type === 'path_blocked').length === 2")
    await becomes(near, "connected")
    assert (await near.run("return seen.legs")) == ["connecting", "blocked", "connected"]
    assert (await near.sent("path_blocked"))[1:] == [told("leg-2"), told("leg-2", blocked=False)]


async def test_a_link_that_is_away_altogether_is_no_closed_network(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.leg.setOnline(false)")
    await near.page.clock.run_for(30_000)
    assert await near.sent("path_blocked") == []


async def test_a_leg_that_is_lost_while_messages_pass_is_a_closed_network_until_it_is_back(
    near: Near,
) -> None:
    await near.start()
    await near.answered()
    await becomes(near, "connected")
    await near.run("media.leg.callbacks.awaitsAnswer = () => window.silent; window.silent = true")
    await becomes(near, "disconnected")
    await near.page.clock.run_for(10_000)
    assert await near.sent("path_blocked") == []  # nothing answers: the link is away
    await near.run("window.silent = false")
    await near.page.clock.run_for(5_000)
    await near.until("media.leg.condition === 'blocked'")
    assert await near.sent("path_blocked") == [told("leg-1")]
    await becomes(near, "connected")
    assert await near.run("return seen.legs") == [
        "connecting",
        "connected",
        "disconnected",
        "blocked",
        "connected",
    ]
    assert await near.sent("path_blocked") == [told("leg-1"), told("leg-1", blocked=False)]


async def test_a_leg_that_is_back_at_once_was_never_a_closed_network(near: Near) -> None:
    await near.start()
    await near.answered()
    await becomes(near, "connected")
    await becomes(near, "disconnected")
    await near.page.clock.run_for(1_500)
    await becomes(near, "connected")
    await near.page.clock.run_for(30_000)
    assert await near.sent("path_blocked") == []
