"""One lower copy of one publisher's picture, as a stream that any number of slots can show.

Owns: the subscription to the publisher's stream, and the path of its frames through a downscaler and back into
packets with an SSRC and sequence numbers of their own. Timestamps stay on the source's capture clock, so that its
sender reports, and lip sync, also apply to the copy. Must never touch the source's own packets.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from media.core import rtp
from media.core.repair import keyframe_spacing_ms
from media.core.rtp import Codec, Frame, FrameAssembler, Header, is_keyframe, rtcp, vp8_payloads
from media.core.share import Picture, Target
from media.engine.copies.downscaler import Downscaler, Outputs
from media.engine.copies.pool import DownscalerPool
from media.engine.relay.inbound import InboundStream
from media.engine.relay.outbound import OutboundStream
from media.engine.transport.offer import Format, MediaLine

# Never sent: each slot replaces it with its own VP8 payload type and SSRC.
_PAYLOAD_TYPE = 96
_LINE = MediaLine("", "video", (Format(Codec.VP8, _PAYLOAD_TYPE, 0, "", True),), 0)


@dataclass(slots=True)
class CopyCounters:
    """Counters of a copy since it began."""

    frames_out: int = 0


class CopyStream:
    """See the module's docstring. `ssrc` must be unique in its call."""

    def __init__(self, source: InboundStream, pool: DownscalerPool, ssrc: int, target: Target) -> None:
        self.source = source
        self.counters = CopyCounters()
        self.stream = InboundStream(_LINE, source.leg)
        self.stream.ssrc = ssrc
        self.target = target
        self._pool = pool
        self._downscaler: Downscaler | None = None
        self._assembler: FrameAssembler | None = None
        self._source_ssrc = 0
        self._sequence_number = 1
        self._picture_id = 0
        self._was_muted = False
        self._no_room = False
        self._width = self._height = 0
        self.stream.last_report = source.last_report
        self.stream.last_report_at_ms = source.last_report_at_ms
        source.outputs.append(self)

    # For slots and the allocator -------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Whether anybody watches the copy."""
        return bool(self.stream.outputs)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the copy's last frame; zeros before the first."""
        return self._width, self._height

    @property
    def broken(self) -> bool:
        """Whether this source has crashed too many workers."""
        return self._downscaler is not None and self._downscaler.broken

    @property
    def unavailable(self) -> bool:
        """Whether no worker can make the copy, so that slots must show the original."""
        return self._no_room or self.broken

    def attach(self, out: OutboundStream) -> None:
        """Show the copy in this slot from now on."""
        out.attach(self.stream)
        self.stream.keyframes.want(_now_ms())

    def detach(self, out: OutboundStream) -> None:
        """Show the original in this slot again."""
        if out.source is self.stream:
            out.attach(self.source)
            self.source.keyframes.want(_now_ms())

    def set_target(self, target: Target) -> None:
        """Set size, frame rate and bitrate of the copy."""
        self.target = target
        self.stream.keyframes.spacing_ms = keyframe_spacing_ms(target.bitrate_bps)
        if self._downscaler is not None:
            self._downscaler.set_target(target)

    def close(self) -> None:
        """Show the original in every slot again, and stop."""
        for out in list(self.stream.outputs):
            if isinstance(out, OutboundStream):
                self.detach(out)
        if self in self.source.outputs:
            self.source.outputs.remove(self)
        self._stop()

    # Output of the publisher's stream ------------------------------------------------------------------

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """Ignore a packet without content, or one of a camera that was switched off."""
        if self.source.muted:
            self._was_muted = self.stream.muted = True
        elif self._assembler is not None and source_ssrc == self._source_ssrc:
            self._frames(self._assembler.skipped(sequence_number, _now_ms()))

    def forward_audio(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Never called: audio has no lower copy."""

    def forward_video(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Process one packet of the source."""
        second, sequence_number, timestamp, ssrc, header_len = header
        assembler = self._assembler
        if assembler is None or assembler.codec != codec or ssrc != self._source_ssrc:
            if not is_keyframe(codec, data, header_len, len(data)):
                # A new codec or SSRC starts with a keyframe; other packets come from the old one.
                self.source.keyframes.want(now_ms)
                return
            assembler = self._begin(codec, ssrc)
        if self._was_muted:
            self._was_muted = self.stream.muted = False
            assembler.lost()
            # Frames made meanwhile were not sent, so that the viewers' decoders need a keyframe too.
            self.stream.keyframes.want(now_ms)
        try:
            payload = data[header_len : rtp.payload_end(data, header_len)]
        except rtp.RtpError:
            return
        self._frames(assembler.received(sequence_number, second, timestamp, payload, now_ms))
        if assembler.needs_keyframe and self._downscaler is not None and self._downscaler.running:
            self.source.keyframes.want(now_ms)
        self.poll(now_ms)

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """Pass on the source's sender report; the copy has the same clock."""
        self.stream.last_report, self.stream.last_report_at_ms = report, now_ms
        for out in self.stream.outputs:
            out.source_report(report, now_ms)

    def poll(self, now_ms: float) -> None:
        """Pass on the keyframe requests of the copy's viewers."""
        # The encoder is on this machine, so the round-trip time is 0.
        if self._downscaler is not None and self.stream.keyframes.due(now_ms, 0.0):
            self._downscaler.want_keyframe()

    # Through the downscaler ------------------------------------------------------------------------------

    def _begin(self, codec: Codec, ssrc: int) -> FrameAssembler:
        if self._assembler is None or self._assembler.codec != codec:
            self._stop()
            self._assembler = FrameAssembler(codec)
            # At the first packet, not at the first complete frame: the worker asks for a keyframe when it is ready.
            self._downscaler = self._pool.open(
                codec, self.target, Outputs(self._picture, self._keyframe_wanted)
            )
            self._no_room = self._downscaler is None
        else:
            self._assembler.lost()
        self._source_ssrc = ssrc
        return self._assembler

    def _frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            if self._downscaler is not None:
                self._downscaler.feed(frame.timestamp, frame.keyframe, frame.data)

    def _stop(self) -> None:
        if self._downscaler is not None:
            self._downscaler.close()
            self._downscaler = None

    def _keyframe_wanted(self) -> None:
        self.source.keyframes.want(_now_ms())

    def _picture(self, picture: Picture) -> None:
        """Send a finished picture as packets, like those of a publisher."""
        if not picture.data or self.source.muted:
            return  # the camera was switched off while the picture was being made
        now_ms = _now_ms()
        self._width, self._height = picture.width, picture.height
        if picture.keyframe:
            self.stream.keyframes.seen(now_ms)
        self._picture_id += 1
        payloads = vp8_payloads(picture.data, self._picture_id)
        self.counters.frames_out += 1
        for index, payload in enumerate(payloads):
            second = _PAYLOAD_TYPE | (rtp.MARKER if index == len(payloads) - 1 else 0)
            number, self._sequence_number = self._sequence_number, (self._sequence_number + 1) & 0xFFFF
            packet = rtp.build(
                payload,
                second_byte=second,
                sequence_number=number,
                timestamp=picture.timestamp,
                ssrc=self.stream.ssrc,
            )
            self.stream.stats.received(number, picture.timestamp, now_ms, len(packet))
            header = (second, number, picture.timestamp, self.stream.ssrc, rtp.FIXED_HEADER_BYTES)
            for out in self.stream.outputs:
                out.forward_video(Codec.VP8, header, packet, now_ms)


def _now_ms() -> float:
    return time.monotonic() * 1000
