"""The quality of a link as pages show it: bars, round-trip time, loss.

Owns: the samples of one leg (round-trip times, loss, rates, signs of life) and the rule that turns them into a
`LinkQuality`. Must never steer anything: it informs people. A warm leg carries almost nothing, so the round-trip
time of STUN checks is often the only measurement.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from media.core.parameters import LinkQuality

# STUN checks arrive about every second; a leg without ten of them has no link.
SILENCE_MS = 10_000.0
# The median of five ignores a retransmitted or delayed check, and still follows a change quickly.
RTT_SAMPLES = 5
LOSS_SMOOTHING = 0.3

GOOD, FAIR, THIN, POOR, NONE = 4, 3, 2, 1, 0

# Level by the slower known direction, in kbit/s on the wire, best first.
LEVEL_BY_KBPS = (
    (256, GOOD),  # voice with redundancy (41) and a useful picture (video rung, 100 to 450)
    (64, FAIR),  # voice (25) and the smallest picture that helps (30)
    (20, THIN),  # voice, or stills while nobody speaks
)
# Level by round-trip time in ms if no rate is known, best first. EDGE with free slots has 400 to 800, GPRS 700 to
# 1,500.
LEVEL_BY_RTT_MS = ((200, GOOD), (600, FAIR), (1_500, THIN))
# A link with a longer round-trip time is not "good" at any rate: people wait too long for an answer.
GOOD_RTT_MS = 400
# Redundancy repairs this much loss in a voice; with more, words are missing.
TOLERABLE_LOSS = 0.1
# Reaching a level needs a tenth more than keeping it; otherwise the bars would flicker.
RISE_MARGIN = 1.1


class LinkMeter:
    """The measurements of one leg's link."""

    def __init__(self) -> None:
        self._rtts_ms: deque[float] = deque(maxlen=RTT_SAMPLES)
        self._loss_ratio: float | None = None
        self._down_bps: float | None = None
        self._up_bps: float | None = None
        self._heard_ms: float | None = None
        self._level = NONE

    def heard(self, now_ms: float) -> None:
        """An authenticated packet arrived from the peer."""
        self._heard_ms = now_ms

    def rtt(self, rtt_ms: float, now_ms: float) -> None:
        """A round-trip time was measured (STUN check, report block, transport-wide feedback)."""
        self._rtts_ms.append(rtt_ms)
        self._heard_ms = now_ms

    def loss(self, loss_ratio: float) -> None:
        """The recent loss in the worse direction, 0 to 1."""
        old = loss_ratio if self._loss_ratio is None else self._loss_ratio
        self._loss_ratio = old + LOSS_SMOOTHING * (loss_ratio - old)

    def rates(self, *, down_bps: float | None = None, up_bps: float | None = None) -> None:
        """The known rate of each direction, in bit/s; None keeps the previous value."""
        self._down_bps = self._down_bps if down_bps is None else down_bps
        self._up_bps = self._up_bps if up_bps is None else up_bps

    def quality(self, now_ms: float) -> LinkQuality:
        """The current quality of the link."""
        if self._heard_ms is None or now_ms - self._heard_ms >= SILENCE_MS:
            self._level = NONE
            return LinkQuality()
        rtt_ms = median(self._rtts_ms) if self._rtts_ms else None
        level = self._judge(rtt_ms, margin=1.0)
        if level > self._level != NONE:
            level = max(self._level, self._judge(rtt_ms, margin=RISE_MARGIN))
        self._level = level
        return LinkQuality(
            level=level,
            rtt_ms=None if rtt_ms is None else round(rtt_ms),
            loss_ratio=None if self._loss_ratio is None else round(self._loss_ratio, 3),
            down_kbps=_kbps(self._down_bps),
            up_kbps=_kbps(self._up_bps),
        )

    def _judge(self, rtt_ms: float | None, margin: float) -> int:
        rates = [rate for rate in (self._down_bps, self._up_bps) if rate is not None]
        if rates:
            kbps = min(rates) / 1000 / margin
            level = next((level for least, level in LEVEL_BY_KBPS if kbps >= least), POOR)
            if rtt_ms is not None and rtt_ms * margin > GOOD_RTT_MS:
                level = min(level, FAIR)
        elif rtt_ms is not None:
            level = next((level for most_ms, level in LEVEL_BY_RTT_MS if rtt_ms * margin < most_ms), POOR)
        else:
            return POOR  # the link works, and nothing else is known
        if self._loss_ratio is not None and self._loss_ratio * margin > TOLERABLE_LOSS:
            level -= 1
        return max(POOR, level)


def _kbps(bps: float | None) -> int | None:
    return None if bps is None else round(bps / 1000)
