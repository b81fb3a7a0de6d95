"""Sends RTCP to one page: everything due at one moment together, within the share of the downlink for RTCP.

Owns: when reports are sent, and that everything due at one moment shares a datagram (RFC 5506: headers are 42
bytes, a NACK is 16). Must never read received RTCP: rtcprouter.py does. Standards: RFC 3550 section 6, RFC 4585.
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
# With 42 bytes of headers this fits every path; a single transport-wide feedback is at most as long.
DATAGRAM_MAX_BYTES = 1_100
# The assumed size of the first report: an RR with one block, and SDES.
LEAST_REPORT_BYTES = 60
# A packet found missing within this time after the last NACK waits for the datagram of the next tick.
ASKED_APART_MS = 25.0


class FeedbackSender:
    """Sends the RTCP of one leg. All times are ms on the monotonic clock."""

    def __init__(self, member: Member, feedback_ssrc: int) -> None:
        self._member = member
        self._feedback_ssrc = feedback_ssrc
        self.budget = FeedbackBudget(member.downlink.estimate.estimate_bps)
        self._about = UplinkFeedback(member.uplink, feedback_ssrc, self.budget)
        self._next_report_ms = 0.0
        self._reported_ms = 0.0
        self._asked_ms = 0.0

    def joined(self, now_ms: float) -> None:
        """The leg has joined a call: send the first report at once, since lip sync and round-trip times need it."""
        self._next_report_ms = min(self._next_report_ms, now_ms + FIRST_REPORT_MS)

    def tick(self, now_ms: float, rtt_ms: float, *, page_sends_video: bool) -> None:
        """Send all RTCP that is due."""
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
        """Send a NACK for a picture at once: all later packets wait for the missing one."""
        if now_ms - self._asked_ms < ASKED_APART_MS:
            return
        self.budget.link_bps = self._member.downlink.estimate.estimate_bps
        for packet in self._about.picture_repeats(picture, now_ms, rtt_ms):
            self._asked_ms = now_ms
            self.budget.spend(len(packet) + DATAGRAM_OVERHEAD_BYTES)
            self._member.leg.send_rtcp(packet)

    def _report(self, now_ms: float) -> list[bytes]:
        """Sender reports of the downlink and report blocks of the uplink: one compound packet, or none."""
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
    """Pack RTCP packets in order into as few datagrams as possible."""
    datagram = b""
    for packet in packets:
        if datagram and len(datagram) + len(packet) > DATAGRAM_MAX_BYTES:
            yield datagram
            datagram = b""
        datagram += packet
    if datagram:
        yield datagram
