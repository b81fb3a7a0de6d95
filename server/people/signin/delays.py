"""Growing waits for whoever guesses passwords or codes, instead of locking out the one who owns them.

Owns: counting failures per key and saying how long that key must wait. Must never block: it answers a
number of seconds, and the request is refused with it. Pure but for the clock it is given.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from server.people.errors import MustWait
from server.people.signin.tries import Tries
from server.platform.http.networks import parsed
from server.platform.settings.config import Settings

# Memory bound: about 2 MB of keys. The key that has been quiet longest is forgotten first.
MAX_KEYS = 10_000
# Beyond this many failures the wait has long reached its maximum; it also keeps 2**n small.
MAX_COUNTED = 64


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_s: float = 0.0


class Delays:
    """Failures by key. ``free_tries`` cost nothing; then ``first_s``, doubling up to ``longest_s``."""

    def __init__(
        self,
        *,
        free_tries: int,
        first_s: float,
        longest_s: float,
        forget_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._free_tries = free_tries
        self._first_s = first_s
        self._longest_s = longest_s
        self._forget_s = max(forget_s, longest_s)
        self._clock = clock
        self._by_key: OrderedDict[str, _Failures] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_key)

    def begin(self, key: str) -> None:
        """A try begins: it counts as failed until `succeeded`, so that parallel tries gain nothing.

        Raises MustWait when this key has to wait; that try does not count.
        """
        now = self._clock()
        failures = self._by_key.get(key)
        if failures is None or now - failures.last_s > self._forget_s:
            failures = _Failures()
        wait_s = failures.last_s + self._wait_s(failures.count) - now
        if failures.count and wait_s > 0:
            raise MustWait(math.ceil(wait_s))
        failures.count = min(failures.count + 1, MAX_COUNTED)
        failures.last_s = now
        self._by_key[key] = failures
        self._by_key.move_to_end(key)
        if len(self._by_key) > MAX_KEYS:
            self._by_key.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """The try was right: this key has a clean record again."""
        self._by_key.pop(key, None)

    def not_a_failure(self, key: str) -> None:
        """The try was right, or never made, but what failed under this key before still counts."""
        failures = self._by_key.get(key)
        if failures is not None:
            failures.count -= 1
            if failures.count <= 0:
                del self._by_key[key]

    def _wait_s(self, count: int) -> float:
        if count < self._free_tries:
            return 0.0
        return float(min(self._first_s * 2 ** (count - self._free_tries), self._longest_s))


def place_of(address: str) -> str:
    """The network that one attacker has for free: an IPv4 address, or the /64 of an IPv6 address."""
    found = parsed(address)
    if found is None:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def tries_of(settings: Settings, clock: Callable[[], float], factor: int = 1) -> Tries:
    """Tries of a key that many share: ``factor`` times the free ones, then one each sixth of the longest wait.

    At the defaults that is one each ten seconds: 8,640 guesses a day against passwords of twelve characters, and
    somebody else's wrong try holds nobody up.
    """
    every_s = max(settings.sign_in_delay_max_s / 6, settings.sign_in_delay_s)
    return Tries(burst=settings.sign_in_free_tries * factor, every_s=every_s, clock=clock)


def delays_of(settings: Settings, clock: Callable[[], float]) -> Delays:
    """Delays as the settings want them. ``clock`` runs evenly."""
    return Delays(
        free_tries=settings.sign_in_free_tries,
        first_s=settings.sign_in_delay_s,
        longest_s=settings.sign_in_delay_max_s,
        forget_s=settings.sign_in_forget_s,
        clock=clock,
    )
