"""What people are told that a call takes, from the counters that each browser keeps."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

READ = """async (reports) => {
    const { FactReader } = await import('/web/shared/call/view/facts.js');
    const reader = new FactReader();
    return reports.map((entries) => reader.read(new Map(entries.map((one) => [one.id, one]))));
}"""


def report(seconds: int, *, counts_packets: bool) -> list[dict[str, Any]]:
    """A moment of a call with 50 voice packets a second each way; Firefox counts the packets of streams only."""
    packets = 50 * seconds
    counted = {"packetsReceived": packets, "packetsSent": packets} if counts_packets else {}
    pair = {
        "id": "pair", "type": "candidate-pair", "nominated": True, "state": "succeeded",
        "timestamp": 1_000 * seconds, "bytesReceived": 72 * packets, "bytesSent": 72 * packets,
    }  # fmt: skip
    return [
        {"id": "transport", "type": "transport", "selectedCandidatePairId": "pair"},
        pair | counted,
        {"id": "heard", "type": "inbound-rtp", "kind": "audio", "packetsReceived": packets},
        {"id": "said", "type": "outbound-rtp", "kind": "audio", "packetsSent": packets},
    ]


@pytest.mark.parametrize("counts_packets", [True, False], ids=["Chromium", "Firefox"])
async def test_the_headers_of_every_packet_are_told_too(pure: Page, counts_packets: bool) -> None:
    reports = [report(seconds, counts_packets=counts_packets) for seconds in (1, 3)]
    first, told = await pure.evaluate(READ, reports)
    assert first is None
    assert told == {"downKbps": 40, "upKbps": 40, "totalBytes": 20_000}
