"""One participant's WebRTC transport to the server: ICE, DTLS, SRTP and the data channel.

Owns: the life of the transport (connecting, connected, disconnected, closed) and the two doors of media:
plain RTP and RTCP in, plain RTP and RTCP out. Must never know what is in a packet nor who else is on the call.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from aiortc import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

from media.core import rtp
from media.engine.transport.aiortc_private import (
    DUMMY_REMOTE,
    UDP_IP_BYTES,
    LegConnection,
    LegDtlsTransport,
    LegIceGatherer,
    LegStunProtocol,
    PortLike,
    SrtpError,
)
from media.engine.transport.guard import Address
from media.engine.transport.offer import Offer

log = structlog.get_logger(__name__)

# A mast that drops for minutes must not cost the leg; the page replaces it if its side gave up earlier.
SILENCE_CLOSES_S = 180.0
# Chromium checks every 2.5 s when nothing else flows: two missed checks and a little is an outage.
SILENCE_DISCONNECTED_S = 6.0
# ICE and DTLS on a link of 1.3 s round trip and 10 % loss take under 30 s.
CONNECT_TIMEOUT_S = 60.0
DATA_MESSAGE_MAX_BYTES = 65_536
# A page sends five: voice, picture, its retransmissions, and two that only report. libsrtp keeps a stream for
# each SSRC and searches them in line: 40,000 of them would cost every packet 100 µs.
SSRCS_MAX = 32
# SRTP tag, UDP and IPv4 headers: what a packet costs on the wire beyond its RTP bytes.
WIRE_OVERHEAD_BYTES = 10 + UDP_IP_BYTES

RtpHandler = Callable[["Leg", bytes, float], None]
# Some orders on the unreliable channel that nobody has acknowledged.
UNRELIABLE_BACKLOG_BYTES = 256


@dataclass(frozen=True)
class LegHooks:
    """What the engine wants to hear from a leg. All are called on the event loop and must not block."""

    rtp: RtpHandler
    rtcp: RtpHandler
    data: Callable[[Leg, bytes], None]
    state: Callable[[Leg, str], None]
    validated: Callable[[Address, Leg], None]
    round_trip: Callable[[Leg, float | None], None]


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
        self.heard_at_s = time.monotonic()
        self.refused: Counter[str] = Counter()
        own = (offer.own_audio, offer.own_video)
        self._consents = True
        self._ssrcs = {ssrc.to_bytes(4) for line in own for ssrc in (line.ssrc, line.rtx_ssrc) if ssrc}
        self._hooks = hooks
        self._ports = ports
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
        self._sctp = RTCSctpTransport(self.dtls)
        self._channel: RTCDataChannel | None = None
        self._unreliable: RTCDataChannel | None = None
        self._port: PortLike | None = None
        self._address: Address = ("", 0)
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
        """Where the peer is reached now; ("", 0) before ICE has found out."""
        return self._address

    @property
    def fingerprint(self) -> str:
        """Algorithm and digest of our certificate, as SDP writes them."""
        return self._fingerprint

    @property
    def candidates(self) -> list[tuple[Address, int]]:
        """Addresses and ICE priorities to put into the answer."""
        return [((item.host, item.port), item.priority) for item in self.connection.local_candidates]

    async def prepare(self) -> None:
        """Make the candidates; after this the answer can be composed."""
        await self._gatherer.gather()

    def start(self) -> None:
        """Begin to connect in the background; `LegHooks.state` tells what becomes of it."""
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
        self.heard_at_s = time.monotonic()
        self._set_state("connected")
        try:
            await self._open_data_channel()
        except ConnectionError:
            self.refused["data_channel"] += 1

    async def _open_data_channel(self) -> None:
        channel = RTCDataChannel(
            self._sctp, RTCDataChannelParameters(label="keneya", id=0, negotiated=True, ordered=True)
        )
        channel.on("message", self._data_arrived)
        self._channel = channel
        # Probe clusters that measure the uplink, and orders that cannot wait. A lost message stays lost: sent
        # again, it would hold back those behind it, and they would arrive together, as on a fast link.
        probes = RTCDataChannel(
            self._sctp,
            RTCDataChannelParameters(label="probe", id=1, negotiated=True, ordered=False, maxRetransmits=0),
        )
        probes.on("message", self._data_arrived)
        self._unreliable = probes
        await self._sctp.start(
            RTCSctpCapabilities(maxMessageSize=DATA_MESSAGE_MAX_BYTES), self.offer.sctp_port
        )

    def _data_arrived(self, message: str | bytes) -> None:
        data = message.encode() if isinstance(message, str) else message
        if len(data) > DATA_MESSAGE_MAX_BYTES:
            self.refused["data_too_large"] += 1
            return
        self._hooks.data(self, data)

    @property
    def data_flows(self) -> bool:
        """Whether the data channel is open and nothing waits in it for the link."""
        channel = self._channel
        return (
            self.may_send
            and channel is not None
            and channel.readyState == "open"
            and channel.bufferedAmount == 0
        )

    def send_data(self, data: bytes, buffer_max_bytes: int = 4 * DATA_MESSAGE_MAX_BYTES) -> bool:
        """Send on the data channel. False when it is not open or already holds `buffer_max_bytes`."""
        channel = self._channel
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > buffer_max_bytes:
            return False
        channel.send(data)
        return True

    def send_unreliable(self, data: bytes) -> None:
        """Send once, on the channel on which nothing is repeated, if it is open.

        What was not acknowledged counts as buffered; acknowledgements are lost where this is needed most.
        """
        channel = self._unreliable
        if (
            channel is not None
            and channel.readyState == "open"
            and channel.bufferedAmount < UNRELIABLE_BACKLOG_BYTES
        ):
            channel.send(data)

    async def close(self) -> None:
        """End the leg and tell the peer (DTLS close_notify). Safe to call twice."""
        if self.state == "closed":
            return
        self._set_state("closed")
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._sctp.stop()
        await self.dtls.stop()
        await self._ice.stop()

    def stun_protocol_on(self, port: PortLike) -> LegStunProtocol | None:
        """Where STUN for this leg that came in on `port` belongs."""
        return self.connection.protocol_on(port)

    def dtls_arrived(self, data: bytes) -> None:
        """A DTLS record from a validated address."""
        self.traffic.received_bytes += len(data) + UDP_IP_BYTES
        self.connection.data_received(data, 1)

    def srtp_arrived(self, data: bytes, now_s: float) -> None:
        """An SRTP or SRTCP packet from a validated address."""
        self.traffic.received_bytes += len(data) + UDP_IP_BYTES
        dtls = self.dtls
        if not dtls.srtp_ready:
            self.refused["srtp_early"] += 1
            return
        is_rtcp = rtp.is_rtcp(data)
        ssrc = data[4:8] if is_rtcp else data[8:12]
        known = ssrc in self._ssrcs
        if not known and len(self._ssrcs) >= SSRCS_MAX:
            self.refused["ssrcs"] += 1
            return
        try:
            if is_rtcp:
                plain = dtls.unprotect_rtcp(data)
                handler = self._hooks.rtcp
            else:
                plain = dtls.unprotect(data)
                handler = self._hooks.rtp
        except SrtpError:
            self.refused["srtp_auth_or_replay"] += 1
            return
        if not known:
            self._ssrcs.add(ssrc)  # only now: a stranger's junk must not use up the places
        self.heard_at_s = now_s
        handler(self, plain, now_s)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        port = self._port
        if port is None or not self._consents or not self.dtls.srtp_ready:
            return
        try:
            data = self.dtls.protect(packet)
        except SrtpError:
            self.refused["srtp_unsendable"] += 1
            return
        self.traffic.sent_bytes += len(data) + UDP_IP_BYTES
        port.send(data, self._address)

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one RTCP packet, compound or reduced-size."""
        port = self._port
        if port is None or not self._consents or not self.dtls.srtp_ready:
            return
        try:
            data = self.dtls.protect_rtcp(packet)
        except SrtpError:
            self.refused["srtp_unsendable"] += 1
            return
        self.traffic.sent_bytes += len(data) + UDP_IP_BYTES
        port.send(data, self._address)

    @property
    def may_send(self) -> bool:
        """Whether media may flow to the peer now: connected, and it still consents (RFC 7675)."""
        return self.state in ("connected", "disconnected") and self.connection.has_consent

    def check_silence(self, now_s: float) -> None:
        """Notice an outage and its end; close after `SILENCE_CLOSES_S`. Called a few times a second."""
        # RFC 7675 section 5.1: without consent nothing is sent; here, so that no packet has to ask the clock.
        self._consents = self._port is None or self.connection.has_consent
        silent_s = now_s - self.heard_at_s
        if self.state == "connected" and silent_s > SILENCE_DISCONNECTED_S:
            self._set_state("disconnected")
        elif self.state == "disconnected":
            if silent_s < SILENCE_DISCONNECTED_S:
                self._set_state("connected")
            elif silent_s > SILENCE_CLOSES_S:
                self._set_state("failed")

    def give_up(self) -> None:
        """Our own side cannot go on with this leg."""
        self._set_state("failed")

    def _validated(self, address: Address) -> None:
        self.heard_at_s = time.monotonic()
        self._hooks.validated(address, self)

    def _round_trip(self, rtt_ms: float | None) -> None:
        if rtt_ms is not None:
            self.heard_at_s = time.monotonic()
            self._consents = True  # the next word need not wait for `check_silence`
        self._hooks.round_trip(self, rtt_ms)

    def _selected(self, port: PortLike, address: Address) -> None:
        self._port = port
        self._address = address

    def _dtls_changed(self) -> None:
        if self.dtls.state in ("closed", "failed"):
            self._set_state("failed")

    def _set_state(self, state: str) -> None:
        if state != self.state and self.state not in ("closed", "failed"):
            self.state = state
            self._hooks.state(self, state)
        elif self.state == "failed" and state == "closed":
            self.state = state
            self._hooks.state(self, state)
