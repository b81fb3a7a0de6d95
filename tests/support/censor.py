"""A network that drops some of the datagrams of media without a word, at the sockets of a running server."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, cast

from media.engine.engine import MediaEngine
from server.app import MEDIA
from tests.support.server import Server

# A datagram, and the address of the page, or of its TURN server.
Passes = Callable[[bytes, tuple[Any, ...]], bool]


def everything(_datagram: bytes, _address: tuple[Any, ...]) -> bool:
    return True


def nothing(_datagram: bytes, _address: tuple[Any, ...]) -> bool:
    return False


class _Socket:
    """One socket of the relay, and what the network does to it."""

    def __init__(self, real: socket.socket, censor: Censor) -> None:
        self._real, self._censor = real, censor

    def recvfrom(self, size: int) -> tuple[bytes, Any]:
        while True:
            datagram, address = self._real.recvfrom(size)
            if self._censor.up(datagram, address):
                return datagram, address

    def sendto(self, datagram: bytes, address: Any) -> int:
        passes = self._censor.down(datagram, address)
        return self._real.sendto(datagram, address) if passes else len(datagram)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Censor:
    """``up``, ``down``: whether a datagram from a page, or to one, passes. Change them while pages talk."""

    def __init__(self, server: Server) -> None:
        self.up: Passes = everything
        self.down: Passes = everything
        engine = cast(MediaEngine, server.app[MEDIA])
        for port in engine._registry.ports:
            port._socket = cast(socket.socket, _Socket(port._socket, self))

    def drop(self, way: str) -> None:
        """Let nothing through ``up``, ``down`` or ``both`` ways."""
        self.up = nothing if way in ("up", "both") else everything
        self.down = nothing if way in ("down", "both") else everything

    def open(self) -> None:
        """Let everything through again."""
        self.up = self.down = everything

    def drop_larger(self, most_bytes: int) -> None:
        """Let IP packets of so many bytes through, and no larger ones."""
        payload_bytes = most_bytes - 28  # IPv4 and UDP
        self.up = self.down = lambda datagram, _: len(datagram) <= payload_bytes

    def keep_to_ports(self, ports: range) -> None:
        """Let through what comes from these ports, a TURN server's, or goes to one of them."""
        self.up = self.down = lambda _, address: address[1] in ports
