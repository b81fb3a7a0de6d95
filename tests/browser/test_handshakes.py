"""The legs of real browsers connect over 16 kbit/s with 10 % loss, whatever versions of DTLS they are set to speak.

The relay opens each handshake (DTLS 1.2, RFC 6347), so a browser never sends a first flight of its own, with or
without post-quantum key shares. Signaling takes another way here: only the leg crosses the emulated link.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

from benchmarks.lab.browser import FakeMedia, NoMedia, chromium, missing_browser
from benchmarks.lab.emulator import netns
from benchmarks.lab.emulator.emulator import Emulator
from benchmarks.lab.emulator.profiles import Conditions
from benchmarks.lab.emulator.schedule import Schedule
from benchmarks.lab.emulator.tun import FAR_ADDRESS
from benchmarks.lab.firefox import NO_DEVICES, Preferences, firefox, missing_firefox
from media.engine.engine import MediaEngine, MediaSettings
from tests.support.patience import PATIENCE_S
from tests.web.pages import WEB

pytestmark = [
    pytest.mark.browser,
    pytest.mark.netns,
    pytest.mark.skipif(netns.missing_privilege() is not None, reason=str(netns.missing_privilege())),
]

THIN = Conditions(down_kbps=16, up_kbps=16, rtt_ms=200, loss_percent=10)
DTLS_1_2, DTLS_1_3 = 771, 772


def chromium_with(**trials: str) -> Callable[..., AbstractAsyncContextManager[BrowserContext]]:
    """Chromium with these field trials of its WebRTC."""
    chosen = "".join(f"WebRTC-{name}/{value}/" for name, value in trials.items())
    return partial(chromium, media=FakeMedia(more=(f"--force-fieldtrials={chosen}",)))


def firefox_with(
    highest: int, *, post_quantum: bool
) -> Callable[..., AbstractAsyncContextManager[BrowserContext]]:
    """Firefox with this highest version of DTLS."""
    preferences: Preferences = {
        "media.peerconnection.dtls.version.max": highest,
        "media.webrtc.enable_pq_hybrid_kex": post_quantum,
        "media.webrtc.send_mlkem_keyshare": post_quantum,
    }
    return partial(firefox, preferences=preferences)


CHROMIUM = {
    "dtls_1_2": chromium_with(ForceDtls13="Off"),
    "dtls_1_3": chromium_with(ForceDtls13="Enabled"),
    "dtls_1_3_post_quantum": chromium_with(ForceDtls13="Enabled", EnableDtlsPqc="Enabled"),
    "no_devices": partial(chromium, media=NoMedia()),
}
FIREFOX = {
    "dtls_1_2": firefox_with(DTLS_1_2, post_quantum=False),
    "dtls_1_3": firefox_with(DTLS_1_3, post_quantum=False),
    "dtls_1_3_post_quantum": firefox_with(DTLS_1_3, post_quantum=True),
    "no_devices": partial(firefox, preferences=NO_DEVICES),
}
# A leg of our pages, made once it is known what `devices` the page may use.
OFFER = """async () => {
    const { Leg } = await import('/web/shared/call/link/leg.js');
    window.devices = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
        .then((stream) => stream.getTracks().length, (error) => error.name);
    window.leg = new Leg([], () => {}, () => false);
    return window.leg.offer();
}"""
FACTS = """async () => {
    const { connection, channel } = window.leg;
    const stats = [...(await connection.getStats()).values()];
    const candidates = connection.localDescription.sdp.match(/a=candidate.*/g);
    return { state: connection.connectionState, channel: channel.readyState, candidates,
        devices: window.devices, version: stats.find((one) => one.type === 'transport')?.tlsVersion ?? null };
}"""


@dataclass
class ThinLink:
    """An emulated link with the relay behind it, and the pages' files before it."""

    link: Emulator
    engine: MediaEngine
    url: str
    playwright: Playwright

    async def connect(self, opens: Callable[..., AbstractAsyncContextManager[BrowserContext]]) -> Any:
        """Have a browser make a leg over the link, and wait until it is connected; returns what its page knows."""
        async with opens(self.playwright, namespace=self.link.near) as context:
            page = await context.new_page()
            await page.goto(self.url)
            await self.link.shape()
            leg_id = f"leg {id(page)}"
            answer = await self.engine.open_leg(leg_id, await page.evaluate(OFFER))
            await page.evaluate("([id, sdp]) => window.leg.answer(id, sdp)", [leg_id, answer])
            facts = await connected(page)
            await self.engine.close_leg(leg_id)
            await self.link.open()
            return facts


async def connected(page: Page) -> Any:
    """Wait until the leg is connected and its data channel is open."""
    facts: Any = {}
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (facts.get("state"), facts.get("channel")) != ("connected", "open"):
                facts = await page.evaluate(FACTS)
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"never connected; last: {facts}") from None
    return facts


@asynccontextmanager
async def thin_link() -> AsyncIterator[ThinLink]:
    async with Emulator(Schedule(THIN)) as link, async_playwright() as playwright:
        app = web.Application()
        app.router.add_get("/", blank)
        app.router.add_static("/web", WEB)
        engine = MediaEngine(MediaSettings(port=0, hosts=(FAR_ADDRESS,)))
        with netns.inside(link.far):
            await engine.start()
        with netns.inside(link.near):
            server = TestServer(app)
            await server.start_server()
        try:
            yield ThinLink(link, engine, str(server.make_url("/")), playwright)
        finally:
            await server.close()
            await engine.close()


async def blank(_: web.Request) -> web.Response:
    return web.Response(text="<!doctype html><title>leg</title>", content_type="text/html")


async def all_connect(
    browsers: dict[str, Callable[..., AbstractAsyncContextManager[BrowserContext]]],
) -> None:
    """Every one of these browsers connects; those without devices under a .local name."""
    async with thin_link() as thin:
        for name, opens in browsers.items():
            facts = await thin.connect(opens)
            assert facts["version"] == "FEFD", (name, facts)
            if name != "no_devices":
                assert facts["devices"] == 2, (name, facts)
                continue
            assert facts["devices"] in ("NotAllowedError", "NotFoundError"), facts
            assert all(".local " in one for one in facts["candidates"]), facts


@pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser()))
async def test_chromium_connects_over_a_thin_lossy_link() -> None:
    await all_connect(CHROMIUM)


@pytest.mark.skipif(missing_firefox() is not None, reason=str(missing_firefox()))
async def test_firefox_connects_over_a_thin_lossy_link() -> None:
    await all_connect(FIREFOX)
