"""The order to send as little as possible at once, for a page that signaling cannot reach in time.

Owns: its bytes and when it is given: a link that has just collapsed is full of the very picture and of a voice
said twice, and TCP behind them takes many seconds to bring the new `send_parameters`. The order goes on the
unreliable data channel (id 1), again and again until what comes is what was asked for: no picture, and the thinnest
voice, until the next `send_parameters`. A message is one byte, kind 0x71.
"""

from __future__ import annotations

HOLD = b"\x71"
EVERY_MS = 100.0
# Less than this of picture is the end of what was under way.
LEAST_BPS = 3_000.0
# A voice of more than this, of what was asked for: silence makes less, never more.
TOO_MUCH_VOICE = 1.4


class VideoHold:
    """When one page is told to hold its picture. Ask often."""

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
        """Whether to say so now, for the way up is ``strained`` by what was not asked for.

        ``asked_bps`` of voice, and a picture if ``wanted``; ``video_bps`` and ``voice_bps`` are being sent.
        """
        obeys = wanted or (video_bps < LEAST_BPS and voice_bps <= TOO_MUCH_VOICE * asked_bps)
        if obeys or not strained or now_ms < self._next_ms:
            return False
        self._next_ms = now_ms + EVERY_MS
        return True
