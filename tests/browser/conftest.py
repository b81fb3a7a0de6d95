"""Browsers for the end-to-end tests: real Chromiums that hear a speech file and see a moving picture."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import BrowserContext, async_playwright

from benchmarks.lab import media
from benchmarks.lab.browser import FakeMedia, chromium, missing_browser


@pytest.fixture
async def open_browser() -> AsyncIterator[Callable[[], Awaitable[BrowserContext]]]:
    """Start a browser with an empty profile of its own; all are closed after the test."""
    reason = missing_browser()
    if reason is not None:
        pytest.skip(reason)
    fake = FakeMedia(media.speech_file(), media.picture_file("talk"))
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())

        async def start() -> BrowserContext:
            return await stack.enter_async_context(chromium(playwright, fake))

        yield start
