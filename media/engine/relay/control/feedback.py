"""RTCP towards one page: what is due goes out together, inside what its downlink can spare for it.

Owns: when reports leave, and that everything due at one moment shares a datagram (RFC 5506: headers are 42 bytes, a
NACK is 16). Must never read RTCP that comes in: rtcprouter.py does. Standards: RFC 3550 section 6, RFC 4585.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from media.core.repair import DATAGRAM_OVERHEAD_BYTES, Feedback, FeedbackBudget, next_report_ms
from media.core.rtp import rtcp
from media.engine.relay.control.uplinkfeedback import UplinkFeedback
from media.engine.relay.inbound import InboundStream
from media.engine.relay.rooms import Member

FIRST_REPORT_MS = 500.0
CNAME = "keneya"
# With its 42 bytes of headers this passes every path; one transport-wide feedback alone is at most as long.
DATAGRAM_MAX_BYTES = 1_100
# What is taken for the size of a report before the first: an RR with one block, and SDES.
LEAST_REPORT_BYTES = 60
# What is found missing within this time after the last NACK shares the next tick's datagram.
ASKED_APART_MS = 25.0


class FeedbackSender:
    """The RTCP that leaves for one leg. All times are ms on the monotonic clock."""

    def __init__(self, member: Member, feedback_ssrc: int) -> None:
        self._member = member
        self._feedback_ssrc = feedback_ssrc
        self.budget = FeedbackBudget(member.downlink.estimate.estimate_bps)
        self._about = UplinkFeedback(member.uplink, feedback_ssrc, self.budget)
        self._next_report_ms = 0.0
        self._reported_ms = 0.0
        self._asked_ms = 0.0

    def joined(self, now_ms: float) -> None:
        """Media begins: lip sync and round trips wait for the first report, so it must not wait itself."""
        self._next_report_ms = min(self._next_report_ms, now_ms + FIRST_REPORT_MS)

    def tick(self, now_ms: float, rtt_ms: float, *, page_sends_video: bool) -> None:
        """Send whatever is due."""
        budget = self.budget
        self._member.uplink.twcc.picture_flows = page_sends_video
        report_due = now_ms >= self._next_report_ms
        if not report_due and not self._about.may_be_due(now_ms):
            return
        budget.link_bps = self._member.downlink.estimate.estimate_bps
        packets: list[bytes] = []
        if report_due and budget.allows(Feedback.REPORT, now_ms - self._reported_ms, now_ms):
            packets = self._report(now_ms)
        packets += self._about.due(now_ms, rtt_ms, along=bool(packets))
        for datagram in bundled(packets):
            budget.spend(DATAGRAM_OVERHEAD_BYTES)
            self._member.leg.send_rtcp(datagram)

    def ask_again(self, picture: InboundStream, now_ms: float, rtt_ms: float) -> None:
        """A picture lacks a packet: ask at once. All that follows waits for it, so the next tick would be late."""
        if now_ms - self._asked_ms < ASKED_APART_MS:
            return
        self.budget.link_bps = self._member.downlink.estimate.estimate_bps
        for packet in self._about.picture_repeats(picture, now_ms, rtt_ms):
            self._asked_ms = now_ms
            self.budget.spend(len(packet) + DATAGRAM_OVERHEAD_BYTES)
            self._member.leg.send_rtcp(packet)

    def _report(self, now_ms: float) -> list[bytes]:
        """Sender reports of what flows down, with blocks about what came up: one compound packet, or nothing."""
        downlink = self._member.downlink
        blocks = self._about.report_blocks(now_ms)
        reports = [
            report
            for out in downlink.by_ssrc.values()
            if out.active and (report := out.sender_report(now_ms)) is not None
        ]
        packets: list[rtcp.SenderReport | rtcp.ReceiverReport | rtcp.SourceDescription] = []
        if reports:
            # Report blocks ride on the first sender report (RFC 3550 section 6.1).
            first = reports[0]
            packets.append(
                rtcp.SenderReport(
                    first.ssrc, first.ntp, first.rtp_timestamp, first.packet_count, first.octet_count, blocks
                )
            )
            packets += reports[1:]
        elif blocks:
            packets.append(rtcp.ReceiverReport(self._feedback_ssrc, blocks))
        data = b""
        if packets:
            packets.append(rtcp.SourceDescription(reports[0].ssrc if reports else self._feedback_ssrc, CNAME))
            data = rtcp.build(packets)
            self.budget.spend(len(data))
            self._reported_ms = now_ms
        flow_bps = self._member.uplink.received_bps(now_ms) + downlink.estimate.received_bps
        size_bytes = max(len(data), LEAST_REPORT_BYTES) + DATAGRAM_OVERHEAD_BYTES
        spread = random.random()  # noqa: S311 - spreads reports, protects nothing
        self._next_report_ms = next_report_ms(now_ms, flow_bps, size_bytes, spread)
        return [data] if data else []


def bundled(packets: Iterable[bytes]) -> Iterator[bytes]:
    """The same RTCP packets, in order, in as few datagrams as hold them."""
    datagram = b""
    for packet in packets:
        if datagram and len(datagram) + len(packet) > DATAGRAM_MAX_BYTES:
            yield datagram
            datagram = b""
        datagram += packet
    if datagram:
        yield datagram
