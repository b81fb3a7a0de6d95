"""Whether another's picture still comes, whichever counter a browser keeps of it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# A screen as a browser gives it: for each moment, how many pictures are counted and whether one was called for.
READ = """async ([calls, moments]) => {
    const { Pictures } = await import('/web/shared/call/view/pictures.js');
    let counted = 0;
    const waiting = [];
    const screen = { getVideoPlaybackQuality: () => ({ totalVideoFrames: counted }) };
    if (calls) screen.requestVideoFrameCallback = (called) => waiting.push(called);
    const pictures = new Pictures(screen);
    const first = pictures.newestMs(0);
    const found = moments.map(({ ms, count, called }) => {
        counted = count;
        if (called) waiting.splice(0).forEach((one) => one());
        return pictures.newestMs(ms);
    });
    return { never: first === -Infinity, found, waiting: waiting.length };
}"""


async def test_pictures_that_are_only_called_for_are_seen(pure: Page) -> None:
    moments = [
        {"ms": 500, "count": 0, "called": True},
        {"ms": 1_000, "count": 0, "called": True},
        {"ms": 1_500, "count": 0, "called": False},
    ]
    read = await pure.evaluate(READ, [True, moments])
    assert read == {"never": True, "found": [500, 1_000, 1_000], "waiting": 1}


@pytest.mark.parametrize("calls", [True, False])
async def test_pictures_that_are_only_counted_are_seen(pure: Page, calls: bool) -> None:
    moments = [
        {"ms": 500, "count": 7, "called": False},
        {"ms": 1_000, "count": 14, "called": False},
        {"ms": 1_500, "count": 14, "called": False},
    ]
    read = await pure.evaluate(READ, [calls, moments])
    assert read == {"never": True, "found": [500, 1_000, 1_000], "waiting": int(calls)}
