"""Routes RTCP from one page: each packet to the part of the leg that it concerns.

Owns: the translation of packets into calls. Must never keep state or answer: feedback.py sends. Standards: RFC 3550
section 6, RFC 4585, transport-wide feedback (draft-holmer-rmcat).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from media.core.estimate import RoundTrips
from media.core.rtp import rtcp
from media.engine.relay.rooms import Member


class RtcpRouter:
    """Routes the RTCP of one leg. ``measured`` gets each round-trip time in ms, and the time of measurement."""

    def __init__(self, member: Member, trips: RoundTrips, measured: Callable[[float, float], None]) -> None:
        self._member = member
        self._trips = trips
        self._measured = measured

    def arrived(self, packets: Sequence[rtcp.RtcpPacket], now_ms: float) -> None:
        """Process packets about the streams that the page receives, and those that it sends."""
        downlink = self._member.downlink
        for packet in packets:
            match packet:
                case rtcp.TransportFeedback():
                    downlink.feedback_arrived(packet, now_ms)
                    if downlink.twcc.rtt_ms is not None:
                        self._trips.fed_back(downlink.twcc.rtt_ms, now_ms)
                case rtcp.SenderReport():
                    self._member.uplink.sender_report(packet, now_ms)
                    self._blocks(packet.blocks, now_ms)
                case rtcp.ReceiverReport():
                    self._blocks(packet.blocks, now_ms)
                case rtcp.Nack():
                    out = downlink.by_ssrc.get(packet.media_ssrc)
                    if out is not None:
                        out.resend(packet.lost, now_ms, self._trips.rtt_ms)
                case rtcp.Pli():
                    self._keyframe_wanted(packet.media_ssrc, now_ms)
                case rtcp.Fir():
                    for ssrc, _ in packet.entries:
                        self._keyframe_wanted(ssrc, now_ms)
                case _:
                    pass  # SDES, BYE, REMB, XR: not used

    def _blocks(self, blocks: Sequence[rtcp.ReportBlock], now_ms: float) -> None:
        for block in blocks:
            rtt_ms = self._member.downlink.block_arrived(block, now_ms)
            if rtt_ms is not None:
                self._measured(rtt_ms, now_ms)

    def _keyframe_wanted(self, ssrc: int, now_ms: float) -> None:
        out = self._member.downlink.by_ssrc.get(ssrc)
        if out is not None and out.kind == "video" and out.source is not None:
            out.source.keyframes.want(now_ms)
