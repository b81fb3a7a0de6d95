"""The entrance for a page's packets: a packet that cannot be forwarded to everybody is refused."""

from __future__ import annotations

import time

from media.engine.relay.uplink import PAYLOAD_MAX_BYTES
from tests.support.leg_client import KEYFRAME, Client, Relay, relay, until, video_passes


def keyframe(payload_bytes: int) -> bytes:
    return KEYFRAME + bytes(payload_bytes - len(KEYFRAME))


async def filmed(running: Relay) -> tuple[Client, Client]:
    station, doctor = await running.call("station", "doctor")
    await video_passes(station, doctor)
    return station, doctor


async def test_the_longest_accepted_packet_can_be_forwarded_and_retransmitted() -> None:
    async with relay() as running:
        station, doctor = await filmed(running)
        longest = keyframe(PAYLOAD_MAX_BYTES)
        station.send_video(longest)
        await until(lambda: longest in doctor.payloads("video"))
        doctor.ask_again(0, doctor.numbers("video")[-1:])
        await until(lambda: [one.payload for one in doctor.packets if one.resent] == [longest])
        assert running.leg("doctor").refused["srtp_unsendable"] == 0


async def test_a_longer_packet_is_a_gap_that_costs_the_others_nothing() -> None:
    async with relay() as running:
        station, doctor = await filmed(running)
        (*_, before) = doctor.numbers("video")
        uplink, downlink = running.member("station").uplink, running.member("doctor").downlink
        sent = downlink.sent_packets
        packet = station.video.packet(keyframe(PAYLOAD_MAX_BYTES + 1), time.monotonic(), marker=True)
        uplink.rtp_arrived(packet, time.monotonic())
        assert uplink.refused_rtp == 1
        assert not list(uplink.video.nack.holes())  # a repeat would not help
        # The packet got no number of a stream that could not carry it.
        assert (downlink.sent_packets, downlink.pacer.queue_ms) == (sent, 0)
        await video_passes(station, doctor)
        assert doctor.numbers("video")[-3:] == [before + 2, before + 3, before + 4]


async def test_losses_from_before_a_pause_do_not_count_against_the_returning_picture() -> None:
    async with relay() as running:
        station, _ = await filmed(running)
        uplink = running.member("station").uplink
        now_s = time.monotonic()

        def arrives(count: int) -> None:
            nonlocal now_s
            for _ in range(count):
                uplink.rtp_arrived(station.video.packet(keyframe(40), now_s, marker=True), now_s)
                now_s += 0.05
                uplink.loss_ratio(now_s * 1000)

        arrives(40)
        for _ in range(60):
            station.video.packet(keyframe(40), now_s, marker=True)  # lost on a collapsed link
        now_s += 20.0
        arrives(40)
        assert uplink.loss_ratio(now_s * 1000) == 0.0
