"""What pages ask about their own leg: a new one, none, what is switched off, what is preferred.

Owns: how often somebody may offer a leg. Must never let a page ask anything about another's leg.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from server.calls import views
from server.calls.desk.annex import Handlers
from server.calls.desk.annexes import Annexes
from server.calls.desk.legs import Legs
from server.calls.desk.presences import Presences
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.consultation import Consultation
from signaling.errors import Refused
from signaling.limits import TokenBucket, leg_bucket
from signaling.messages import Role
from signaling.pairing import Pairing


class LegAsks:
    """Carries them out. ``come_back`` brings somebody back into a consultation that they had left."""

    def __init__(
        self,
        pairing: Pairing,
        legs: Legs,
        hub: Hub,
        *,
        annexes: Annexes,
        presences: Presences,
        come_back: Callable[[Principal, Consultation], Awaitable[None]],
    ) -> None:
        self._pairing = pairing
        self._legs = legs
        self._hub = hub
        self._annexes = annexes
        self._presences = presences
        self._come_back = come_back
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def handlers(self) -> Handlers:
        """Which messages it carries out."""
        return {
            wire.LegOffer: self._offer,
            wire.LegClose: self._close,
            wire.MediaState: self._media_state,
            wire.Preferences: self._preferences,
            wire.SendReport: self._send_report,
        }

    async def _offer(self, principal: Principal, message: wire.LegOffer) -> None:
        participant_id = principal.participant_id
        if not self._buckets.setdefault(participant_id, leg_bucket()).take(self._hub.clock()):
            raise Refused("slow_down")
        await self._legs.offer(participant_id, message.sdp, message.seq)
        if not self._hub.has_session(participant_id):
            await self._legs.close(participant_id)
            return
        self._annexes.offered(participant_id)
        found = self._pairing.of(participant_id)
        member = found.member(participant_id) if found else None
        if found is not None and member is not None and member.left:
            await self._come_back(principal, found)

    async def _close(self, principal: Principal, message: wire.LegClose) -> None:
        await self._legs.close(principal.participant_id, message.leg_id)

    async def _send_report(self, principal: Principal, message: wire.SendReport) -> None:
        self._legs.sending_reported(principal.participant_id, message)

    async def _preferences(self, principal: Principal, message: wire.Preferences) -> None:
        if principal.role is not Role.CLINICIAN:
            # Who looks at a wound or a gait says how; a station cannot ask that of the doctor's camera.
            message = msgspec.structs.replace(message, profile=wire.ClinicalProfile.FACE)
        self._legs.set_preferences(principal.participant_id, views.preferences(message))

    async def _media_state(self, principal: Principal, message: wire.MediaState) -> None:
        participant_id = principal.participant_id
        self._legs.set_muted(participant_id, audio=message.audio_muted, video=message.video_muted)
        self._presences.muted(participant_id)
