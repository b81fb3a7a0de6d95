"""The measurement of a still: a doctor asks for a sharp picture in mid-call.

Owns: the time until that picture is complete. The selectors ``[data-action=still]`` and ``img.still`` are the
pages' contract.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

BUTTON = "[data-action=still]"
# A picture at least this wide is the requested one; the stills of the stills rung are 320 wide.
SHARP_WIDTH = 640
POLL_MS = 100

WAS_THERE = "() => [...document.querySelectorAll('img.still')].map(image => image.src)"
IS_THERE = """([before, width]) => [...document.querySelectorAll('img.still')].some(image =>
    !before.includes(image.src) && image.complete && image.naturalWidth >= width)"""


async def still_s(page: Page, at_s: float, until_s: float) -> float | None:
    """Press the button ``at_s`` seconds from now; seconds until a new sharp picture is complete.

    None if the page has no such button, or if the picture is not complete ``until_s`` seconds from now.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(until_s):
            await asyncio.sleep(at_s)
            return await _asked(page, until_s)
    return None


async def _asked(page: Page, patience_s: float) -> float | None:
    if await page.query_selector(f"{BUTTON}:visible") is None:
        return None
    before = await page.evaluate(WAS_THERE)
    asked_s = time.monotonic()
    await page.click(f"{BUTTON}:visible")
    try:
        await page.wait_for_function(
            IS_THERE, arg=[before, SHARP_WIDTH], polling=POLL_MS, timeout=1000 * patience_s
        )
    except PlaywrightError:
        return None
    return round(time.monotonic() - asked_s, 3)
