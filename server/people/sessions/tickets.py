"""Tickets that let a page open its WebSocket, since a browser cannot add headers to that request.

Owns: issuing and redeeming. A ticket is 256 random bits, lives thirty seconds and works once. Must
never be stored, logged or put in a URL: it travels in the body of POST /api/ticket and in `Hello`.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from server.people.principal import Principal

# One round trip of a 2G link is 1.3 s and a TCP + TLS + WebSocket opening takes four or five of them,
# more with loss; thirty seconds carries that and is too short for a ticket to be worth stealing.
TICKET_TTL_S = 30
TICKET_BYTES = 32
# Memory bound. Far above what honest pages hold (one each, for thirty seconds); the oldest goes first.
MAX_TICKETS = 10_000


class Tickets:
    """Tickets waiting to be redeemed, oldest first. ``clock`` gives seconds and never runs backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: OrderedDict[str, tuple[float, Principal]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def issue(self, principal: Principal) -> str:
        """Make a new ticket for this participant."""
        now = self._clock()
        self._drop_expired(now)
        if len(self._waiting) >= MAX_TICKETS:
            self._waiting.popitem(last=False)
        ticket = secrets.token_urlsafe(TICKET_BYTES)
        self._waiting[ticket] = (now + TICKET_TTL_S, principal)
        return ticket

    def redeem(self, ticket: str) -> Principal | None:
        """Give the participant behind a ticket, once; None if it is unknown, used or too old."""
        self._drop_expired(self._clock())
        found = self._waiting.pop(ticket, None)
        return found[1] if found else None

    def revoke(self, participant_id: str) -> None:
        """Forget every ticket of a participant who has just signed out."""
        for ticket in [t for t, (_, p) in self._waiting.items() if p.participant_id == participant_id]:
            del self._waiting[ticket]

    def _drop_expired(self, now: float) -> None:
        # All tickets live equally long, so the order of issue is the order of expiry.
        while self._waiting:
            ticket, (expires, _) = next(iter(self._waiting.items()))
            if expires > now:
                return
            del self._waiting[ticket]


TICKETS = web.AppKey("tickets", Tickets)
