"""Transport-wide feedback: which packets arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

from media.core.rtp.rtcp.packet import PT_TRANSPORT_FEEDBACK, RtcpError, feedback, need

FMT_TRANSPORT_CC = 15
# Run lengths let 16 bytes claim 65,535 packets. 4,096 packets are a minute without a link at 68 packets/s.
MAX_FEEDBACK_STATUSES = 4096

DELTA_TICK_US = 250  # unit of an arrival difference
REFERENCE_TICK_US = 64_000  # unit of the 24-bit reference time
REFERENCE_MODULUS_US = (1 << 24) * REFERENCE_TICK_US

_FEEDBACK_HEAD = Struct("!HHL")
_CHUNK = Struct("!H")
_LARGE_DELTA = Struct("!h")

# Packet status symbols, section 3.1.1 of the draft.
_LOST, _SMALL, _LARGE, _RESERVED = 0, 1, 2, 3
_RUN_MAX = 0x1FFF  # a run length has 13 bits


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Which transport-wide sequence numbers arrived, and when.

    ``packets`` holds (16-bit number, arrival in µs or None for lost) for every number from ``base_sequence`` on,
    without a gap. Arrivals are on the receiver's clock: the reference time (modulo 2^24 times 64 ms) plus the
    differences. They are multiples of 250 µs and do not wrap within one packet.
    """

    sender_ssrc: int
    media_ssrc: int
    base_sequence: int
    feedback_count: int
    packets: list[tuple[int, int | None]]

    def encode(self) -> bytes:
        """Bytes of one feedback packet.

        Arrivals are rounded down to 250 µs. Raises `RtcpError` if no packet arrived (there is no reference time
        then), if two successive arrivals are more than 8.19 s apart, or if there are too many packets.
        """
        symbols, deltas, reference = _arrivals_to_deltas(self.packets)
        body = _FEEDBACK_HEAD.pack(
            self.base_sequence & 0xFFFF,
            len(symbols),
            (reference & 0xFFFFFF) << 8 | self.feedback_count & 0xFF,
        )
        body += b"".join(map(_CHUNK.pack, _encode_chunks(symbols))) + deltas
        return feedback(FMT_TRANSPORT_CC, PT_TRANSPORT_FEEDBACK, self.sender_ssrc, self.media_ssrc, body)


def parse_transport_cc(sender_ssrc: int, media_ssrc: int, body: bytes) -> TransportFeedback:
    """The feedback in the body of a packet, SSRCs included. Raises `RtcpError`."""
    need(body, 16, "transport-wide feedback")
    base, count, tail = _FEEDBACK_HEAD.unpack_from(body, 8)
    if not 0 < count <= MAX_FEEDBACK_STATUSES:
        raise RtcpError("transport-wide feedback about no packet, or too many")
    symbols, offset = _decode_chunks(body, 16, count)
    packets: list[tuple[int, int | None]] = []
    # The value of a symbol is the size of its difference: one byte for small, two for large.
    need(body, offset + sum(symbols), "arrival differences")
    arrival_us = (tail >> 8) * REFERENCE_TICK_US
    for index, symbol in enumerate(symbols):
        if symbol == _LOST:
            packets.append(((base + index) & 0xFFFF, None))
            continue
        ticks = body[offset] if symbol == _SMALL else _LARGE_DELTA.unpack_from(body, offset)[0]
        offset += symbol
        arrival_us += ticks * DELTA_TICK_US
        packets.append(((base + index) & 0xFFFF, arrival_us))
    return TransportFeedback(sender_ssrc, media_ssrc, base, tail & 0xFF, packets)


def _decode_chunks(body: bytes, offset: int, count: int) -> tuple[list[int], int]:
    """The ``count`` status symbols, and where the arrival differences begin."""
    symbols: list[int] = []
    while len(symbols) < count:
        need(body, offset + 2, "status chunk")
        (chunk,) = _CHUNK.unpack_from(body, offset)
        offset += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13 & 3] * min(chunk & _RUN_MAX, count - len(symbols)))
            if not chunk & _RUN_MAX:
                raise RtcpError("run of no packets")
        elif chunk & 0x4000:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
        else:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
    del symbols[count:]
    if _RESERVED in symbols:
        raise RtcpError("reserved packet status")
    return symbols, offset


def _arrivals_to_deltas(packets: Sequence[tuple[int, int | None]]) -> tuple[list[int], bytes, int]:
    """(status symbols, encoded arrival differences, reference time in units of 64 ms)."""
    if len(packets) > MAX_FEEDBACK_STATUSES:
        raise RtcpError("too many packets for one feedback")
    first = next((arrival for _, arrival in packets if arrival is not None), None)
    if first is None:
        raise RtcpError("feedback about no received packet")
    reference = first // REFERENCE_TICK_US
    previous = reference * (REFERENCE_TICK_US // DELTA_TICK_US)
    symbols: list[int] = []
    deltas = bytearray()
    for _, arrival in packets:
        if arrival is None:
            symbols.append(_LOST)
            continue
        ticks = arrival // DELTA_TICK_US - previous
        previous += ticks
        if 0 <= ticks <= 0xFF:
            symbols.append(_SMALL)
            deltas.append(ticks)
        elif -0x8000 <= ticks <= 0x7FFF:
            symbols.append(_LARGE)
            deltas += _LARGE_DELTA.pack(ticks)
        else:
            raise RtcpError("arrivals too far apart for one feedback")
    return symbols, bytes(deltas), reference


def _encode_chunks(symbols: Sequence[int]) -> Iterator[int]:
    """Status chunks, chosen greedily: a run if it is at least as long as the vector it would replace."""
    position = 0
    while position < len(symbols):
        symbol = symbols[position]
        run = 1
        while position + run < len(symbols) and symbols[position + run] == symbol and run < _RUN_MAX:
            run += 1
        ahead = symbols[position : position + 14]
        wide = _LARGE in ahead
        if run >= (7 if wide else 14) or position + run == len(symbols):
            yield symbol << 13 | run
            position += run
        elif wide:
            yield 0xC000 | _vector(symbols[position : position + 7], 2, 14)
            position += 7
        else:
            yield 0x8000 | _vector(ahead, 1, 14)
            position += 14


def _vector(symbols: Sequence[int], width: int, bits: int) -> int:
    value = 0
    for symbol in symbols:
        bits -= width
        value |= symbol << bits
    return value
