"""What a real browser's voice and feedback cost on the wire beyond the sound itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from benchmarks.lab.systems import people
from media.core import rtp
from media.core.repair import DATAGRAM_OVERHEAD_BYTES, SHARE
from media.core.rtp import rtcp
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.leg import Leg, MediaHandlers
from tests.support.browsers import missing_browser
from tests.support.call import in_call

pytestmark = [
    pytest.mark.browser,
    pytest.mark.call,
    pytest.mark.skipif(missing_browser() is not None, reason=str(missing_browser())),
]

# RFC 8285: four bytes of extension header, the transport-wide number in three, one of padding.
VOICE_HEADER_BYTES = rtp.FIXED_HEADER_BYTES + 8
SRTP_TAG_BYTES = 10
# Loopback carries far more; while only voice flows, feedback must fit such a link even so.
THIN_BPS = 32_000
SECONDS = 5.0
SRTP_CIPHER = """async () => {
  const stats = await window.__legs.at(-1).getStats();
  return [...stats.values()].find((entry) => entry.type === 'transport').srtpCipher;
}"""


@dataclass
class Wire:
    """What passed between the server and both pages: sizes of headers of RTP by direction, bytes of RTCP."""

    headers: dict[str, Counter[int]] = field(default_factory=lambda: {"up": Counter(), "down": Counter()})
    elements: dict[str, Counter[int]] = field(default_factory=lambda: {"up": Counter(), "down": Counter()})
    rtcp_down_bytes: Counter[str] = field(default_factory=Counter)
    rtcp_up_bytes: Counter[str] = field(default_factory=Counter)

    def rtp(self, way: str, data: bytes) -> None:
        header_len = rtp.parse(data)[4]
        self.headers[way][header_len] += 1
        self.elements[way][sum(rtp.find_extension(data, one)[1] > 0 for one in range(1, 15))] += 1

    def clear(self) -> None:
        for sizes in (*self.headers.values(), *self.elements.values()):
            sizes.clear()
        for legs in (self.rtcp_down_bytes, self.rtcp_up_bytes):
            legs.clear()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Listens where packets are plain."""
    seen = Wire()
    deliver_to = Leg.deliver_to

    def listening(leg: Leg, handlers: MediaHandlers) -> None:
        send, send_rtcp = leg.send_rtp, leg.send_rtcp

        def hear(data: bytes, now_s: float) -> None:
            seen.rtp("up", data)
            handlers.rtp(data, now_s)

        def hear_rtcp(data: bytes, now_s: float) -> None:
            seen.rtcp_up_bytes[leg.leg_id] += len(data) + DATAGRAM_OVERHEAD_BYTES
            rtcp.parse(data)
            handlers.rtcp(data, now_s)

        def tell(packet: bytes) -> None:
            seen.rtp("down", packet)
            send(packet)

        def tell_rtcp(data: bytes) -> None:
            seen.rtcp_down_bytes[leg.leg_id] += len(data) + DATAGRAM_OVERHEAD_BYTES
            send_rtcp(data)

        leg.send_rtp, leg.send_rtcp = tell, tell_rtcp
        deliver_to(leg, replace(handlers, rtp=hear, rtcp=hear_rtcp))

    monkeypatch.setattr(Leg, "deliver_to", listening)
    return seen


async def test_voice_carries_one_extension_and_the_short_tag_and_little_feedback(
    tmp_path: Path, wire: Wire
) -> None:
    async with in_call(tmp_path) as call:
        for page in call.pages:
            await call.hears_and_sees(page)
        await people.act(call.station, "quality")
        await people.act(call.station, "audio-only")
        for page in call.pages:
            for way in ("rungDown", "rungUp"):
                await call.until_true(
                    page, f"document.querySelector('[data-call]').dataset.{way}?.startsWith('voice')"
                )
            assert await page.evaluate(SRTP_CIPHER) == "SRTP_AES128_CM_HMAC_SHA1_80"
        await asyncio.sleep(2.0)  # pictures that were on their way
        wire.clear()
        await asyncio.sleep(SECONDS)
        for way in ("up", "down"):
            assert sum(wire.headers[way].values()) > SECONDS  # two voices flow, talking or not
            assert set(wire.headers[way]) == {VOICE_HEADER_BYTES}
            assert set(wire.elements[way]) == {1}
        # Tag, UDP and IPv4: with the header, 58 bytes around each voice packet.
        assert WIRE_OVERHEAD_BYTES == SRTP_TAG_BYTES + 8 + 20
        for size_bytes in wire.rtcp_down_bytes.values():
            assert size_bytes * 8 / SECONDS <= 1.2 * SHARE * THIN_BPS
        assert len(wire.rtcp_up_bytes) == 2
