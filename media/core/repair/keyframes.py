"""When to ask a publisher for a keyframe: one request for all receivers, repeated until a keyframe arrives.

Owns: the timing of PLI (RFC 4585 section 6.3.1) and FIR (RFC 5104 section 4.3.1) towards one video source. Must
never send anything: `due` says when, the leg sends. On a thin link a keyframe costs as much as a second of picture,
so no request is sent while a keyframe may be on its way.
"""

from __future__ import annotations

# The answer to a request takes a round trip; an earlier repeat only causes a second keyframe. In 300 ms an encoder
# at 5 fps also reaches its next frame.
REPEAT_FLOOR_MS = 300.0
# After this many requests without an answer the source is paused or the uplink is dead: ask more slowly.
EAGER_REQUESTS = 5
# A PLI of 54 bytes on the wire every 3 s is 144 bit/s, so it may be repeated while any receiver waits.
PATIENT_REPEAT_MS = 3_000.0

# A 320x240 keyframe at thin rates is about 5 kB; keyframes may take a quarter of the stream.
TYPICAL_KEYFRAME_BITS = 40_000
KEYFRAME_SHARE = 0.25
MIN_SPACING_MS = 500.0
# A receiver without a picture waits no longer than this, whatever the keyframe costs the others.
MAX_SPACING_MS = 4_000.0


def keyframe_spacing_ms(video_bps: float) -> float:
    """How far apart keyframes should be in a stream of this rate, in ms."""
    if video_bps <= 0:
        return MAX_SPACING_MS
    spacing_ms = TYPICAL_KEYFRAME_BITS / KEYFRAME_SHARE / video_bps * 1000
    return max(MIN_SPACING_MS, min(MAX_SPACING_MS, spacing_ms))


class KeyframeRequests:
    """The keyframe requests for one video source, on behalf of all its receivers."""

    def __init__(self) -> None:
        self.spacing_ms = MIN_SPACING_MS
        """Minimum time from one keyframe to the request for the next; see `keyframe_spacing_ms`."""
        self._wanted_ms: float | None = None  # since when a receiver has waited
        self._seen_ms: float | None = None
        self._asked_ms: float | None = None
        self._asked = 0  # requests since a keyframe was last seen

    @property
    def wanted(self) -> bool:
        """Whether a receiver waits for a keyframe."""
        return self._wanted_ms is not None

    def want(self, now_ms: float) -> None:
        """A receiver cannot decode without a new keyframe."""
        if self._wanted_ms is None:
            self._wanted_ms = now_ms
            self._asked = 0

    def seen(self, now_ms: float) -> None:
        """A keyframe arrived from the source and is forwarded to all receivers that wait."""
        self._wanted_ms = None
        self._seen_ms = now_ms

    def cancel(self) -> None:
        """No receiver is left, or the source was asked to pause."""
        self._wanted_ms = None

    def waiting_ms(self, now_ms: float) -> float:
        """How long a receiver has waited for a picture; 0 if none waits."""
        return 0.0 if self._wanted_ms is None else now_ms - self._wanted_ms

    def due(self, now_ms: float, rtt_ms: float) -> bool:
        """Whether to send a request now; True counts as sent. ``rtt_ms``: round-trip time of the source's leg."""
        if self._wanted_ms is None:
            return False
        if self._seen_ms is not None and now_ms - self._seen_ms < self.spacing_ms:
            return False
        repeat_ms = max(REPEAT_FLOOR_MS, rtt_ms)
        if self._asked >= EAGER_REQUESTS:
            repeat_ms = max(PATIENT_REPEAT_MS, rtt_ms)
        if self._asked_ms is not None and now_ms - self._asked_ms < repeat_ms:
            return False
        self._asked_ms = now_ms
        self._asked += 1
        return True
