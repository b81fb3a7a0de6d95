"""The direction page → server of one leg: the streams that come in and the feedback they need.

Owns: publications (SSRC, payload types, loss, keyframe wishes), RTX and RED taken apart at the door, and the
RTCP that answers it: transport-wide feedback, NACK, PLI, report blocks. Must never decide what is sent where.
Standards: RFC 3550, RFC 4585, RFC 4588, RFC 2198.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from media.core import rtp
from media.core.estimate import ArrivalDelay, LossWindow, TwccReceiver
from media.core.repair import (
    MAX_AGE_MS,
    VOICE_MAX_AGE_MS,
    VOICE_MAX_RTT_MS,
    Feedback,
    FeedbackBudget,
    KeyframeRequests,
    NackGenerator,
    ReceptionStats,
    RemoteClock,
    RepairWait,
)
from media.core.rtp import Codec, Header, RedError, RedReceiver, is_keyframe, rtcp, rtx
from media.core.share import SILENCE, level_of
from media.engine.transport.aiortc_private import PACKET_MAX_BYTES
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.leg import Leg
from media.engine.transport.offer import AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE, MediaLine

# What can go on to every page, also when it must be sent once more. A packet that was numbered and then found too
# long would look like a link that loses everything, and its page's pictures would be held back.
PAYLOAD_MAX_BYTES = PACKET_MAX_BYTES - rtp.COMPOSED_HEADER_MAX_BYTES - rtx.OSN_BYTES


class Output(Protocol):
    """Who gets a publication: a slot of another leg, or what makes a lower copy of it."""

    @property
    def active(self) -> bool:
        """Whether anybody is there to see or hear it."""

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose."""

    def forward_audio(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """One packet of voice."""

    def forward_video(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """One packet of picture."""

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The source's own clock, on which lip sync rests."""


# A packet of a picture: how it is coded, its header, the whole packet.
VideoPacket = tuple[Codec, Header, bytes]


class InboundStream:
    """One publication: what a page sends of its microphone or camera, and who gets it."""

    def __init__(self, line: MediaLine, leg: Leg) -> None:
        self.kind = line.kind
        self.leg = leg
        self.ssrc = line.ssrc
        self.rtx_ssrc = line.rtx_ssrc
        self.codecs = {entry.payload_type: entry.codec for entry in line.formats}
        self.opus_payload_type = next(
            (entry.payload_type for entry in line.formats if entry.codec == Codec.OPUS), 0
        )
        self.rtx_of = {
            entry.rtx_payload_type: entry.payload_type for entry in line.formats if entry.rtx_payload_type
        }
        self.wants_nack = line.kind == "video" or any(entry.nack for entry in line.formats)
        self.outputs: list[Output] = []
        self.keyframes = KeyframeRequests()
        self.muted = False
        self.last_report: rtcp.SenderReport | None = None
        self.last_report_at_ms = 0.0
        clock_rate = AUDIO_CLOCK_RATE if self.kind == "audio" else VIDEO_CLOCK_RATE
        self.stats = ReceptionStats(clock_rate)
        self.clock = RemoteClock()
        self.loss = LossWindow()
        self.held_back = False  # a larger picture is sent as soon as the links are known to carry it
        self.rests = False  # none is wanted and the way up is full: what is lost is not asked for again
        # Words are not held back for one another: a word too early asked for is dearer than one a tick late.
        self.nack = (
            NackGenerator(max_age_ms=VOICE_MAX_AGE_MS)
            if self.kind == "audio"
            else NackGenerator(max_age_ms=MAX_AGE_MS, trusts_order=True)
        )
        self.repairs: RepairWait[VideoPacket] = RepairWait(self._holes)
        self.red = RedReceiver()
        self.delay = ArrivalDelay(clock_rate)
        # Of a voice, and only while somebody must choose between voices.
        self.measures_level = False
        self.level = SILENCE

    @property
    def has_gaps(self) -> bool:
        """Whether packets are missing that the page would send again."""
        return self.nack.lacks and self.wants_nack and not self.muted and not self.rests

    @property
    def wants_mending(self) -> bool:
        """Whether anything is missing, or a keyframe is wanted."""
        return self.nack.lacks or self.keyframes.wanted

    def _holes(self) -> Iterator[tuple[int, float]]:
        return self.nack.holes() if self.has_gaps else iter(())


Forward = Callable[[InboundStream, Codec, Header, bytes, float], None]


class Uplink:
    """Everything a leg sends us, until it is handed to the forwarder as plain packets of known codec."""

    def __init__(self, leg: Leg, forward: Forward) -> None:
        self.leg = leg
        self.audio = InboundStream(leg.offer.own_audio, leg)
        self.video = InboundStream(leg.offer.own_video, leg)
        # Known by its SSRC alone: its payload types are those of the large picture.
        low = leg.offer.own_low
        self.low = InboundStream(low, leg) if low is not None and low.ssrc else None
        self.pictures: tuple[InboundStream, ...] = (
            (self.video,) if self.low is None else (self.video, self.low)
        )
        self.streams: tuple[InboundStream, ...] = (self.audio, *self.pictures)
        self.twcc = TwccReceiver()
        self.refused_rtp = 0
        # Told when a picture's packet shows that one before it is missing: it is held back for that one.
        self.on_gap: Callable[[InboundStream, float], None] = _tick_finds_it
        self._forward = forward
        self._twcc_id = leg.offer.twcc_id
        self._by_ssrc: dict[int, InboundStream] = {}
        for stream in self.streams:
            for ssrc in (stream.ssrc, stream.rtx_ssrc):
                if ssrc:
                    self._by_ssrc[ssrc] = stream

    def rtp_arrived(self, data: bytes, now_s: float) -> None:
        """One plain RTP packet, at `now_s` on the monotonic clock."""
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
                    return  # a bandwidth probe of the browser's: padding only
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
            self.refused_rtp += 1  # to those who listen a packet that was lost: the gap stays
        elif codec == Codec.RED:
            self._red_arrived(stream, header, data[header_len:end], now_ms)
        elif stream.kind == "audio":
            # RED's memory follows plain Opus too, so that nothing is played twice when RED comes or goes.
            if not stream.red.note_plain(sequence_number, timestamp, data[header_len:end]):
                return
            self._forward(stream, codec, header, data, now_ms)
        else:
            if stream.keyframes.wanted and is_keyframe(codec, data, header_len, end):
                stream.keyframes.seen(now_ms)
            if stream.has_gaps or stream.repairs.held_count:
                self._after_repairs(stream, (codec, header, data), end, now_ms)
            else:
                self._forward(stream, codec, header, data, now_ms)

    def _after_repairs(self, stream: InboundStream, packet: VideoPacket, end: int, now_ms: float) -> None:
        """Forward a picture's packet in its turn: after what was lost before it, if that comes in time."""
        codec, header, data = packet
        number = stream.nack.unwrapped(header[1])
        fresh = is_keyframe(codec, data, header[4], end)
        if fresh:
            stream.nack.forget_before(number)
        elif stream.nack.opened_ms == now_ms:
            self.on_gap(stream, now_ms)
        for each in stream.repairs.arrived(number, packet, now_ms, fresh=fresh):
            self._forward(stream, *each, now_ms)

    def tend(self, now_ms: float, rtt_ms: float) -> None:
        """Let packets go whose missing forerunners are no longer worth waiting for; asked with every tick."""
        for picture in self.pictures:
            if picture.repairs.held_count:
                picture.repairs.follow(rtt_ms)
                for packet in picture.repairs.due(now_ms):
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
                stream.nack.received(number, now_ms)  # nobody needs to send it again
            packet = rtp.build(
                opus,
                second_byte=second,
                sequence_number=number,
                timestamp=moment,
                ssrc=stream.ssrc,
            )
            rebuilt = (second, number, moment, stream.ssrc, rtp.FIXED_HEADER_BYTES)
            self._forward(stream, Codec.OPUS, rebuilt, packet, now_ms)

    def _adopt(self, ssrc: int, payload_type: int) -> InboundStream | None:
        """The stream of an SSRC the offer did not name, by its payload type.

        One such SSRC a stream: a page that keeps inventing them is not forwarded.
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
        """The page's own sender report: our report blocks refer to it, and lip sync is made of it."""
        stream = self._by_ssrc.get(report.ssrc)
        if stream is None:
            return
        stream.clock.on_sender_report(report, now_ms)
        stream.last_report, stream.last_report_at_ms = report, now_ms
        for out in stream.outputs:
            out.source_report(report, now_ms)

    def wants_to_tell(self, now_ms: float) -> bool:
        """Whether `feedback_due` has anything to look at; asked with every tick, and mostly it has not."""
        if self.audio.nack.lacks or self.twcc.due(now_ms):
            return True
        return self.video.wants_mending or (self.low is not None and self.low.wants_mending)

    def feedback_due(
        self,
        now_ms: float,
        rtt_ms: float,
        feedback_ssrc: int,
        budget: FeedbackBudget,
        *,
        along: bool = False,
    ) -> list[bytes]:
        """The feedback that cannot wait, first things first: NACK of voice, arrival times, NACK of pictures, PLI.

        ``along``: a datagram leaves anyway, for these to go in. What they take is taken off `budget`.
        """
        packets: list[bytes] = []
        # On a longer path a repeated word would come after its turn.
        in_time = rtt_ms <= VOICE_MAX_RTT_MS
        if self.audio.has_gaps and in_time and budget.allows(Feedback.VOICE_NACK, 0.0, now_ms):
            packets += _repeats(self.audio, now_ms, rtt_ms, feedback_ssrc)
        twcc = self.twcc
        if twcc.due(now_ms, along=along):
            kind = Feedback.VIDEO_TWCC if twcc.picture_flows else Feedback.VOICE_TWCC
            if along or budget.allows(kind, twcc.waited_ms(now_ms), now_ms):
                packets += twcc.build(feedback_ssrc, self.video.ssrc or self.audio.ssrc, now_ms)
        for picture in self.pictures:
            if not picture.ssrc:
                continue
            packets += picture_repeats(picture, now_ms, rtt_ms, feedback_ssrc, budget)
            if picture.keyframes.wanted or picture.nack.overflowed:
                packets += _keyframe_request(picture, now_ms, rtt_ms, feedback_ssrc, budget)
        for packet in packets:
            budget.spend(len(packet))
        return packets

    @property
    def picture_packets(self) -> int:
        """How many packets of pictures have come in all, of the large and the small one."""
        packets = self.video.stats.packets
        return packets if self.low is None else packets + self.low.stats.packets

    def report_blocks(self, now_ms: float) -> list[rtcp.ReportBlock]:
        """RFC 3550 report blocks of the streams that have sent anything."""
        return [_report_block(stream, now_ms) for stream in self.streams if stream.stats.packets]

    def received_bps(self, now_ms: float) -> float:
        """What comes in, in bit/s of RTP."""
        return sum(stream.stats.rate_bps(now_ms) for stream in self.streams)

    def pictures_bps(self, now_ms: float) -> float:
        """What comes in of pictures, the large and the small one, in bit/s of RTP."""
        return sum(stream.stats.rate_bps(now_ms) for stream in self.pictures)

    def mute_pictures(self, muted: bool) -> None:
        """Forward no picture, or again."""
        for stream in self.pictures:
            stream.muted = muted

    def loss_ratio(self, now_ms: float) -> float:
        """The largest of the streams' loss over the last seconds, before repair."""
        for stream in self.streams:
            lost = stream.stats.cumulative_lost - stream.stats.lost_before_pause
            stream.loss.sample(lost + stream.stats.packets, lost, now_ms)
        return max(stream.loss.ratio for stream in self.streams)


def picture_repeats(
    picture: InboundStream, now_ms: float, rtt_ms: float, feedback_ssrc: int, budget: FeedbackBudget
) -> list[bytes]:
    """The NACK that is due for a picture, if any and if `budget` has room."""
    if not picture.has_gaps or not budget.allows(Feedback.VIDEO_NACK, 0.0, now_ms):
        return []
    return _repeats(picture, now_ms, rtt_ms, feedback_ssrc)


def _tick_finds_it(_stream: InboundStream, _now_ms: float) -> None:
    """Nobody asks at once: `feedback_due` will."""


def _repeats(stream: InboundStream, now_ms: float, rtt_ms: float, feedback_ssrc: int) -> list[bytes]:
    """The NACK that is due for a stream, if any."""
    lost = stream.nack.due(now_ms, rtt_ms)
    return [rtcp.Nack(feedback_ssrc, stream.ssrc, lost).encode()] if lost else []


def _keyframe_request(
    picture: InboundStream, now_ms: float, rtt_ms: float, feedback_ssrc: int, budget: FeedbackBudget
) -> list[bytes]:
    """The PLI that is due for a picture, if any."""
    keyframes = picture.keyframes
    if picture.nack.overflowed and any(out.active for out in picture.outputs):
        keyframes.want(now_ms)
    if not keyframes.wanted:
        return []
    waited_ms = keyframes.waiting_ms(now_ms)
    if not budget.allows(Feedback.KEYFRAME, waited_ms, now_ms) or not keyframes.due(now_ms, rtt_ms):
        return []
    return [rtcp.Pli(feedback_ssrc, picture.ssrc).encode()]


def _report_block(stream: InboundStream, now_ms: float) -> rtcp.ReportBlock:
    reception = stream.stats.report()
    last_sr, delay = stream.clock.last_sr(now_ms)
    return rtcp.ReportBlock(
        ssrc=stream.ssrc,
        fraction_lost=reception.fraction_lost,
        cumulative_lost=reception.cumulative_lost,
        highest_sequence=reception.highest_sequence,
        jitter=reception.jitter,
        last_sr=last_sr,
        delay_since_last_sr=delay,
    )
