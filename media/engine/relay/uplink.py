"""The direction from the page to the server of one leg, up to the forwarder, which gets plain packets.

Owns: finding the stream of a packet, unwrapping RTX and RED, the arrival times for transport-wide feedback, and the
received rates. Must never decide where a packet is sent. Standards: RFC 3550, RFC 4588, RFC 2198.
"""

from __future__ import annotations

from collections.abc import Callable

from media.core import rtp
from media.core.estimate import TwccReceiver
from media.core.ingress import ByteBucket
from media.core.parameters import SendParameters
from media.core.quality import WIDEST_VOICE_BPS
from media.core.repair import PACKET_OVERHEAD_BYTES
from media.core.rtp import Codec, Header, RedError, is_keyframe, rtcp, rtx
from media.core.share import level_of
from media.engine.relay.inbound import InboundStream
from media.engine.transport.aiortc_private import PACKET_MAX_BYTES
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.leg import Leg

# The largest payload that can be forwarded to every page, also as a retransmission. A packet that gets a number
# and is then too long to send would look like a lost one, and the page's pictures would be held back.
PAYLOAD_MAX_BYTES = PACKET_MAX_BYTES - rtp.COMPOSED_HEADER_MAX_BYTES - rtx.OSN_BYTES
# What a mast that was away hands over at once: nearly twenty seconds of the widest voice, headers counted.
VOICE_BURST_BYTES = 100_000
# Below this queueing delay, loss on the uplink comes from the radio, not from a full link.
CALM_QUEUE_MS = 60.0

Forward = Callable[[InboundStream, Codec, Header, bytes, float], None]


class Uplink:
    """Everything that a leg sends, up to the forwarder, which gets plain packets."""

    def __init__(self, leg: Leg, forward: Forward) -> None:
        self.leg = leg
        self.audio = InboundStream(leg.offer.own_audio, leg)
        self.video = InboundStream(leg.offer.own_video, leg)
        # Found by its SSRC only: its payload types are those of the large picture.
        low = leg.offer.own_low
        self.low = InboundStream(low, leg) if low is not None and low.ssrc else None
        self.pictures: tuple[InboundStream, ...] = (
            (self.video,) if self.low is None else (self.video, self.low)
        )
        self.streams: tuple[InboundStream, ...] = (self.audio, *self.pictures)
        self.twcc = TwccReceiver()
        self.refused_rtp = 0
        self._voice = ByteBucket(WIDEST_VOICE_BPS, VOICE_BURST_BYTES)
        self._forward = forward
        self._twcc_id = leg.offer.twcc_id
        self._by_ssrc: dict[int, InboundStream] = {}
        for stream in self.streams:
            for ssrc in (stream.ssrc, stream.rtx_ssrc):
                if ssrc:
                    self._by_ssrc[ssrc] = stream

    def rtp_arrived(self, data: bytes, now_s: float) -> None:
        """Process one plain RTP packet that arrived at `now_s` on the monotonic clock."""
        try:
            header = rtp.parse(data)
            second, sequence_number, timestamp, ssrc, header_len = header
            payload_type = second & 0x7F
            stream = self._by_ssrc.get(ssrc) or self._adopt(ssrc, payload_type)
            if stream is None:
                self.refused_rtp += 1
                return
            if self._twcc_id:
                transport_sequence = rtp.extension_u16(data, self._twcc_id)
                if transport_sequence >= 0:
                    self.twcc.received(transport_sequence, int(now_s * 1e6), len(data) + WIRE_OVERHEAD_BYTES)
            now_ms = now_s * 1000
            repeat = ssrc == stream.rtx_ssrc
            if repeat:
                original = stream.rtx_of.get(payload_type)
                restored = (
                    rtx.unwrap(data, header_len, ssrc=stream.ssrc, payload_type=original)
                    if original is not None
                    else None
                )
                if restored is None:
                    return  # a bandwidth probe of the browser: padding only
                data = restored
                header = rtp.parse(data)
                second, sequence_number, timestamp, ssrc, header_len = header
                payload_type = second & 0x7F
            else:
                stream.stats.received(sequence_number, timestamp, now_ms, len(data))
                if stream.kind == "audio":
                    stream.delay.received(timestamp, now_ms)
                    if stream.measures_level:
                        self._measure_level(stream, data, header_len)
            end = rtp.payload_end(data, header_len)
        except rtp.RtpError:
            self.refused_rtp += 1
            return
        if not stream.nack.received(sequence_number, now_ms, repeat=repeat):
            return  # a duplicate, or too old to be of use
        if end == header_len:
            for out in stream.outputs:
                out.skip(ssrc, sequence_number)
            return
        codec = stream.codecs.get(payload_type)
        if codec is None or len(data) - header_len > PAYLOAD_MAX_BYTES:
            self.refused_rtp += 1  # for the receivers this is a lost packet: the gap stays
        elif codec == Codec.RED:
            self._red_arrived(stream, header, data[header_len:end], now_ms)
        elif stream.kind == "audio":
            # The RED receiver also notes plain Opus, so that nothing is played twice when RED starts or stops.
            if not stream.red.note_plain(sequence_number, timestamp, data[header_len:end]):
                return
            self._voice_arrived(stream, codec, header, data, now_ms)
        else:
            if stream.keyframes.wanted and is_keyframe(codec, data, header_len, end):
                stream.keyframes.seen(now_ms)
            if stream.has_gaps or stream.repairs.held_count:
                for packet in stream.in_turn((codec, header, data), end, now_ms):
                    self._forward(stream, *packet, now_ms)
            else:
                self._forward(stream, codec, header, data, now_ms)

    def tend(self, now_ms: float, rtt_ms: float) -> None:
        """Forward packets that have waited long enough for missing earlier ones; called with every tick."""
        for picture in self.pictures:
            if picture.repairs.held_count:
                for packet in picture.overdue(now_ms, rtt_ms):
                    self._forward(picture, *packet, now_ms)

    def _measure_level(self, stream: InboundStream, data: bytes, header_len: int) -> None:
        extension_id = self.leg.offer.own_audio.level_id
        extension = rtp.extension_u8(data, extension_id) if extension_id else -1
        stream.level = level_of(extension, len(data) - header_len)

    def _red_arrived(
        self,
        stream: InboundStream,
        header: Header,
        payload: bytes,
        now_ms: float,
    ) -> None:
        second = (header[0] & 0x80) | stream.opus_payload_type
        try:
            recovered = stream.red.received(header[1], header[2], payload)
        except RedError:
            self.refused_rtp += 1
            return
        for number, moment, opus in recovered:
            if number != header[1]:
                stream.nack.received(number, now_ms)  # no retransmission is needed any more
            packet = rtp.build(
                opus,
                second_byte=second,
                sequence_number=number,
                timestamp=moment,
                ssrc=stream.ssrc,
            )
            rebuilt = (second, number, moment, stream.ssrc, rtp.FIXED_HEADER_BYTES)
            self._voice_arrived(stream, Codec.OPUS, rebuilt, packet, now_ms)

    def _voice_arrived(
        self, stream: InboundStream, codec: Codec, header: Header, data: bytes, now_ms: float
    ) -> None:
        """Hand on one voice packet; of one that no negotiated shape allows the others notice nothing."""
        if self._voice.takes(len(data) - header[4] + PACKET_OVERHEAD_BYTES, now_ms / 1000):
            self._forward(stream, codec, header, data, now_ms)
            return
        self.leg.refused["voice_over_rate"] += 1
        for out in stream.outputs:
            out.skip(header[3], header[1])

    def _adopt(self, ssrc: int, payload_type: int) -> InboundStream | None:
        """The stream of an SSRC that is not in the offer, found by its payload type.

        Each stream accepts one such SSRC; packets with further new SSRCs are not forwarded.
        """
        for stream in (self.audio, self.video):
            if payload_type in stream.codecs and not stream.ssrc:
                stream.ssrc = ssrc
            elif payload_type in stream.rtx_of and not stream.rtx_ssrc:
                stream.rtx_ssrc = ssrc
            else:
                continue
            self._by_ssrc[ssrc] = stream
            return stream
        return None

    def sender_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """Process a sender report of the page."""
        stream = self._by_ssrc.get(report.ssrc)
        if stream is not None:
            stream.sender_reported(report, now_ms)

    @property
    def picture_packets(self) -> int:
        """The total number of received packets of the large and the small picture."""
        packets = self.video.stats.packets
        return packets if self.low is None else packets + self.low.stats.packets

    def received_bps(self, now_ms: float) -> float:
        """The received rate in bit/s of RTP."""
        return sum(stream.stats.rate_bps(now_ms) for stream in self.streams)

    def picture_vanishes(self, now_ms: float) -> bool:
        """Whether the packets of the picture are sent and never come, while those of the voice do."""
        unseen = self.video.unseen
        unseen.follow(self.video.keyframes.waiting_ms(now_ms), self.audio.loss_ratio(now_ms))
        return unseen.vanishes

    def pictures_bps(self, now_ms: float) -> float:
        """The received rate of the large and the small picture, in bit/s of RTP."""
        return sum(stream.stats.rate_bps(now_ms) for stream in self.pictures)

    # What is expected of the page ------------------------------------------------------------------------

    def mute_voice(self, muted: bool) -> None:
        """Stop forwarding the voice, or start again."""
        self.audio.muted = muted

    def mute_pictures(self, muted: bool) -> None:
        """Stop forwarding pictures, or start again."""
        for picture in self.pictures:
            picture.muted = muted

    def rest_pictures(self, rests: bool) -> None:
        """Stop asking for lost packets of pictures that nobody wants, or start again."""
        for picture in self.pictures:
            picture.rests = rests

    def expect(self, parameters: SendParameters) -> None:
        """The page was asked for these pictures."""
        if self.low is not None:
            self.low.expect(parameters.low)
        self.video.expect(parameters.video)

    def hold_back(self, held_back: bool) -> None:
        """Note whether the page could send a larger picture as soon as the links are known to carry it."""
        self.video.held_back = held_back

    def measure_level(self, measures: bool) -> None:
        """Start or stop measuring the level of the voice."""
        self.audio.measures_level = measures

    def on_gap(self, told: Callable[[InboundStream, float], None]) -> None:
        """Call `told` with the picture and the time whenever one of its packets is found missing."""
        for picture in self.pictures:
            picture.on_gap = told

    def shape_feedback(self, *, rests: bool) -> None:
        """Adapt transport-wide feedback to the state of the uplink; ``rests``: nothing uses the feedback."""
        queue_ms = self.audio.delay.queue_ms
        self.twcc.conceals_loss = queue_ms is not None and queue_ms < CALM_QUEUE_MS
        self.twcc.rests = rests

    @property
    def is_calm(self) -> bool:
        """Whether the uplink had no queue at the last `shape_feedback`, so that its loss comes from the radio."""
        return self.twcc.conceals_loss

    def loss_ratio(self, now_ms: float) -> float:
        """The largest loss of any stream over the last seconds, before repair."""
        return max(stream.loss_ratio(now_ms) for stream in self.streams)
