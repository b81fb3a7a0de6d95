"""Redundant audio (RFC 2198): earlier Opus payloads repeated inside later packets.

Owns: reading and writing the RED payload, and finding the sequence number of each recovered payload. Must never
guess: if the timestamps do not determine the number, the payload stays lost. Two packets with one number would
break the receiver's SRTP replay window and jitter buffer.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple

from media.core.rtp.header import RestartDetector, ts_delta

# RFC 2198 section 3: 14 bits of timestamp offset, 10 bits of block length.
MAX_TIMESTAMP_OFFSET = (1 << 14) - 1
MAX_BLOCK_BYTES = (1 << 10) - 1
_REDUNDANT_HEADER_BYTES = 4
_PRIMARY_HEADER_BYTES = 1
_FOLLOWS = 0x80
# libwebrtc repeats at most nine payloads; many more would only cost work.
MAX_BLOCKS = 32
# What IP, UDP, RTP and SRTP leave of a datagram on an IPv6 path with the smallest MTU (1,280).
MAX_RED_BYTES = 1_100
# The number of received packets that are remembered: 2.5 s of 20 ms packets, 15 s of 120 ms packets.
WINDOW_PACKETS = 128

# RFC 6716 table 2: samples at 48 kHz of one frame, by the configuration in the top five bits of the TOC byte.
_SILK_SAMPLES = (480, 960, 1_920, 2_880)
_HYBRID_SAMPLES = (480, 960)
_CELT_SAMPLES = (120, 240, 480, 960)


class RedError(ValueError):
    """The payload is not RED: no primary block, or a length beyond the end."""


class RedBlock(NamedTuple):
    """One block. `timestamp_offset`: clock ticks before the packet's timestamp; 0 for the primary block."""

    payload_type: int
    timestamp_offset: int
    data: bytes


def parse(payload: bytes) -> list[RedBlock]:
    """Every block of a RED payload, the primary last. Raises RedError."""
    size = len(payload)
    headers: list[tuple[int, int, int]] = []
    at = 0
    while True:
        if at >= size:
            raise RedError("no primary block")
        first = payload[at]
        if not first & _FOLLOWS:
            break
        if at + _REDUNDANT_HEADER_BYTES > size:
            raise RedError("cut off in a block header")
        if len(headers) == MAX_BLOCKS:
            raise RedError("more blocks than anybody sends")
        packed = int.from_bytes(payload[at + 1 : at + _REDUNDANT_HEADER_BYTES])
        headers.append((first & 0x7F, packed >> 10, packed & MAX_BLOCK_BYTES))
        at += _REDUNDANT_HEADER_BYTES
    primary_payload_type = payload[at]
    at += _PRIMARY_HEADER_BYTES
    blocks: list[RedBlock] = []
    for payload_type, timestamp_offset, length in headers:
        if at + length > size:
            raise RedError("a block reaches beyond the end")
        blocks.append(RedBlock(payload_type, timestamp_offset, payload[at : at + length]))
        at += length
    blocks.append(RedBlock(primary_payload_type, 0, payload[at:]))
    return blocks


def opus_duration(payload: bytes) -> int:
    """How long an Opus packet plays, in samples at 48 kHz (RFC 6716 section 3.1); 0 if unknown."""
    if not payload:
        return 0
    toc = payload[0]
    config, code = toc >> 3, toc & 0x03
    if config < 12:
        samples = _SILK_SAMPLES[config & 3]
    elif config < 16:
        samples = _HYBRID_SAMPLES[config & 1]
    else:
        samples = _CELT_SAMPLES[config & 3]
    if code < 3:
        return samples if code == 0 else 2 * samples
    return samples * (payload[1] & 0x3F) if len(payload) > 1 else 0


class RedReceiver:
    """Turns one RED stream into the plain stream it carries, and restores lost packets."""

    __slots__ = ("_highest", "_known", "_number_at", "_order", "_restart", "_timestamp")

    def __init__(self) -> None:
        self._restart = RestartDetector()
        self._forget()

    def received(self, sequence_number: int, timestamp: int, payload: bytes) -> list[tuple[int, int, bytes]]:
        """The packets (sequence number, timestamp, payload) that are new in this RED packet, in order.

        Empty if nothing in it is new. Raises RedError.
        """
        blocks = parse(payload)
        primary = blocks[-1]
        number = self._locate(sequence_number)
        if number is None:
            return []
        unwrapped = self._unwrap(timestamp)
        is_new = self._add(number, unwrapped, opus_duration(primary.data))
        fresh = self._recover(unwrapped, blocks) if len(blocks) > 1 else []
        if not fresh:  # the usual case: one new voice packet, and redundant blocks that are known
            return [(number & 0xFFFF, unwrapped & 0xFFFF_FFFF, primary.data)] if is_new else []
        if is_new:
            fresh.append((number, unwrapped, primary.data))
            fresh.sort(key=lambda packet: packet[0])
        return [(n & 0xFFFF, t & 0xFFFF_FFFF, data) for n, t, data in fresh]

    def note_plain(self, sequence_number: int, timestamp: int, payload: bytes = b"") -> bool:
        """A packet of the same stream arrived without RED. False if its payload is already known."""
        number = self._locate(sequence_number)
        return number is not None and self._add(number, self._unwrap(timestamp), opus_duration(payload))

    def _forget(self) -> None:
        self._highest = -1
        self._timestamp = 0
        # Unwrapped sequence number -> (unwrapped timestamp, duration); its keys in order; timestamp -> number.
        self._known: dict[int, tuple[int, int]] = {}
        self._order: list[int] = []
        self._number_at: dict[int, int] = {}

    def _locate(self, sequence_number: int) -> int | None:
        """The unwrapped number; None if it is out of the window (until a restart is certain)."""
        if self._highest < 0:
            # Add one cycle of the 16-bit numbers, so that packets from just before the first stay positive.
            return sequence_number + 0x10000
        delta = ((sequence_number - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if -WINDOW_PACKETS < delta < 0x4000:
            return self._highest + delta
        if not self._restart.confirms(sequence_number):
            return None
        self._forget()
        return sequence_number + 0x10000

    def _unwrap(self, timestamp: int) -> int:
        return self._timestamp + ts_delta(timestamp, self._timestamp)

    def _add(self, number: int, timestamp: int, duration: int) -> bool:
        if number in self._known:
            return False
        order = self._order
        if number > self._highest:
            self._highest, self._timestamp = number, timestamp
            order.append(number)
        else:
            insort(order, number)
        self._known[number] = (timestamp, duration)
        self._number_at.setdefault(timestamp, number)
        while order[0] <= self._highest - WINDOW_PACKETS:
            oldest = order.pop(0)
            oldest_timestamp, _ = self._known.pop(oldest)
            if self._number_at.get(oldest_timestamp) == oldest:
                del self._number_at[oldest_timestamp]
        return True

    def _recover(self, timestamp: int, blocks: list[RedBlock]) -> list[tuple[int, int, bytes]]:
        payload_type = blocks[-1].payload_type
        unknown: dict[int, bytes] = {}
        for block in blocks[:-1]:
            moment = timestamp - block.timestamp_offset
            if block.data and block.payload_type == payload_type and moment not in self._number_at:
                unknown[moment] = block.data
        if not unknown:
            return []
        by_gap: dict[tuple[int, int], list[int]] = {}
        for moment in sorted(unknown):
            at = bisect_left(self._order, moment, key=lambda number: self._known[number][0])
            # A payload older than all known packets may be from before the stream reached us: ignore it.
            if 0 < at < len(self._order):
                by_gap.setdefault((self._order[at - 1], self._order[at]), []).append(moment)
        fresh: list[tuple[int, int, bytes]] = []
        for (lower, upper), moments in by_gap.items():
            for number, moment in self._numbers_of(lower, upper, moments, unknown):
                if self._add(number, moment, opus_duration(unknown[moment])):
                    fresh.append((number, moment, unknown[moment]))
        return fresh

    def _numbers_of(
        self, lower: int, upper: int, moments: list[int], payloads: dict[int, bytes]
    ) -> list[tuple[int, int]]:
        """The (number, timestamp) of the payloads at `moments` (rising), which were lost between two known packets.

        A number is certain in two cases: there are as many payloads as lost numbers, or no packet fits between the
        payload and a known one, because one begins where the other ends.
        """
        lost = upper - lower - 1
        if len(moments) >= lost:
            return list(zip(range(lower + 1, upper), moments, strict=True)) if len(moments) == lost else []
        found: list[tuple[int, int]] = []
        remaining = list(moments)
        number, begins = upper, self._known[upper][0]
        while remaining and remaining[-1] + opus_duration(payloads[remaining[-1]]) == begins:
            number, begins = number - 1, remaining.pop()
            found.append((number, begins))
        number, (begins, duration) = lower, self._known[lower]
        while remaining and duration and remaining[0] == begins + duration:
            number, begins = number + 1, remaining.pop(0)
            duration = opus_duration(payloads[begins])
            found.append((number, begins))
        return sorted(found)


class RedSender:
    """Repeats earlier payloads in each packet of one outgoing stream."""

    __slots__ = ("_distance", "_max_block_bytes", "_sent")

    def __init__(self, distance: int, max_block_bytes: int) -> None:
        """`distance`: how many earlier payloads are repeated, except those longer than `max_block_bytes`."""
        self._distance = distance
        self._max_block_bytes = min(max_block_bytes, MAX_BLOCK_BYTES)
        # (timestamp, payload type, payload), sorted by timestamp.
        self._sent: list[tuple[int, int, bytes]] = []

    def encapsulate(self, payload_type: int, timestamp: int, payload: bytes) -> bytes:
        """The RED payload whose primary block is `payload`. `timestamp`: the outgoing one, 32 bits.

        Leaves out payloads too old for the 14 bits of the offset (after a DTX pause), payloads that are too long,
        and the oldest ones if the packet would exceed a datagram.
        """
        room = MAX_RED_BYTES - _PRIMARY_HEADER_BYTES - len(payload)
        headers = b""
        bodies = b""
        for sent_timestamp, sent_payload_type, sent in reversed(self._sent):
            offset = ts_delta(timestamp, sent_timestamp)
            if not 0 < offset <= MAX_TIMESTAMP_OFFSET or len(sent) > self._max_block_bytes:
                continue
            room -= _REDUNDANT_HEADER_BYTES + len(sent)
            if room < 0:
                break
            packed = (_FOLLOWS | sent_payload_type) << 24 | offset << 10 | len(sent)
            headers = packed.to_bytes(_REDUNDANT_HEADER_BYTES) + headers
            bodies = sent + bodies
        self._remember(payload_type, timestamp, payload)
        return headers + bytes((payload_type,)) + bodies + payload

    def clear(self) -> None:
        """Forget all payloads: the next packet carries no redundancy (another person's voice begins)."""
        self._sent.clear()

    def _remember(self, payload_type: int, timestamp: int, payload: bytes) -> None:
        if not payload:
            return
        at = len(self._sent)
        while at and ts_delta(timestamp, self._sent[at - 1][0]) < 0:
            at -= 1
        self._sent.insert(at, (timestamp, payload_type, payload))
        if len(self._sent) > self._distance:
            del self._sent[: len(self._sent) - self._distance]
