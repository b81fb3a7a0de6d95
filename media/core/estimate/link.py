"""One link as a waiting room shows it: how many bars, what round trip, what loss.

Owns: the samples of one leg (round trips, loss, rates, signs of life) and the rule that turns them into a
`LinkQuality`. Must never steer anything: it informs people. A warm leg carries next to nothing, so the round
trip of STUN checks is often all that is known.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from media.core.parameters import LinkQuality

# STUN checks come about each second; a leg silent for ten of them has no link.
SILENCE_MS = 10_000.0
# The median of five drops a retransmitted or held-up check without hiding a change for long.
RTT_SAMPLES = 5
LOSS_SMOOTHING = 0.3

GOOD, FAIR, THIN, POOR, NONE = 4, 3, 2, 1, 0

# Level by the slower known direction, in kbit/s on the wire, best first.
LEVEL_BY_KBPS = (
    (256, GOOD),  # voice with redundancy (41) and a picture worth having (video rung, 100 to 450)
    (64, FAIR),  # voice (25) and the smallest picture that helps (30)
    (20, THIN),  # voice, or stills while nobody speaks
)
# Level by round trip where no rate is known, in ms, best first. EDGE with free slots is 400 to 800, GPRS
# 700 to 1,500.
LEVEL_BY_RTT_MS = ((200, GOOD), (600, FAIR), (1_500, THIN))
# With a longer round trip a link is not "good", whatever it carries: question and answer are too far apart.
GOOD_RTT_MS = 400
# Redundancy hides this much loss in a voice; beyond it words go missing.
TOLERABLE_LOSS = 0.1
# A higher level needs a tenth more than keeping it, or the bars would blink.
RISE_MARGIN = 1.1


class LinkMeter:
    """What is known of the link of one leg."""

    def __init__(self) -> None:
        self._rtts_ms: deque[float] = deque(maxlen=RTT_SAMPLES)
        self._loss_ratio: float | None = None
        self._down_bps: float | None = None
        self._up_bps: float | None = None
        self._heard_ms: float | None = None
        self._level = NONE

    def heard(self, now_ms: float) -> None:
        """Something authenticated came from the peer."""
        self._heard_ms = now_ms

    def rtt(self, rtt_ms: float, now_ms: float) -> None:
        """A round trip was measured (STUN check, report block, transport-wide feedback)."""
        self._rtts_ms.append(rtt_ms)
        self._heard_ms = now_ms

    def loss(self, loss_ratio: float) -> None:
        """Share lost lately in the worse direction, 0 to 1."""
        old = loss_ratio if self._loss_ratio is None else self._loss_ratio
        self._loss_ratio = old + LOSS_SMOOTHING * (loss_ratio - old)

    def rates(self, *, down_bps: float | None = None, up_bps: float | None = None) -> None:
        """What each direction is known to carry, in bit/s; a direction not named keeps what was known."""
        self._down_bps = self._down_bps if down_bps is None else down_bps
        self._up_bps = self._up_bps if up_bps is None else up_bps

    def quality(self, now_ms: float) -> LinkQuality:
        """The link as it is now."""
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
            return POOR  # the link lives, and nothing else is known
        if self._loss_ratio is not None and self._loss_ratio * margin > TOLERABLE_LOSS:
            level -= 1
        return max(POOR, level)


def _kbps(bps: float | None) -> int | None:
    return None if bps is None else round(bps / 1000)
