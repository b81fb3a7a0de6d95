"""FOR COMPARISON ONLY, never part of the product: the simplest relay with aiortc.

Owns: one RTCPeerConnection for each person, MediaRelay between them, stock settings: it decodes and encodes every
stream. It serves two people and one call. It is a process of its own, started by mediarelay.py.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from benchmarks.lab.systems.plain_server import pages_of, serve

PEOPLE = 2


@dataclass
class Person:
    """One page: its socket, its connection, and what it sends."""

    socket: web.WebSocketResponse
    connection: RTCPeerConnection = field(default_factory=RTCPeerConnection)
    tracks: list[MediaStreamTrack] = field(default_factory=list)


class Room:
    """Two people; both get their answer when both have sent an offer."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._sockets: set[web.WebSocketResponse] = set()
        self._offered: list[Person] = []

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """The messages of one page: ``call`` makes both pages send an offer; an offer gets an answer."""
        own = web.WebSocketResponse()
        await own.prepare(request)
        self._sockets.add(own)
        try:
            async for message in own:
                if message.type is WSMsgType.TEXT:
                    await self._take(own, message.json())
        finally:
            self._sockets.discard(own)
        return own

    async def _take(self, own: web.WebSocketResponse, message: dict[str, str]) -> None:
        if "call" in message:
            await asyncio.gather(*(socket.send_json({"call": True}) for socket in self._sockets))
            return
        person = Person(own)
        person.connection.on("track", person.tracks.append)
        await person.connection.setRemoteDescription(RTCSessionDescription(message["sdp"], message["type"]))
        self._offered.append(person)
        if len(self._offered) == PEOPLE:
            first, second = self._offered
            await asyncio.gather(self._answer(first, second), self._answer(second, first))

    async def _answer(self, person: Person, other: Person) -> None:
        for track in other.tracks:
            person.connection.addTrack(self._relay.subscribe(track))
        await person.connection.setLocalDescription(await person.connection.createAnswer())
        answer = person.connection.localDescription
        await person.socket.send_json({"type": answer.type, "sdp": answer.sdp})


def main() -> None:
    """Serve on the address and port given as arguments."""
    app = pages_of("mediarelay")
    app.add_routes([web.get("/socket", Room().socket)])
    serve(app, sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
