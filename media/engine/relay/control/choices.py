"""The choices of one leg's participant: microphone and camera, audio only, saving data.

Owns: the choices, and their immediate effect on what the relay forwards. Must never decide what a page sends:
steering does, with these choices as input.
"""

from __future__ import annotations

from media.core.parameters import Preferences
from media.engine.relay.rooms import Member

# The rate of a participant who saves data: voice and a small picture, at most 29 MB an hour each way.
SAVE_DATA_BPS = 64_000


class LegChoices:
    """The choices of one leg; read ``preferences`` and ``camera_off``."""

    def __init__(self, member: Member) -> None:
        self.preferences = Preferences()
        self.camera_off = False
        self._member = member

    def switch_off(self, *, audio: bool, video: bool) -> None:
        """The page has switched microphone or camera off or on."""
        self.camera_off = video
        self._member.uplink.mute_voice(audio)
        self._mute_pictures()

    def prefer(self, preferences: Preferences) -> None:
        """Set the participant's preferences for this leg; audio only removes the picture in both directions."""
        self.preferences = preferences
        self._mute_pictures()
        self._member.watch_pictures(not preferences.audio_only)

    def _mute_pictures(self) -> None:
        self._member.uplink.mute_pictures(self.camera_off or self.preferences.audio_only)

    def capped(self, bps: float) -> float:
        """The part of a rate that may be used."""
        return min(bps, SAVE_DATA_BPS) if self.preferences.save_data else bps
