"""Calls with a real Firefox: in either role with Chromium, and with another Firefox, control by control."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from benchmarks.lab.emulator import netns
from benchmarks.lab.firefox import firefox, missing_firefox
from benchmarks.lab.systems import people
from tests.browser.test_together import mediator_page
from tests.support.browsers import missing_browser, with_devices
from tests.support.call import Call, in_call, profile_beside

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
    pytest.mark.skipif(missing_firefox() is not None, reason=str(missing_firefox())),
    pytest.mark.skipif(netns.missing_privilege() is not None, reason=str(netns.missing_privilege())),
]

# Firefox makes no pair of a loopback and any other address, and names no loopback where it has another.
ADDRESS = "10.99.0.1"
# Longer than the pause between two sounds of any browser's invented microphone.
PAUSE_S = 1.5
# A face of as many lines has at least 15 frames a second.
SENDS_DETAILS = """window.__legs.at(-1).getSenders().some((one) => one.track?.kind === 'video'
    && one.getParameters().encodings.some(({ active, maxFramerate, scaleResolutionDownBy }) => active
        && maxFramerate < 15 && scaleResolutionDownBy <= 2))"""
STILL = "(document.querySelector('.still-viewer:not([hidden]) img.still')?.naturalWidth ?? 0) >= 640"


@pytest.fixture(autouse=True)
def own_network() -> Iterator[None]:
    """A network of one machine, for everything that the test starts: no packet finds a way out."""
    name = netns.own_name("alone")
    netns.add(name)
    try:
        netns.ip("-n", name, "address", "add", f"{ADDRESS}/32", "dev", "lo")
        netns.ip("-n", name, "route", "add", "default", "dev", "lo", "src", ADDRESS)
        with netns.inside(name):
            yield
    finally:
        netns.remove(name)


async def see_and_hear(call: Call, pages: tuple[Page, ...]) -> None:
    """Sound and a moving picture come to every page, and none says that there is only a voice."""
    for page in pages:
        await call.hears_and_sees(page)
        await expect(page.locator(".tile.has-picture")).to_have_count(1)
        await expect(page.locator(".tile-state:visible")).to_have_count(0)


async def mutes(call: Call, actor: Page, watcher: Page) -> None:
    """Nothing is heard of a muted person, and then everything again."""
    await people.act(actor, "mute")
    await watcher.wait_for_selector(".tile-state:visible use[href$='#mic-off']", state="attached")
    energies = [0.0, 1.0]
    while energies[-1] - energies[-2] > 1e-3:  # what was on its way plays out
        await asyncio.sleep(PAUSE_S)
        energies.append((await call.stats(watcher))["audio"]["energy"])
    await people.act(actor, "mute")
    await call.until(watcher, "voice", lambda facts: facts["audio"]["energy"] > energies[-1] + 1e-3)


async def rests_the_camera(actor: Page, watcher: Page) -> None:
    """Both sides see that a camera is off."""
    await people.act(actor, "camera")
    await watcher.wait_for_selector(".tile-state:visible use[href$='#camera-off']", state="attached")
    await expect(watcher.locator(".tile.has-picture")).to_have_count(0)
    await expect(actor.locator(".own-box.has-picture")).to_have_count(0)
    await asyncio.sleep(PAUSE_S)  # Firefox gives up a picture that nobody sees
    await people.act(actor, "camera")


async def look_closely(call: Call) -> None:
    """The doctor asks for details, and the station sends many lines at few frames; then for a sharp photo."""
    await people.act(call.clinician, "quality")
    await call.clinician.check("#quality [name=profile][value=detail]", force=True)
    await call.until_true(call.station, SENDS_DETAILS)
    await call.until(call.clinician, "details", lambda facts: facts["video"]["width"] >= 320)
    await call.clinician.keyboard.press("Escape")
    await people.act(call.clinician, "still")
    await call.until_true(call.clinician, STILL)
    await people.act(call.clinician, "still-close")


async def mute_and_rest(call: Call) -> None:
    """Each side is muted and has its camera off for a moment, and is heard and seen again."""
    station, doctor = both = call.pages
    await see_and_hear(call, both)
    await asyncio.gather(mutes(call, station, doctor), mutes(call, doctor, station))
    await asyncio.gather(rests_the_camera(station, doctor), rests_the_camera(doctor, station))
    await see_and_hear(call, both)


async def reload(call: Call, page: Page) -> None:
    """A reloaded page comes back into the call by itself."""
    await page.reload()
    await people.view(page, "call")
    await see_and_hear(call, call.pages)


async def hears_two(call: Call, page: Page) -> None:
    """Wait until sound with energy arrives from two others."""
    before = (await call.stats(page))["voices"]

    def both(facts: dict[str, Any]) -> bool:
        louder = [ssrc for ssrc, energy in facts["voices"].items() if energy > before.get(ssrc, 0)]
        return len(louder) >= 2

    await call.until(page, "two voices", both)


async def end(call: Call) -> None:
    """The doctor ends the call for both."""
    await people.act(call.clinician, "end")
    await people.act(call.clinician, "confirm")
    await people.view(call.station, "ended", "home")
    await people.view(call.clinician, "queue")


async def a_mediator_comes_and_goes(call: Call) -> None:
    """A mediator in another tab of the doctor's browser, invited at the station, is with both and leaves."""
    mediator = await mediator_page(call)
    await people.act(call.station, "mediators")
    await call.station.locator("[data-mediator] button").click()
    await people.agree(call.station)
    await mediator.locator("[data-invitation] button.button:not(.quiet)").click()
    await people.view(mediator, "call")
    for page in (*call.pages, mediator):
        await expect(page.locator(".tile")).to_have_count(2)
        await hears_two(call, page)
    await people.act(mediator, "end")
    await people.act(mediator, "confirm")
    await people.view(mediator, "desk")
    await see_and_hear(call, call.pages)


async def three_in_a_group(call: Call) -> None:
    """The doctor is the host, the station and a second one join by the code."""
    station, doctor = call.pages
    second = await (await profile_beside(doctor.context)).new_page()
    call.watch(second)
    await people.enrol(second, call.server.url, (await call.server.new_station(name="Poste 2")).code)
    await people.open_station(station, call.server.url)
    await people.act(doctor, "group")
    code = (await doctor.locator(".group-code").text_content()) or ""
    for page, pseudonym in ((station, "Baobab"), (second, "Karité")):
        await people.act(page, "group")
        await page.fill("[name=group_code]", code.lower())
        await page.fill("[name=pseudonym]", pseudonym)
        await page.press("[name=pseudonym]", "Enter")
        await people.agree(page)
        await doctor.locator("[data-seat] button.button:not(.quiet, .danger)").first.click()
        await people.view(page, "call")
    for page in (station, doctor, second):
        await expect(page.locator(".tile")).to_have_count(2)
        await hears_two(call, page)


async def test_every_control_works_between_a_station_in_firefox_and_a_doctor_in_chromium(
    tmp_path: Path,
) -> None:
    async with in_call(tmp_path, (firefox, with_devices), media_hosts=(ADDRESS,)) as call:
        await mute_and_rest(call)
        for page in call.pages:
            await call.until(page, "a larger picture", lambda facts: facts["video"]["width"] >= 320)
        await look_closely(call)
        for page in call.pages:
            await reload(call, page)
        await end(call)
        await three_in_a_group(call)


async def test_a_doctor_and_a_mediator_in_firefox_meet_a_station_in_chromium(tmp_path: Path) -> None:
    # A doctor's other controls, microphone and camera, are tried in the next test.
    async with in_call(tmp_path, (with_devices, firefox), media_hosts=(ADDRESS,)) as call:
        await see_and_hear(call, call.pages)
        await look_closely(call)
        await reload(call, call.clinician)
        await a_mediator_comes_and_goes(call)
        await end(call)


async def test_two_firefoxes_hear_and_see_each_other_and_after_a_pause_again(tmp_path: Path) -> None:
    async with in_call(tmp_path, (firefox, firefox), media_hosts=(ADDRESS,)) as call:
        # Reloads and details are tried in each role above; two Firefoxes take a machine a minute more.
        await mute_and_rest(call)
        await end(call)
