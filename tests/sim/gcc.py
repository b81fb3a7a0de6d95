"""Chromium's congestion control of its uplink: the parts of GCC that matter for a call.

Owns: a delay detector (least-squares trend of queueing delay with an adaptive threshold), multiplicative growth and
back-off, the bound by the acknowledged rate, the controller of reported loss (above 10 % it halves the rate, below
2 % the rate may grow) and the result of a probe cluster. After Carlucci et al., "Analysis and Design of the Google
Congestion Control for WebRTC" (2016), and libwebrtc's constants. Must never know of the relay: it sees the feedback
that a browser sees, and nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from media.core.estimate import PacketResult

GROUP_US = 5_000
TREND_GROUPS = 20
TREND_GAIN = 4.0
SMOOTHING = 0.9
FIRST_THRESHOLD = 12.5
THRESHOLD_RANGE = (6.0, 600.0)
THRESHOLD_UP, THRESHOLD_DOWN = 0.0087, 0.039
OVERUSE_MS = 10.0
GROWTH_PER_S = 1.08
BACK_OFF = 0.85
ACKNOWLEDGED_SPAN_US = 1_000_000
LOSS_PACKETS = 20
LOW_LOSS, HIGH_LOSS = 0.02, 0.1


class BrowserEstimate:
    """The target of one page's uplink, in bit/s on the wire."""

    def __init__(self, start_bps: float, min_bps: float, max_bps: float) -> None:
        self._range = (min_bps, max_bps)
        self._delay_bps = self._loss_bps = start_bps
        self._group: list[int] | None = None  # first sent, last sent, last arrived
        self._previous: tuple[int, int] | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=TREND_GROUPS)
        self._first_arrival_us = 0
        self._accumulated_ms = self._smoothed_ms = self._trend = self._last_modified = 0.0
        self._deltas = 0
        self._threshold = FIRST_THRESHOLD
        self._over_ms = 0.0
        self._state = "normal"
        self._acknowledged: deque[tuple[int, int]] = deque()
        self._changed_ms: float | None = None
        self._back_off_ms = self._loss_change_ms = -1e9
        self._loss_counts = [0, 0]
        self._probes: list[PacketResult] = []

    @property
    def target_bps(self) -> float:
        return max(self._range[0], min(self._range[1], self._delay_bps, self._loss_bps))

    @property
    def acknowledged_bps(self) -> float:
        if len(self._acknowledged) < 2:
            return 0.0
        span_us = max(ACKNOWLEDGED_SPAN_US // 2, self._acknowledged[-1][0] - self._acknowledged[0][0])
        return sum(size for _, size in self._acknowledged) * 8e6 / span_us

    def on_results(self, results: Sequence[PacketResult], now_ms: float, rtt_ms: float) -> None:
        for result in results:
            self._loss_counts[0] += 1
            if result.arrived_us is None:
                self._loss_counts[1] += 1
                continue
            self._acknowledge(result.arrived_us, result.size_bytes)
            self._arrival(result.sent_us, result.arrived_us)
        self._cluster([result for result in results if result.probe])
        self._follow_delay(now_ms, rtt_ms)
        self._follow_loss(now_ms, rtt_ms)

    def _acknowledge(self, arrived_us: int, size_bytes: int) -> None:
        self._acknowledged.append((arrived_us, size_bytes))
        while self._acknowledged[0][0] < arrived_us - ACKNOWLEDGED_SPAN_US:
            self._acknowledged.popleft()

    def _arrival(self, sent_us: int, arrived_us: int) -> None:
        group = self._group
        if group is not None and sent_us - group[0] <= GROUP_US:
            group[1], group[2] = max(group[1], sent_us), max(group[2], arrived_us)
            return
        if group is not None:
            if self._previous is not None:
                self._delta(
                    (group[1] - self._previous[0]) / 1000, (group[2] - self._previous[1]) / 1000, group[2]
                )
            self._previous = (group[1], group[2])
        self._group = [sent_us, sent_us, arrived_us]

    def _delta(self, sent_ms: float, arrived_ms: float, arrived_us: int) -> None:
        if not self._deltas:
            self._first_arrival_us = arrived_us
        self._deltas = min(self._deltas + 1, 60)
        self._accumulated_ms += arrived_ms - sent_ms
        self._smoothed_ms = SMOOTHING * self._smoothed_ms + (1 - SMOOTHING) * self._accumulated_ms
        self._points.append(((arrived_us - self._first_arrival_us) / 1000, self._smoothed_ms))
        if len(self._points) == TREND_GROUPS:
            self._detect(_slope(self._points), sent_ms)

    def _detect(self, trend: float, sent_ms: float) -> None:
        modified = self._deltas * trend * TREND_GAIN
        if modified > self._threshold:
            self._over_ms += sent_ms
            if self._over_ms > OVERUSE_MS and trend >= self._trend:
                self._over_ms, self._state = 0.0, "overuse"
        else:
            self._over_ms = 0.0
            self._state = "underuse" if modified < -self._threshold else "normal"
        self._trend = trend
        if abs(modified) <= self._threshold + 15:
            pace = THRESHOLD_DOWN if abs(modified) < self._threshold else THRESHOLD_UP
            self._threshold += pace * (abs(modified) - self._threshold) * min(sent_ms, 100.0)
            self._threshold = max(THRESHOLD_RANGE[0], min(THRESHOLD_RANGE[1], self._threshold))

    def _follow_delay(self, now_ms: float, rtt_ms: float) -> None:
        step_s = 0.0 if self._changed_ms is None else min(1.0, (now_ms - self._changed_ms) / 1000)
        self._changed_ms = now_ms
        if self._state == "overuse":
            if now_ms - self._back_off_ms > max(200.0, rtt_ms):
                self._back_off_ms = now_ms
                self._delay_bps = min(self._delay_bps, BACK_OFF * self.acknowledged_bps)
            self._state = "normal"
        elif self._state == "normal":
            grown_bps = self._delay_bps * GROWTH_PER_S**step_s
            most_bps = (
                1.5 * self.acknowledged_bps + 10_000
            )  # beyond this, the application sends less than it may
            self._delay_bps = max(self._delay_bps, min(grown_bps, most_bps))
        self._delay_bps = max(self._range[0], min(self._range[1], self._delay_bps))

    def _follow_loss(self, now_ms: float, rtt_ms: float) -> None:
        packets, lost = self._loss_counts
        if packets < LOSS_PACKETS:
            return
        self._loss_counts = [0, 0]
        ratio = lost / packets
        elapsed_s = min(1.0, (now_ms - self._loss_change_ms) / 1000)
        if ratio > HIGH_LOSS:
            if now_ms - self._loss_change_ms > 300 + rtt_ms:
                self._loss_bps = self.target_bps * (1 - 0.5 * ratio)
                self._loss_change_ms = now_ms
        elif ratio < LOW_LOSS:
            self._loss_bps = min(self._range[1], self._loss_bps * GROWTH_PER_S**elapsed_s + 1_000 * elapsed_s)
            self._loss_change_ms = now_ms
        self._loss_bps = max(self._range[0], self._loss_bps)

    def _cluster(self, probes: Sequence[PacketResult]) -> None:
        """A probe cluster measures the lesser of its send and arrival rates; it only ever raises the estimate."""
        if not probes:
            return
        if self._probes and probes[0].sent_us - self._probes[-1].sent_us > 500_000:
            self._probes = []
        self._probes += probes
        arrived = [
            (one.sent_us, one.arrived_us, one.size_bytes)
            for one in self._probes
            if one.arrived_us is not None
        ]
        if len(arrived) < 4:
            return
        bits = 8e6 * sum(size for _, _, size in arrived[1:])
        sent_bps = bits / max(1, arrived[-1][0] - arrived[0][0])
        came_bps = bits / max(1, arrived[-1][1] - arrived[0][1])
        found_bps = min(sent_bps, came_bps) * (1.0 if came_bps > 0.9 * sent_bps else 0.95)
        if found_bps > self.target_bps:
            self._delay_bps = self._loss_bps = min(self._range[1], found_bps)


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    under = sum((x - mean_x) ** 2 for x, _ in points)
    return over / under if under else 0.0
