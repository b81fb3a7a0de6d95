"""What RTCP towards a page costs its link: counted on the wire, in virtual time, for a real pair of legs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from media.core.estimate import SendEstimate
from media.core.repair import DATAGRAM_OVERHEAD_BYTES, NEAR_RTT_MS, SHARE
from media.core.rtp import rtcp
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.relay.control.feedback import DATAGRAM_MAX_BYTES, FeedbackSender, bundled
from media.engine.relay.rooms import Member
from media.engine.transport.leg import Leg
from tests.support.leg_client import DELTA_FRAME, KEYFRAME, Client

STEP_MS = 25
PATH_RTT_MS = 300.0
# Opus at 6 kbit/s in packets of 120 ms.
THIN_VOICE_MS, THIN_VOICE_BYTES = 120, 90


@dataclass
class Side:
    """One leg of a call whose packets a test moves by hand."""

    client: Client
    member: Member
    sender: FeedbackSender
    datagrams: list[bytes] = field(default_factory=list)

    def packets(self) -> list[rtcp.RtcpPacket]:
        return [packet for data in self.datagrams for packet in rtcp.parse(data)]

    def wire_bytes(self) -> int:
        return sum(len(data) + DATAGRAM_OVERHEAD_BYTES for data in self.datagrams)


@dataclass
class Pair:
    """Both sides; `run` lets both talk for a while."""

    station: Side
    doctor: Side
    now_ms: float = 1_000_000.0

    def run(
        self,
        seconds: int,
        *,
        link_bps: float,
        video: bool = False,
        lose_every: int = 0,
        rtt_ms: float = PATH_RTT_MS,
    ) -> None:
        for side in (self.station, self.doctor):
            side.member.downlink.estimate = SendEstimate(link_bps)
            side.datagrams.clear()
        for step in range(seconds * 1000 // STEP_MS):
            self.now_ms += STEP_MS
            for side in (self.station, self.doctor):
                self._talk(side, step, video=video, lose_every=lose_every)
                side.sender.tick(self.now_ms, PATH_RTT_MS, page_sends_video=video)

    def _talk(self, side: Side, step: int, *, video: bool, lose_every: int) -> None:
        now_s, uplink = self.now_ms / 1000, side.member.uplink
        if step * STEP_MS % THIN_VOICE_MS < STEP_MS:
            packet = side.client.audio.packet(bytes(THIN_VOICE_BYTES), now_s)
            side.client.audio.advance(THIN_VOICE_MS / 1000)
            uplink.rtp_arrived(packet, now_s)
        if video and step % 8 == 0:
            frame = DELTA_FRAME if step else KEYFRAME
            packet = side.client.video.packet(frame + bytes(400), now_s)
            side.client.video.advance(8 * STEP_MS / 1000)
            if not lose_every or step // 8 % lose_every:
                uplink.rtp_arrived(packet, now_s)
        if step % 40 == 0:
            uplink.sender_report(side.client.audio.sender_report(now_s), self.now_ms)
            uplink.sender_report(side.client.video.sender_report(now_s), self.now_ms)


@pytest.fixture
async def pair(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    engine = MediaEngine(MediaSettings(port=0, hosts=("127.0.0.1",)))
    await engine.start()
    sides: dict[Leg, Side] = {}
    try:
        for name in ("station", "doctor"):
            client = Client(seed=1, slots=1)
            await engine.open_leg(name, client.offer)
            engine.join("room", name)
            member = engine._controls[name].member
            side = sides[member.leg] = Side(client, member, FeedbackSender(member, 4711))
            monkeypatch.setattr(member.leg, "send_rtcp", side.datagrams.append)
        station, doctor = sides.values()
        yield Pair(station, doctor)
    finally:
        await engine.close()


@pytest.mark.parametrize("link_bps", [16_000, 20_000, 32_000, 64_000])
async def test_a_minute_of_voice_costs_a_twentieth_of_the_downlink(pair: Pair, link_bps: float) -> None:
    pair.run(60, link_bps=link_bps)
    for side in (pair.station, pair.doctor):
        share = side.wire_bytes() * 8 / 60 / link_bps
        assert share <= SHARE * 1.1  # the bucket is full at the start
        kinds = {type(packet) for packet in side.packets()}
        assert {rtcp.SenderReport, rtcp.TransportFeedback} <= kinds


@pytest.mark.parametrize("link_bps", [48_000, 64_000, 128_000])
async def test_pictures_are_steered_inside_the_same_share(pair: Pair, link_bps: float) -> None:
    pair.run(60, link_bps=link_bps, video=True)
    assert pair.doctor.wire_bytes() * 8 / 60 / link_bps <= SHARE * 1.1
    feedbacks = [packet for packet in pair.doctor.packets() if isinstance(packet, rtcp.TransportFeedback)]
    assert len(feedbacks) >= 60 * 2  # GCC works with feedback every half second


async def test_every_packet_is_reported_however_long_feedback_waits(pair: Pair) -> None:
    pair.run(60, link_bps=10_000)
    told = [
        number
        for packet in pair.doctor.packets()
        if isinstance(packet, rtcp.TransportFeedback)
        for number, arrival in packet.packets
        if arrival is not None
    ]
    assert len(told) == len(set(told))
    assert len(told) >= 60_000 / THIN_VOICE_MS - 2_500 / THIN_VOICE_MS - 1


async def test_reports_never_wait_longer_than_a_participant_may_be_silent(pair: Pair) -> None:
    pair.run(60, link_bps=9_500)
    reports = sum(
        isinstance(packet, rtcp.SenderReport | rtcp.ReceiverReport) for packet in pair.doctor.packets()
    )
    assert reports >= 60 / 7.5  # 5 s, half as long again by the spread of RFC 3550 section 6.3.1


async def test_lost_pictures_are_asked_for_and_what_is_due_shares_a_datagram(pair: Pair) -> None:
    pair.run(20, link_bps=256_000, video=True, lose_every=5)
    packets = pair.doctor.packets()
    assert any(isinstance(packet, rtcp.Nack) for packet in packets)
    assert len(pair.doctor.datagrams) < len([p for p in packets if not isinstance(p, rtcp.SourceDescription)])


async def test_a_lost_picture_that_others_wait_for_is_asked_for_before_the_next_tick(pair: Pair) -> None:
    pair.run(25, link_bps=256_000, video=True)  # after so long in order, a missing packet counts as lost
    side = pair.doctor
    side.member.uplink.on_gap(lambda picture, now_ms: side.sender.ask_again(picture, now_ms, NEAR_RTT_MS))

    def loses_one(now_ms: float) -> None:
        side.client.video.packet(DELTA_FRAME, now_ms / 1000)
        side.member.uplink.rtp_arrived(side.client.video.packet(DELTA_FRAME, now_ms / 1000), now_ms / 1000)

    side.datagrams.clear()
    loses_one(pair.now_ms + 1)
    (nack,) = side.packets()
    assert isinstance(nack, rtcp.Nack)
    assert len(nack.lost) == 1
    loses_one(pair.now_ms + 2)
    assert len(side.datagrams) == 1  # one NACK asks for a storm of losses
    side.sender.tick(pair.now_ms + STEP_MS, NEAR_RTT_MS, page_sends_video=True)
    asked = [packet for packet in side.packets() if isinstance(packet, rtcp.Nack)]
    assert [len(packet.lost) for packet in asked] == [1, 1]
    assert len({number for packet in asked for number in packet.lost}) == 2


async def test_a_stream_that_rests_is_not_reported_on(pair: Pair) -> None:
    pair.run(10, link_bps=256_000, video=True)
    both = {packet.ssrc for packet in pair.doctor.packets() if isinstance(packet, rtcp.SenderReport)}
    pair.run(10, link_bps=256_000, video=False)
    pair.run(10, link_bps=256_000, video=False)
    one = {packet.ssrc for packet in pair.doctor.packets() if isinstance(packet, rtcp.SenderReport)}
    assert (len(both), len(one)) == (2, 1)


def test_bundling_keeps_order_and_size() -> None:
    packets = [bytes([number]) * 300 for number in range(8)]
    datagrams = list(bundled(packets))
    assert b"".join(datagrams) == b"".join(packets)
    assert max(map(len, datagrams)) <= DATAGRAM_MAX_BYTES
    assert len(datagrams) == 3
    assert list(bundled([])) == []
    assert list(bundled([bytes(2_000)])) == [bytes(2_000)]
