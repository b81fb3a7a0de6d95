"""The server's process ends in mid-call and begins anew: calls come back, and nobody touches anything."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from benchmarks.lab.systems import people
from signaling.messages import Role
from tests.support.browsers import missing_browser
from tests.support.call import Watch, in_call, two_people
from tests.support.restarts import Life, living_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# How the process ends, how long it is away, and whether those who call meanwhile are refused or held back.
RESTARTS = [
    (signal.SIGKILL, 0.0, False),
    (signal.SIGKILL, 4.0, True),
    (signal.SIGTERM, 0.0, True),
    (signal.SIGTERM, 12.0, False),
]


@asynccontextmanager
async def station_and_doctor(life: Life, login: str) -> AsyncIterator[tuple[Page, Page]]:
    """A station at home, and a doctor who is signed in and on duty."""
    async with async_playwright() as playwright, two_people(playwright) as (one, other):
        station = await one.new_page()
        await people.enrol(station, life.url, life.code)
        await other.add_cookies([{"name": "keneya", "value": life.cookies[login], "url": life.url}])
        doctor = await other.new_page()
        await doctor.goto(f"{life.url}/clinician")
        await people.view(doctor, "queue")
        await people.go_on_duty(doctor)
        yield station, doctor


async def test_a_call_comes_back_after_the_server_was_killed_or_stopped(tmp_path: Path) -> None:
    watch = Watch()
    async with (
        living_server(tmp_path, traore=Role.CLINICIAN) as life,
        station_and_doctor(life, "traore") as (station, doctor),
    ):
        await people.request(station, urgency="orange", reason="douleur au ventre")
        await people.accept(doctor)
        for page in (station, doctor):
            await watch.hears_and_sees(page)
        for how, away_s, held in RESTARTS:
            known = [await page.evaluate("__legs.length") for page in (station, doctor)]
            await life.restart(how, away_s=away_s, held=held)
            for page, legs in zip((station, doctor), known, strict=True):
                await watch.new_leg(page, known=legs)
                await watch.hears_and_sees(page)
                assert await people.view(page, "call") == "call"
        await people.act(doctor, "end")
        await people.act(doctor, "confirm")
        await people.view(doctor, "queue")
        await doctor.wait_for_selector("[data-action=duty][aria-checked=true]")


async def group_of_two(doctor: Page, station: Page) -> None:
    """A host and one participant, Baobab."""
    await people.act(doctor, "group")
    code = (await doctor.locator(".group-code").text_content()) or ""
    await people.act(station, "group")
    await station.fill("[name=group_code]", code)
    await station.fill("[name=pseudonym]", "Baobab")
    await station.press("[name=pseudonym]", "Enter")
    await people.agree(station)
    await doctor.locator("[data-seat] button.button:not(.quiet)").click()
    await people.view(station, "call")


async def test_a_group_comes_back_after_the_server_was_killed(tmp_path: Path) -> None:
    watch = Watch()
    async with (
        living_server(tmp_path, traore=Role.CLINICIAN) as life,
        station_and_doctor(life, "traore") as (station, doctor),
    ):
        await group_of_two(doctor, station)
        await watch.hears_and_sees(station)
        await people.act(station, "mute")
        await expect(doctor.locator(".tile-state", has_text="micro coupé")).to_be_visible()
        code = await doctor.locator(".group-code").text_content()
        await life.restart(signal.SIGKILL)
        for page in (station, doctor):
            await watch.new_leg(page)
        await watch.hears_and_sees(station)
        # Under the old name and code, and what was switched off is off: the microphone, and a camera never chosen.
        await expect(doctor.locator(".tile-name")).to_have_text("Baobab")
        await expect(doctor.locator(".tile-state", has_text="micro coupé")).to_be_visible()
        await expect(station.locator("[data-action=mute].pressed")).to_be_visible()
        await expect(station.locator("[data-action=camera].pressed")).to_be_visible()
        await expect(doctor.locator(".group-code")).to_have_text(code or "")
        await people.act(station, "mute")
        heard = await watch.until(doctor, "a voice", lambda facts: facts["audio"])
        assert heard["video"] is None


async def test_what_was_switched_off_stays_off_over_a_reload(tmp_path: Path) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
        for page, other in (call.pages, call.pages[::-1]):
            await people.act(page, "mute")
            await people.act(page, "camera")
            await other.wait_for_selector(".tile-state:visible use[href$='#mic-off']", state="attached")
            legs = await page.evaluate("__legs.length")
            await page.reload()
            await people.view(page, "call")
            await page.wait_for_selector("[data-action=mute].pressed")
            await page.wait_for_selector("[data-action=camera].pressed")
            await call.until_true(page, "__legs.at(-1)?.connectionState === 'connected'")
            own = "__legs.at(-1).getSenders().map((one) => one.track).filter((one) => one?.enabled).length"
            assert (legs, await page.evaluate(own)) == (1, 0)
            await other.wait_for_selector(".tile-state:visible use[href$='#mic-off']", state="attached")
            await expect(other.locator(".tile-state", has_text="micro coupé")).to_be_visible()
