"""A real Chromium for the tests of the pages: with fake devices, on loopback, an empty profile each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright, expect

from server.platform.http.guards import content_security_policy
from tests.support.browsers import browser_path
from tests.support.patience import PATIENCE_MS
from tests.web.pages import WEB

# The time of a page whose clock is the test's, in seconds.
STARTED_AT_S = 60
expect.set_options(timeout=PATIENCE_MS)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip


# One browser for a module, a context (cookies, storage, permissions) for a test: a start costs a second.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """A browser with fake devices."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path(), headless=True, args=ARGUMENTS, timeout=PATIENCE_MS
        )
        try:
            yield browser
        finally:
            await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def modules(chromium: Browser) -> AsyncIterator[Page]:
    """An empty page from whose address every module of the pages can be imported; its clock is ours."""
    async with _blank(chromium, own_clock=True) as page:
        yield page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pure(chromium: Browser) -> AsyncIterator[Page]:
    """The same for modules that keep nothing: one page for a whole file of tests."""
    async with _blank(chromium, own_clock=False) as page:
        yield page


@asynccontextmanager
async def _blank(chromium: Browser, *, own_clock: bool) -> AsyncIterator[Page]:
    async def blank(_: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": content_security_policy("")}
        return web.Response(
            text="<!doctype html><title>modules</title>", content_type="text/html", headers=headers
        )

    app = web.Application()
    app.router.add_get("/", blank)
    app.router.add_static("/web", WEB)
    server = TestServer(app)
    await server.start_server()
    try:
        page = await chromium.new_page()  # in a context of its own
        page.set_default_timeout(PATIENCE_MS)
        if own_clock:
            await page.clock.install(time=0)
        await page.goto(str(server.make_url("/")))
        if own_clock:
            # Without this the machine's time would go on beside the test's: a slow machine would be late.
            await page.clock.pause_at(STARTED_AT_S)
        yield page
        await page.context.close()
    finally:
        await server.close()
