"""How often a page sends a still by itself while there is no room for video.

Owns: the rhythm, chosen by the room that voice leaves on the thinnest link. Must never send anything:
media/core/stills and the engine do, behind the voice.
"""

from __future__ import annotations

from media.core.parameters import StillsSend

# (from bit/s of room, seconds, bytes): each rhythm takes about half of the room, so that a still arrives before the
# next one is taken, and signaling has the rest. In less room than 6 kbit/s (a link of 20 kbit/s) the packets of
# stills and their acknowledgements would delay voice all the time, so only voice is sent.
RHYTHMS = ((12_000.0, 5.0, 5_000), (6_000.0, 8.0, 4_000))
WIDTH_PIXELS = 320
# While video starts, or pauses for a moment, no stills are needed.
AFTER_MS = 3_000.0
# A rhythm stays until the room falls to this share; otherwise pages would get new orders all the time.
KEEP_SHARE = 0.8

NO_STILLS = StillsSend()


class StillRhythm:
    """The rhythm of one publisher."""

    def __init__(self) -> None:
        self._without_video_since_ms: float | None = None
        self._now = NO_STILLS

    def follow(self, now_ms: float, room_bps: float | None, *, video: bool) -> StillsSend:
        """The rhythm for `room_bps`, the room that voice leaves; None: nobody watches, or the camera is off."""
        if room_bps is None or video:
            self._without_video_since_ms = None
            self._now = NO_STILLS
            return self._now
        if self._without_video_since_ms is None:
            self._without_video_since_ms = now_ms
        if now_ms - self._without_video_since_ms < AFTER_MS:
            return self._now
        for least_bps, every_s, max_bytes in RHYTHMS:
            keeps = self._now.every_s == every_s and room_bps >= KEEP_SHARE * least_bps
            if keeps or room_bps >= least_bps:
                self._now = StillsSend(every_s, max_bytes, WIDTH_PIXELS)
                return self._now
        self._now = NO_STILLS
        return self._now
