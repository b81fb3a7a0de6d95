"""SRTP of one leg: unprotects received packets, and protects sent ones (RFC 3711).

Owns: the check of each packet's tag and number, the bounds on SSRCs and on the rate, and the address to which media
is sent. Must never read more of a packet than its SSRC, nor send to a peer that no longer consents (RFC 7675).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable

from media.core import rtp
from media.engine.transport.aiortc_private import LegDtlsTransport, PortLike, SrtpError
from media.engine.transport.datagrams import UDP_IP_BYTES, Address, Traffic
from media.engine.transport.ingress import PACKET_COST_BYTES, Ingress

# A page sends five SSRCs: voice, picture, its retransmissions, and two that only report. libsrtp keeps a stream for
# each SSRC and searches them one after the other: 40,000 of them would cost 100 µs for every packet.
SSRCS_MAX = 32

# Arguments: a plain packet, and the time of its arrival in seconds on the monotonic clock.
PacketHandler = Callable[[bytes, float], None]


class SrtpTransport:
    """Both directions of a leg's media. `offered_ssrcs`: those that the offer names."""

    def __init__(
        self,
        dtls: LegDtlsTransport,
        traffic: Traffic,
        refused: Counter[str],
        offered_ssrcs: Iterable[int],
        ingress: Ingress,
    ) -> None:
        self.heard_at_s = time.monotonic()
        self.port: PortLike | None = None
        self.address: Address = ("", 0)
        # Whether the peer consents to receive. The leg keeps it up to date, so that no packet needs the clock.
        self.consents = True
        self.on_rtp: PacketHandler = _ignore
        self.on_rtcp: PacketHandler = _ignore
        self._dtls = dtls
        self._traffic = traffic
        self._refused = refused
        self._takes = ingress.media.takes
        self._ssrcs = {ssrc.to_bytes(4) for ssrc in offered_ssrcs}

    def arrived(self, data: bytes, now_s: float) -> None:
        """Process an SRTP or SRTCP packet from a validated address."""
        self._traffic.received_bytes += len(data) + UDP_IP_BYTES
        dtls = self._dtls
        if not dtls.srtp_ready:
            self._refused["srtp_early"] += 1
            return
        is_rtcp = rtp.is_rtcp(data)
        ssrc = data[4:8] if is_rtcp else data[8:12]
        known = ssrc in self._ssrcs
        if not known and len(self._ssrcs) >= SSRCS_MAX:
            self._refused["ssrcs"] += 1
            return
        if not self._takes(len(data) + PACKET_COST_BYTES, now_s):
            self._refused["over_rate"] += 1
            return
        try:
            if is_rtcp:
                plain = dtls.unprotect_rtcp(data)
                handler = self.on_rtcp
            else:
                plain = dtls.unprotect(data)
                handler = self.on_rtp
        except SrtpError:
            self._refused["srtp_auth_or_replay"] += 1
            return
        if not known:
            self._ssrcs.add(ssrc)  # only after authentication, so that forged packets do not use up the bound
        self.heard_at_s = now_s
        handler(plain, now_s)

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        port = self.port
        if port is None or not self.consents or not self._dtls.srtp_ready:
            return
        try:
            data = self._dtls.protect(packet)
        except SrtpError:
            self._refused["srtp_unsendable"] += 1
            return
        self._traffic.sent_bytes += len(data) + UDP_IP_BYTES
        port.send(data, self.address)

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one RTCP packet, compound or reduced-size."""
        port = self.port
        if port is None or not self.consents or not self._dtls.srtp_ready:
            return
        try:
            data = self._dtls.protect_rtcp(packet)
        except SrtpError:
            self._refused["srtp_unsendable"] += 1
            return
        self._traffic.sent_bytes += len(data) + UDP_IP_BYTES
        port.send(data, self.address)


def _ignore(data: bytes, now_s: float) -> None:
    """The handler of packets until the leg has its handlers."""
