"""The state of one leg's downlink, and the view from which steering decides what others send to the leg.

Owns: combining the estimate, the participant's choices and a collapsed uplink. Must never decide anything:
media/core/quality does.
"""

from __future__ import annotations

from media.core.estimate import COLLAPSED_BPS, RoundTrips
from media.core.quality import ReceiverView
from media.core.repair import PLAIN_VOICE_BPS, RED_VOICE_BPS
from media.core.share import VOICES_HEARD
from media.engine.relay.control.choices import LegChoices
from media.engine.relay.control.downlinkprobing import DownlinkProbing
from media.engine.relay.rooms import Member


class DownlinkKnowledge:
    """One leg as a receiver."""

    def __init__(
        self, member: Member, choices: LegChoices, trips: RoundTrips, probing: DownlinkProbing
    ) -> None:
        self._member = member
        self._choices = choices
        self._trips = trips
        self._probing = probing
        self._decodes = tuple(entry.codec.value for entry in member.leg.offer.slots[0].video.formats)

    @property
    def usable_bps(self) -> float:
        """The part of the estimate that the participant's choices allow."""
        return self._choices.capped(self._member.downlink.estimate.estimate_bps)

    def view(self, *, collapsed: bool) -> ReceiverView:
        """The leg as steering sees it; ``collapsed``: its uplink has just collapsed, so there is no feedback."""
        downlink = self._member.downlink
        estimate = downlink.estimate
        estimate_bps = self._probing.trusted_bps()
        if collapsed:
            estimate_bps = min(estimate_bps, COLLAPSED_BPS)
        return ReceiverView(
            estimate_bps=self._choices.capped(estimate_bps),
            loss_ratio=estimate.loss_ratio,
            queue_ms=estimate.queue_ms,  # without our pacer's queue, in which voice does not wait
            rtt_ms=self._trips.rtt_ms,
            wants_video=self._member.wants_video,
            codecs=self._decodes,
            audio_overhead_bps=self._other_voices_bps(),
            profile=self._choices.preferences.profile,
            probed=bool(downlink.twcc_id),
            picture_vanishes=downlink.large_packets.vanish,
        )

    def _other_voices_bps(self) -> float:
        """The rate of all voices except one plain voice, the publisher's own, which steering counts itself."""
        downlink = self._member.downlink
        voices = [slot.audio for slot in downlink.slots if slot.audio.active]
        if downlink.voices is not None:
            voices = voices[:VOICES_HEARD]  # the loudest, which may be any of them
        if not voices:
            return 0
        return sum(RED_VOICE_BPS if out.use_red else PLAIN_VOICE_BPS for out in voices) - PLAIN_VOICE_BPS
