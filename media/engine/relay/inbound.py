"""One stream that a page publishes from its microphone or camera, and its subscribers.

Owns: its SSRC and payload types, its loss and the wait for repairs, keyframe requests, the sender's clock and the
audio level. Must never send: uplinkfeedback.py asks the page for missing packets. Standards: RFC 3550, RFC 4585,
RFC 4588, RFC 2198.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from media.core.estimate import ArrivalDelay, LossWindow, UnseenPicture
from media.core.parameters import VideoSend
from media.core.repair import (
    MAX_AGE_MS,
    VOICE_MAX_AGE_MS,
    KeyframeRequests,
    NackGenerator,
    ReceptionStats,
    RemoteClock,
    RepairWait,
    keyframe_spacing_ms,
)
from media.core.rtp import Codec, Header, RedReceiver, is_keyframe, rtcp
from media.core.share import SILENCE
from media.engine.transport.leg import Leg
from media.engine.transport.offer import AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE, MediaLine


class Output(Protocol):
    """A subscriber of a published stream: a slot of another leg, or the maker of a lower copy."""

    @property
    def active(self) -> bool:
        """Whether anybody sees or hears it."""

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose: close the gap in the sequence numbers."""

    def forward_audio(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Forward one voice packet."""

    def forward_video(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Forward one packet of a picture."""

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The source's sender report, with its clock, which lip sync needs."""


# A packet of a picture: its codec, its header, the whole packet.
VideoPacket = tuple[Codec, Header, bytes]


class InboundStream:
    """One published stream of a microphone or camera, and its subscribers."""

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
        self.unseen = UnseenPicture()
        self.held_back = False  # the page sends a larger picture as soon as the links are known to carry it
        self.rests = False  # no picture is wanted and the uplink is full: no NACK for lost packets
        # Audio is not reordered, and a needless NACK costs more than a NACK one tick later.
        self.nack = (
            NackGenerator(max_age_ms=VOICE_MAX_AGE_MS)
            if self.kind == "audio"
            else NackGenerator(max_age_ms=MAX_AGE_MS, trusts_order=True)
        )
        self.repairs: RepairWait[VideoPacket] = RepairWait(self._holes)
        self.red = RedReceiver()
        self.delay = ArrivalDelay(clock_rate)
        # Called when a packet of a picture shows that an earlier one is missing; the packet waits for that one.
        self.on_gap: Callable[[InboundStream, float], None] = _wait_for_tick
        # Only voices have a level, which is measured only while a leg must choose between voices.
        self.measures_level = False
        self.level = SILENCE

    @property
    def has_gaps(self) -> bool:
        """Whether packets are missing that the page would send again."""
        return self.nack.lacks and self.wants_nack and not self.muted and not self.rests

    @property
    def wants_repair(self) -> bool:
        """Whether anything is missing, or a keyframe is wanted."""
        return self.nack.lacks or self.keyframes.wanted

    def in_turn(self, packet: VideoPacket, end: int, now_ms: float) -> Iterable[VideoPacket]:
        """The packets of a picture that can be forwarded in order after the arrival of ``packet``.

        ``end``: the end of its payload.
        """
        codec, header, data = packet
        number = self.nack.unwrapped(header[1])
        fresh = is_keyframe(codec, data, header[4], end)
        if fresh:
            self.nack.forget_before(number)
        elif self.nack.opened_ms == now_ms:
            self.on_gap(self, now_ms)
        return self.repairs.arrived(number, packet, now_ms, fresh=fresh)

    def overdue(self, now_ms: float, rtt_ms: float) -> Iterable[VideoPacket]:
        """The packets of a picture that have waited long enough for missing earlier ones."""
        self.repairs.follow(rtt_ms)
        return self.repairs.due(now_ms)

    def expect(self, picture: VideoSend) -> None:
        """The page was asked for this picture, whose rate limits how often keyframes are requested."""
        if picture.active:
            self.keyframes.spacing_ms = keyframe_spacing_ms(picture.max_bitrate_bps)
        else:
            self.keyframes.cancel()

    def sender_reported(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The page's sender report, which our report blocks refer to and lip sync needs."""
        self.clock.on_sender_report(report, now_ms)
        self.last_report, self.last_report_at_ms = report, now_ms
        self.unseen.reported(report.packet_count, self.stats.packets)
        for out in self.outputs:
            out.source_report(report, now_ms)

    def loss_ratio(self, now_ms: float) -> float:
        """The loss over the last seconds, before repair."""
        lost = self.stats.cumulative_lost - self.stats.lost_before_pause
        self.loss.sample(lost + self.stats.packets, lost, now_ms)
        return self.loss.ratio

    def _holes(self) -> Iterator[tuple[int, float]]:
        return self.nack.holes() if self.has_gaps else iter(())


def _wait_for_tick(_stream: InboundStream, _now_ms: float) -> None:
    """Do not ask at once: the feedback of the next tick asks."""
