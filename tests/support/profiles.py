"""Pages of people who share only a browser process."""

from __future__ import annotations

from playwright.async_api import Browser, Page

from tests.support.patience import PATIENCE_MS


async def profile_page(browser: Browser) -> Page:
    """A page in a profile of its own."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    return await context.new_page()
