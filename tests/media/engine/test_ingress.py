"""A peer that sends far more than it was asked for: what of it reaches the others, and what it costs."""

from __future__ import annotations

import asyncio
import time

import pytest

from media.core.quality import WIDEST_VOICE_BPS
from media.core.rtp import rtcp
from media.engine.relay.uplink import VOICE_BURST_BYTES
from media.engine.transport.ingress import CHECKS_BURST_BYTES, MEDIA_BPS, MEDIA_BURST_BYTES, WARM_MEDIA_BPS
from tests.support.leg_client import Client, relay, until, video_passes, voice_passes

FLOOD = 600
FLOOD_BYTES = 1_100
FLOOD_S = 0.11
# A long sleep: every bucket is empty again.
LATER_S = 60.0


async def flood(client: Client, packets: int = FLOOD, seconds: float = FLOOD_S) -> None:
    """Voice packets of 1.1 kB, so many in so many seconds."""
    for number in range(packets):
        client.send_audio(b"flood %d " % number + bytes(FLOOD_BYTES))
        await asyncio.sleep(seconds / packets)


def flooded_bytes(listener: Client) -> int:
    return sum(len(one) for one in listener.payloads("audio") if b"flood" in one)


async def test_a_flood_of_voice_is_forwarded_at_the_negotiated_shape_and_no_faster() -> None:
    async with relay() as running:
        station, doctor, nurse = await running.call("station", "doctor", "nurse")
        began_s = time.monotonic()
        await flood(station)
        await voice_passes(nurse, doctor)
        seconds = time.monotonic() - began_s
        assert 0 < flooded_bytes(doctor) <= VOICE_BURST_BYTES + WIDEST_VOICE_BPS / 8 * seconds
        assert running.engine.refusals()["voice_over_rate"] > FLOOD / 2
        # Who floods is heard again as soon as the flood is over; what was left out is no loss to those who listen.
        await asyncio.sleep(LATER_S)
        await voice_passes(station, doctor)
        assert doctor.slots[0][0].stats.cumulative_lost <= 0


async def test_a_leg_in_no_room_is_hardly_decrypted() -> None:
    async with relay() as running:
        station = await running.connect("station")
        streams = running.member("station").uplink.audio.stats
        began_s = time.monotonic()
        await flood(station, packets=3_000)
        taken = streams.packets * FLOOD_BYTES
        assert taken <= MEDIA_BURST_BYTES + WARM_MEDIA_BPS / 8 * (time.monotonic() - began_s)
        assert running.engine.refusals()["over_rate"] > 1_000


async def test_a_flood_in_a_call_is_refused_before_it_is_decrypted() -> None:
    async with relay() as running:
        station, doctor, nurse = await running.call("station", "doctor", "nurse")
        leg = running.leg("station")
        opened = 0
        unprotect = leg.dtls.unprotect

        def counted(data: bytes) -> bytes:
            nonlocal opened
            opened += len(data)
            return unprotect(data)

        leg.dtls.unprotect = counted  # type: ignore[method-assign]
        began_s = time.monotonic()
        await flood(station, packets=4_000, seconds=1.0)
        assert opened <= MEDIA_BURST_BYTES + MEDIA_BPS / 8 * (time.monotonic() - began_s)
        await voice_passes(nurse, doctor)
        await video_passes(doctor, nurse)
        await asyncio.sleep(LATER_S)
        await voice_passes(station, doctor)


async def test_reports_flood_no_loop() -> None:
    async with relay() as running:
        station, _ = await running.call("station", "doctor")
        refused = running.leg("station").refused
        for number in range(30_000):
            station.send_rtcp(rtcp.ReceiverReport(station.ssrc, []).encode())
            if number % 16 == 0:
                await asyncio.sleep(0)
        await until(lambda: refused["over_rate"] > 10_000)


async def test_data_and_checks_of_a_peer_are_held_to_a_rate_each() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        leg = running.leg("station")
        for number in range(2_000):
            station.send_raw(b"\x17" + bytes(1_000))
            station.send_raw(station.ice.check())
            if number % 8 == 0:
                await asyncio.sleep(0)
        await until(lambda: leg.refused["data_over_rate"] > 1_000 and leg.refused["checks_over_rate"] > 1_000)
        await voice_passes(station, doctor)


async def test_somebody_elses_checks_use_up_none_of_the_legs_own(request: pytest.FixtureRequest) -> None:
    async with relay() as running:
        station, _ = await running.call("station", "doctor")
        leg = running.leg("station")
        loop = asyncio.get_running_loop()
        strange, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        request.addfinalizer(strange.close)
        check = station.ice.check(password="guess" * 8)
        for number in range(2 * CHECKS_BURST_BYTES // len(check)):
            strange.sendto(check, running.address)
            if number % 8 == 0:
                await asyncio.sleep(0)
        await until(lambda: leg.refused["checks_over_rate"] > 0)
        heard_s = leg.heard_at_s
        await asyncio.sleep(0.1)
        station.send_raw(station.ice.check())
        await until(lambda: leg.heard_at_s > heard_s)


async def test_what_a_mast_hands_over_after_an_outage_passes_whole() -> None:
    """Fifteen seconds of the widest voice and three of a full picture, all within a moment."""
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        for number in range(15 * 50):
            station.send_audio(b"%d" % number + bytes(40), seconds=0.02)
            if number % 2:
                station.send_video(b"\x10\x01" + bytes(1_100))
            await asyncio.sleep(0)
        await until(lambda: running.member("station").uplink.audio.stats.packets >= 15 * 50)
        refusals = running.engine.refusals()
        assert not {"voice_over_rate", "over_rate"} & set(refusals)


@pytest.mark.parametrize("probes", [3, 6])
async def test_probe_trains_of_a_page_pass_whole(probes: int) -> None:
    """Chromium probes at three and six times its first estimate, and at twice the most it is allowed later."""
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        for _ in range(probes):
            for _ in range(20):
                station.send_video(b"\x10\x01" + bytes(1_150))
            await asyncio.sleep(0.25)
        assert "over_rate" not in running.engine.refusals()
