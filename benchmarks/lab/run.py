"""One measured call, from the start of the link to the results.

Owns: the order: link, server, browsers, enrolment, call, settling, window. Knows no system by name. report.py
defines the results; times are seconds since the epoch.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from benchmarks.lab import machine
from benchmarks.lab.browser import FakeMedia, chromium
from benchmarks.lab.emulator.emulator import Emulator
from benchmarks.lab.plan import Plan
from benchmarks.lab.readings.collected import collect, set_beat
from benchmarks.lab.readings.measure import AUDIBLE_ENERGY
from benchmarks.lab.readings.report import Side, Window, document
from benchmarks.lab.senses import media, sensed
from benchmarks.lab.still import still_s
from benchmarks.lab.systems import people
from benchmarks.lab.systems.system import Pages, System, Where

# Until the first sound, the collector reads statistics as often as Chromium renews them. During the window it reads
# less often, to cost little; the ends of a gap are known to this precision.
EAGER_BEAT_MS = 50
CALM_BEAT_MS = 100
# The longest wait for a connected leg or a first sound; after that the call is measured as it is.
PATIENCE_MS = 60_000.0
# The time a doctor takes to answer a waiting consultation; pages finish loading in this time.
THINKING_S = 12.0

HEARD = f"() => window.__lab.samples.some(s => s.audio.some(a => a.energy > {AUDIBLE_ENERGY}))"


async def run(system: System, plan: Plan) -> dict[str, Any]:
    """Hold one call and measure it. Needs root, /dev/net/tun, Chromium and espeak-ng."""
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(Emulator(plan.schedule, plan.seed))
        where = Where(link.far)
        server_pid = await stack.enter_async_context(system.serve(where))
        playwright = await stack.enter_async_context(async_playwright())
        camera = media.picture_file if plan.still_at_s is None else media.sharp_picture_file
        fake = FakeMedia(media.speech_file(), camera(plan.picture))
        near = await stack.enter_async_context(
            chromium(playwright, fake, namespace=link.near, origin=where.origin)
        )
        far = await stack.enter_async_context(
            chromium(playwright, fake, namespace=link.far, origin=where.origin)
        )
        await system.prepare(near, far)
        await _clear_cache(near)
        clinician = await system.open_clinician(far)
        await link.shape()
        pages = Pages(await system.open_station(near), clinician)
        ready_s = time.time()
        await _call(system, pages)
        window = await _measure(link, server_pid, pages, plan)
        near_side, far_side = await _side(pages.station), await _side(pages.clinician)
    return document(system, plan, window, station=near_side, clinician=far_side, ready_s=ready_s)


async def _side(page: Page) -> Side:
    return Side(await collect(page), await sensed.stop(page))


async def _clear_cache(context: BrowserContext) -> None:
    """Forget what preparing has fetched: the call opens the page as if for the first time that day."""
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.clearBrowserCache")
    await page.close()


async def _call(system: System, pages: Pages) -> None:
    """Have the call accepted, and wait until both sides hear each other or PATIENCE_MS has passed."""
    if system.warm:
        await _both(pages, people.CONNECTED)
        await asyncio.sleep(THINKING_S)
    for page in (pages.station, pages.clinician):
        await set_beat(page, EAGER_BEAT_MS)
    await system.accept(pages)
    await _both(pages, HEARD)
    for page in (pages.station, pages.clinician):
        await set_beat(page, CALM_BEAT_MS)


async def _both(pages: Pages, condition: str) -> None:
    """Wait until a condition holds in both pages. A timeout is not an error: some links are too thin."""

    async def wait(page: Page) -> None:
        try:
            await page.wait_for_function(condition, polling=100, timeout=PATIENCE_MS)
        except PlaywrightTimeout:
            print(f"benchmarks.call: gave up waiting: {condition}", file=sys.stderr)

    await asyncio.gather(wait(pages.station), wait(pages.clinician))


async def _measure(link: Emulator, server_pid: int | None, pages: Pages, plan: Plan) -> Window:
    await asyncio.sleep(plan.settle_s)
    cpu_before = machine.cpu_times()
    server_before = machine.tree_cpu_s(server_pid) if server_pid is not None else 0.0
    for page in (pages.station, pages.clinician):
        await sensed.start(page)
    await link.mark()
    from_s = time.time()
    waited_s = await _window(pages.clinician, plan)
    statistics = await link.stats()
    to_s = time.time()
    server_cpu_s = machine.tree_cpu_s(server_pid) - server_before if server_pid is not None else None
    idle_share = machine.cpu_times().idle_share_since(cpu_before)
    if plan.screenshots is not None:
        await pages.station.screenshot(path=plan.screenshots / "station.png")
        await pages.clinician.screenshot(path=plan.screenshots / "clinician.png")
    return Window(from_s, to_s, idle_share, server_cpu_s, statistics, waited_s)


async def _window(clinician: Page, plan: Plan) -> float | None:
    """Wait for the length of the window; returns the seconds a still took, if one was asked for and arrived."""
    _, waited_s = await asyncio.gather(asyncio.sleep(plan.seconds), _still(clinician, plan))
    return waited_s


async def _still(clinician: Page, plan: Plan) -> float | None:
    if plan.still_at_s is None:
        return None
    return await still_s(clinician, plan.still_at_s, plan.seconds)
