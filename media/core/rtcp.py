"""RTCP packets as values, and as bytes: what a leg tells its peer about media, and what the peer tells us.

Owns: parsing and building of compound (RFC 3550 section 6.1) and reduced-size (RFC 5506) RTCP: reports,
SDES, BYE (RFC 3550 section 6.4 to 6.6), generic NACK and PLI (RFC 4585 section 6.2.1, 6.3.1), FIR (RFC 5104
section 4.3.1), REMB (draft-alvestrand-rmcat-remb-03) and transport-wide feedback
(draft-holmer-rmcat-transport-wide-cc-extensions-01). Must never keep state, read a clock or decide
anything. Every error on bad input is an `RtcpError`, and the work for one datagram is bounded whatever it
holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from struct import Struct

PT_SENDER_REPORT = 200
PT_RECEIVER_REPORT = 201
PT_SOURCE_DESCRIPTION = 202
PT_BYE = 203
PT_TRANSPORT_FEEDBACK = 205  # RTPFB, RFC 4585 section 6.2
PT_PAYLOAD_FEEDBACK = 206  # PSFB, RFC 4585 section 6.3
FMT_NACK = 1
FMT_TRANSPORT_CC = 15
FMT_PLI = 1
FMT_FIR = 4
FMT_APPLICATION = 15

SDES_CNAME = 1
MAX_COUNT = 31  # the count field has five bits
MAX_TEXT_BYTES = 255  # SDES texts have an 8-bit length
# A browser puts at most a handful into one datagram; 64 leaves room and bounds what a hostile peer can ask
# of us.
MAX_PACKETS = 64
# Four NACKs' worth of the 200 numbers that a receiver of ours would ever ask for at once.
MAX_NACK_NUMBERS = 1024
# Run lengths let 16 bytes claim 65,535 packets. 4,096 is a minute of black-out at 68 packets/s.
MAX_FEEDBACK_STATUSES = 4096
# REMB can spell 2^81 bit/s; beyond 63 bits it is nonsense, not a rate.
MAX_REMB_BPS = 2**63 - 1

DELTA_TICK_US = 250  # unit of an arrival difference
REFERENCE_TICK_US = 64_000  # unit of the 24-bit reference time
REFERENCE_MODULUS_US = (1 << 24) * REFERENCE_TICK_US

_HEADER = Struct("!BBH")
_WORD = Struct("!L")
_PAIR = Struct("!LL")
_SENDER_INFO = Struct("!LQLLL")
_REPORT_BLOCK = Struct("!LLLLLL")
_NACK_ITEM = Struct("!HH")
_FIR_ITEM = Struct("!LB3x")
_FEEDBACK_HEAD = Struct("!HHL")
_CHUNK = Struct("!H")
_LARGE_DELTA = Struct("!h")

# Packet status symbols, section 3.1.1 of the draft.
_LOST, _SMALL, _LARGE, _RESERVED = 0, 1, 2, 3
_RUN_MAX = 0x1FFF  # a run length has 13 bits


class RtcpError(ValueError):
    """These bytes are not RTCP, or these values do not fit into RTCP."""


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver saw of one SSRC (RFC 3550 section 6.4.1).

    ``fraction_lost`` is in 1/256, ``jitter`` in units of the RTP clock, ``delay_since_last_sr`` in 1/65536 s,
    ``last_sr`` the middle 32 bits of the NTP time of the newest SR, 0 for none.
    """

    ssrc: int
    fraction_lost: int = 0
    cumulative_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay_since_last_sr: int = 0

    def encode(self) -> bytes:
        """24 bytes. The cumulative loss is held to the signed 24 bits it has on the wire."""
        lost = max(-0x800000, min(0x7FFFFF, self.cumulative_lost)) & 0xFFFFFF
        return _REPORT_BLOCK.pack(
            self.ssrc,
            (self.fraction_lost & 0xFF) << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_sr,
            self.delay_since_last_sr & 0xFFFFFFFF,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    """SR: ``ntp`` is the 64-bit NTP time at which ``rtp_timestamp`` was the media clock."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    blocks: list[ReportBlock] = field(default_factory=list)

    def encode(self) -> bytes:
        """Bytes of one SR; `RtcpError` for more than 31 blocks."""
        info = _SENDER_INFO.pack(
            self.ssrc,
            self.ntp,
            self.rtp_timestamp,
            self.packet_count & 0xFFFFFFFF,
            self.octet_count & 0xFFFFFFFF,
        )
        return _packet(len(self.blocks), PT_SENDER_REPORT, info + _encode_blocks(self.blocks))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """RR: the report of somebody who sends nothing."""

    ssrc: int
    blocks: list[ReportBlock] = field(default_factory=list)

    def encode(self) -> bytes:
        """Bytes of one RR; `RtcpError` for more than 31 blocks."""
        return _packet(
            len(self.blocks), PT_RECEIVER_REPORT, _WORD.pack(self.ssrc) + _encode_blocks(self.blocks)
        )


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """One SDES chunk; of its items only the CNAME is kept (empty when there was none)."""

    ssrc: int
    cname: str

    def encode(self) -> bytes:
        """Bytes of one SDES packet with one chunk; `RtcpError` when the name is over 255 bytes."""
        text = self.cname.encode("utf-8")
        if len(text) > MAX_TEXT_BYTES:
            raise RtcpError("CNAME longer than 255 bytes")
        chunk = _WORD.pack(self.ssrc) + bytes((SDES_CNAME, len(text))) + text
        # One to four zero bytes end the list of items and fill the word (RFC 3550 section 6.5).
        return _packet(1, PT_SOURCE_DESCRIPTION, chunk + bytes(4 - len(chunk) % 4))


@dataclass(frozen=True, slots=True)
class Bye:
    """These sources are gone; a reason text is ignored."""

    ssrcs: list[int]

    def encode(self) -> bytes:
        """Bytes of one BYE; `RtcpError` for more than 31 sources."""
        return _packet(len(self.ssrcs), PT_BYE, b"".join(map(_WORD.pack, self.ssrcs)))


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK: the 16-bit sequence numbers of ``media_ssrc`` that never came, oldest first."""

    sender_ssrc: int
    media_ssrc: int
    lost: list[int]

    def encode(self) -> bytes:
        """Bytes of one NACK; runs of near numbers share an item (PID + BLP)."""
        items: list[tuple[int, int]] = []
        for number in self.lost:
            distance = (number - items[-1][0]) & 0xFFFF if items else 0
            if items and 1 <= distance <= 16:
                items[-1] = (items[-1][0], items[-1][1] | 1 << (distance - 1))
            else:
                items.append((number, 0))
        body = b"".join(_NACK_ITEM.pack(*item) for item in items)
        return _feedback(FMT_NACK, PT_TRANSPORT_FEEDBACK, self.sender_ssrc, self.media_ssrc, body)


@dataclass(frozen=True, slots=True)
class Pli:
    """Picture loss indication: please send a keyframe."""

    sender_ssrc: int
    media_ssrc: int

    def encode(self) -> bytes:
        """Bytes of one PLI."""
        return _feedback(FMT_PLI, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, self.media_ssrc, b"")


@dataclass(frozen=True, slots=True)
class Fir:
    """Full intra request: (SSRC, 8-bit command number) for each source asked."""

    sender_ssrc: int
    entries: list[tuple[int, int]]

    def encode(self) -> bytes:
        """Bytes of one FIR; its media SSRC is 0 (RFC 5104 section 4.3.1.2)."""
        body = b"".join(_FIR_ITEM.pack(ssrc, number & 0xFF) for ssrc, number in self.entries)
        return _feedback(FMT_FIR, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, 0, body)


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate over ``ssrcs``, in bit/s."""

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: list[int]

    def encode(self) -> bytes:
        """Bytes of one REMB; the rate is rounded down to its 18-bit mantissa."""
        if not 0 <= self.bitrate_bps <= MAX_REMB_BPS or len(self.ssrcs) > 255:
            raise RtcpError("REMB out of range")
        exponent = max(0, self.bitrate_bps.bit_length() - 18)
        word = len(self.ssrcs) << 24 | exponent << 18 | self.bitrate_bps >> exponent
        body = b"REMB" + _WORD.pack(word) + b"".join(map(_WORD.pack, self.ssrcs))
        return _feedback(FMT_APPLICATION, PT_PAYLOAD_FEEDBACK, self.sender_ssrc, 0, body)


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Which transport-wide sequence numbers came, and when.

    ``packets`` holds (16-bit number, arrival in µs or None for lost) for every number from
    ``base_sequence`` on, without a gap. Arrivals are on the receiver's clock: the reference time (modulo
    2^24 times 64 ms) plus the differences, so they are whole 250 µs and not wrapped inside one packet.
    """

    sender_ssrc: int
    media_ssrc: int
    base_sequence: int
    feedback_count: int
    packets: list[tuple[int, int | None]]

    def encode(self) -> bytes:
        """Bytes of one feedback packet.

        Arrivals are rounded down to 250 µs. Raises `RtcpError` when no packet of it was received (there is
        nothing to take a reference time from), when two neighbours are over 8.19 s apart or when there are
        too many.
        """
        symbols, deltas, reference = _arrivals_to_deltas(self.packets)
        body = _FEEDBACK_HEAD.pack(
            self.base_sequence & 0xFFFF,
            len(symbols),
            (reference & 0xFFFFFF) << 8 | self.feedback_count & 0xFF,
        )
        body += b"".join(map(_CHUNK.pack, _encode_chunks(symbols))) + deltas
        return _feedback(FMT_TRANSPORT_CC, PT_TRANSPORT_FEEDBACK, self.sender_ssrc, self.media_ssrc, body)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A well-formed packet of a type or format that we have no use for."""

    payload_type: int


RtcpOutgoing = (
    SenderReport | ReceiverReport | SourceDescription | Bye | Nack | Pli | Fir | Remb | TransportFeedback
)
RtcpPacket = RtcpOutgoing | Unknown


def build(packets: Sequence[RtcpOutgoing]) -> bytes:
    """One datagram of these packets, in this order (RFC 3550 wants an SR or RR first, RFC 5506 waives it)."""
    return b"".join(packet.encode() for packet in packets)


def parse(data: bytes) -> list[RtcpPacket]:
    """Every packet of a datagram, in order; `RtcpError` when any of them is malformed."""
    packets: list[RtcpPacket] = []
    for position, (count, payload_type, body) in enumerate(_split(data)):
        if position >= MAX_PACKETS:
            raise RtcpError("too many RTCP packets in one datagram")
        parser = _PARSERS.get(payload_type)
        packets.extend(parser(count, body) if parser else [Unknown(payload_type)])
    return packets


def _split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(count or format, payload type, body without header and padding) of each packet."""
    if not data:
        raise RtcpError("empty datagram")
    offset = 0
    while offset < len(data):
        if len(data) - offset < _HEADER.size:
            raise RtcpError("truncated RTCP header")
        first, payload_type, words = _HEADER.unpack_from(data, offset)
        end = offset + 4 + words * 4
        if first >> 6 != 2:
            raise RtcpError("RTCP version is not 2")
        if end > len(data):
            raise RtcpError("RTCP length beyond the datagram")
        body = data[offset + 4 : end]
        if first & 0x20:
            body = _strip_padding(body)
        yield first & 0x1F, payload_type, body
        offset = end


def _strip_padding(body: bytes) -> bytes:
    # RFC 3550 wants padding on the last packet of a compound only, but libwebrtc pads every transport
    # feedback.
    if not body or not 0 < body[-1] <= len(body):
        raise RtcpError("impossible RTCP padding")
    return body[: len(body) - body[-1]]


def _packet(count: int, payload_type: int, body: bytes) -> bytes:
    if count > MAX_COUNT:
        raise RtcpError("more than 31 entries in one RTCP packet")
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    if len(body) // 4 > 0xFFFF:
        raise RtcpError("RTCP packet too long")
    return _HEADER.pack(0xA0 | count if padding else 0x80 | count, payload_type, len(body) // 4) + body


def _feedback(fmt: int, payload_type: int, sender_ssrc: int, media_ssrc: int, fci: bytes) -> bytes:
    return _packet(fmt, payload_type, _PAIR.pack(sender_ssrc, media_ssrc) + fci)


def _encode_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(block.encode() for block in blocks)


def _need(body: bytes, size: int, what: str) -> None:
    if len(body) < size:
        raise RtcpError(f"truncated {what}")


def _parse_blocks(count: int, body: bytes, offset: int) -> list[ReportBlock]:
    _need(body, offset + count * _REPORT_BLOCK.size, "report block")
    blocks = []
    for ssrc, loss, highest, jitter, last_sr, delay in _REPORT_BLOCK.iter_unpack(
        body[offset : offset + count * _REPORT_BLOCK.size]
    ):
        lost = loss & 0xFFFFFF
        signed_lost = lost - 0x1000000 if lost & 0x800000 else lost
        blocks.append(ReportBlock(ssrc, loss >> 24, signed_lost, highest, jitter, last_sr, delay))
    return blocks


def _parse_sender_report(count: int, body: bytes) -> list[RtcpPacket]:
    _need(body, _SENDER_INFO.size, "sender report")
    ssrc, ntp, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
    blocks = _parse_blocks(count, body, _SENDER_INFO.size)
    return [SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)]


def _parse_receiver_report(count: int, body: bytes) -> list[RtcpPacket]:
    _need(body, 4, "receiver report")
    return [ReceiverReport(_WORD.unpack_from(body)[0], _parse_blocks(count, body, 4))]


def _parse_source_description(count: int, body: bytes) -> list[RtcpPacket]:
    chunks: list[RtcpPacket] = []
    offset = 0
    for _ in range(count):
        _need(body, offset + 4, "SDES chunk")
        (ssrc,) = _WORD.unpack_from(body, offset)
        cname, offset = _parse_items(body, offset + 4)
        chunks.append(SourceDescription(ssrc, cname))
    return chunks


def _parse_items(body: bytes, offset: int) -> tuple[str, int]:
    """The CNAME among the items of a chunk, and where the next chunk begins."""
    cname = ""
    while True:
        _need(body, offset + 1, "SDES item")
        if body[offset] == 0:
            return cname, (offset // 4 + 1) * 4
        _need(body, offset + 2, "SDES item")
        end = offset + 2 + body[offset + 1]
        _need(body, end, "SDES item")
        if body[offset] == SDES_CNAME:
            # A name in another encoding is still a name: only equality matters to us.
            cname = body[offset + 2 : end].decode("utf-8", "replace")
        offset = end


def _parse_bye(count: int, body: bytes) -> list[RtcpPacket]:
    _need(body, count * 4, "BYE")
    return [Bye([ssrc for (ssrc,) in _WORD.iter_unpack(body[: count * 4])])]


def _parse_transport_layer(fmt: int, body: bytes) -> list[RtcpPacket]:
    _need(body, 8, "transport feedback")
    sender_ssrc, media_ssrc = _PAIR.unpack_from(body)
    if fmt == FMT_NACK:
        return [Nack(sender_ssrc, media_ssrc, _parse_nack_items(body[8:]))]
    if fmt == FMT_TRANSPORT_CC:
        return [_parse_transport_cc(sender_ssrc, media_ssrc, body)]
    return [Unknown(PT_TRANSPORT_FEEDBACK)]


def _parse_nack_items(fci: bytes) -> list[int]:
    if len(fci) % _NACK_ITEM.size:
        raise RtcpError("truncated NACK")
    lost: list[int] = []
    for number, mask in _NACK_ITEM.iter_unpack(fci):
        lost.append(number)
        lost.extend((number + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(lost) > MAX_NACK_NUMBERS:
            raise RtcpError("NACK asks for too many packets")
    return lost


def _parse_payload_specific(fmt: int, body: bytes) -> list[RtcpPacket]:
    _need(body, 8, "payload feedback")
    sender_ssrc, media_ssrc = _PAIR.unpack_from(body)
    fci = body[8:]
    if fmt == FMT_PLI:
        return [Pli(sender_ssrc, media_ssrc)]
    if fmt == FMT_FIR:
        if len(fci) % _FIR_ITEM.size:
            raise RtcpError("truncated FIR")
        return [Fir(sender_ssrc, [(ssrc, number) for ssrc, number in _FIR_ITEM.iter_unpack(fci)])]
    if fmt == FMT_APPLICATION and fci[:4] == b"REMB":
        return [_parse_remb(sender_ssrc, fci)]
    return [Unknown(PT_PAYLOAD_FEEDBACK)]


def _parse_remb(sender_ssrc: int, fci: bytes) -> Remb:
    _need(fci, 8, "REMB")
    (word,) = _WORD.unpack_from(fci, 4)
    count = word >> 24
    bitrate_bps = (word & 0x3FFFF) << (word >> 18 & 0x3F)
    _need(fci, 8 + count * 4, "REMB")
    if bitrate_bps > MAX_REMB_BPS:
        raise RtcpError("REMB out of range")
    return Remb(sender_ssrc, bitrate_bps, [ssrc for (ssrc,) in _WORD.iter_unpack(fci[8 : 8 + count * 4])])


def _parse_transport_cc(sender_ssrc: int, media_ssrc: int, body: bytes) -> TransportFeedback:
    _need(body, 16, "transport-wide feedback")
    base, count, tail = _FEEDBACK_HEAD.unpack_from(body, 8)
    if not 0 < count <= MAX_FEEDBACK_STATUSES:
        raise RtcpError("transport-wide feedback about no packet, or too many")
    symbols, offset = _decode_chunks(body, 16, count)
    packets: list[tuple[int, int | None]] = []
    arrival_us = (tail >> 8) * REFERENCE_TICK_US
    for index, symbol in enumerate(symbols):
        if symbol == _LOST:
            packets.append(((base + index) & 0xFFFF, None))
            continue
        _need(body, offset + symbol, "arrival differences")
        ticks = body[offset] if symbol == _SMALL else _LARGE_DELTA.unpack_from(body, offset)[0]
        offset += symbol  # a small difference has one byte, a large one two
        arrival_us += ticks * DELTA_TICK_US
        packets.append(((base + index) & 0xFFFF, arrival_us))
    return TransportFeedback(sender_ssrc, media_ssrc, base, tail & 0xFF, packets)


def _decode_chunks(body: bytes, offset: int, count: int) -> tuple[list[int], int]:
    """``count`` status symbols, and where the arrival differences begin."""
    symbols: list[int] = []
    while len(symbols) < count:
        _need(body, offset + 2, "status chunk")
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
    """(status symbols, coded arrival differences, reference time in 64 ms)."""
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
    """Status chunks, greedily: a run where it is at least as long as the vector it would replace."""
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


_PARSERS: dict[int, Callable[[int, bytes], list[RtcpPacket]]] = {
    PT_SENDER_REPORT: _parse_sender_report,
    PT_RECEIVER_REPORT: _parse_receiver_report,
    PT_SOURCE_DESCRIPTION: _parse_source_description,
    PT_BYE: _parse_bye,
    PT_TRANSPORT_FEEDBACK: _parse_transport_layer,
    PT_PAYLOAD_FEEDBACK: _parse_payload_specific,
}
