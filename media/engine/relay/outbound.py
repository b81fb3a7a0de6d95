"""One subscription of a leg: a slot's audio or video stream, whatever source feeds it now.

Owns: the outgoing SSRC with its numbering, the packet cache and the answers to NACK, RED, RTX, and the counts for
sender reports. Must never decide when a picture leaves: the downlink's pacer does. Standards: RFC 3550, RFC 4588,
RFC 2198.
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

# A second of video at 128 packets/s, and longer than a repeat is worth waiting for on a satellite link.
CACHE_PACKETS = 512
CACHE_MAX_AGE_MS = 4_000.0
AUDIO_CACHE_PACKETS = 64
# One earlier packet a packet: at 1 % random loss one in ten thousand stays lost.
RED_DISTANCE = 1
# RFC 2198 gives a block ten bits of length; a 60 ms Opus packet at 24 kbit/s is 180 bytes.
RED_BLOCK_MAX_BYTES = 400


class LinkBelow(Protocol):
    """What a subscription needs of its leg's downlink."""

    @property
    def twcc_id(self) -> int:
        """The extension id of transport-wide numbers; 0 when they were not negotiated."""

    @property
    def pacer(self) -> Pacer[Queued]:
        """Where pictures wait for the link."""

    @property
    def voices(self) -> LoudestVoices | None:
        """Who is heard where the link is too thin for all voices; None while it carries them."""

    def next_transport_number(self, size_bytes: int, now_ms: float) -> int:
        """The transport-wide sequence number of the next packet."""

    def voice_stamp(self, now_ms: float) -> int:
        """The extension id under which this voice packet is numbered; 0: not at all."""

    def send(self, packet: bytes, now_ms: float, *, paced: bool = False) -> None:
        """Send now."""

    def queue_video(
        self, out: OutboundStream, payload_type: int, header: Header, data: bytes, now_ms: float
    ) -> None:
        """Queue one video packet."""

    def queue_repeats(self, out: OutboundStream, packets: Sequence[bytes], now_ms: float) -> None:
        """Queue packets that were sent before, in front of all others."""


class OutboundStream:
    """One subscription: a slot's audio or video SSRC, whatever source feeds it now."""

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
        # Of a picture made in temporal layers, those that go out; None: all.
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
        """Let `source` feed this slot from now on (None: nobody)."""
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
        """Let the temporal layers up to ``target`` through from now on; the filter that does so."""
        if self.layers is None:
            self.layers = LayerFilter()
        self.layers.target = target
        return self.layers

    def pass_all_layers(self) -> None:
        """Let every layer through again, from where the picture can be decoded."""
        if self.layers is not None:
            self.layers.target = ALL_LAYERS
            if self.layers.complete:
                self.layers = None

    def switch_red(self, *, on: bool) -> None:
        """Send each voice packet with the one before it (RFC 2198), or plain."""
        self.use_red = on

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The source's own clock, on which lip sync rests."""
        self.reports.on_source_report(report, now_ms)

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose."""
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
                self.red.clear()  # the next packet that goes out must not repeat one that was left out
            return
        mapped = self.rewriter.map(ssrc, sequence_number, timestamp, now_ms)
        if mapped is None:
            return
        number, moment = mapped
        stamp_id = downlink.voice_stamp(now_ms)
        if self.red is not None:
            block = self.red.encapsulate(payload_type, moment, data[header_len:])
            if self.use_red and not downlink.pacer.held:  # voice said twice fills a full link twice
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
        """Queue one video packet behind the pacer; before the first keyframe nothing is let through."""
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
            return  # its source has left while it waited
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
        """The pacer has dropped its queue: close the gap, and go on from the next keyframe."""
        self.rewriter.suspend()
        self.needs_keyframe = True
        if self.source is not None:
            self.source.keyframes.want(now_ms)

    def resend(self, lost: list[int], now_ms: float, rtt_ms: float) -> None:
        """Answer a NACK from the cache: voice at once, pieces of a picture before all others in the queue."""
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
        """Send a packet once more, as RTX where the page understands it."""
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
        """A report on the original sender's clock; None while that is unknown, and when nothing was sent since."""
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
    """A packet of a picture that was sent before and waits to go out once more."""

    out: OutboundStream
    packet: bytes


# A packet of a picture in its turn: where it goes, as which payload type, its header as it came, and the
# whole packet. A plain tuple, since one is made for each packet.
Fresh = tuple[OutboundStream, int, Header, bytes]
# What waits in the pacer.
Queued = Fresh | Repeat
