"""The known rate of a publisher's uplink, from everything that the relay can see of it.

Owns: which evidence counts when: the person's choice to save data, a probe of the warm leg, the received rate, the
page's own report, a queue of voice alone. Must never decide what is sent: steering.py does. Rates are bit/s on the
wire, times ms on the caller's clock.
"""

from __future__ import annotations

from media.core.estimate import FullUplink
from media.core.quality.views import PublisherView

# If a queue this long lasts while no picture flows, voice alone is too much. A radio's jitter stays below it.
FULL_QUEUE_MS = 150.0
# The page's own estimate starts at 60 kbit/s as a guess. Well above that, the page's probes have confirmed it.
BELIEVED_REPORT_BPS = 100_000.0


class UplinkCapacity:
    """One publisher's uplink; call `follow` four times a second."""

    def __init__(self) -> None:
        self._proven_bps = 0.0
        self._full = FullUplink()

    def follow(self, now_ms: float, publisher: PublisherView, *, suffers: bool, video: bool) -> None:
        """Take in the view; ``suffers``: voice suffers on the uplink, ``video``: a picture flows."""
        self._full.follow(
            now_ms,
            publisher.uplink_received_bps,
            full=(publisher.uplink_queue_ms or 0.0) > FULL_QUEUE_MS and not video,
            probed_bps=publisher.uplink_probed_bps,
        )
        if publisher.uplink_collapsed:
            self._full.collapsed(now_ms, publisher.uplink_probed_bps)
        choose = min if suffers else max
        self._proven_bps = choose(self._proven_bps, publisher.uplink_received_bps)

    def known_bps(self, publisher: PublisherView, *, video: bool) -> float | None:
        """The rate of the uplink; None while it is unknown. A queue of voice alone shows it best."""
        measured_bps = self._measured_bps(publisher, video=video)
        bounds = [bps for bps in (measured_bps, self._full.bps) if bps is not None]
        return min(bounds, default=None)

    def least_bps(self, publisher: PublisherView, *, video: bool) -> float:
        """The rate of the uplink; while it is unknown, the highest rate that arrived or that the page reports."""
        known_bps = self.known_bps(publisher, video=video)
        if known_bps is None:
            return max(self._proven_bps, publisher.uplink_reported_bps or 0.0)
        return known_bps

    def _measured_bps(self, publisher: PublisherView, *, video: bool) -> float | None:
        if publisher.uplink_capacity_bps is not None:
            return publisher.uplink_capacity_bps
        if publisher.uplink_probed_bps is None:
            return None
        known_bps = max(publisher.uplink_probed_bps, self._proven_bps)
        if not video:
            return known_bps  # the page's own estimate becomes stale without video
        # A probe that arrives while the server is busy looks slow, so the page's own estimate may exceed it.
        reported_bps = publisher.uplink_reported_bps or 0.0
        return max(known_bps, reported_bps) if reported_bps >= BELIEVED_REPORT_BPS else known_bps
