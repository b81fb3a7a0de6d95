"""One participant's WebRTC transport to the server: ICE and DTLS, with SRTP and the data channels over them.

Owns: the states of the transport (connecting, connected, disconnected, closed), and whether media may flow. Must
never know the content of a packet nor the other legs of the call. Standards: RTCPeerConnectionState (W3C WebRTC),
consent (RFC 7675).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceTransport

from media.engine.transport.aiortc_private import (
    DUMMY_REMOTE,
    LegConnection,
    LegDtlsTransport,
    LegIceGatherer,
    LegStunProtocol,
    PortLike,
)
from media.engine.transport.datachannels import MESSAGE_MAX_BYTES, DataChannels
from media.engine.transport.datagrams import UDP_IP_BYTES, Address
from media.engine.transport.ingress import Ingress
from media.engine.transport.offer import Offer
from media.engine.transport.srtp import PacketHandler, SrtpTransport

# An outage of minutes must not end the leg; the page replaces the leg if the page gave up earlier.
SILENCE_CLOSES_S = 180.0
# Chromium sends a check every 2.5 s if nothing else flows: an outage is two missed checks and a margin.
SILENCE_DISCONNECTED_S = 6.0
# ICE and DTLS on a link of 1.3 s round trip and 10 % loss take under 30 s.
CONNECT_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class LegHooks:
    """Callbacks for the state of a leg. Both are called on the event loop and must not block."""

    state: Callable[[Leg, str], None]
    validated: Callable[[Address, Leg], None]


@dataclass(frozen=True)
class MediaHandlers:
    """Callbacks for arrivals on a leg. All are called on the event loop and must not block.

    ``data``: one message of either data channel. ``round_trip``: a measured round-trip time in ms; None for a
    consent check without an answer.
    """

    rtp: PacketHandler
    rtcp: PacketHandler
    data: Callable[[bytes], None]
    round_trip: Callable[[float | None], None]


class Leg:
    """A leg, from an accepted offer until it is closed. ``state`` is a W3C RTCPeerConnectionState."""

    def __init__(
        self,
        leg_id: str,
        offer: Offer,
        ports: list[PortLike],
        certificate: RTCCertificate,
        hooks: LegHooks,
    ) -> None:
        self.leg_id = leg_id
        self.offer = offer
        self.state = "new"
        self.refused: Counter[str] = Counter()
        self._hooks = hooks
        self._handlers: MediaHandlers | None = None
        self.connection = LegConnection(
            ports,
            on_validated=self._validated,
            on_selected=self._selected,
            on_round_trip=self._round_trip,
        )
        self.traffic = self.connection.traffic
        self._gatherer = LegIceGatherer(self.connection)
        self._ice = RTCIceTransport(self._gatherer)
        self.dtls = LegDtlsTransport(self._ice, certificate)
        own = (offer.own_audio, offer.own_video)
        offered = [ssrc for line in own for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc]
        self.ingress = Ingress()
        self.srtp = SrtpTransport(self.dtls, self.traffic, self.refused, offered, self.ingress)
        # Called for each packet: a bound method saves a second call.
        self.srtp_arrived = self.srtp.arrived
        self.send_rtp = self.srtp.send_rtp
        self.send_rtcp = self.srtp.send_rtcp
        self.data = DataChannels(self.dtls, self._data_arrived, self.refused)
        self._task: asyncio.Task[None] | None = None
        self._fingerprint = next(
            f"{entry.algorithm} {entry.value}"
            for entry in self.dtls.getLocalParameters().fingerprints
            if entry.algorithm == "sha-256"
        )

    @property
    def username(self) -> str:
        """Our ICE user name fragment, which names this leg on the shared ports."""
        return self.connection.local_username

    @property
    def password(self) -> str:
        """Our ICE password."""
        return self.connection.local_password

    @property
    def address(self) -> Address:
        """The peer's current address; ("", 0) before ICE has found one."""
        return self.srtp.address

    @property
    def heard_at_s(self) -> float:
        """The time of the peer's last authenticated packet, on the monotonic clock."""
        return self.srtp.heard_at_s

    @property
    def fingerprint(self) -> str:
        """Algorithm and digest of our certificate, as SDP writes them."""
        return self._fingerprint

    @property
    def candidates(self) -> list[tuple[Address, int]]:
        """Addresses and ICE priorities for the answer."""
        return [((item.host, item.port), item.priority) for item in self.connection.local_candidates]

    # The life of the transport ---------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Make the candidates, which the answer needs."""
        await self._gatherer.gather()

    def deliver_to(self, handlers: MediaHandlers) -> None:
        """Pass all arrivals to these handlers. Called once, before `start`."""
        self._handlers = handlers
        self.srtp.on_rtp, self.srtp.on_rtcp = handlers.rtp, handlers.rtcp

    def start(self) -> None:
        """Start to connect in the background; `LegHooks.state` reports the progress."""
        self._task = asyncio.create_task(self._connect(), name=f"leg {self.leg_id}")

    async def _connect(self) -> None:
        self._set_state("connecting")
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._ice.addRemoteCandidate(DUMMY_REMOTE)
                await self._ice.start(self.offer.ice)
                await self.dtls.start(RTCDtlsParameters(fingerprints=self.offer.fingerprints, role="server"))
        except (TimeoutError, ConnectionError):
            self._set_state("failed")
            return
        if not self.dtls.srtp_ready:
            self._set_state("failed")
            return
        self.dtls.on("statechange", self._dtls_changed)
        self.srtp.heard_at_s = time.monotonic()
        self._set_state("connected")
        try:
            await self.data.open(self.offer.sctp_port)
        except ConnectionError:
            self.refused["data_channel"] += 1

    async def close(self) -> None:
        """Close the leg and tell the peer (DTLS close_notify). A second call does nothing."""
        if self.state == "closed":
            return
        self._set_state("closed")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.data.close()
        await self.dtls.stop()
        await self._ice.stop()

    def give_up(self) -> None:
        """End the leg as failed, because of a fault on our side."""
        self._set_state("failed")

    @property
    def may_send(self) -> bool:
        """Whether media may flow to the peer now: connected, and the peer still consents (RFC 7675)."""
        return self.state in ("connected", "disconnected") and self.connection.has_consent

    def check_silence(self, now_s: float) -> None:
        """Notice an outage and its end; close after `SILENCE_CLOSES_S`. Called a few times a second."""
        srtp = self.srtp
        srtp.consents = srtp.port is None or self.connection.has_consent
        silent_s = now_s - srtp.heard_at_s
        if self.state == "connected" and silent_s > SILENCE_DISCONNECTED_S:
            self._set_state("disconnected")
        elif self.state == "disconnected":
            if silent_s < SILENCE_DISCONNECTED_S:
                self._set_state("connected")
            elif silent_s > SILENCE_CLOSES_S:
                self._set_state("failed")

    def _set_state(self, state: str) -> None:
        if state != self.state and self.state not in ("closed", "failed"):
            self.state = state
            self._hooks.state(self, state)
        elif self.state == "failed" and state == "closed":
            self.state = state
            self._hooks.state(self, state)

    # Data ------------------------------------------------------------------------------------------------

    @property
    def data_flows(self) -> bool:
        """Whether the reliable data channel is open and has no backlog."""
        return self.may_send and self.data.is_drained

    def send_data(self, data: bytes, buffer_max_bytes: int = 4 * MESSAGE_MAX_BYTES) -> bool:
        """Send on the reliable data channel. False if it is not open or its backlog exceeds `buffer_max_bytes`."""
        return self.data.send(data, buffer_max_bytes)

    def send_unreliable(self, data: bytes) -> None:
        """Send once, on the unreliable data channel."""
        self.data.send_unreliable(data)

    # For the shared ports and the libraries --------------------------------------------------------------

    def stun_protocol_on(self, port: PortLike) -> LegStunProtocol | None:
        """The STUN protocol of this leg on `port`."""
        return self.connection.protocol_on(port)

    def dtls_arrived(self, data: bytes) -> None:
        """A DTLS record from a validated address."""
        self.traffic.received_bytes += len(data) + UDP_IP_BYTES
        if not self.ingress.data.takes(len(data), time.monotonic()):
            self.refused["data_over_rate"] += 1
            return
        self.connection.data_received(data, 1)

    def takes_check(self, data: bytes, *, proven: bool) -> bool:
        """Whether a check may be looked at; ``proven``: from an address that has proved itself."""
        bucket = self.ingress.checks if proven else self.ingress.strange_checks
        if bucket.takes(len(data), time.monotonic()):
            return True
        self.refused["checks_over_rate"] += 1
        return False

    def _data_arrived(self, data: bytes) -> None:
        if self._handlers is not None:
            self._handlers.data(data)

    def _validated(self, address: Address) -> None:
        self.srtp.heard_at_s = time.monotonic()
        self._hooks.validated(address, self)

    def _round_trip(self, rtt_ms: float | None) -> None:
        if rtt_ms is not None:
            self.srtp.heard_at_s = time.monotonic()
            self.srtp.consents = True  # the next voice packet need not wait for `check_silence`
        if self._handlers is not None:
            self._handlers.round_trip(rtt_ms)

    def _selected(self, port: PortLike, address: Address) -> None:
        self.srtp.port = port
        self.srtp.address = address

    def _dtls_changed(self) -> None:
        if self.dtls.state in ("closed", "failed"):
            self._set_state("failed")
