"""The order to send as little as possible at once, for a page that signaling cannot reach in time.

Owns: the bytes of the order and when it is sent. An uplink that has just collapsed is full of the picture and of a
voice sent twice, and TCP behind them takes many seconds to bring the new `send_parameters`. The order means no
picture, and the thinnest voice, until the next `send_parameters`. It goes on the unreliable data channel (id 1),
again and again until what arrives is what was asked for. A message is one byte, kind 0x71. Must never decide what a
page is asked for: steering.py does.
"""

from __future__ import annotations

HOLD = b"\x71"
EVERY_MS = 100.0
# Less than this of picture is the rest of what was in flight.
LEAST_BPS = 3_000.0
# A voice of more than this times what was asked for is no obedience: silence makes less, never more.
TOO_MUCH_VOICE = 1.4


class VideoHold:
    """When one page is ordered to hold its picture. Ask often."""

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
        """Whether to send the order now, because the uplink is ``strained`` by what was not asked for.

        Asked for were ``asked_bps`` of voice, and a picture if ``wanted``; ``video_bps`` and ``voice_bps`` are
        sent.
        """
        obeys = wanted or (video_bps < LEAST_BPS and voice_bps <= TOO_MUCH_VOICE * asked_bps)
        if obeys or not strained or now_ms < self._next_ms:
            return False
        self._next_ms = now_ms + EVERY_MS
        return True
