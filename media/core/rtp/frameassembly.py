"""Assembles video packets into whole frames, in order, and notices losses.

Owns: the wait for late and retransmitted packets, the end of a frame (marker bit, RFC 3550 section 5.1, or a new
timestamp), and the rule that after a loss the next decodable frame is a keyframe. Must never wait without bound: a
gap is given up after `PATIENCE_MS`, or when too many packets wait behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.core.rtp.codecs import Codec, ends_frame, is_keyframe
from media.core.rtp.depacketize import DepacketizeError, frame_of, starts_frame
from media.core.rtp.header import SequenceUnwrapper

# With a round-trip time of 600 ms a retransmission still arrives within this time. If it takes longer, a keyframe
# arrives as soon.
PATIENCE_MS = 800.0
# Three seconds of a 1 Mbit/s picture. This also bounds what one hostile stream can make us hold: about 400 kB.
MAX_WAITING_PACKETS = 384
# A packet that is this many numbers too late shows that the source has restarted.
_STALE_PACKETS = 3_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame: RTP timestamp (90 kHz), whether it is a keyframe, and the bytes for a decoder."""

    timestamp: int
    keyframe: bool
    data: bytes


@dataclass(slots=True)
class _Packet:
    timestamp: int
    ends: bool
    payload: bytes
    skipped: bool = False


class FrameAssembler:
    """Assembles the frames of one stream. While ``needs_keyframe``, it returns none: ask for a keyframe."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.needs_keyframe = True
        self._unwrapper = SequenceUnwrapper()
        self._waiting: dict[int, _Packet] = {}
        self._next: int | None = None  # the first number of the next frame
        self._stuck_since_ms: float | None = None

    def received(
        self, sequence_number: int, second_byte: int, timestamp: int, payload: bytes, now_ms: float
    ) -> list[Frame]:
        """Take in one packet; returns the frames that it completes."""
        return self._take(sequence_number, _Packet(timestamp, ends_frame(second_byte), payload), now_ms)

    def skipped(self, sequence_number: int, now_ms: float) -> list[Frame]:
        """This number carried only padding, so it is not lost."""
        return self._take(sequence_number, _Packet(0, False, b"", skipped=True), now_ms)

    def lost(self) -> None:
        """Packets are missing: start again with the next keyframe."""
        self._waiting.clear()
        self._next = None
        self._stuck_since_ms = None
        self._unwrapper = SequenceUnwrapper()
        self.needs_keyframe = True

    def _take(self, sequence_number: int, packet: _Packet, now_ms: float) -> list[Frame]:
        number = self._unwrapper.unwrap(sequence_number)
        if self._next is None:
            self._next = number
        if number < self._next:
            if self._next - number > _STALE_PACKETS:
                self.lost()  # the source has restarted with other numbers
            return []
        self._waiting.setdefault(number, packet)
        frames = self._complete()
        if not self._waiting:
            self._stuck_since_ms = None
            return frames
        if frames or self._stuck_since_ms is None:
            self._stuck_since_ms = now_ms
        too_long = now_ms - self._stuck_since_ms > PATIENCE_MS and self._has_gap()
        if too_long or len(self._waiting) > MAX_WAITING_PACKETS:
            self._give_up(now_ms)
            frames += self._complete()
        return frames

    def _has_gap(self) -> bool:
        assert self._next is not None
        return max(self._waiting) - self._next + 1 > len(self._waiting)

    def _give_up(self, now_ms: float) -> None:
        """Drop the first gap; continue at the start of a keyframe if one is waiting."""
        numbers = sorted(self._waiting)
        starts = (
            number
            for number in numbers
            if number != self._next and self._begins_keyframe(self._waiting[number])
        )
        # Without a keyframe nothing can be decoded, so drop every packet.
        begin = next(starts, numbers[-1] + 1)
        for number in numbers:
            if number < begin:
                del self._waiting[number]
        self._next = begin
        self._stuck_since_ms = now_ms if self._waiting else None
        self.needs_keyframe = True

    def _begins_keyframe(self, packet: _Packet) -> bool:
        return is_keyframe(self.codec, packet.payload, 0, len(packet.payload))

    def _complete(self) -> list[Frame]:
        frames: list[Frame] = []
        while (packets := self._next_frame()) is not None:
            if not packets:
                continue
            frame = self._frame(packets)
            if frame is not None:
                frames.append(frame)
        return frames

    def _next_frame(self) -> list[_Packet] | None:
        """Take out the packets of the next frame; empty if they were padding, None if the frame is incomplete."""
        assert self._next is not None
        packets: list[_Packet] = []
        number = self._next
        while (packet := self._waiting.get(number)) is not None:
            if not packet.skipped:
                if packets and packet.timestamp != packets[0].timestamp:
                    # Only H.264 senders may omit the marker. With other codecs the end of the frame is missing.
                    whole = self.codec == Codec.H264
                    self._cut(number, packets)
                    if not whole:
                        self.needs_keyframe = True
                    return packets if whole else []
                packets.append(packet)
            number += 1
            if packet.ends or (packet.skipped and not packets):
                return self._cut(number, packets)
        return None

    def _cut(self, end: int, packets: list[_Packet]) -> list[_Packet]:
        assert self._next is not None
        for number in range(self._next, end):
            del self._waiting[number]
        self._next = end
        return packets

    def _frame(self, packets: list[_Packet]) -> Frame | None:
        first = packets[0]
        keyframe = self._begins_keyframe(first)
        if self.needs_keyframe and not keyframe:
            return None
        try:
            if not starts_frame(self.codec, first.payload):
                raise DepacketizeError("the frame has no beginning")
            data = frame_of(self.codec, [packet.payload for packet in packets])
        except DepacketizeError:
            # Viewers cannot tell a broken frame from a lost one, so it counts as lost.
            self.needs_keyframe = True
            return None
        self.needs_keyframe = False
        return Frame(first.timestamp, keyframe, data)
