"""How much one signed-in page may ask for at once and in a while, and all pages of one site together.

Owns: those bounds, each with its reason. Must never know what is asked for: reading a case is a write to the trail
and waits for the disk, as every act that the trail keeps. Memory of who has asked is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from server.people.errors import SlowDown
from server.people.principal import Principal
from signaling.limits import TokenBucket

# A browser has six connections to one server, and a second tab as many.
AT_ONCE_PER_SESSION = 12
# A page begins with ten requests, an hour of busy work makes a few hundred. Six photos of 300 kB come in 240 pieces
# of 8 kB, on a fast link within seconds.
REQUESTS_PER_S = 10.0
REQUESTS_BURST = 400.0
# A hospital with twenty people who all begin their day.
SITE_AT_ONCE = 48
SITE_REQUESTS_PER_S = 50.0
SITE_REQUESTS_BURST = 1_500.0
# 200 bytes each: far more sessions than there are people. Who has been quiet longest is forgotten first.
REMEMBERED = 10_000


@dataclass(slots=True)
class _Asker:
    bucket: TokenBucket
    at_once: int
    running: int = field(default=0)


class Pace:
    """Who is asking, and how fast. ``clock`` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, _Asker] = OrderedDict()
        self._sites: OrderedDict[str, _Asker] = OrderedDict()

    @contextmanager
    def turn(self, who: Principal) -> Iterator[None]:
        """While one request of this page is carried out. Raises SlowDown."""
        session = _asker(
            self._sessions,
            who.session_id or who.participant_id,
            lambda: _Asker(TokenBucket(REQUESTS_PER_S, REQUESTS_BURST), AT_ONCE_PER_SESSION),
        )
        site = _asker(
            self._sites,
            who.site,
            lambda: _Asker(TokenBucket(SITE_REQUESTS_PER_S, SITE_REQUESTS_BURST), SITE_AT_ONCE),
        )
        now_s = self._clock()
        askers = (session, site) if who.site else (session,)
        for asker in askers:
            if asker.running >= asker.at_once or not asker.bucket.take(now_s):
                raise SlowDown
        for asker in askers:
            asker.running += 1
        try:
            yield
        finally:
            for asker in askers:
                asker.running -= 1


PACE = web.AppKey("pace", Pace)


def _asker(askers: OrderedDict[str, _Asker], key: str, new: Callable[[], _Asker]) -> _Asker:
    found = askers.get(key)
    if found is None:
        found = askers[key] = new()
        if len(askers) > REMEMBERED:
            askers.popitem(last=False)
    askers.move_to_end(key)
    return found
