"""The feedback about one leg's uplink that is due: NACK, PLI, arrival times and report blocks.

Owns: the order of urgency, and the limit of each kind by the budget for feedback. Must never send: feedback.py
does. Standards: RFC 3550 section 6, RFC 4585.
"""

from __future__ import annotations

from media.core.repair import VOICE_MAX_RTT_MS, Feedback, FeedbackBudget
from media.core.rtp import rtcp
from media.engine.relay.inbound import InboundStream
from media.engine.relay.uplink import Uplink


class UplinkFeedback:
    """The feedback about one uplink, under one SSRC of ours. Its size is taken from `budget`."""

    def __init__(self, uplink: Uplink, feedback_ssrc: int, budget: FeedbackBudget) -> None:
        self._uplink = uplink
        self._ssrc = feedback_ssrc
        self._budget = budget

    def may_be_due(self, now_ms: float) -> bool:
        """Whether `due` may return anything; called with every tick, and mostly False."""
        uplink = self._uplink
        if uplink.audio.nack.lacks or uplink.twcc.due(now_ms):
            return True
        return uplink.video.wants_repair or (uplink.low is not None and uplink.low.wants_repair)

    def due(self, now_ms: float, rtt_ms: float, *, along: bool = False) -> list[bytes]:
        """The feedback that is due, most urgent first: NACK of voice, arrival times, NACK of pictures, PLI.

        ``along``: a datagram is sent anyway, which this feedback can share.
        """
        uplink, budget = self._uplink, self._budget
        packets: list[bytes] = []
        # On a longer path a repeated voice packet would come after its turn.
        in_time = rtt_ms <= VOICE_MAX_RTT_MS
        if uplink.audio.has_gaps and in_time and budget.allows(Feedback.VOICE_NACK, 0.0, now_ms):
            packets += self._repeats(uplink.audio, now_ms, rtt_ms)
        packets += self._arrival_times(now_ms, along=along)
        for picture in uplink.pictures:
            if not picture.ssrc:
                continue
            packets += self.picture_repeats(picture, now_ms, rtt_ms)
            if picture.keyframes.wanted or picture.nack.overflowed:
                packets += self._keyframe_request(picture, now_ms, rtt_ms)
        for packet in packets:
            budget.spend(len(packet))
        return packets

    def picture_repeats(self, picture: InboundStream, now_ms: float, rtt_ms: float) -> list[bytes]:
        """The NACK that is due for a picture, if any and if the budget allows it."""
        if not picture.has_gaps or not self._budget.allows(Feedback.VIDEO_NACK, 0.0, now_ms):
            return []
        return self._repeats(picture, now_ms, rtt_ms)

    def report_blocks(self, now_ms: float) -> list[rtcp.ReportBlock]:
        """RFC 3550 report blocks of the streams from which packets have arrived."""
        return [_report_block(stream, now_ms) for stream in self._uplink.streams if stream.stats.packets]

    def _arrival_times(self, now_ms: float, *, along: bool) -> list[bytes]:
        """Transport-wide feedback, if it is due."""
        uplink, twcc = self._uplink, self._uplink.twcc
        if not twcc.due(now_ms, along=along):
            return []
        kind = Feedback.VIDEO_TWCC if twcc.picture_flows else Feedback.VOICE_TWCC
        if not along and not self._budget.allows(kind, twcc.waited_ms(now_ms), now_ms):
            return []
        return twcc.build(self._ssrc, uplink.video.ssrc or uplink.audio.ssrc, now_ms)

    def _repeats(self, stream: InboundStream, now_ms: float, rtt_ms: float) -> list[bytes]:
        """The NACK that is due for a stream, if any."""
        lost = stream.nack.due(now_ms, rtt_ms)
        return [rtcp.Nack(self._ssrc, stream.ssrc, lost).encode()] if lost else []

    def _keyframe_request(self, picture: InboundStream, now_ms: float, rtt_ms: float) -> list[bytes]:
        """The PLI that is due for a picture, if any."""
        keyframes = picture.keyframes
        if picture.nack.overflowed and any(out.active for out in picture.outputs):
            keyframes.want(now_ms)
        if not keyframes.wanted:
            return []
        waited_ms = keyframes.waiting_ms(now_ms)
        if not self._budget.allows(Feedback.KEYFRAME, waited_ms, now_ms):
            return []
        if not keyframes.due(now_ms, rtt_ms):
            return []
        return [rtcp.Pli(self._ssrc, picture.ssrc).encode()]


def _report_block(stream: InboundStream, now_ms: float) -> rtcp.ReportBlock:
    reception = stream.stats.report()
    last_sr, delay = stream.clock.last_sr(now_ms)
    return rtcp.ReportBlock(
        ssrc=stream.ssrc,
        fraction_lost=reception.fraction_lost,
        cumulative_lost=reception.cumulative_lost,
        highest_sequence=reception.highest_sequence,
        jitter=reception.jitter,
        last_sr=last_sr,
        delay_since_last_sr=delay,
    )
