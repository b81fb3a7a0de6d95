"""The rates of stills on one leg's link next to live media, in both directions.

Owns: these two rates. Must never transfer a still: `relay/stills` does. Rates are bit/s on the wire.
"""

from __future__ import annotations

from typing import NamedTuple

from media.core.estimate import RoundTrips
from media.core.parameters import AudioSend, SendParameters
from media.core.repair import voice_wire_bps
from media.core.stills import MAX_BPS, BackgroundRate, chunk_bytes_at
from media.engine.relay.control.choices import LegChoices
from media.engine.relay.rooms import Member

# The share of the free rate that stills take: the rest is a reserve.
STILLS_SHARE = 0.6


class StillPace(NamedTuple):
    """The rate of stills, and the largest piece that may delay a voice packet."""

    rate_bps: float
    chunk_bytes: int


class StillsBudget:
    """The rates of one leg; its methods are called four times a second while a still is in transfer."""

    def __init__(self, member: Member, choices: LegChoices, trips: RoundTrips) -> None:
        self._member = member
        self._choices = choices
        self._trips = trips
        self._down = BackgroundRate()
        self._up = BackgroundRate()

    def down(self, now_ms: float) -> StillPace:
        """The rate of stills on the downlink now."""
        estimate = self._member.downlink.estimate
        free_bps = self._choices.capped(estimate.estimate_bps) - self._live_bps(now_ms)
        rate_bps = self._down.update(
            estimate.queue_ms, self._trips.rtt_ms, now_ms, used=True, ceiling_bps=STILLS_SHARE * free_bps
        )
        return StillPace(rate_bps, chunk_bytes_at(estimate.estimate_bps))

    def _live_bps(self, now_ms: float) -> float:
        """The rate of voices and pictures on the downlink."""
        live_bps = 0.0
        for out in self._member.downlink.by_ssrc.values():
            if out.source is None:
                continue
            if out.kind == "audio":
                live_bps += voice_wire_bps(AudioSend(red=out.use_red))
            elif not out.source.muted:
                live_bps += out.source.stats.rate_bps(now_ms)
        return live_bps

    def up(
        self,
        now_ms: float,
        sends: SendParameters | None,
        *,
        probed_bps: float | None,
        reported_bps: int | None,
    ) -> StillPace:
        """The rate of stills on the uplink now; arguments as of `up_bps`."""
        rate_bps = self.up_bps(now_ms, sends, probed_bps=probed_bps, reported_bps=reported_bps)
        # Of the uplink only what comes through it is known for sure.
        return StillPace(rate_bps, chunk_bytes_at(self._member.uplink.received_bps(now_ms) + rate_bps))

    def up_bps(
        self,
        now_ms: float,
        sends: SendParameters | None,
        *,
        probed_bps: float | None,
        reported_bps: int | None,
    ) -> float:
        """The rate at which stills may come up now.

        ``sends``: the parameters of the page (None: none yet); ``probed_bps`` and ``reported_bps``: the rates of
        the uplink by probes and by the page's own congestion control (None: not known).
        """
        uplink = self._member.uplink
        ceiling_bps = self._choices.capped(MAX_BPS)
        if sends is not None and probed_bps is not None:
            live_bps = voice_wire_bps(sends.audio) + uplink.pictures_bps(now_ms)
            ceiling_bps = min(ceiling_bps, STILLS_SHARE * (probed_bps - live_bps))
        # What the page believes of its uplink is kept fresh only while it sends video.
        if sends is not None and reported_bps is not None and sends.video.active:
            free_bps = reported_bps - voice_wire_bps(sends.audio) - uplink.pictures_bps(now_ms)
            ceiling_bps = min(ceiling_bps, STILLS_SHARE * free_bps)
        return self._up.update(
            uplink.audio.delay.queue_ms or 0.0,
            self._trips.rtt_ms,
            now_ms,
            used=True,
            ceiling_bps=ceiling_bps,
        )
