"""The voices to one leg: which of them are forwarded, their redundancy (RED), and how often the page reports.

Owns: when these settings change. Must never touch a packet: the downlink applies the settings.
"""

from __future__ import annotations

from media.core.quality import ReceiverView, red_for_receiver
from media.core.repair import PLAIN_VOICE_BPS
from media.core.share import too_many_voices
from media.engine.relay.rooms import Member

# Below this rate, feedback on every voice packet would take a twentieth of the page's uplink or more.
SPARSE_FEEDBACK_BPS = 40_000
SPARSE_FEEDBACK_MS = 1_000.0


class DownlinkVoices:
    """The settings of the voices to one leg; its methods are called four times a second."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def choose(self, usable_bps: float) -> None:
        """Forward only the loudest two voices, or all again, depending on the rate of the link."""
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
        """Turn RED to this leg on or off, depending on its loss and its free rate."""
        for out in self._member.downlink.by_ssrc.values():
            if out.red is not None:
                out.switch_red(on=red_for_receiver(view, was_on=out.use_red))

    def set_feedback_interval(self, probed_uplink_bps: float | None, now_ms: float) -> None:
        """Make the page report less often while it receives only voice and its link is thin."""
        downlink = self._member.downlink
        estimate_bps = downlink.estimate.estimate_bps
        link_bps = min(estimate_bps, probed_uplink_bps or estimate_bps)
        pictures = any(
            slot.video.source is not None and slot.video.source.stats.rate_bps(now_ms)
            for slot in downlink.slots
        )
        sparse = link_bps < SPARSE_FEEDBACK_BPS and not pictures
        downlink.space_voice_stamps(SPARSE_FEEDBACK_MS if sparse else 0.0)
