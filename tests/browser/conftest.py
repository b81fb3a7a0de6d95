"""A real browser, with patience on a busy machine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.support.browsers import browser_path
from tests.support.patience import PATIENCE_MS

ARGUMENTS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium in which each `profile_page` is somebody else."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=browser_path(), args=ARGUMENTS, timeout=PATIENCE_MS
        )
        yield opened
        await opened.close()
