"""The only module that uses private names of aiortc and aioice; a contract test covers each use.

Owns: the ICE connection, the DTLS transport and the STUN protocol of a leg, derived from the libraries' own,
so that many legs share one UDP port. Must never decide about media. Standards: ICE (RFC 8445), consent
(RFC 7675), DTLS-SRTP (RFC 5764).
"""

from __future__ import annotations

import asyncio
import random
import secrets
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

import aioice.ice
import aioice.stun
from aioice.candidate import candidate_foundation, candidate_priority
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceGatherer, RTCIceTransport
from pylibsrtp import SRTP_MAX_TRAILER_LEN
from pylibsrtp import Error as SrtpError

from media.engine.transport.datagrams import DATAGRAM_MAX_BYTES, UDP_IP_BYTES, Address, Traffic

# DTLS and STUN only: a handshake is four flights and a data channel on a thin link is slow.
# A flood that reaches this bound can only come from the authenticated peer itself.
QUEUE_MAX_DATAGRAMS = 64
# RFC 7675 section 5.1: a check every 4 to 6 s, consent lapses after 30 s without an answer.
CONSENT_INTERVAL_S = 5.0
CONSENT_EXPIRY_S = 30.0
# After this time without an answer (6 s between checks, and the longest round-trip time of 2G) a check was lost,
# or the link is broken. Then checks are sent more often, which takes 2 kbit/s of the broken link: after consent
# has lapsed nothing else may be sent, and a browser that has stopped checking starts again when it gets a check.
# So this interval decides how soon the voice returns.
AWAY_AFTER_S = 8.0
AWAY_INTERVAL_S = 0.5
# The first check is sent at once: its answer is the waiting room's first measurement of the link.
FIRST_CONSENT_S = 0.5
# 64 bits cannot be guessed by a flood; RFC 8445 section 5.3 asks for 128 bits of password.
USERNAME_BYTES = 8
PASSWORD_BYTES = 16
# The most checks without an answer: an outage of two minutes must not accumulate more.
CONSENT_PENDING_MAX = 8
# The most addresses of a peer: neither a phone that changes cells for hours nor a peer that invents ports may
# accumulate more.
REMOTE_CANDIDATES_MAX = 32
# The remote candidates of an offer are never used (see guard.py). aioice still needs one; nothing is ever sent to
# this address (RFC 5737).
DUMMY_REMOTE = RTCIceCandidate(
    component=1, foundation="dummy", ip="192.0.2.1", port=9, priority=1, protocol="udp", type="host"
)
STUN_PARSE_ERRORS = (ValueError, struct.error)

# The one every browser must have (RFC 8827 section 6.5), and the thinnest: its tag has 10 bytes, GCM's 16. The
# side that accepts the handshake chooses, and that is the browser, so nothing else is offered. The tag of 4 bytes
# (SHA1_32) would save a voice packet 6 of about 120: Chromium 156 refuses it, and one forgery in 2^32 is too likely
# for what a doctor acts on (RFC 3711 section 9.5 leaves it to voice that loses nothing by it).
SRTP_PROFILES = [
    profile
    for profile in rtcdtlstransport.SRTP_PROFILES
    if profile.openssl_profile == b"SRTP_AES128_CM_SHA1_80"
]


# pylibsrtp's own bound on a plain packet: it keeps room for the longest tag of all profiles.
PACKET_MAX_BYTES = DATAGRAM_MAX_BYTES - SRTP_MAX_TRAILER_LEN


class PortLike(Protocol):
    """The methods of a shared UDP port that a leg uses."""

    candidate_addresses: list[Address]

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram, or drop and count it."""

    def expect(self, transaction_id: bytes, protocol: LegStunProtocol) -> None:
        """A STUN response with this id belongs to `protocol`."""

    def unexpect(self, transaction_id: bytes) -> None:
        """Ignore responses with this id from now on."""


class _PortTransport:
    """The interface of an asyncio datagram transport over a shared port, for aioice."""

    def __init__(self, port: PortLike, protocol: LegStunProtocol) -> None:
        self._port = port
        self._protocol = protocol

    def sendto(self, data: bytes, address: Address) -> None:
        if address[0] != DUMMY_REMOTE.ip:
            connection = self._protocol.receiver
            assert isinstance(connection, LegConnection)
            connection.traffic.sent_bytes += len(data) + UDP_IP_BYTES
            self._port.send(data, address)

    def close(self) -> None:
        self._protocol.connection_lost(None)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class LegStunProtocol(aioice.ice.StunProtocol):
    """One leg's STUN on one shared port."""

    def __init__(self, connection: LegConnection, port: PortLike) -> None:
        super().__init__(connection)
        self.port = port
        self.transport = _PortTransport(port, self)  # type: ignore[assignment]

    async def request(
        self,
        request: aioice.stun.Message,
        addr: Address,
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[aioice.stun.Message, Address]:
        """Run a STUN transaction, which the shared port knows until its end."""
        self.port.expect(request.transaction_id, self)
        try:
            return await super().request(request, addr, integrity_key, retransmissions)
        finally:
            self.port.unexpect(request.transaction_id)

    def _count(self, data: bytes) -> None:
        connection = self.receiver
        assert isinstance(connection, LegConnection)
        connection.traffic.received_bytes += len(data) + UDP_IP_BYTES

    def request_arrived(self, data: bytes, address: Address) -> bool:
        """Handle a binding request for this leg. False if it is malformed."""
        self._count(data)
        try:
            message = aioice.stun.parse_message(data)
            if "PRIORITY" not in message.attributes:
                return False
            self.receiver.request_received(message, address, self)
        except STUN_PARSE_ERRORS:
            return False
        return True

    def response_arrived(self, data: bytes, address: Address) -> bool:
        """Handle a response to one of this leg's own requests. False if it is malformed."""
        self._count(data)
        try:
            message = aioice.stun.parse_message(data)
        except STUN_PARSE_ERRORS:
            return False
        transaction = self.transactions.get(message.transaction_id)
        if transaction is not None:
            transaction.response_received(message, address)
        else:
            connection = self.receiver
            assert isinstance(connection, LegConnection)
            connection.consent_answered(message)
        return True


class LegConnection(aioice.ice.Connection):
    """An ICE agent (controlled role) whose host candidates live on shared ports.

    Differs from aioice in three ways: candidates are the ports' announced addresses; the receive queue is
    bounded; consent checks wait as long as the link needs (aioice gives an answer 0.5 s, and would give up every
    link with a longer round trip after 30 s) and silence suspends sending instead of closing the leg.
    """

    def __init__(
        self,
        ports: list[PortLike],
        on_validated: Callable[[Address], None],
        on_selected: Callable[[PortLike, Address], None],
        on_round_trip: Callable[[float | None], None],
    ) -> None:
        # The user name fragment is also the demultiplexing key: aioice's four characters would collide.
        super().__init__(
            ice_controlling=False,
            local_username=secrets.token_hex(USERNAME_BYTES),
            local_password=secrets.token_hex(PASSWORD_BYTES),
        )
        self._ports = ports
        self._on_validated = on_validated
        self._on_selected = on_selected
        self._on_round_trip = on_round_trip
        self._consent_pending: dict[bytes, float] = {}
        self._consent_at_s = 0.0
        self.dropped = 0
        self.traffic = Traffic()

    async def gather_candidates(self) -> None:
        """Make one host candidate for each announced address of each shared port."""
        if self._local_candidates_start:
            return
        self._local_candidates_start = True
        for port in self._ports:
            protocol = LegStunProtocol(self, port)
            for index, (host, number) in enumerate(port.candidate_addresses):
                candidate = aioice.Candidate(
                    foundation=candidate_foundation("host", "udp", host),
                    component=1,
                    transport="udp",
                    # Announced order is the operator's order of preference.
                    priority=candidate_priority(1, "host", 65535 - index),
                    host=host,
                    port=number,
                    type="host",
                )
                self._local_candidates.append(candidate)
                protocol.local_candidate = candidate
            if port.candidate_addresses:
                self._protocols.append(protocol)
        self._local_candidates_end = True

    def protocol_on(self, port: PortLike) -> LegStunProtocol | None:
        """This leg's STUN protocol on `port`, None once the connection is closed."""
        for protocol in self._protocols:
            if isinstance(protocol, LegStunProtocol) and protocol.port is port:
                return protocol
        return None

    def data_received(self, data: bytes, component: int) -> None:
        """Queue a datagram for DTLS; beyond the bound it is dropped, as a full socket would."""
        if self._queue.qsize() >= QUEUE_MAX_DATAGRAMS:
            self.dropped += 1
            return
        super().data_received(data, component)

    def check_incoming(
        self, message: aioice.stun.Message, addr: Address, protocol: aioice.ice.StunProtocol
    ) -> None:
        """An authenticated check has arrived from `addr`."""
        self._on_validated(addr)
        super().check_incoming(message, addr, protocol)
        if len(self._remote_candidates) > REMOTE_CANDIDATES_MAX:
            self._forget_oldest_candidate()

    def _forget_oldest_candidate(self) -> None:
        """Forget the oldest address that does not carry the leg, and its checks."""
        selected = self._nominated.get(1)
        used = selected.remote_candidate if selected is not None else None
        oldest = next(one for one in self._remote_candidates if one is not used)
        self._remote_candidates.remove(oldest)
        for pair in [one for one in self._check_list if one.remote_candidate is oldest]:
            if pair.task is not None:
                pair.task.cancel()
            self._check_list.remove(pair)

    def check_complete(self, pair: aioice.ice.CandidatePair) -> None:
        """A check has ended; report the pair that carries the leg now."""
        super().check_complete(pair)
        selected = self._nominated.get(1)
        if selected is not None and isinstance(selected.protocol, LegStunProtocol):
            if not self._consent_at_s:
                self._consent_at_s = time.monotonic()
            self._on_selected(selected.protocol.port, selected.remote_addr)

    @property
    def has_consent(self) -> bool:
        """Whether the peer has agreed to receive within the last 30 s (RFC 7675)."""
        return time.monotonic() - self._consent_at_s < CONSENT_EXPIRY_S

    async def query_consent(self) -> None:
        """Ask for consent for as long as the connection lives; every answer is a round-trip sample."""
        assert self.remote_password is not None
        wait_s = FIRST_CONSENT_S
        while True:
            await asyncio.sleep(wait_s)
            away = time.monotonic() - self._consent_at_s > AWAY_AFTER_S
            interval_s = AWAY_INTERVAL_S if away else CONSENT_INTERVAL_S
            wait_s = interval_s * (0.8 + 0.4 * random.random())  # noqa: S311
            pair = self._nominated.get(1)
            if pair is None or not isinstance(pair.protocol, LegStunProtocol):
                continue
            request = self.build_request(pair, nominate=False)
            request.add_message_integrity(self.remote_password.encode())
            self._note_pending(request.transaction_id, time.monotonic(), pair.protocol)
            pair.protocol.send_stun(request, pair.remote_addr)

    def _note_pending(self, transaction_id: bytes, now_s: float, protocol: LegStunProtocol) -> None:
        if len(self._consent_pending) >= CONSENT_PENDING_MAX:
            oldest = next(iter(self._consent_pending))
            del self._consent_pending[oldest]
            protocol.port.unexpect(oldest)
            self._on_round_trip(None)
        self._consent_pending[transaction_id] = now_s
        protocol.port.expect(transaction_id, protocol)

    def consent_answered(self, message: aioice.stun.Message) -> None:
        """A response to a consent check has arrived; it counts only if it is authentic."""
        sent_s = self._consent_pending.get(message.transaction_id)
        if sent_s is None or self.remote_password is None:
            return
        if message.message_class != aioice.stun.Class.RESPONSE:
            return
        if not message.check_message_integrity(self.remote_password.encode()):
            return
        now_s = time.monotonic()
        # Older checks without an answer were lost: no path reorders packets by seconds.
        for pending in list(self._consent_pending):
            sent = self._consent_pending.pop(pending)
            for port in self._ports:
                port.unexpect(pending)
            if pending == message.transaction_id:
                self._consent_at_s = now_s
                self._on_round_trip((now_s - sent) * 1000)
                break
            self._on_round_trip(None)

    async def close(self) -> None:
        """Close the connection, and make the shared ports forget its transactions."""
        for transaction_id in self._consent_pending:
            for port in self._ports:
                port.unexpect(transaction_id)
        self._consent_pending.clear()
        await super().close()


class LegIceGatherer(RTCIceGatherer):
    """aiortc's gatherer over a `LegConnection`."""

    def __init__(self, connection: LegConnection) -> None:
        super().__init__(iceServers=[])
        self._connection = connection


class LegDtlsTransport(RTCDtlsTransport):
    """aiortc's DTLS transport as the active side; the leg processes SRTP itself.

    The stock transport passes every packet through a queue and an object; here only DTLS records do.
    """

    def __init__(self, transport: RTCIceTransport, certificate: RTCCertificate) -> None:
        super().__init__(transport, [certificate])
        self._srtp_profiles = SRTP_PROFILES
        # The active side sends the ClientHello. A browser's ClientHello has post-quantum key shares, 1.5 kB in two
        # datagrams: two thirds of a second on 18 kbit/s, and too much for a shorter queue. Ours is small.
        self._set_role("client")

    @property
    def srtp_ready(self) -> bool:
        """Whether keys are agreed and the peer's certificate has matched its fingerprint."""
        return self._state == rtcdtlstransport.State.CONNECTED

    def unprotect(self, data: bytes) -> bytes:
        """Plain RTP of an SRTP packet. Raises SrtpError for a forged or replayed one."""
        return self._rx_srtp.unprotect(data)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """Plain RTCP of an SRTCP packet. Raises SrtpError for a forged or replayed one."""
        return self._rx_srtp.unprotect_rtcp(data)

    def protect(self, packet: bytes) -> bytes:
        """SRTP of a plain RTP packet. Raises SrtpError if it is too long or its number too old."""
        try:
            return self._tx_srtp.protect(packet)
        except ValueError as error:  # more than PACKET_MAX_BYTES
            raise SrtpError("packet is too long") from error

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of a plain RTCP packet. Raises SrtpError if it is too long."""
        try:
            return self._tx_srtp.protect_rtcp(packet)
        except ValueError as error:
            raise SrtpError("packet is too long") from error


__all__ = [
    "DUMMY_REMOTE",
    "PACKET_MAX_BYTES",
    "LegConnection",
    "LegDtlsTransport",
    "LegIceGatherer",
    "LegStunProtocol",
    "PortLike",
    "SrtpError",
]
