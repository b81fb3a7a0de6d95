"""Receive slots in real Chromium: one is in force when somebody is in it, and costs nothing when nobody is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from benchmarks.lab.systems import people
from media.engine.engine import MediaEngine
from server.app import MEDIA
from tests.support.browsers import missing_browser
from tests.support.call import Call, profile_beside, two_pages
from tests.support.server import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

SLOTS = """() => window.__legs.at(-1).getTransceivers().filter((one) => one.direction === 'recvonly')
    .map((one) => one.currentDirection)"""
ONE = ["recvonly", "recvonly", "inactive", "inactive", "inactive", "inactive"]
TWO = ["recvonly", "recvonly", "recvonly", "recvonly", "inactive", "inactive"]
# Chromium plays, and counts the energy of, what an element listens to; a page has one for each in its call.
LISTEN = """() => {
  window.heard = window.__legs.at(-1).getReceivers().filter((one) => one.track.kind === 'audio')
    .map((one) => Object.assign(new Audio(), { srcObject: new MediaStream([one.track]), autoplay: true }));
}"""
# What has arrived so far by the media section it came in on: seconds of energy, pictures shown.
RECEIVED = """async () => {
  const stats = [...(await window.__legs.at(-1).getStats()).values()];
  const inbound = stats.filter((one) => one.type === 'inbound-rtp');
  return Object.fromEntries(inbound.map((one) => [one.mid, one.totalAudioEnergy ?? one.framesDecoded ?? 0]));
}"""
FIRST, SECOND = ("2", "3"), ("4", "5")


async def received(page: Page) -> dict[str, float]:
    facts: dict[str, float] = await page.evaluate(RECEIVED)
    return facts


async def arrive(
    call: Call, page: Page, mids: tuple[str, ...], before: dict[str, float] | None = None
) -> None:
    """Wait until sound with energy and pictures have come in these media sections, more than before."""
    for mid in mids:
        known = (before or {}).get(mid, 0)
        await call.until_true(page, f"({RECEIVED})().then((now) => (now['{mid}'] ?? 0) > {known})")


async def more_arrives(call: Call, page: Page, mids: tuple[str, ...]) -> None:
    """Wait until still more comes."""
    await arrive(call, page, mids, await received(page))


async def slots_are(call: Call, page: Page, expected: list[str]) -> None:
    await call.until_true(
        page, f"JSON.stringify(({SLOTS})()) === '{str(expected).replace(chr(39), chr(34))}'".replace(" ", "")
    )


@asynccontextmanager
async def third_leg(call: Call) -> AsyncIterator[tuple[Page, str]]:
    """A second doctor on duty, with a warm leg: page and leg."""
    media = call.server.app[MEDIA]
    assert isinstance(media, MediaEngine)
    known = set(media._controls)
    await call.server.new_doctor("docteur2", "Dr Coulibaly")
    page = await (await profile_beside(call.station.context)).new_page()
    call.watch(page)
    await people.sign_in(page, call.server.url, "docteur2", PASSWORD)
    await people.go_on_duty(page)
    await people.linked(page)
    (leg_id,) = set(media._controls) - known
    yield page, leg_id
    await page.context.close()


async def test_sound_and_picture_of_a_third_arrive_and_leave_with_it(tmp_path: Path) -> None:
    async with async_playwright() as playwright, two_pages(tmp_path, playwright) as call:
        await people.request(call.station, urgency="orange", reason="douleur au ventre")
        await people.accept(call.clinician)
        media = call.server.app[MEDIA]
        assert isinstance(media, MediaEngine)
        for page in call.pages:
            await more_arrives(call, page, FIRST)
            await slots_are(call, page, ONE)
        async with third_leg(call) as (third, leg_id):
            await slots_are(call, third, ONE)
            (room,) = media._rooms
            for page in (*call.pages, third):
                await page.evaluate(LISTEN)
            for _ in range(2):  # a slot that has rested is as good as a new one
                media.join(room, leg_id)
                for page in (*call.pages, third):
                    # A slot that rests has no numbers: they begin at nothing. A busy machine may pause the picture.
                    await arrive(call, page, SECOND)
                    await more_arrives(call, page, (FIRST[0], SECOND[0]))
                    await slots_are(call, page, TWO)
                media.part(leg_id)
                for page in (*call.pages, third):
                    await slots_are(call, page, ONE)
                for page in call.pages:
                    assert not set(SECOND) & set(await received(page)), (
                        "a slot at rest has no stream to report on"
                    )
                    await more_arrives(call, page, FIRST[:1])
