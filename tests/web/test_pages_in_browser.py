"""The pages as people meet them: the real server, a real Chromium, every view at three sizes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from benchmarks.lab.systems import people
from tests.support.patience import PATIENCE_MS, PATIENCE_S
from tests.support.server import PASSWORD, Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

KIOSK: ViewportSize = {"width": 1280, "height": 800}
SIZES: list[ViewportSize] = [KIOSK, {"width": 1440, "height": 900}, {"width": 390, "height": 844}]
# WCAG 2.2, 2.5.8 asks for 24 px; a finger at a kiosk needs 44.
TARGET_PX = 44

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
"""
REFUSE_DEVICES = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('test', 'NotAllowedError'); };
"""
KEEP_TRACKS = """
window.tracks = [];
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    window.tracks.push(...stream.getTracks());
    return stream;
};
"""
# Every element that can be pressed or filled and is really visible: its name as a screen reader has it, and size.
CONTROLS = """() => [...document.querySelectorAll('button, a[href], input, select, textarea')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => {
        const box = (one.type === 'radio' ? one.closest('label') : one).getBoundingClientRect();
        const spoken = (node) => node.nodeType === 3 ? node.data
            : node.getAttribute?.('aria-hidden') === 'true' || getComputedStyle(node).display === 'none' ? ''
            : [...node.childNodes].map(spoken).join(' ');
        const label = one.getAttribute('aria-label') ?? [...(one.labels ?? [])].map(spoken).join(' ');
        const own = one.tagName === 'SELECT' ? '' : spoken(one);  // its choices are not its name
        return { name: (label || own).trim(), width: box.width, height: box.height };
    })"""


@pytest_asyncio.fixture(loop_scope="module")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        await running.new_doctor()
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    fresh = await chromium.new_context(viewport=KIOSK)
    fresh.set_default_timeout(PATIENCE_MS)
    await fresh.add_init_script(WATCH)
    yield fresh
    await fresh.close()


async def in_view(page: Page, name: str) -> None:
    await expect(page.locator(f"body[data-view={name}]")).to_be_attached()


async def until(page: Page, expression: str) -> None:
    """Ask until it holds; Playwright's own wait would need eval, which the pages' policy forbids."""
    async with asyncio.timeout(PATIENCE_S):
        while not await page.evaluate(expression):  # noqa: ASYNC110 - the page cannot wake us
            await asyncio.sleep(0.05)


async def enrolled(server: Server, context: BrowserContext) -> Page:
    code = (await server.new_station()).code
    page = await context.new_page()
    await page.goto(f"{server.url}/station")
    await in_view(page, "enrol")
    await page.fill("form[data-form=enrol] input[name=code]", code)
    await page.press("form[data-form=enrol] input[name=code]", "Enter")
    await in_view(page, "home")
    return page


async def signed_in(server: Server, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto(f"{server.url}/clinician")
    await page.fill("form[data-form=sign-in] input[name=login]", "docteur")
    await page.fill("form[data-form=sign-in] input[name=password]", PASSWORD)
    await page.press("form[data-form=sign-in] input[name=password]", "Enter")
    await in_view(page, "queue")
    return page


async def sound(page: Page) -> None:
    """What must hold of every view: names, sizes, no sideways scrolling, and a policy nobody offended."""
    for size in SIZES:
        await page.set_viewport_size(size)
        controls: list[dict[str, Any]] = await page.evaluate(CONTROLS)
        assert controls
        assert [one for one in controls if not one["name"]] == []
        small = [one["name"] for one in controls if min(one["width"], one["height"]) < TARGET_PX]
        assert (size["width"], small) == (size["width"], [])
        wide = "[document.documentElement, ...document.querySelectorAll('.bar')]"
        assert await page.evaluate(f"{wide}.every((one) => one.scrollWidth <= one.clientWidth)")
    await page.set_viewport_size(KIOSK)
    assert await page.evaluate("window.violations") == []


async def test_the_front_door_leads_to_both_pages(server: Server, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(server.url)
    await expect(page.locator("h1")).to_be_visible()
    await sound(page)
    await page.click('a[href="/clinician"]')
    await in_view(page, "sign-in")


async def test_a_wrong_code_is_told_and_a_right_one_opens_the_station(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}/station")
    await in_view(page, "enrol")
    await sound(page)
    await page.fill("input[name=code]", "WRONG-CODE")
    await page.click("form[data-form=enrol] button")
    await expect(page.locator("form[data-form=enrol] [data-error]")).to_have_text(re.compile(r"^Ce code"))
    await page.fill("input[name=code]", (await server.new_station()).code.lower())
    await page.click("form[data-form=enrol] button")
    await in_view(page, "home")


async def test_a_nurse_asks_waits_and_cancels_with_the_keyboard_alone(
    server: Server, context: BrowserContext
) -> None:
    page = await enrolled(server, context)
    await sound(page)
    await page.locator("input[name=urgency][value=green]").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")
    await page.keyboard.type("fièvre")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await in_view(page, "waiting")
    await expect(page.locator("[data-position]")).to_have_text("1")
    await expect(page.locator("[data-urgency-now]")).to_have_text("Urgent")
    await sound(page)
    await page.locator("[data-action=cancel]").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")  # a slip of the finger cancels nothing
    await in_view(page, "waiting")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await in_view(page, "home")
    assert await page.input_value("textarea[name=reason]") == ""  # nothing of this patient is left


async def test_a_reloaded_station_is_back_in_its_waiting_room(
    server: Server, context: BrowserContext
) -> None:
    page = await enrolled(server, context)
    await page.click("[data-action=request]")
    await in_view(page, "waiting")
    await page.reload()
    await in_view(page, "waiting")
    await expect(page.locator("[data-position]")).to_have_text("1")


async def test_refused_devices_are_told_with_a_drawing_and_asking_still_works(
    server: Server, context: BrowserContext
) -> None:
    await context.add_init_script(REFUSE_DEVICES)
    page = await enrolled(server, context)
    await expect(page.locator(".device-note .hint-picture")).to_be_visible()
    await sound(page)
    await page.click("[data-action=request]")
    await in_view(page, "waiting")


async def test_the_language_is_switched_everywhere_and_remembered(
    server: Server, context: BrowserContext
) -> None:
    page = await enrolled(server, context)
    await page.select_option("[data-action=language]", "bm")
    await expect(page.locator("[data-action=request]")).to_have_text("Dɔgɔtɔrɔ ɲini")
    await page.reload()
    await in_view(page, "home")
    await expect(page.locator("[data-action=request]")).to_have_text("Dɔgɔtɔrɔ ɲini")
    assert await page.get_attribute("html", "lang") == "bm"
    assert await page.input_value("[data-action=language]") == "bm"


async def test_a_second_window_takes_over_and_the_first_says_so(
    server: Server, context: BrowserContext
) -> None:
    first = await enrolled(server, context)
    second = await context.new_page()
    await second.goto(f"{server.url}/station")
    await in_view(second, "home")
    await expect(first.locator("[data-overlay=over]")).to_be_visible()
    await first.click("[data-action=reload]")
    await in_view(first, "home")
    await expect(second.locator("[data-overlay=over]")).to_be_visible()


async def test_one_browser_can_be_station_and_doctor_at_once(server: Server, context: BrowserContext) -> None:
    station = await enrolled(server, context)
    doctor = await signed_in(server, context)
    await doctor.click("[data-action=duty]")
    await station.click("[data-action=request]")
    await expect(doctor.locator("li[data-consultation]")).to_have_count(1)


@pytest.mark.parametrize("face", ["clinician", "mediator"])
async def test_whoever_signs_in_slowly_is_not_said_to_be_cut_off(
    server: Server, context: BrowserContext, face: str
) -> None:
    page = await context.new_page()
    await page.clock.install()
    await page.goto(f"{server.url}/{face}")
    await in_view(page, "sign-in")
    await page.clock.run_for(10_000)
    await expect(page.locator("[data-overlay=away]")).to_be_hidden()
    await page.fill("input[name=login]", "docteur")


async def test_wrong_credentials_are_told_and_the_password_can_be_seen(
    server: Server, context: BrowserContext
) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}/clinician")
    await in_view(page, "sign-in")
    await sound(page)
    await page.fill("input[name=login]", "docteur")
    await page.fill("input[name=password]", "not this one")
    await page.click("[data-action=show-password]")
    assert await page.get_attribute("input[name=password]", "type") == "text"
    await page.click("form[data-form=sign-in] button[type=submit]")
    await expect(page.locator("form[data-form=sign-in] [data-error]")).to_have_text(re.compile("incorrect"))


async def test_the_queue_shows_urgency_place_and_reason_as_text(
    server: Server, context: BrowserContext
) -> None:
    station = await enrolled(server, context)
    doctor = await signed_in(server, context)
    await sound(doctor)
    await doctor.click("[data-action=duty]")
    await expect(doctor.locator("[data-action=duty]")).to_have_attribute("aria-checked", "true")
    await station.click("label.urgency-red")
    await station.fill("textarea[name=reason]", "<b>saigne</b>")
    await station.click("[data-action=request]")
    case = doctor.locator("li[data-consultation]")
    await expect(case.locator(".case-reason")).to_have_text("<b>saigne</b>")
    await expect(case.locator(".case-where")).to_have_text("CSRéf de Kayes · Poste 1")
    await expect(case.locator(".case-urgency")).to_have_text("Très urgent")
    await expect(doctor).to_have_title("! (1) Très urgent · Kɛnɛya")
    await sound(doctor)


async def test_a_call_is_ended_only_after_a_second_yes(server: Server, context: BrowserContext) -> None:
    station = await enrolled(server, context)
    doctor = await signed_in(server, context)
    await doctor.click("[data-action=duty]")
    await station.click("[data-action=request]")
    await people.agree(station)
    await doctor.click("li[data-consultation] [data-action=accept]")
    for page in (station, doctor):
        await in_view(page, "call")
        await expect(page.locator(".tile")).to_have_count(1)
        await sound(page)
    await station.click("[data-action=end]")
    await station.click("[data-action=keep]")
    await in_view(station, "call")
    await station.click("[data-action=end]")
    await station.click("[data-action=confirm]")
    await in_view(station, "ended")
    await in_view(doctor, "queue")
    await station.click("[data-action=home]")
    await in_view(station, "home")


async def test_a_doctor_who_leaves_is_back_at_the_queue_and_the_patient_waits_again(
    server: Server, context: BrowserContext
) -> None:
    station = await enrolled(server, context)
    doctor = await signed_in(server, context)
    await doctor.click("[data-action=duty]")
    await station.click("[data-action=request]")
    await people.agree(station)
    await doctor.click("li[data-consultation] [data-action=accept]")
    await in_view(station, "call")
    await doctor.click("[data-action=leave]")
    await doctor.click("[data-action=confirm]")
    await in_view(doctor, "queue")
    await in_view(station, "waiting")
    await expect(doctor.locator("li[data-consultation]")).to_have_count(1)


async def test_a_kiosk_nobody_touches_gives_its_camera_back_until_somebody_does(
    server: Server, context: BrowserContext
) -> None:
    await context.add_init_script(KEEP_TRACKS)
    await context.clock.install()
    page = await enrolled(server, context)
    live = "window.tracks.filter((one) => one.readyState === 'live').length"
    await until(page, f"{live} === 2")
    await context.clock.fast_forward(200_000)
    await until(page, f"{live} === 0")
    await page.click("[data-action=wake]")
    await until(page, f"{live} === 2")


async def test_a_clock_that_jumps_an_hour_takes_nothing_typed_and_makes_nobody_wait_longer(
    server: Server, context: BrowserContext
) -> None:
    await context.clock.install()
    doctor = await signed_in(server, context)
    await doctor.click("[data-action=duty]")
    station = await enrolled(server, context)
    await station.click(".home [data-action=case]")
    words = station.locator("textarea[name=reason_text]")
    await words.fill("fièvre")
    for hours in (1, -1):
        await context.clock.set_system_time(datetime.now(UTC) + timedelta(hours=hours))
        await context.clock.run_for(3_000)
        await expect(words).to_have_value("fièvre")
    await station.click(".case-head button")
    await station.click("[data-action=request]")
    await people.agree(station)
    await in_view(station, "waiting")
    await context.clock.set_system_time(datetime.now(UTC) + timedelta(hours=1))
    await context.clock.run_for(3_000)
    waited = (station.locator("[data-waited]"), doctor.locator("li[data-consultation] .case-facts"))
    for line in waited:
        await expect(line).to_contain_text(re.compile(r"(?<![:\d])\d:\d\d(?!:)"))


async def test_a_doctor_on_duty_is_not_filmed_while_waiting_and_is_in_the_call(
    server: Server, context: BrowserContext
) -> None:
    await context.add_init_script(KEEP_TRACKS)
    await context.clock.install()
    doctor = await signed_in(server, context)
    await doctor.click("[data-action=duty]")
    kinds = "window.tracks.filter((one) => one.readyState === 'live').map((one) => one.kind).sort().join()"
    await until(doctor, f"{kinds} === 'audio,video'")
    await context.clock.fast_forward(62_000)
    await until(doctor, f"{kinds} === 'audio'")
    station = await enrolled(server, context)
    await station.click("[data-action=request]")
    await people.agree(station)
    await doctor.click("li[data-consultation] [data-action=accept]")
    await in_view(doctor, "call")
    await until(doctor, f"{kinds} === 'audio,video'")


async def test_signing_out_needs_a_sign_in_again(server: Server, context: BrowserContext) -> None:
    page = await signed_in(server, context)
    await page.click("[data-action=sign-out]")
    await in_view(page, "sign-in")
    await page.reload()
    await in_view(page, "sign-in")
