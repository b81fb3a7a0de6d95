"""When a leg is kept, given up and offered anew, in a real Chromium."""

from __future__ import annotations

import pytest

from tests.web.call.near import WELCOME, Near

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# What the browser says of the connection, said by the test.
STATE = """window.state = given;
    Object.defineProperty(near.at(-1), 'connectionState', { configurable: true, get: () => window.state });
    near.at(-1).onconnectionstatechange();"""


async def test_a_leg_outlives_a_link_that_is_away(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.run("media.leg.setOnline(false)")
    await near.page.clock.run_for(60_000)
    await near.run(STATE, "failed")
    await near.page.clock.run_for(60_000)
    await near.run("media.leg.setOnline(true)")
    await near.run(STATE, "connected")
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1
    assert await near.sent("leg_close") == []
    assert (await near.run("return seen.legs"))[-2:] == ["disconnected", "connected"]


async def test_a_leg_that_stays_dead_when_the_link_is_back_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.run("media.leg.setOnline(false)")
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.run("media.leg.setOnline(true)")
    await near.page.clock.run_for(4_000)
    assert len(await near.sent("leg_offer")) == 1  # one whole look for it to come back by itself
    await near.page.clock.run_for(5_000)
    await near.offered(2)


async def test_a_leg_that_fails_while_the_server_owes_an_answer_is_kept_until_that_comes(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.leg.callbacks.awaitsAnswer = () => window.awaits; window.awaits = true")
    await near.run(STATE, "disconnected")
    await near.page.clock.run_for(10_000)
    await near.run(STATE, "failed")
    await near.page.clock.run_for(10_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.run("window.awaits = false")
    await near.page.clock.run_for(10_000)
    await near.offered(2)


async def test_a_leg_that_dies_while_the_socket_lives_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run(STATE, "disconnected")
    await near.page.clock.run_for(17_000)
    assert len(await near.sent("leg_offer")) == 1
    await near.page.clock.run_for(3_000)
    await near.offered(2)


async def test_a_leg_the_server_gave_up_is_offered_anew(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.handle({ type: 'leg_state', leg_id: 'leg-1', state: 'failed' })")
    await near.page.clock.run_for(1_000)
    await near.offered(2)


@pytest.mark.parametrize(("held", "offers"), [("leg-1", 1), ("another", 2), (None, 2)])
async def test_after_a_welcome_only_a_leg_the_server_still_holds_is_kept(
    near: Near, held: str | None, offers: int
) -> None:
    await near.start()
    await near.answered()
    await near.run(
        "media.leg.setOnline(false); media.handle(given); media.leg.setOnline(true)",
        WELCOME | {"leg_id": held},
    )
    await near.page.clock.run_for(5_000)
    await near.offered(offers)


async def test_a_leg_that_never_connects_is_given_up_and_told(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.page.clock.run_for(61_000)
    await near.offered(2)
    assert [message["leg_id"] for message in await near.sent("leg_close")] == ["leg-1"]


async def test_stopping_closes_the_leg_at_both_ends(near: Near) -> None:
    await near.start()
    await near.answered()
    await near.run("media.leg.stop()")
    assert await near.run("return near.at(-1).connectionState") == "closed"
    assert len(await near.sent("leg_close")) == 1
    await near.page.clock.run_for(60_000)
    assert len(await near.sent("leg_offer")) == 1
