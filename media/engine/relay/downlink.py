"""The direction server → page of one leg: the receive slots' streams, paced to what the link takes.

Owns: subscriptions (fixed SSRC, own numbering, packet cache, RED), the transport-wide numbering of all that
leaves, the pacer that keeps pictures from delaying voices, and the estimate of the link. Must never decide
what a publisher sends. Standards: RFC 3550, RFC 4588, RFC 2198, transport-wide feedback (draft-holmer-rmcat).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from media.core import rtp
from media.core.estimate import UNKNOWN_RTT_MS, Pacer, SendEstimate, TwccSender
from media.core.probe import ProbeCluster
from media.core.repair import NackResponder, SenderReports
from media.core.rtp import Codec, Header, PacketCache, RedSender, StreamRewriter, is_keyframe, rtcp, rtx
from media.core.share import LayerFilter, LoudestVoices, layer_of
from media.engine.transport.answer import SlotSources
from media.engine.transport.datagrams import WIRE_OVERHEAD_BYTES
from media.engine.transport.leg import Leg
from media.engine.transport.offer import AUDIO_CLOCK_RATE, VIDEO_CLOCK_RATE, MediaLine, SlotLines

if TYPE_CHECKING:
    from media.engine.relay.uplink import InboundStream

# A second of video at 128 packets/s, and longer than a repeat is worth waiting for on a satellite link.
CACHE_PACKETS = 512
CACHE_MAX_AGE_MS = 4_000.0
AUDIO_CACHE_PACKETS = 64
# One earlier packet a packet: at 1 % random loss one in ten thousand stays lost.
RED_DISTANCE = 1
# uvloop's timers have milliseconds; a shorter wait would spin.
TIMER_FLOOR_S = 0.001
# A page tells at least each 250 ms; twice that leaves room for one answer that was lost.
HELD_AFTER_MS = 500.0
# What is held waits until the page has told of nearly all that was sent before.
RELEASED_AFTER_MS = 300.0
SPARSE_ANSWERS = 2
# A picture that has waited so long shows what was: after a collapse it would only stand before the voice.
STALE_AFTER_MS = 800.0
# The smallest thing that a page answers.
QUESTION = ProbeCluster(packets=1, padding_bytes=1)
QUESTION_EVERY_MS = 1_000.0
# RFC 2198 gives a block ten bits of length; a 60 ms Opus packet at 24 kbit/s is 180 bytes.
RED_BLOCK_MAX_BYTES = 400


class OutboundStream:
    """One subscription: a slot's audio or video SSRC, whatever source feeds it now."""

    def __init__(
        self,
        downlink: Downlink,
        line: MediaLine,
        ssrc: int,
        rtx_ssrc: int,
        first_numbers: tuple[int, int, int],
    ) -> None:
        sequence_number, timestamp, rtx_sequence_number = first_numbers
        audio = line.kind == "audio"
        self.kind = line.kind
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.downlink = downlink
        self.payload_types = {entry.codec: entry.payload_type for entry in line.formats}
        self.rtx_payload_types = {
            entry.payload_type: entry.rtx_payload_type for entry in line.formats if entry.rtx_payload_type
        }
        self.rewriter = StreamRewriter(
            clock_rate=AUDIO_CLOCK_RATE if audio else VIDEO_CLOCK_RATE,
            first_sequence_number=sequence_number,
            first_timestamp=timestamp,
        )
        self.rtx_sequence_number = rtx_sequence_number
        self.cache = PacketCache(AUDIO_CACHE_PACKETS if audio else CACHE_PACKETS, CACHE_MAX_AGE_MS)
        self.responder = NackResponder()
        self.reports = SenderReports(ssrc, AUDIO_CLOCK_RATE if audio else VIDEO_CLOCK_RATE)
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
        self._lose_floor()
        self.rewriter.suspend()
        self.reports.reset_source()
        if self.red is not None:
            self.red.clear()
        self.needs_keyframe = True
        if source is not None:
            source.outputs.append(self)
            if source.last_report is not None:
                self.source_report(source.last_report, source.last_report_at_ms)

    def source_report(self, report: rtcp.SenderReport, now_ms: float) -> None:
        """The source's own clock, on which lip sync rests."""
        self.reports.on_source_report(report, now_ms)

    def skip(self, source_ssrc: int, sequence_number: int) -> None:
        """A packet of the source is left out on purpose."""
        self.rewriter.skip(source_ssrc, sequence_number)
        self._lose_floor()

    def _lose_floor(self) -> None:
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
                self.red.clear()  # what comes next under the next number must not repeat what was left out
            return
        mapped = self.rewriter.map(ssrc, sequence_number, timestamp, now_ms)
        if mapped is None:
            return
        number, moment = mapped
        stamp_id = downlink.voice_stamp(now_ms)
        if self.red is not None:
            block = self.red.encapsulate(payload_type, moment, data[header_len:])
            if self.use_red and not downlink.pacer.held:  # what is said twice fills a full link twice
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
        """Number and send one packet that the pacer has let go."""
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
        """Answer a NACK from the cache: a word at once, pieces of a picture before all others in the queue."""
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
        """Send once more what was sent, as RTX where the page understands it."""
        rtx_payload_type = self.rtx_payload_types.get(packet[1] & 0x7F)
        if rtx_payload_type is not None and self.rtx_ssrc:
            self.rtx_sequence_number = (self.rtx_sequence_number + 1) & 0xFFFF
            packet = rtx.wrap(
                packet,
                ssrc=self.rtx_ssrc,
                payload_type=rtx_payload_type,
                sequence_number=self.rtx_sequence_number,
                twcc_id=self.downlink.twcc_id,
                twcc_seq=self.downlink.next_transport_number(len(packet) + 2, now_ms),
            )
        self.downlink.send(packet, now_ms, paced=True)

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


class Slot:
    """One receive slot: an audio and a video stream that show one other participant."""

    def __init__(
        self,
        index: int,
        downlink: Downlink,
        lines: SlotLines,
        sources: SlotSources,
        random_number: Callable[[int], int],
    ) -> None:
        def numbers() -> tuple[int, int, int]:
            # Sequence numbers start below 2^15 (libsrtp roll-over); never at 0, so that "one before" exists.
            return 1 + random_number(0x7FFE), random_number(2**32), 1 + random_number(0x7FFE)

        self.index = index
        self.audio_mid = lines.audio.mid
        self.video_mid = lines.video.mid
        self.audio = OutboundStream(downlink, lines.audio, sources.audio_ssrc, 0, numbers())
        self.video = OutboundStream(
            downlink, lines.video, sources.video_ssrc, sources.video_rtx_ssrc, numbers()
        )
        self.source_leg_id: str | None = None


# What waits in the pacer: where it goes, as what, and the packet as it came; without a header it is a repeat, as it
# was sent before.
QueuedVideo = tuple[OutboundStream, int, Header | None, bytes]


class Downlink:
    """All that leaves for one page, and what is known of the link it takes."""

    def __init__(
        self,
        leg: Leg,
        sources: list[SlotSources],
        random_number: Callable[[int], int],
        start_bps: int,
    ) -> None:
        self.leg = leg
        self.twcc_id = leg.offer.twcc_id
        self.twcc = TwccSender(random_number(0x10000))
        self.estimate = SendEstimate(start_bps)
        self.pacer: Pacer[QueuedVideo] = Pacer(start_bps)
        self.sent_packets = 0
        # Who is heard where the link is too thin for all voices; None while it carries them.
        self.voices: LoudestVoices | None = None
        self.voice_stamp_spacing_ms = 0.0
        self._next_stamp_ms = 0.0
        self._held_since_ms = 0.0
        self._next_question_ms = 0.0
        self._sent_by_then = 0
        self._timer: asyncio.TimerHandle | None = None
        self.slots = [
            Slot(index, self, lines, source, random_number)
            for index, (lines, source) in enumerate(zip(leg.offer.slots, sources, strict=True))
        ]
        self.by_ssrc = {stream.ssrc: stream for slot in self.slots for stream in (slot.audio, slot.video)}

    def next_transport_number(self, size_bytes: int, now_ms: float) -> int:
        """The transport-wide sequence number for a packet of about `size_bytes` of RTP; 0 when not negotiated."""
        if not self.twcc_id:
            return 0
        return self.twcc.next(int(now_ms * 1000), size_bytes + WIRE_OVERHEAD_BYTES)

    def voice_stamp(self, now_ms: float) -> int:
        """The extension id under which this packet of voice is numbered; 0 when it goes without a number.

        A page answers numbered packets four times a second with 70 bytes each: 2.2 kbit/s of its way up. Where
        voice alone flows over a thin link, one packet in ``voice_stamp_spacing_ms`` tells enough.
        """
        if now_ms < self._next_stamp_ms:
            return 0
        self._next_stamp_ms = now_ms + self.voice_stamp_spacing_ms
        return self.twcc_id

    def send(self, packet: bytes, now_ms: float, *, paced: bool = False) -> None:
        """Send now, and let the pacer know what it cost, unless it was the pacer that let it go."""
        self.sent_packets += 1
        if not paced:
            self.pacer.sent(len(packet) + WIRE_OVERHEAD_BYTES, now_ms)
        self.leg.send_rtp(packet)

    def probe(self, cluster: ProbeCluster, now_ms: float) -> None:
        """Send a train of padding on the first slot's retransmission SSRC.

        Pages ignore it, but report when each packet came: the dispersion is the link's rate.
        """
        out = self.slots[0].video
        payload_type = next(iter(out.rtx_payload_types.values()), None)
        if not self.twcc_id or payload_type is None:
            return
        for _ in range(cluster.packets):
            out.rtx_sequence_number = (out.rtx_sequence_number + 1) & 0xFFFF
            number = self.twcc.next(
                int(now_ms * 1000),
                cluster.padding_bytes + 20 + WIRE_OVERHEAD_BYTES,
                probe=True,
            )
            packet = rtp.build(
                b"",
                second_byte=payload_type,
                sequence_number=out.rtx_sequence_number,
                timestamp=out.rewriter.last_timestamp,
                ssrc=out.rtx_ssrc,
                twcc_id=self.twcc_id,
                twcc_seq=number,
                padding=cluster.padding_bytes,
            )
            self.send(packet, now_ms)

    def queue_video(
        self, out: OutboundStream, payload_type: int, header: Header, data: bytes, now_ms: float
    ) -> None:
        """Hand a video packet to the pacer and let go what may leave."""
        self.pacer.push_video((out, payload_type, header, data), len(data) + WIRE_OVERHEAD_BYTES, now_ms)
        self._queued(now_ms)

    def queue_repeats(self, out: OutboundStream, packets: list[bytes], now_ms: float) -> None:
        """Hand packets that a page has missed to the pacer, before all that waits: several at once would hold
        the voice up as a burst.
        """
        for packet in reversed(packets):
            size_bytes = len(packet) + WIRE_OVERHEAD_BYTES
            self.pacer.push_video((out, 0, None, packet), size_bytes, now_ms, front=True)
        self._queued(now_ms)

    def _queued(self, now_ms: float) -> None:
        if self.pacer.overflowed:
            self.pacer.overflowed = False
            self._give_up(now_ms)
        self._pump(now_ms)

    def _give_up(self, now_ms: float) -> None:
        for slot in self.slots:
            slot.video.gave_up(now_ms)

    def silent_ms(self, now_ms: float) -> float:
        """For how long the page has told nothing of what was sent; less where it is asked about little of it."""
        # One packet a second, an answer that was lost: that is no silence yet.
        asked_ms = SPARSE_ANSWERS * self.voice_stamp_spacing_ms
        return self.twcc.unanswered_us(int(now_ms * 1000)) / 1000 - asked_ms

    def _goes_into_the_dark(self, now_ms: float) -> bool:
        """Whether the page has told nothing for longer than it ever is silent while pictures come.

        The link is gone or full, and every packet of video would be one more before the voice.
        """
        if not self.twcc_id:
            return False
        patience_ms = RELEASED_AFTER_MS if self.pacer.held else HELD_AFTER_MS
        return self.silent_ms(now_ms) > (self.estimate.rtt_ms or UNKNOWN_RTT_MS) + patience_ms

    def tend(self, now_ms: float, *, stopped: bool = False) -> None:
        """Hold the pictures while the page is silent, and let them go when it speaks; asked with every tick.

        ``stopped``: nothing at all comes from it (arrivalrhythm.py), which tells sooner.
        """
        held = stopped or self._goes_into_the_dark(now_ms)
        if held:
            self._ask_whether_it_hears(now_ms)
        if held == self.pacer.held:
            return
        self.pacer.held = held
        if held:
            self._held_since_ms = now_ms
            return
        self.estimate.on_resumed(now_ms)
        if now_ms - self._held_since_ms > STALE_AFTER_MS:
            self.pacer.clear()
            self._give_up(now_ms)
        self._pump(now_ms)

    def _ask_whether_it_hears(self, now_ms: float) -> None:
        """Where no voice goes out, a held picture leaves the page nothing to answer."""
        if now_ms < self._next_question_ms:
            return
        if self.sent_packets == self._sent_by_then:
            self.probe(QUESTION, now_ms)
        self._sent_by_then = self.sent_packets
        self._next_question_ms = now_ms + QUESTION_EVERY_MS

    def _let_go(self, now_ms: float) -> None:
        for out, payload_type, header, data in self.pacer.due(now_ms):
            if header is None:
                out.emit_repeat(data, now_ms)
            else:
                out.emit_video(payload_type, header, data, now_ms)

    def _pump(self, now_ms: float) -> None:
        self._let_go(now_ms)
        if self._timer is None:
            due_ms = self.pacer.next_due_ms(now_ms)
            if due_ms is not None:
                wait_s = max(TIMER_FLOOR_S, (due_ms - now_ms) / 1000)
                self._timer = asyncio.get_running_loop().call_later(wait_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._pump(time.monotonic() * 1000)

    def close(self) -> None:
        """Stop the timer and let every source go."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for slot in self.slots:
            slot.audio.attach(None)
            slot.video.attach(None)
