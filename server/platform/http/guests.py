"""Which request comes over which accepted connection, told to the gate.

Owns: the table from a connection's protocol to its guest, and the middleware that reports each request. Must never
refuse a request. A server that does not accept through entrance.py has an empty table, and nothing happens.
"""

from __future__ import annotations

import asyncio
import time

from aiohttp import web
from aiohttp.typedefs import Handler

from server.platform.http.gate import Gate, Guest


class Guests:
    """The guests that have come through the entrance."""

    def __init__(self) -> None:
        self._by_protocol: dict[asyncio.BaseProtocol, tuple[Gate, Guest]] = {}

    def add(self, protocol: asyncio.BaseProtocol, gate: Gate, guest: Guest) -> None:
        """The connection begins; no request has come yet."""
        self._by_protocol[protocol] = (gate, guest)

    def forget_gone(self) -> None:
        """Let go of connections that have ended."""
        for protocol in [one for one, (_, guest) in self._by_protocol.items() if guest.is_gone()]:
            del self._by_protocol[protocol]

    def known(self, request: web.BaseRequest, address: str) -> None:
        """Somebody has signed in, or has come back, from this address."""
        found = self._of(request)
        if found is not None:
            found[0].know(address)

    def stays(self, request: web.BaseRequest) -> None:
        """The request has become a socket that the door of /ws has let in."""
        found = self._of(request)
        if found is not None:
            found[1].stays = True

    def began(self, request: web.BaseRequest) -> tuple[Gate, Guest] | None:
        """A request has begun; what `ended` wants."""
        found = self._of(request)
        if found is not None:
            found[0].began(found[1], time.monotonic())
        return found

    def ended(self, found: tuple[Gate, Guest] | None) -> None:
        """It is answered."""
        if found is not None:
            found[0].ended(found[1], time.monotonic())

    def _of(self, request: web.BaseRequest) -> tuple[Gate, Guest] | None:
        return self._by_protocol.get(request.protocol)


GUESTS = web.AppKey("guests", Guests)


@web.middleware
async def report_to_the_gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the gate that this connection is in use while its request is answered."""
    guests = request.app[GUESTS]
    found = guests.began(request)
    try:
        return await handler(request)
    finally:
        guests.ended(found)
