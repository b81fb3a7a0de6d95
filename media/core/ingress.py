"""How much one peer may send: a bucket of bytes, kept as the time until it is empty again (GCRA, ITU-T I.371).

Owns: the bucket. Must never know what is in it, nor read a clock: it is asked before a packet is worth any work, so
one question costs a comparison and an addition.
"""

from __future__ import annotations


class ByteBucket:
    """Lets ``burst_bytes`` through at once, and ``rate_bps`` in the long run. What is refused costs nothing."""

    __slots__ = ("_deep_s", "_full_until_s", "_s_per_byte")

    def __init__(self, rate_bps: float, burst_bytes: float) -> None:
        self._s_per_byte = 8 / rate_bps
        self._deep_s = burst_bytes * self._s_per_byte
        self._full_until_s = 0.0

    def takes(self, size_bytes: int, now_s: float) -> bool:
        """Whether so many bytes more may pass at ``now_s``, on any clock that does not run backwards."""
        full_s = max(self._full_until_s, now_s) + size_bytes * self._s_per_byte
        if full_s - now_s > self._deep_s:
            return False
        self._full_until_s = full_s
        return True

    def change(self, rate_bps: float, burst_bytes: float, now_s: float) -> None:
        """Another rate from now on; the bytes that are in the bucket stay in it."""
        held_bytes = max(0.0, self._full_until_s - now_s) / self._s_per_byte
        self._s_per_byte = 8 / rate_bps
        self._deep_s = burst_bytes * self._s_per_byte
        self._full_until_s = now_s + held_bytes * self._s_per_byte
