"""Calls of two and three through a running engine, packet by packet."""

from __future__ import annotations

import asyncio
import socket

import pytest

from benchmarks.peers import sdp
from benchmarks.peers.streams import AUDIO_CLOCK_RATE
from media.core import rtp
from media.core.rtp import red
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.transport.errors import OfferRefused
from tests.support.leg_client import DELTA_FRAME, KEYFRAME, Client, relay, until, video_passes, voice_passes


def red_payload(primary: bytes, previous: bytes, ticks: int) -> bytes:
    """RFC 2198 section 3: one redundant block, `ticks` older than the primary one."""
    block = (ticks << 10) | len(previous)
    return bytes((0x80 | sdp.OPUS,)) + block.to_bytes(3) + bytes((sdp.OPUS,)) + previous + primary


async def test_voice_and_picture_of_two_arrive_unchanged_both_ways() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        for sender, receiver in ((station, doctor), (doctor, station)):
            await voice_passes(sender, receiver)
            await video_passes(sender, receiver)


async def test_a_warm_leg_hears_nothing_and_is_not_heard() -> None:
    async with relay() as running:
        waiting = await running.connect("waiting")
        station, doctor = await running.call("station", "doctor")
        waiting.send_audio(b"not for others")
        await voice_passes(station, doctor)
        assert waiting.packets == []
        assert b"not for others" not in doctor.payloads("audio")


async def test_joining_a_warm_leg_lets_the_very_next_packet_through() -> None:
    async with relay() as running:
        station = await running.connect("station")
        doctor = await running.connect("doctor")
        running.engine.join("room", "station")
        running.engine.join("room", "doctor")
        station.send_audio(b"first word")
        await until(lambda: doctor.packets)
        assert doctor.packets[0].payload.endswith(b"first word")


async def test_three_hear_each_other_in_slots_of_their_own() -> None:
    async with relay() as running:
        names = ("station", "doctor", "mediator")
        clients = await running.call(*names)
        for index, sender in enumerate(clients):
            for other, receiver in enumerate(clients):
                if other != index:
                    await voice_passes(sender, receiver)
        for index, name in enumerate(names):
            others = [other for other in names if other != name]
            assert sorted(filter(None, running.heard.sources(name))) == sorted(others)
            kinds = {(one.slot, one.payload.rsplit(b" ", 1)[-1]) for one in clients[index].packets}
            assert len({slot for slot, _ in kinds}) == len(kinds) == 2


async def test_parting_frees_the_slot_and_stops_the_flow() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        running.engine.part("doctor")
        assert running.heard.sources("doctor") == [None, None, None]
        assert running.heard.sources("station") == [None, None, None]
        assert not running.heard.parameters["station"].audio.active
        mark = len(doctor.packets)
        station.send_audio(b"said to nobody")
        await until(lambda: running.member("station").uplink.audio.stats.packets == 6)
        running.engine.join("room", "doctor")
        await voice_passes(station, doctor)
        assert b"said to nobody" not in [one.payload for one in doctor.packets[mark:]]


async def test_a_room_takes_eight_and_says_so_to_the_ninth() -> None:
    async with relay() as running:
        for number in range(9):
            client = Client(slots=1)
            await running.engine.open_leg(f"leg{number}", client.offer)
        for number in range(8):
            running.engine.join("room", f"leg{number}")
        with pytest.raises(ValueError, match="full"):
            running.engine.join("room", "leg8")


async def test_a_freed_slot_goes_to_a_participant_without_one() -> None:
    async with relay() as running:
        for name in ("a", "b", "c"):
            await running.engine.open_leg(name, Client(slots=1).offer)
            running.engine.join("room", name)
        assert running.heard.sources("a") == ["b"]
        running.engine.part("b")
        assert running.heard.sources("a") == ["c"]
        assert running.heard.sources("c") == ["a"]


async def test_a_replaced_leg_goes_on_in_the_same_numbers() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        await video_passes(station, doctor)
        station.close()
        await until(lambda: ("station", "closed") in running.heard.states)
        again = await running.connect("station again")
        running.engine.join("room", "station again")
        await voice_passes(again, doctor)
        await video_passes(again, doctor)
        for kind in ("audio", "video"):
            numbers = doctor.numbers(kind)
            assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]
        assert {one.slot for one in doctor.packets} == {0}


async def test_what_is_muted_is_not_forwarded_whatever_the_page_sends() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        await video_passes(station, doctor)
        running.engine.set_muted("station", audio=True, video=True)
        mark = len(doctor.packets)
        for number in range(5):
            station.send_audio(b"private %d" % number)
            station.send_video(KEYFRAME + b"private")
        await until(lambda: running.member("station").uplink.video.stats.packets == 8)
        running.engine.set_muted("station", audio=False, video=False)
        await voice_passes(station, doctor)
        await video_passes(station, doctor)
        assert not any(b"private" in one.payload for one in doctor.packets[mark:])
        numbers = doctor.numbers("audio")
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]


async def test_no_picture_passes_before_a_keyframe_and_the_publisher_is_asked_for_one() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        station.send_video(DELTA_FRAME + b"undecodable")
        await until(lambda: station.keyframes_wanted)
        assert doctor.payloads("video") == []
        await video_passes(station, doctor)


async def test_a_viewers_keyframe_request_reaches_the_publisher() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        before = station.keyframes_wanted
        doctor.ask_keyframe(0)
        await until(lambda: station.keyframes_wanted > before)


async def test_many_viewers_requests_become_one() -> None:
    async with relay() as running:
        station, doctor, mediator = await running.call("station", "doctor", "mediator")
        await video_passes(station, doctor)
        before = station.keyframes_wanted
        for _ in range(5):
            doctor.ask_keyframe(0)
            mediator.ask_keyframe(0)
        await until(lambda: station.keyframes_wanted > before)
        await video_passes(station, doctor)
        assert station.keyframes_wanted == before + 1


async def test_a_nack_is_answered_by_rtx_with_the_very_packet() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        wanted = next(one for one in doctor.packets if one.kind == "video")
        doctor.ask_again(0, [wanted.sequence_number])
        await until(lambda: any(one.resent for one in doctor.packets))
        repeated = next(one for one in doctor.packets if one.resent)
        assert repeated == wanted._replace(resent=True)


async def test_loss_on_the_downlink_is_repaired() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        lost = iter((False, True, False, True, False))
        doctor.lose_incoming = lambda packet: packet[1] & 0x7F == sdp.VP8 and next(lost, False)
        sent = [DELTA_FRAME + b"lossy %d" % number for number in range(5)]
        for payload in sent:
            station.send_video(payload)
            await asyncio.sleep(0.005)
        await until(lambda: set(sent) <= set(doctor.payloads("video")))
        assert sum(one.resent for one in doctor.packets) == 2


async def test_loss_on_the_uplink_is_requested_and_repaired() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        lost = iter((False, True, False, True, False))
        station.lose_outgoing = lambda packet: packet[1] & 0x7F == sdp.VP8 and next(lost, False)
        sent = [DELTA_FRAME + b"lossy %d" % number for number in range(5)]
        for payload in sent:
            station.send_video(payload)
            await asyncio.sleep(0.005)
        await until(lambda: set(sent) <= set(doctor.payloads("video")))
        assert len(set(station.nacked)) == 2
        assert station.video.resent >= 2
        # Packets after a gap waited for the repair: the doctor saw no gap.
        assert doctor.payloads("video")[-5:] == sent
        assert not any(one.resent for one in doctor.packets)


async def test_a_picture_goes_on_without_a_packet_that_is_never_repaired() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        gone = b"gone for good"
        station.lose_outgoing = lambda packet: packet.endswith(gone)  # its repeats too
        station.send_video(DELTA_FRAME + gone)
        sent = [DELTA_FRAME + b"after it %d" % number for number in range(3)]
        for payload in sent:
            station.send_video(payload)
        await until(lambda: set(sent) <= set(doctor.payloads("video")))
        assert doctor.payloads("video")[-3:] == sent


async def test_a_lost_voice_packet_comes_back_out_of_red() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        # TOC of RFC 6716 section 3.1: SILK, 60 ms, one frame: the length of a packet is in its first byte.
        spoken = [b"\x18" + b"word %d" % number for number in range(6)]
        ticks = 60 * 48
        for number, primary in enumerate(spoken):
            payload = red_payload(primary, spoken[number - 1], ticks) if number else b"\x6f" + primary
            if number == 3:
                station.lose_outgoing = lambda packet: True
            station.send_audio(payload, payload_type=sdp.RED)
            station.lose_outgoing = None
            await asyncio.sleep(0.005)
        await until(lambda: any(one.endswith(spoken[5]) for one in doctor.payloads("audio")))
        heard = [one.rsplit(b"\x18", 1)[-1] for one in doctor.payloads("audio")]
        assert [b"\x18" + one for one in heard] == spoken


async def test_voice_leaves_as_red_when_the_relay_adds_redundancy() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        out = running.member("doctor").downlink.slots[0].audio
        out.use_red = True
        # A slow link would switch it off again at the next look; this estimate keeps it on.
        running.member("doctor").downlink.estimate._estimate_bps = 500_000.0
        station.send_audio(b"\x18one")
        station.send_audio(b"\x18two")
        await until(lambda: len(doctor.packets) == 2)
        second = doctor.packets[1]
        assert second.payload_type == sdp.RED
        blocks = red.parse(second.payload)
        assert [block.data for block in blocks] == [b"\x18one", b"\x18two"]
        assert blocks[0].timestamp_offset == 60 * 48


async def test_padding_only_packets_leave_no_gap() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await video_passes(station, doctor)
        video = station.video
        for _ in range(3):
            packet = rtp.build(
                b"",
                second_byte=sdp.VP8,
                sequence_number=video.sequence_number,
                timestamp=video.timestamp,
                ssrc=video.ssrc,
                padding=50,
            )
            video.sequence_number = (video.sequence_number + 1) & 0xFFFF
            station.send_rtp(packet)
        await video_passes(station, doctor)
        numbers = doctor.numbers("video")
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]


async def test_both_sides_get_transport_wide_feedback_and_reports() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        for _ in range(30):
            station.send_audio(b"x" * 100)
            await asyncio.sleep(0.02)
        await until(lambda: station.heard["told_received"] >= 30)
        assert station.heard["told_lost"] == 0
        # The relay's reports to the listener carry the speaker's clock; its own to the speaker a block.
        await until(lambda: doctor.slots[0][0].reports)
        await until(lambda: station.heard["ReceiverReport"] or station.heard["SenderReport"])
        report = doctor.slots[0][0].reports[-1]
        newest = doctor.packets[-1]
        assert abs(rtp.ts_delta(report.rtp_timestamp, newest.timestamp)) < 10 * AUDIO_CLOCK_RATE
        assert report.packet_count <= 30


async def test_a_warm_legs_link_is_measured_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.relay.control.legreports.LINK_REPORT_INTERVAL_MS", 0.0)
    async with relay() as running:
        await running.connect("station")

        def told() -> bool:
            link = running.heard.links.get("station")
            return link is not None and link.rtt_ms is not None and link.level > 0

        await until(told)


async def test_a_leg_without_transport_wide_feedback_is_served_too() -> None:
    async with relay() as running:
        old = await running.connect("old", Client(twcc=False))
        doctor = await running.connect("doctor")
        for name in ("old", "doctor"):
            running.engine.join("room", name)
        await voice_passes(old, doctor)
        await voice_passes(doctor, old)
        await video_passes(doctor, old)


async def test_an_offer_for_a_leg_that_exists_is_refused() -> None:
    async with relay() as running:
        await running.engine.open_leg("station", Client().offer)
        with pytest.raises(OfferRefused) as refused:
            await running.engine.open_leg("station", Client().offer)
        assert refused.value.code == "leg_exists"


async def test_more_legs_than_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media.engine.engine.LEGS_MAX", 2)
    async with relay() as running:
        for number in range(2):
            await running.engine.open_leg(f"leg{number}", Client().offer)
        with pytest.raises(OfferRefused) as refused:
            await running.engine.open_leg("leg2", Client().offer)
        assert refused.value.code == "too_many_legs"


async def test_calls_about_unknown_legs_do_nothing() -> None:
    async with relay() as running:
        running.engine.join("room", "nobody")
        running.engine.part("nobody")
        running.engine.set_muted("nobody", audio=True, video=True)
        await running.engine.close_leg("nobody")
        assert running.heard.states == []


async def test_a_taken_port_stops_the_start() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        engine = MediaEngine(MediaSettings(port=taken.getsockname()[1], hosts=("127.0.0.1",)))
        with pytest.raises(OSError, match="in use"):
            await engine.start()


async def test_bytes_on_the_wire_are_counted_each_way_with_their_headers() -> None:
    async with relay() as running:
        station, doctor = await running.call("station", "doctor")
        await voice_passes(station, doctor)
        up_before, down_before = running.engine.traffic("station")[1], running.engine.traffic("doctor")[0]
        for _ in range(10):
            station.send_audio(bytes(100))
        await until(lambda: doctor.payloads("audio").count(bytes(100)) == 10)
        # Payload, RTP header of 12 bytes, SRTP tag of 10, UDP and IPv4: 150 and more, extensions and reports apart.
        assert running.engine.traffic("station")[1] - up_before >= 10 * (100 + 12 + 10 + 28)
        assert running.engine.traffic("doctor")[0] - down_before >= 10 * (100 + 12 + 10 + 28)
        # The bytes of one page do not count for the other.
        assert running.engine.traffic("doctor")[1] < running.engine.traffic("station")[1]
        assert running.engine.traffic("nobody") == (0, 0)
