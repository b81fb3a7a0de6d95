"""One subscription of a leg: the audio or video stream of a slot, which carries changing sources.

Owns: the outgoing SSRC with its sequence numbers, the packet cache and the answers to NACK, RED, RTX, and the
counts for sender reports. Must never decide when a picture is sent: the downlink's pacer does. Standards: RFC
3550, RFC 4588, RFC 2198.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from media.core import rtp
from media.core.estimate import Pacer
from media.core.repair import NackResponder, SenderReports
from media.core.rtp import Codec, Header, PacketCache, RedSender, StreamRewriter, is_keyframe, rtcp, rtx
from media.core.share import ALL_LAYERS, LayerFilter, LoudestVoices, layer_of
from media.engine.relay.inbound import InboundStream
from media.engine.relay.rtxstream import RtxStream
from media.engine.transport.offer import AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE, MediaLine

# Four seconds of video at 128 packets/s, longer than a page waits for a retransmission on a satellite link.
CACHE_PACKETS = 512
CACHE_MAX_AGE_MS = 4_000.0
AUDIO_CACHE_PACKETS = 64
# Each voice packet carries one earlier packet: at 1 % random loss, one packet in ten thousand stays lost.
RED_DISTANCE = 1
# RFC 2198 gives a block ten bits of length; a 60 ms Opus packet at 24 kbit/s is 180 bytes.
RED_BLOCK_MAX_BYTES = 400


class LinkBelow(Protocol):
    """The methods of the leg's downlink that a subscription uses."""

    @property
    def twcc_id(self) -> int:
        """The extension id of transport-wide numbers; 0 if they were not negotiated."""

    @property
    def pacer(self) -> Pacer[Queued]:
        """The pacer in which pictures wait for the link."""

    @property
    def voices(self) -> LoudestVoices | None:
        """Chooses the voices to forward if the link is too thin for all; None while it carries all."""

    def next_transport_number(self, size_bytes: int, now_ms: float) -> int:
        """The transport-wide sequence number of the next packet."""

    def voice_stamp(self, now_ms: float) -> int:
        """The extension id for the number of this voice packet; 0 if it gets no number."""

    def send(self, packet: bytes, now_ms: float, *, paced: bool = False) -> None:
        """Send a packet now."""

    def queue_video(
        self, out: OutboundStream, payload_type: int, header: Header, data: bytes, now_ms: float
    ) -> None:
        """Queue one video packet."""

    def queue_repeats(self, out: OutboundStream, packets: Sequence[bytes], now_ms: float) -> None:
        """Queue retransmissions before all other packets."""


class OutboundStream:
    """One subscription: the audio or video SSRC of a slot, which carries changing sources."""

    def __init__(
        self,
        downlink: LinkBelow,
        line: MediaLine,
        ssrc: int,
        rtx_ssrc: int,
        first_numbers: tuple[int, int, int],
    ) -> None:
        sequence_number, timestamp, rtx_sequence_number = first_numbers
        audio = line.kind == "audio"
        clock_rate = AUDIO_CLOCK_RATE if audio else VIDEO_CLOCK_RATE
        self.kind = line.kind
        self.ssrc = ssrc
        self.downlink = downlink
        self.payload_types = {entry.codec: entry.payload_type for entry in line.formats}
        self.rewriter = StreamRewriter(
            clock_rate=clock_rate,
            first_sequence_number=sequence_number,
            first_timestamp=timestamp,
        )
        self.rtx = RtxStream(line, rtx_ssrc, rtx_sequence_number)
        self.cache = PacketCache(AUDIO_CACHE_PACKETS if audio else CACHE_PACKETS, CACHE_MAX_AGE_MS)
        self.responder = NackResponder()
        self.reports = SenderReports(ssrc, clock_rate)
        self.red = RedSender(RED_DISTANCE, RED_BLOCK_MAX_BYTES) if Codec.RED in self.payload_types else None
        self.use_red = False
        self.source: InboundStream | None = None
        self.needs_keyframe = True
        # The temporal layers of the picture that are forwarded; None: all.
        self.layers: LayerFilter | None = None
        self.packets = 0
        self._reported_packets = 0
        self.octets = 0
        self.refused = 0

    @property
    def active(self) -> bool:
        """Whether a source feeds this slot now."""
        return self.source is not None

    def attach(self, source: InboundStream | None) -> None:
        """Forward `source` in this slot from now on (None: nobody)."""
        if self.source is not None:
            self.source.outputs.remove(self)
        self.source = source
        self.layers = None
        self._leave_loudest()
        self.rewriter.suspend()
        self.reports.reset_source()
        if self.red is not None:
            self.red.clear()
        self.needs_keyframe = True
        if source is not None:
            source.outputs.append(self)
            if source.last_report is not None:
                self.source_report(source.last_report, source.last_report_at_ms)

    def pass_layers(self, target: int) -> LayerFilter:
        """Forward the temporal layers up to ``target`` from now on; returns the filter that does so."""
        if self.layers is None:
            self.layers = LayerFilter()
        self.layers.target = target
        return self.layers

    def pass_all_layers(self) -> None:
        """Forward every layer again, from the next packet from which the picture can be decoded."""
        if self.layers is not None:
            self.layers.target = ALL_LAYERS
            if self.layers.complete:
                self.layers = None

    def switch_red(self, *, on: bool) -> None:
        """Send each voice packet with the previous one (RFC 2198), or alone."""
        self.use_red = on

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The source's sender report, with its clock, which lip sync needs."""
        self.reports.on_source_report(report, now_ms)

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose: close the gap in the sequence numbers."""
        self.rewriter.skip(source_ssrc, sequence_number)
        self._leave_loudest()

    def _leave_loudest(self) -> None:
        if self.downlink.voices is not None:
            self.downlink.voices.leave(self.ssrc)

    def forward_audio(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Send one Opus packet at once: voice is never queued."""
        payload_type = self.payload_types.get(codec)
        if payload_type is None:
            self.refused += 1
            return
        second, sequence_number, timestamp, ssrc, header_len = header
        downlink = self.downlink
        voices, source = downlink.voices, self.source
        if voices is not None and source is not None and not voices.hears(self.ssrc, source.level, now_ms):
            self.rewriter.skip(ssrc, sequence_number)
            if self.red is not None:
                self.red.clear()  # the next packet must not repeat a packet that was left out
            return
        mapped = self.rewriter.map(ssrc, sequence_number, timestamp, now_ms)
        if mapped is None:
            return
        number, moment = mapped
        stamp_id = downlink.voice_stamp(now_ms)
        if self.red is not None:
            block = self.red.encapsulate(payload_type, moment, data[header_len:])
            if self.use_red and not downlink.pacer.held:  # redundancy doubles the load of a full link
                size_bytes = len(block) + rtp.FIXED_HEADER_BYTES
                packet = rtp.build(
                    block,
                    second_byte=(second & 0x80) | self.payload_types[Codec.RED],
                    sequence_number=number,
                    timestamp=moment,
                    ssrc=self.ssrc,
                    twcc_id=stamp_id,
                    twcc_seq=downlink.next_transport_number(size_bytes, now_ms) if stamp_id else 0,
                )
                self._sent(packet, len(block), number, now_ms)
                return
        packet = rtp.compose(
            data,
            header_len,
            second_byte=(second & 0x80) | payload_type,
            sequence_number=number,
            timestamp=moment,
            ssrc=self.ssrc,
            twcc_id=stamp_id,
            twcc_seq=downlink.next_transport_number(len(data), now_ms) if stamp_id else 0,
        )
        self._sent(packet, len(data) - header_len, number, now_ms)

    def forward_video(self, codec: Codec, header: Header, data: bytes, now_ms: float) -> None:
        """Queue one video packet in the pacer; nothing is forwarded before the first keyframe."""
        payload_type = self.payload_types.get(codec)
        if payload_type is None:
            self.refused += 1
            return
        if self.needs_keyframe:
            if not is_keyframe(codec, data, header[4], len(data)):
                self.rewriter.skip(header[3], header[1])
                if self.source is not None:
                    self.source.keyframes.want(now_ms)
                return
            self.needs_keyframe = False
        if self.layers is not None:
            layer = layer_of(codec, data, header[4], len(data))
            if not self.layers.passes(layer, header[2]):
                self.rewriter.skip(header[3], header[1])
                return
        self.downlink.queue_video(self, payload_type, header, data, now_ms)

    def emit_video(self, payload_type: int, header: Header, data: bytes, now_ms: float) -> None:
        """Number and send one packet that the pacer has released."""
        second, sequence_number, timestamp, ssrc, header_len = header
        if self.source is None or ssrc != self.source.ssrc:
            return  # its source has left while the packet waited
        mapped = self.rewriter.map(ssrc, sequence_number, timestamp, now_ms)
        if mapped is None:
            return
        downlink = self.downlink
        packet = rtp.compose(
            data,
            header_len,
            second_byte=(second & 0x80) | payload_type,
            sequence_number=mapped[0],
            timestamp=mapped[1],
            ssrc=self.ssrc,
            twcc_id=downlink.twcc_id,
            twcc_seq=downlink.next_transport_number(len(data), now_ms),
        )
        self._sent(packet, len(data) - header_len, mapped[0], now_ms, paced=True)

    def gave_up(self, now_ms: float) -> None:
        """The pacer has dropped its queue: close the gap, and continue with the next keyframe."""
        self.rewriter.suspend()
        self.needs_keyframe = True
        if self.source is not None:
            self.source.keyframes.want(now_ms)

    def resend(self, lost: list[int], now_ms: float, rtt_ms: float) -> None:
        """Answer a NACK from the cache: voice at once, packets of a picture before all others in the queue."""
        repeats = [
            packet
            for number in lost
            if (packet := self.cache.get(number, now_ms)) is not None
            and self.responder.allow(number, now_ms, rtt_ms, len(packet))
        ]
        if self.kind == "video":
            self.downlink.queue_repeats(self, repeats, now_ms)
        else:
            for packet in repeats:
                self.downlink.send(packet, now_ms)

    def emit_repeat(self, packet: bytes, now_ms: float) -> None:
        """Send a packet again, as RTX if the page supports it."""
        downlink = self.downlink
        if self.rtx.carries(packet):
            size_bytes = len(packet) + rtx.OSN_BYTES
            number = downlink.next_transport_number(size_bytes, now_ms)
            packet = self.rtx.wrap(packet, downlink.twcc_id, number)
        downlink.send(packet, now_ms, paced=True)

    def padding(self, padding_bytes: int, twcc_seq: int) -> bytes:
        """A packet of padding for a probe, on the retransmission SSRC."""
        return self.rtx.padding(padding_bytes, self.rewriter.last_timestamp, self.downlink.twcc_id, twcc_seq)

    def sender_report(self, now_ms: float) -> rtcp.SenderReport | None:
        """A report with the original sender's clock; None if the clock is unknown or nothing was sent since."""
        if self.packets == self._reported_packets or self.source is None:
            return None
        self._reported_packets = self.packets
        return self.reports.build(now_ms, self.rewriter.map_timestamp, self.packets, self.octets)

    def _sent(
        self, packet: bytes, payload_bytes: int, number: int, now_ms: float, *, paced: bool = False
    ) -> None:
        self.cache.put(number, packet, now_ms)
        self.packets += 1
        self.octets += payload_bytes
        self.downlink.send(packet, now_ms, paced=paced)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A retransmission of a packet of a picture that waits in the pacer."""

    out: OutboundStream
    packet: bytes


# A new packet of a picture that waits in the pacer: its subscription, outgoing payload type, received header and
# the whole packet. A plain tuple, because one is made for each packet.
Fresh = tuple[OutboundStream, int, Header, bytes]
# Everything that waits in the pacer.
Queued = Fresh | Repeat
