"""One measured call, from an empty machine to the numbers.

Owns: the order of things: link, server, browsers, enrolment, call, settling, window. Knows no system by
name. What is measured is defined in measure.py; times are seconds since the epoch.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeout

from benchmarks.lab import machine, media, people
from benchmarks.lab.browser import FakeMedia, chromium
from benchmarks.lab.collected import Collected, Sample, collect, set_beat
from benchmarks.lab.emulator import Emulator
from benchmarks.lab.measure import AUDIBLE_ENERGY, first_audio_s, first_video_s, received
from benchmarks.lab.schedule import Schedule
from benchmarks.lab.system import Pages, System, Where

# While the first sound is waited for, statistics are read as often as Chromium renews them; during the
# window, seldom enough to cost nothing.
EAGER_BEAT_MS = 50
CALM_BEAT_MS = 200
# A leg that has not connected, or a voice not heard, in a minute: measure what there is.
PATIENCE_MS = 60_000.0
# How long a warm call waits for the doctor to look at the queue.
THINKING_S = 2.0

HEARD = f"() => window.__lab.samples.some(s => s.audio.some(a => a.energy > {AUDIBLE_ENERGY}))"


@dataclass(frozen=True)
class Plan:
    """What shall be measured."""

    schedule: Schedule
    seconds: float
    settle_s: float = 5.0
    seed: int = 1
    picture: str = "talk"
    screenshots: Path | None = None


@dataclass(frozen=True)
class Sides:
    """What both pages have noted."""

    station: Collected
    clinician: Collected


@dataclass(frozen=True)
class Window:
    """The measured time and what was read at its ends."""

    from_s: float
    to_s: float
    idle_share: float
    server_cpu_s: float | None
    link: dict[str, Any]


async def run(system: System, plan: Plan) -> dict[str, Any]:
    """Hold one call and measure it. Needs root, /dev/net/tun, Chromium and espeak-ng."""
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(Emulator(plan.schedule, plan.seed))
        where = Where(link.far)
        server_pid = await stack.enter_async_context(system.serve(where))
        playwright = await stack.enter_async_context(async_playwright())
        fake = FakeMedia(media.speech_file(), media.picture_file(plan.picture))
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
        sides = Sides(await collect(pages.station), await collect(pages.clinician))
    return _result(system, plan, ready_s, window, sides)


async def _clear_cache(context: BrowserContext) -> None:
    """Forget what preparing has fetched: the page is to be opened as for the first time that day."""
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Network.clearBrowserCache")
    await page.close()


async def _call(system: System, pages: Pages) -> None:
    """From two open pages to two people who hear each other, or to the end of our patience."""
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
    """Wait until something holds in both pages; a link too thin for it ever to hold is a result too."""

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
    await link.mark()
    from_s = time.time()
    await asyncio.sleep(plan.seconds)
    statistics = await link.stats()
    to_s = time.time()
    server_cpu_s = machine.tree_cpu_s(server_pid) - server_before if server_pid is not None else None
    idle_share = machine.cpu_times().idle_share_since(cpu_before)
    if plan.screenshots is not None:
        await pages.station.screenshot(path=plan.screenshots / "station.png")
        await pages.clinician.screenshot(path=plan.screenshots / "clinician.png")
    return Window(from_s, to_s, idle_share, server_cpu_s, statistics)


def _result(system: System, plan: Plan, ready_s: float, window: Window, sides: Sides) -> dict[str, Any]:
    accepted_s = sides.clinician.clicked_s("accept")
    assert accepted_s is not None  # a driver that cannot click has raised long before
    link = dict(window.link)
    minutes = (window.to_s - window.from_s) / 60
    return {
        "system": system.name,
        "conditions": asdict(plan.schedule.base),
        "changes": [asdict(change) for change in plan.schedule.changes],
        "seconds": plan.seconds,
        "settle_s": plan.settle_s,
        "seed": plan.seed,
        "picture": plan.picture,
        "connect_s": _connect_s(system, sides.station, ready_s, accepted_s),
        "accept_to_first_audio_s": _later(sides, first_audio_s, accepted_s),
        "first_video_s": _later(sides, first_video_s, accepted_s),
        "server_cpu_s_per_min": _rounded(
            window.server_cpu_s / minutes if window.server_cpu_s is not None else None
        ),
        "station": received(sides.station.samples, window.from_s, window.to_s),
        "clinician": received(sides.clinician.samples, window.from_s, window.to_s),
        "down": link.pop("down"),
        "up": link.pop("up"),
        "emulator": link,
        "machine": {**machine.describe(), "idle_share": round(window.idle_share, 3)},
    }


def _connect_s(system: System, station: Collected, ready_s: float, accepted_s: float) -> float | None:
    """From opening the station's page to its connected leg, without the time that people took.

    A warm leg connects by itself; a cold one only begins when the doctor has accepted.
    """
    connected_s = station.connected_s()
    if connected_s is None:
        return None
    if system.warm:
        return _rounded(connected_s - station.opened_s)
    return _rounded((ready_s - station.opened_s) + (connected_s - accepted_s))


def _later(
    sides: Sides, first: Callable[[Sequence[Sample], float], float | None], accepted_s: float
) -> float | None:
    """Seconds from accepting to the moment when both sides had it."""
    moments = [first(side.samples, accepted_s) for side in (sides.station, sides.clinician)]
    reached = [moment for moment in moments if moment is not None]
    return _rounded(max(reached) - accepted_s) if len(reached) == len(moments) else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
