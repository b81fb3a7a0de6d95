"""The order to send as little as possible at once, for a page that signaling cannot reach in time.

Owns: the bytes of the order, and when it is sent. After an uplink collapses, it is full of video and redundant
voice, and TCP needs many seconds to deliver the new `send_parameters`. The order means: no picture and the thinnest
voice until the next `send_parameters`. The order is sent on the unreliable data channel (id 1) and repeated until
the received media is what was asked for. A message is one byte, kind 0x71. Must never decide what a page is asked
for: steering.py does.
"""

from __future__ import annotations

HOLD = b"\x71"
EVERY_MS = 100.0
# Less video than this is the rest of the packets in flight.
LEAST_BPS = 3_000.0
# If the voice has more than this many times the bitrate that was asked for, the page does not obey: silence only
# lowers the bitrate.
TOO_MUCH_VOICE = 1.4


class VideoHold:
    """When one page is ordered to hold its picture. Call `due` often."""

    def __init__(self) -> None:
        self._next_ms = 0.0

    def due(
        self,
        now_ms: float,
        *,
        asked_bps: float,
        wanted: bool,
        video_bps: float,
        voice_bps: float,
        strained: bool,
    ) -> bool:
        """Whether to send the order now: the uplink is ``strained``, and the page sends more than it was asked for.

        The page was asked for ``asked_bps`` of voice, and for a picture if ``wanted``; it sends ``video_bps`` and
        ``voice_bps``.
        """
        obeys = wanted or (video_bps < LEAST_BPS and voice_bps <= TOO_MUCH_VOICE * asked_bps)
        if obeys or not strained or now_ms < self._next_ms:
            return False
        self._next_ms = now_ms + EVERY_MS
        return True
