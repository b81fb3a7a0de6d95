"""The voices towards one leg: which are heard, which are sent twice (RED), and how often they ask for a report.

Owns: the moments of these choices. Must never touch a packet: the downlink does as it is told.
"""

from __future__ import annotations

from media.core.quality import ReceiverView, red_for_receiver
from media.core.repair import PLAIN_VOICE_BPS
from media.core.share import too_many_voices
from media.engine.relay.rooms import Member

# Under this the page's feedback on every voice packet would take a twentieth of its uplink and more.
SPARSE_FEEDBACK_BPS = 40_000
SPARSE_FEEDBACK_MS = 1_000.0


class DownlinkVoices:
    """Asked a few times a second."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def choose(self, usable_bps: float) -> None:
        """Begin to hear the loudest two only, or all again, as the link carries."""
        downlink = self._member.downlink
        voices = sum(slot.audio.active for slot in downlink.slots)
        was_on = downlink.voices is not None
        crowded = too_many_voices(usable_bps, voices, PLAIN_VOICE_BPS, was_on=was_on)
        if crowded == was_on:
            return
        downlink.hear_loudest(only=crowded)
        room = self._member.room
        if crowded and room is not None:
            for other in room.members:  # before the next voice packet of anybody
                other.uplink.measure_level(True)

    def switch_redundancy(self, view: ReceiverView) -> None:
        """Turn RED towards this leg on or off, as its losses and its room say."""
        for out in self._member.downlink.by_ssrc.values():
            if out.red is not None:
                out.switch_red(on=red_for_receiver(view, was_on=out.use_red))

    def set_feedback_interval(self, probed_uplink_bps: float | None, now_ms: float) -> None:
        """Have the page report less on what it receives while that is voice alone and its link is thin."""
        downlink = self._member.downlink
        estimate_bps = downlink.estimate.estimate_bps
        link_bps = min(estimate_bps, probed_uplink_bps or estimate_bps)
        pictures = any(
            slot.video.source is not None and slot.video.source.stats.rate_bps(now_ms)
            for slot in downlink.slots
        )
        sparse = link_bps < SPARSE_FEEDBACK_BPS and not pictures
        downlink.space_voice_stamps(SPARSE_FEEDBACK_MS if sparse else 0.0)
