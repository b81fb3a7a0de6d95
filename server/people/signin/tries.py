"""So many tries, then one each so often: for keys that honest people share with guessers.

Owns: a bucket of tries for each key. Unlike delays.py, one failure a minute of somebody else holds nobody up: a
wait begins only when the bucket is empty. Must never block. Pure but for the clock it is given.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

from server.people.errors import MustWait

# Memory bound: about 2 MB of keys. The key that has been quiet longest is forgotten first.
MAX_KEYS = 10_000


class Tries:
    """``burst`` tries of a key at once, then one each ``every_s``. ``clock`` runs evenly."""

    def __init__(self, *, burst: int, every_s: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._every_s = every_s
        self._clock = clock
        # When the bucket of each key is full again.
        self._full_at_s: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at_s)

    def begin(self, key: str) -> None:
        """A try begins, and counts until `not_a_failure`. Raises MustWait; that try does not count."""
        now = self._clock()
        full_at_s = max(self._full_at_s.get(key, now), now) + self._every_s
        wait_s = full_at_s - now - self._burst * self._every_s
        if wait_s > 0:
            raise MustWait(math.ceil(wait_s))
        self._full_at_s[key] = full_at_s
        self._full_at_s.move_to_end(key)
        if len(self._full_at_s) > MAX_KEYS:
            self._full_at_s.popitem(last=False)

    def not_a_failure(self, key: str) -> None:
        """The try was right, or was never made: it is given back."""
        full_at_s = self._full_at_s.get(key)
        if full_at_s is not None:
            self._full_at_s[key] = full_at_s - self._every_s
