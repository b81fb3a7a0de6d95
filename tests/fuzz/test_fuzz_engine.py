"""Network input of the engine, before and after authentication: the only error that escapes is OfferRefused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from aioice import stun

from benchmarks.peers import sdp
from benchmarks.peers.ice import IceClient
from media.core import rtp
from media.core.repair import FeedbackBudget
from media.core.rtp import Codec, rtcp, rtx
from media.engine.engine import MediaEngine, MediaSettings
from media.engine.relay.control import LegControl
from media.engine.relay.control.uplinkfeedback import UplinkFeedback
from media.engine.relay.rooms import Member
from media.engine.transport.errors import OfferRefused
from media.engine.transport.guard import Kind, classify, stun_local_username, stun_transaction_id
from media.engine.transport.offer import read_offer
from tests.fuzz.harness import fuzz
from tests.support.leg_client import DELTA_FRAME, KEYFRAME, Client

CHROMIUM = Path(__file__).parents[1] / "media" / "engine" / "transport" / "data" / "chromium_offer.sdp"
ADDRESS = ("198.51.100.9", 40_000)
# The engine's clock advances with the inputs, so that timers of every length come due.
STEP_MS = 7.0
TICK_EVERY = 50


# An offer with all that is read and nothing else: the harness cuts inputs at 2 kB.
SHORT = b"\r\n".join(
    [
        b"v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4",
        b"m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:"
        + b"p" * 22,
        b"a=fingerprint:sha-256 " + b":".join([b"AB"] * 32) + b"\r\na=setup:actpass\r\na=mid:0\r\na=rtcp-mux",
        b"a=sendonly\r\na=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        b"a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=ssrc:11 cname:x",
        b"m=video 9 UDP/TLS/RTP/SAVPF 96 97 45\r\na=mid:1\r\na=rtcp-mux\r\na=sendonly\r\na=rtpmap:96 VP8/90000",
        b"a=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:45 AV1/90000",
        b"a=ssrc-group:FID 22 33\r\na=ssrc:22 cname:x\r\na=ssrc:33 cname:x",
        b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:2\r\na=rtcp-mux\r\na=recvonly\r\na=rtpmap:111 opus/48000/2",
        b"m=video 9 UDP/TLS/RTP/SAVPF 108\r\na=mid:3\r\na=rtcp-mux\r\na=recvonly\r\na=rtpmap:108 H264/90000",
        b"a=fmtp:108 packetization-mode=1;profile-level-id=42e01f",
        b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:4\r\na=sctp-port:5000\r\n",
    ]
)


def check(username: str, password: str) -> bytes:
    client = IceClient()
    client.set_remote(username, password)
    return client.check()


def responses(transaction_id: bytes) -> Iterator[bytes]:
    for kind in (stun.Class.RESPONSE, stun.Class.ERROR):
        message = stun.Message(stun.Method.BINDING, kind, transaction_id)
        if kind == stun.Class.ERROR:
            message.attributes["ERROR-CODE"] = (487, "Role Conflict")
        else:
            message.attributes["XOR-MAPPED-ADDRESS"] = ADDRESS
        message.add_message_integrity(b"p" * 22)
        yield bytes(message)


def test_reading_an_offer_raises_only_its_documented_error(fuzz_inputs: int) -> None:
    def offer(data: bytes) -> None:
        read_offer(data.decode("utf-8", "replace"))

    accepted = fuzz(offer, [SHORT], OfferRefused, fuzz_inputs, rng_seed=9429)
    assert accepted > fuzz_inputs // 100


def test_reading_a_real_browsers_offer_raises_only_its_documented_error(fuzz_inputs: int) -> None:
    # 23 kB, of which the harness mutates the first two: a twentieth of the inputs takes seconds. Each part begins
    # at another place, so that every kind of line is in the mutated bytes once.
    whole = CHROMIUM.read_bytes()
    parts = whole.split(b"m=")
    seeds = [parts[0] + b"m=" + part for part in parts[1:]]

    def offer(data: bytes) -> None:
        read_offer(data.decode("utf-8", "replace") + whole.decode().split("\r\n", 4)[4])

    fuzz(offer, seeds, OfferRefused, max(1, fuzz_inputs // 20), rng_seed=8866)


def test_the_guard_raises_nothing(fuzz_inputs: int) -> None:
    request = check("0123456789abcdef", "p" * 32)
    seeds = [request, *responses(bytes(12)), b"\x80\x6f" + bytes(20), b"\x16\xfe\xfd" + bytes(20)]

    def guard(data: bytes) -> None:
        assert classify(data) in Kind
        username = stun_local_username(data)
        assert username is None or len(username) <= 513
        transaction_id = stun_transaction_id(data)
        assert transaction_id is None or len(transaction_id) == 12

    assert fuzz(guard, seeds, (), fuzz_inputs, rng_seed=7983) >= fuzz_inputs


class Fixture:
    """An engine with a call of two legs that were never connected, fed from inside."""

    def __init__(self, engine: MediaEngine) -> None:
        self.engine = engine
        self.now_ms = 1_000_000.0
        self.inputs = 0

    def member(self, name: str) -> Member:
        return self.control(name).member

    def control(self, name: str) -> LegControl:
        return self.engine._controls[name]

    def step(self) -> None:
        """Let time pass; at intervals, do the periodic work of the engine."""
        self.now_ms += STEP_MS
        self.inputs += 1
        if self.inputs % TICK_EVERY:
            return
        for control in self.engine._controls.values():
            downlink = control.member.downlink
            rich = FeedbackBudget(1e9)
            for packet in UplinkFeedback(control.member.uplink, 1, rich).due(self.now_ms, control.rtt_ms):
                rtcp.parse(packet)
            control.feedback.tick(self.now_ms, control.rtt_ms, page_sends_video=True)
            control.switch_redundancy(self.now_ms)
            self.engine._turns.steer(control.member, self.now_ms)
            control.link_report(self.now_ms)
            downlink.pump(self.now_ms)


async def with_call(work: Callable[[Fixture], None]) -> None:
    engine = MediaEngine(MediaSettings(port=0, hosts=("127.0.0.1",)))
    await engine.start()
    errors: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    try:
        for name in ("station", "doctor"):
            await engine.open_leg(name, Client(seed=1, slots=1).offer)
            engine.join("room", name)
        await asyncio.sleep(0.05)
        work(Fixture(engine))
        await asyncio.sleep(0.05)
    finally:
        await engine.close()
    assert errors == []


async def test_no_stun_datagram_upsets_a_port(fuzz_inputs: int) -> None:
    def work(fixture: Fixture) -> None:
        (port,) = fixture.engine._registry.ports
        leg = fixture.member("station").leg
        protocol = leg.stun_protocol_on(port)
        assert protocol is not None
        transaction_id = bytes(range(12))
        port.expect(transaction_id, protocol)
        seeds = [check(leg.username, leg.password), check(leg.username, "p" * 22), *responses(transaction_id)]

        def stun_arrived(data: bytes) -> None:
            port._slow_path(data, ADDRESS)

        assert fuzz(stun_arrived, seeds, (), fuzz_inputs, rng_seed=8489) > fuzz_inputs
        refused = fixture.engine.refused
        assert refused["malformed_stun"] > 0
        assert refused["unexpected_stun"] > 0
        assert len(fixture.engine._registry.guard.legs_by_address) <= 1

    await with_call(work)


def rtp_seeds(client: Client) -> list[bytes]:
    voice = client.audio.packet(b"\x18" + b"v" * 40, 1.0)
    red = client.audio.packet(
        b"\xef" + ((2880 << 10) | 6).to_bytes(3) + b"\x6f" + b"\x18older" + b"\x18newer",
        1.1,
        payload_type=sdp.RED,
    )
    key = client.video.packet(KEYFRAME + b"k" * 60, 1.2, marker=True)
    delta = client.video.packet(DELTA_FRAME + b"d" * 60, 1.3)
    again = rtx.wrap(key, ssrc=client.video.rtx_ssrc, payload_type=sdp.VP8_RTX, sequence_number=9)
    av1 = client.video.packet(b"\x18\x0a\x0b" + bytes(30), 1.4, payload_type=sdp.AV1)
    probe = rtp.build(
        b"", second_byte=sdp.VP8_RTX, sequence_number=10, timestamp=0, ssrc=client.video.rtx_ssrc, padding=60
    )
    return [voice, red, key, delta, again, av1, probe]


async def test_no_rtp_of_a_peer_upsets_the_engine(fuzz_inputs: int) -> None:
    def work(fixture: Fixture) -> None:
        uplink = fixture.member("station").uplink
        client = Client(seed=1, slots=1)
        seeds = rtp_seeds(client)

        numbers = {seed[8:12]: int.from_bytes(seed[2:4]) for seed in seeds}

        def rtp_arrived(data: bytes) -> None:
            fixture.step()
            ssrc = data[8:12]
            if ssrc in numbers and fixture.inputs % 20:
                # Unchanged, all packets after the first would be duplicates.
                numbers[ssrc] = (numbers[ssrc] + 1) & 0xFFFF
                data = data[:2] + numbers[ssrc].to_bytes(2) + data[4:]
            uplink.rtp_arrived(data, fixture.now_ms / 1000)

        assert fuzz(rtp_arrived, seeds, (), fuzz_inputs, rng_seed=3551) > fuzz_inputs
        out = fixture.member("doctor").downlink.slots[0]
        assert out.audio.packets > fuzz_inputs // 50
        assert out.video.packets > fuzz_inputs // 50
        assert uplink.refused_rtp > fuzz_inputs // 50
        assert uplink.video.codecs[sdp.VP8] == Codec.VP8

    await with_call(work)


def mended(data: bytes) -> bytes:
    """The same RTCP as one packet, with a version and a length that pass the first check."""
    whole = data[: len(data) // 4 * 4]
    return bytes((0x80 | whole[0] & 0x1F, whole[1])) + (len(whole) // 4 - 1).to_bytes(2) + whole[4:]


async def test_no_rtcp_of_a_peer_upsets_the_engine(fuzz_inputs: int) -> None:
    def work(fixture: Fixture) -> None:
        leg = fixture.member("doctor").leg
        downlink = fixture.member("doctor").downlink
        uplink = fixture.member("station").uplink
        station = Client(seed=1, slots=1)
        slot = downlink.slots[0]
        block = rtcp.ReportBlock(slot.video.ssrc, 20, 5, 70_000, 90, 0x1234, 700)
        own = fixture.member("doctor").uplink
        arrivals = [(number & 0xFFFF, number * 5_000) for number in range(20)]
        seeds = [
            rtcp.build(
                [
                    rtcp.SenderReport(own.audio.ssrc, 0xE000_0000_8000_0000, 160_000, 500, 60_000, [block]),
                    rtcp.SourceDescription(own.audio.ssrc, "synthetic"),
                ]
            ),
            rtcp.build([rtcp.ReceiverReport(1, [block, block])]),
            rtcp.build([rtcp.Nack(1, slot.video.ssrc, [1, 2, 3, 19])]),
            rtcp.build([rtcp.Pli(1, slot.video.ssrc), rtcp.Fir(1, [(slot.video.ssrc, 7)])]),
            rtcp.build([rtcp.TransportFeedback(1, slot.video.ssrc, 0, 3, arrivals)]),
            rtcp.build([rtcp.Remb(1, 123_456, [slot.video.ssrc]), rtcp.Bye([1])]),
        ]

        def rtcp_arrived(data: bytes) -> None:
            fixture.step()
            now_s = fixture.now_ms / 1000
            uplink.rtp_arrived(station.audio.packet(b"\x18" + bytes(40), now_s), now_s)
            picture = KEYFRAME if fixture.inputs % 40 == 1 else DELTA_FRAME
            uplink.rtp_arrived(station.video.packet(picture + bytes(200), now_s), now_s)
            if len(data) >= 16 and fixture.inputs % 2:
                data = mended(data)
                if data[1] == rtcp.PT_TRANSPORT_FEEDBACK and data[0] & 0x1F == rtcp.FMT_TRANSPORT_CC:
                    # Feedback only has an effect when it is about recently sent numbers.
                    base = (downlink.twcc._next - 15) & 0xFFFF
                    data = data[:12] + base.to_bytes(2) + data[14:]
            leg.srtp.on_rtcp(data, now_s)

        assert fuzz(rtcp_arrived, seeds, (), fuzz_inputs, rng_seed=4585) > fuzz_inputs
        assert leg.refused["rtcp"] > fuzz_inputs // 50
        assert downlink.estimate.estimate_bps > 0

    await with_call(work)
