"""Makes a leg from an offer: its transport, both directions of its media, its control, and the SDP answer.

Owns: our certificate, the random SSRCs, and the connections between the transport and the parts that process its
packets. Must never keep a leg: the engine does.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial

from aiortc.rtcdtlstransport import RTCCertificate

from media.core.rtp import rtcp
from media.engine.relay.control import LegControl
from media.engine.relay.downlink import Downlink
from media.engine.relay.forward import forward
from media.engine.relay.rooms import Member
from media.engine.relay.stills import Stills
from media.engine.relay.uplink import Uplink
from media.engine.transport.answer import SlotSources, Transport, compose_answer
from media.engine.transport.leg import Leg, LegHooks, MediaHandlers
from media.engine.transport.offer import read_offer
from media.engine.transport.ports import PortRegistry

# A certificate of aiortc is valid for 30 days. Ours is renewed long before; a leg keeps its first certificate.
CERTIFICATE_RENEWED_S = 24 * 3600.0
# The assumed downlink of a warm leg before any measurement: enough for voice and the smallest video.
START_BPS = 96_000


class LegFactory:
    """See the module's docstring. `on_state` is called with each change of a leg's state."""

    def __init__(self, registry: PortRegistry, stills: Stills, on_state: Callable[[Leg, str], None]) -> None:
        self._registry = registry
        self._stills = stills
        self._on_state = on_state
        self._certificate: RTCCertificate | None = None
        self._certificate_made_s = 0.0

    async def make(self, leg_id: str, offer_sdp: str) -> tuple[LegControl, str]:
        """A leg that is ready to start, and the SDP answer. Raises OfferRefused."""
        offer = read_offer(offer_sdp)
        hooks = LegHooks(state=self._on_state, validated=self._registry.guard.validate)
        leg = Leg(leg_id, offer, list(self._registry.ports), self._current_certificate(), hooks)
        await leg.prepare()
        numbers = [1 + secrets.randbelow(0xFFFF_FFFF) for _ in range(3 * len(offer.slots) + 1)]
        sources = [SlotSources(*numbers[3 * index : 3 * index + 3]) for index in range(len(offer.slots))]
        downlink = Downlink(leg, sources, secrets.randbelow, START_BPS)
        control = LegControl(Member(leg, Uplink(leg, forward), downlink), feedback_ssrc=numbers[-1])
        leg.deliver_to(
            MediaHandlers(
                rtp=control.member.uplink.rtp_arrived,
                rtcp=partial(_rtcp_arrived, control),
                data=partial(_data_arrived, control, self._stills),
                round_trip=partial(_round_trip, control),
            )
        )
        transport = Transport(leg.username, leg.password, leg.fingerprint, leg.candidates)
        return control, compose_answer(offer, transport, sources, secrets.randbits(62))

    def _current_certificate(self) -> RTCCertificate:
        now_s = time.monotonic()
        if self._certificate is None or now_s - self._certificate_made_s > CERTIFICATE_RENEWED_S:
            self._certificate = RTCCertificate.generateCertificate()
            self._certificate_made_s = now_s
        return self._certificate


def _rtcp_arrived(control: LegControl, data: bytes, now_s: float) -> None:
    try:
        packets = rtcp.parse(data)
    except rtcp.RtcpError:
        control.member.leg.refused["rtcp"] += 1
        return
    control.rtcp.arrived(packets, now_s * 1000)


def _data_arrived(control: LegControl, stills: Stills, data: bytes) -> None:
    if not control.uplink_probe.arrived(data, time.monotonic() * 1000):
        stills.arrived(control.member, data)


def _round_trip(control: LegControl, rtt_ms: float | None) -> None:
    control.round_trip(rtt_ms, time.monotonic() * 1000)
