"""The UDP ports that all legs share: one socket an address family, read in batches.

Owns: the sockets, the demultiplexing of datagrams (STUN by ICE user name or transaction, everything else by
validated address; RFC 8445, RFC 7983), and counters. Must never look into a packet's payload.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Sequence

from aioice.ice import get_host_addresses

from media.engine.transport.aiortc_private import LegStunProtocol
from media.engine.transport.datagrams import Address
from media.engine.transport.guard import Guard, Kind, classify, stun_local_username, stun_transaction_id
from media.engine.transport.leg import Leg

# Two seconds of a hundred calls at 1 Mbit/s would be 25 MB; the kernel limits this to its own maximum.
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
# Linux, asm-generic/socket.h: with CAP_NET_ADMIN, exceeds net.core.rmem_max and wmem_max. Their usual 212,992
# bytes hold 90 video packets: at 6,000 packets/s a pause of 15 ms would lose all later packets.
SO_SNDBUFFORCE = 32
SO_RCVBUFFORCE = 33
# Datagrams read between two looks at the clock.
READ_BATCH = 32
# Reading stops after this time, so a flood leaves the event loop to others. A fixed number of datagrams is too
# few: a turn that others make 100 ms long must bring in what came during those 100 ms, a stranger's junk too.
READ_TURN_S = 0.01
RECEIVE_BYTES = 2048


class SharedPort:
    """One bound UDP socket and the candidates announced for it."""

    def __init__(self, host: str, port: int, announced: Sequence[str], registry: PortRegistry) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            _enlarge(self._socket, SO_RCVBUFFORCE, socket.SO_RCVBUF)
            _enlarge(self._socket, SO_SNDBUFFORCE, socket.SO_SNDBUF)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self.candidate_addresses = [(address, self.port) for address in self._candidates(host, announced)]
        self._registry = registry
        self._transactions: dict[bytes, LegStunProtocol] = {}
        self.send_failures = 0
        self.closed = False
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    @staticmethod
    def _candidates(host: str, announced: Sequence[str]) -> list[str]:
        wants_ipv6 = ":" in host
        if announced:
            return [address for address in announced if (":" in address) == wants_ipv6]
        if host not in ("0.0.0.0", "::"):  # noqa: S104 - a comparison, not a bind
            return [host]
        found = get_host_addresses(use_ipv4=not wants_ipv6, use_ipv6=wants_ipv6)
        # A machine without a network can still serve the browser that runs on it.
        return found or (["::1"] if wants_ipv6 else ["127.0.0.1"])

    def close(self) -> None:
        """Stop reading and close the socket."""
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram; a full buffer or an unreachable network drops it, like the network itself."""
        try:
            self._socket.sendto(data, address)
        except OSError:
            self.send_failures += 1

    def expect(self, transaction_id: bytes, protocol: LegStunProtocol) -> None:
        """A STUN response with this id belongs to `protocol`."""
        self._transactions[transaction_id] = protocol

    def unexpect(self, transaction_id: bytes) -> None:
        """No response with this id is wanted any more."""
        self._transactions.pop(transaction_id, None)

    def _readable(self) -> None:
        until_s = time.monotonic() + READ_TURN_S
        while self._read_batch() and time.monotonic() < until_s:
            pass

    def _read_batch(self) -> bool:
        """Take in some datagrams; whether more may wait."""
        receive = self._socket.recvfrom
        legs = self._registry.guard.legs_by_address
        for _ in range(READ_BATCH):
            try:
                data, address = receive(RECEIVE_BYTES)
            except BlockingIOError:
                return False
            except OSError:
                continue  # an ICMP error of an earlier send
            if len(address) > 2:
                address = address[:2]
            leg = legs.get(address)
            if leg is not None and data and 128 <= data[0] <= 191 and len(data) <= 1500:
                leg.srtp_arrived(data, time.monotonic())
            else:
                self._slow_path(data, address)
        return True

    def _slow_path(self, data: bytes, address: Address) -> None:
        guard = self._registry.guard
        kind = classify(data)
        if kind == Kind.STUN:
            self._stun_arrived(data, address)
        elif kind == Kind.REFUSED:
            guard.refused["not_ours"] += 1
        else:
            leg = guard.legs_by_address.get(address)
            if leg is None:
                guard.refused["unknown_address"] += 1
            elif kind == Kind.DTLS:
                leg.dtls_arrived(data)

    def _stun_arrived(self, data: bytes, address: Address) -> None:
        refused = self._registry.guard.refused
        username = stun_local_username(data)
        if username is not None:
            leg = self._registry.legs_by_username.get(username)
            protocol = leg.stun_protocol_on(self) if leg is not None else None
            if leg is None or protocol is None:
                refused["unknown_username"] += 1
            elif not leg.takes_check(data, proven=self._registry.guard.legs_by_address.get(address) is leg):
                return  # the leg has counted it
            elif not protocol.request_arrived(data, address):
                refused["malformed_stun"] += 1
            return
        transaction_id = stun_transaction_id(data)
        protocol = self._transactions.get(transaction_id) if transaction_id is not None else None
        if protocol is None:
            refused["unexpected_stun"] += 1
        elif not protocol.response_arrived(data, address):
            refused["malformed_stun"] += 1


def _enlarge(opened: socket.socket, forced: int, asked: int) -> None:
    """Set the size of a buffer; without the right to force it, up to the system's limit."""
    if sys.platform == "linux":
        try:
            opened.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
        except PermissionError:
            pass  # the system's own limit applies
        else:
            return
    opened.setsockopt(socket.SOL_SOCKET, asked, SOCKET_BUFFER_BYTES)


class PortRegistry:
    """All shared ports of the engine, and the tables that give the leg of a datagram."""

    def __init__(self) -> None:
        self.guard: Guard[Leg] = Guard()
        self.legs_by_username: dict[str, Leg] = {}
        self.ports: list[SharedPort] = []

    def open(self, hosts: Sequence[str], port: int, announced: Sequence[str]) -> None:
        """Bind every host. Raises OSError if one cannot be bound; all ports are then closed again.

        A host of an address family that this kernel does not support is skipped if another host works.
        """
        try:
            for host in hosts:
                try:
                    self.ports.append(SharedPort(host, port, announced, self))
                except OSError as error:
                    if ":" not in host or not self.ports or (socket.has_ipv6 and _has_ipv6_stack()):
                        raise error
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close every socket."""
        for port in self.ports:
            port.close()
        self.ports.clear()

    def add(self, leg: Leg) -> None:
        """Pass checks with this leg's user name fragment to it from now on."""
        self.legs_by_username[leg.username] = leg

    def remove(self, leg: Leg) -> None:
        """Pass nothing to this leg any more."""
        self.legs_by_username.pop(leg.username, None)
        self.guard.forget(leg)


def _has_ipv6_stack() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
