"""How much one peer may send: a bucket of bytes, stored as the time at which it is empty (GCRA, ITU-T I.371).

Owns: the bucket. Must never know what the bytes are, nor read a clock. It is asked before any other work on a
packet, so one question costs a comparison and an addition.
"""

from __future__ import annotations


class ByteBucket:
    """Lets ``burst_bytes`` through at once, and ``rate_bps`` in the long run. Refused bytes do not fill it."""

    __slots__ = ("_deep_s", "_full_until_s", "_s_per_byte")

    def __init__(self, rate_bps: float, burst_bytes: float) -> None:
        self._s_per_byte = 8 / rate_bps
        self._deep_s = burst_bytes * self._s_per_byte
        self._full_until_s = 0.0

    def takes(self, size_bytes: int, now_s: float) -> bool:
        """Whether ``size_bytes`` more may pass at ``now_s``, on any clock that does not run backwards."""
        full_s = max(self._full_until_s, now_s) + size_bytes * self._s_per_byte
        if full_s - now_s > self._deep_s:
            return False
        self._full_until_s = full_s
        return True

    def change(self, rate_bps: float, burst_bytes: float, now_s: float) -> None:
        """Set another rate; the bytes that are in the bucket stay in it."""
        held_bytes = max(0.0, self._full_until_s - now_s) / self._s_per_byte
        self._s_per_byte = 8 / rate_bps
        self._deep_s = burst_bytes * self._s_per_byte
        self._full_until_s = now_s + held_bytes * self._s_per_byte
