"""RTCP packets as values and as bytes: what a leg and its peer report to each other about media.

Owns: parsing and building whole datagrams; each family of packets has its own module. Must never keep state, read a
clock or decide anything. Every bad input raises `RtcpError`, and the work for one datagram is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.core.rtp.rtcp.packet import (
    PAIR,
    PT_BYE,
    PT_PAYLOAD_FEEDBACK,
    PT_RECEIVER_REPORT,
    PT_SENDER_REPORT,
    PT_SOURCE_DESCRIPTION,
    PT_TRANSPORT_FEEDBACK,
    RtcpError,
    Unknown,
    need,
    split,
)
from media.core.rtp.rtcp.remb import FMT_APPLICATION, Remb, parse_remb
from media.core.rtp.rtcp.reports import (
    ReceiverReport,
    ReportBlock,
    SenderReport,
    parse_receiver_report,
    parse_sender_report,
)
from media.core.rtp.rtcp.requests import (
    FMT_FIR,
    FMT_NACK,
    FMT_PLI,
    MAX_NACK_NUMBERS,
    Fir,
    Nack,
    Pli,
    parse_fir,
    parse_nack,
)
from media.core.rtp.rtcp.sources import Bye, SourceDescription, parse_bye, parse_source_description
from media.core.rtp.rtcp.transportcc import (
    DELTA_TICK_US,
    FMT_TRANSPORT_CC,
    MAX_FEEDBACK_STATUSES,
    REFERENCE_MODULUS_US,
    TransportFeedback,
    parse_transport_cc,
)

# A browser puts only a few packets into one datagram; 64 is ample, and bounds the work for a hostile peer.
MAX_PACKETS = 64

RtcpOutgoing = (
    SenderReport | ReceiverReport | SourceDescription | Bye | Nack | Pli | Fir | Remb | TransportFeedback
)
RtcpPacket = RtcpOutgoing | Unknown


def build(packets: Sequence[RtcpOutgoing]) -> bytes:
    """One datagram of these packets, in order. RFC 3550 requires an SR or RR first; RFC 5506 does not."""
    return b"".join(packet.encode() for packet in packets)


def parse(data: bytes) -> list[RtcpPacket]:
    """Every packet of a datagram, in order. Raises `RtcpError` if one of them is malformed."""
    packets: list[RtcpPacket] = []
    for position, (count, payload_type, body) in enumerate(split(data)):
        if position >= MAX_PACKETS:
            raise RtcpError("too many RTCP packets in one datagram")
        parser = _PARSERS.get(payload_type)
        packets.extend(parser(count, body) if parser else [Unknown(payload_type)])
    return packets


def _parse_transport_layer(fmt: int, body: bytes) -> list[RtcpPacket]:
    need(body, 8, "transport feedback")
    sender_ssrc, media_ssrc = PAIR.unpack_from(body)
    if fmt == FMT_NACK:
        return [parse_nack(sender_ssrc, media_ssrc, body[8:])]
    if fmt == FMT_TRANSPORT_CC:
        return [parse_transport_cc(sender_ssrc, media_ssrc, body)]
    return [Unknown(PT_TRANSPORT_FEEDBACK)]


def _parse_payload_specific(fmt: int, body: bytes) -> list[RtcpPacket]:
    need(body, 8, "payload feedback")
    sender_ssrc, media_ssrc = PAIR.unpack_from(body)
    fci = body[8:]
    if fmt == FMT_PLI:
        return [Pli(sender_ssrc, media_ssrc)]
    if fmt == FMT_FIR:
        return [parse_fir(sender_ssrc, fci)]
    if fmt == FMT_APPLICATION and fci[:4] == b"REMB":
        return [parse_remb(sender_ssrc, fci)]
    return [Unknown(PT_PAYLOAD_FEEDBACK)]


_PARSERS: dict[int, Callable[[int, bytes], Sequence[RtcpPacket]]] = {
    PT_SENDER_REPORT: parse_sender_report,
    PT_RECEIVER_REPORT: parse_receiver_report,
    PT_SOURCE_DESCRIPTION: parse_source_description,
    PT_BYE: parse_bye,
    PT_TRANSPORT_FEEDBACK: _parse_transport_layer,
    PT_PAYLOAD_FEEDBACK: _parse_payload_specific,
}

__all__ = [
    "DELTA_TICK_US",
    "FMT_TRANSPORT_CC",
    "MAX_FEEDBACK_STATUSES",
    "MAX_NACK_NUMBERS",
    "MAX_PACKETS",
    "PT_TRANSPORT_FEEDBACK",
    "REFERENCE_MODULUS_US",
    "Bye",
    "Fir",
    "Nack",
    "Pli",
    "ReceiverReport",
    "Remb",
    "ReportBlock",
    "RtcpError",
    "RtcpOutgoing",
    "RtcpPacket",
    "SenderReport",
    "SourceDescription",
    "TransportFeedback",
    "Unknown",
    "build",
    "parse",
]
