"""One stream that a page sends of its microphone or camera: a publication, and who gets it.

Owns: its SSRC and payload types, its loss and the wait for repairs, keyframe wishes, the speaker's clock and
level. Must never send: uplinkfeedback.py asks the page for what is missing. Standards: RFC 3550, RFC 4585,
RFC 4588, RFC 2198.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from media.core.estimate import ArrivalDelay, LossWindow
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
    """Who gets a publication: a slot of another leg, or what makes a lower copy of it."""

    @property
    def active(self) -> bool:
        """Whether anybody is there to see or hear it."""

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose."""

    def forward_audio(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """One voice packet."""

    def forward_video(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """One packet of a picture."""

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
        self.rests = False  # no picture is wanted and the uplink is full: what is lost is not asked for again
        # Voice is not reordered, and a needless NACK is dearer than one that comes a tick late.
        self.nack = (
            NackGenerator(max_age_ms=VOICE_MAX_AGE_MS)
            if self.kind == "audio"
            else NackGenerator(max_age_ms=MAX_AGE_MS, trusts_order=True)
        )
        self.repairs: RepairWait[VideoPacket] = RepairWait(self._holes)
        self.red = RedReceiver()
        self.delay = ArrivalDelay(clock_rate)
        # Called when a packet of a picture shows that one before it is missing: it is held back for that one.
        self.on_gap: Callable[[InboundStream, float], None] = _tick_finds_it
        # Only a voice's level is measured, and only while somebody must choose between voices.
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
        """The packets of a picture that may go on now that ``packet`` is here: after what was lost before them.

        ``end`` is where its payload ends.
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
        """The packets of a picture whose missing forerunners are no longer worth waiting for."""
        self.repairs.follow(rtt_ms)
        return self.repairs.due(now_ms)

    def expect(self, picture: VideoSend) -> None:
        """The page has been asked for this picture: keyframes are requested as seldom as it can bear."""
        if picture.active:
            self.keyframes.spacing_ms = keyframe_spacing_ms(picture.max_bitrate_bps)
        else:
            self.keyframes.cancel()

    def sender_reported(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The page's own sender report: our report blocks refer to it, and lip sync rests on it."""
        self.clock.on_sender_report(report, now_ms)
        self.last_report, self.last_report_at_ms = report, now_ms
        for out in self.outputs:
            out.source_report(report, now_ms)

    def loss_ratio(self, now_ms: float) -> float:
        """The loss over the last seconds, before repair."""
        lost = self.stats.cumulative_lost - self.stats.lost_before_pause
        self.loss.sample(lost + self.stats.packets, lost, now_ms)
        return self.loss.ratio

    def _holes(self) -> Iterator[tuple[int, float]]:
        return self.nack.holes() if self.has_gaps else iter(())


def _tick_finds_it(_stream: InboundStream, _now_ms: float) -> None:
    """Nobody asks at once: the next tick's feedback will."""
