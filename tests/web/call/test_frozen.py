"""A picture that stands still is noticed where it is made: from two readings of the browser's counters."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

READ = """async (readings) => {
    const { FrozenReader } = await import('/web/shared/call/view/frozen.js');
    const reader = new FrozenReader();
    return readings.map(({ sent, given, sends, at }) => {
        const report = new Map([['o', { type: 'outbound-rtp', kind: 'video', framesSent: sent }],
            ['a', { type: 'outbound-rtp', kind: 'audio' }]]);
        if (given !== null) report.set('m', { type: 'media-source', kind: 'video', frames: given });
        return reader.read(report, sends, at);
    });
}"""


def reading(at_s: float, sent: int, given: int | None, *, sends: bool = True) -> dict[str, Any]:
    return {"at": at_s * 1000, "sent": sent, "given": given, "sends": sends}


@pytest.mark.parametrize(
    ("readings", "said"),
    [
        ([reading(0, 5, 5), reading(4, 6, 40), reading(9, 7, 90)], ["", "", ""]),
        ([reading(0, 5, 5), reading(5, 5, 50), reading(6, 5, 60), reading(8, 6, 80)], ["", "", "picture", ""]),
        ([reading(0, 5, 5), reading(6, 5, 5), reading(8, 5, 5)], ["", "camera", "camera"]),
        # The browser does not count what the camera gives.
        ([reading(0, 5, None), reading(6, 5, None)], ["", "picture"]),
        # Nothing is to be sent: the link, or nobody looks.
        ([reading(0, 5, 5), reading(9, 5, 5, sends=False), reading(10, 5, 5), reading(15, 5, 5)], ["", "", "", ""]),
        # A new camera counts from its own beginning.
        ([reading(0, 500, 500), reading(6, 500, 500), reading(8, 500, 3)], ["", "camera", "picture"]),
    ],
)  # fmt: skip
async def test_a_picture_that_no_longer_leaves_is_told_from_one_that_is_not_to_be_sent(
    pure: Page, readings: list[dict[str, Any]], said: list[str]
) -> None:
    assert await pure.evaluate(READ, readings) == said
