"""Lost packets: NACK, the wait for repairs, keyframe requests, reports and redundancy.

Owns: detecting loss in each stream, the timing and limits of requests and retransmissions (RFC 4585), redundancy
(RFC 2198), sender and receiver reports (RFC 3550 section 6), and the budget of all feedback. Must never estimate a
link or choose a rate.
"""

from media.core.repair.feedbackbudget import DATAGRAM_OVERHEAD_BYTES, SHARE, Feedback, FeedbackBudget
from media.core.repair.keyframes import KeyframeRequests, keyframe_spacing_ms
from media.core.repair.nack import (
    MAX_AGE_MS,
    NEAR_RTT_MS,
    VOICE_MAX_AGE_MS,
    VOICE_MAX_RTT_MS,
    NackGenerator,
)
from media.core.repair.nackresponder import NackResponder
from media.core.repair.reception import ReceptionStats
from media.core.repair.redundancy import (
    PACKET_OVERHEAD_BYTES,
    PLAIN_VOICE_BPS,
    RED_AT_ONCE_BPS,
    RED_HEADER_BYTES,
    RED_MUCH_LOSS_KEEP_BPS,
    RED_MUCH_LOSS_MIN_BPS,
    RED_VOICE_BPS,
    redundancy_pays,
    voice_wire_bps,
)
from media.core.repair.repairwait import RepairWait
from media.core.repair.reports import RemoteClock, SenderReports, next_report_ms

__all__ = [
    "DATAGRAM_OVERHEAD_BYTES",
    "MAX_AGE_MS",
    "NEAR_RTT_MS",
    "PACKET_OVERHEAD_BYTES",
    "PLAIN_VOICE_BPS",
    "RED_AT_ONCE_BPS",
    "RED_HEADER_BYTES",
    "RED_MUCH_LOSS_KEEP_BPS",
    "RED_MUCH_LOSS_MIN_BPS",
    "RED_VOICE_BPS",
    "SHARE",
    "VOICE_MAX_AGE_MS",
    "VOICE_MAX_RTT_MS",
    "Feedback",
    "FeedbackBudget",
    "KeyframeRequests",
    "NackGenerator",
    "NackResponder",
    "ReceptionStats",
    "RemoteClock",
    "RepairWait",
    "SenderReports",
    "keyframe_spacing_ms",
    "next_report_ms",
    "redundancy_pays",
    "voice_wire_bps",
]
