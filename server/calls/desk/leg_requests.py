"""The requests of pages about their own leg: open, close, mute, set preferences.

Owns: how often a participant may offer a leg. Must never let a page change another participant's leg.
"""

from __future__ import annotations

import msgspec

from server.calls import views
from server.calls.desk.consultation_requests import ConsultationRequests
from server.calls.desk.presences import Presences
from server.calls.desk.state import DeskState, Handlers
from server.people.principal import Principal
from signaling import messages as wire
from signaling.errors import Refused
from signaling.limits import TokenBucket, leg_bucket
from signaling.messages import Role


class LegRequests:
    """Carries out these requests."""

    def __init__(self, state: DeskState, presences: Presences, requests: ConsultationRequests) -> None:
        self._state = state
        self._presences = presences
        self._requests = requests
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def handlers(self) -> Handlers:
        """The handlers of these messages."""
        return {
            wire.LegOffer: self._offer,
            wire.LegClose: self._close,
            wire.PathBlocked: self._path_blocked,
            wire.MediaState: self._media_state,
            wire.Preferences: self._preferences,
            wire.SendReport: self._send_report,
        }

    async def _offer(self, principal: Principal, message: wire.LegOffer) -> None:
        state, participant_id = self._state, principal.participant_id
        if not self._buckets.setdefault(participant_id, leg_bucket()).take(state.hub.clock()):
            raise Refused("slow_down")
        await state.legs.offer(participant_id, message.sdp, message.seq, sign_in=principal.session_id)
        if not state.hub.has_session(participant_id):
            await state.legs.close(participant_id)
            return
        found = state.pairing.of(participant_id)
        member = found.member(participant_id) if found else None
        if found is not None and member is not None and member.left:
            await self._requests.come_back(principal, found)

    async def _close(self, principal: Principal, message: wire.LegClose) -> None:
        await self._state.legs.close(principal.participant_id, message.leg_id)

    async def _send_report(self, principal: Principal, message: wire.SendReport) -> None:
        self._state.legs.sending_reported(principal.participant_id, message)

    async def _preferences(self, principal: Principal, message: wire.Preferences) -> None:
        if principal.role is not Role.CLINICIAN:
            # Clinicians choose how they see a wound or a gait; a station cannot choose that for their camera.
            message = msgspec.structs.replace(message, profile=wire.ClinicalProfile.FACE)
        self._state.legs.set_preferences(principal.participant_id, views.preferences(message))

    async def _path_blocked(self, principal: Principal, message: wire.PathBlocked) -> None:
        self._state.legs.path_blocked(principal.participant_id, message.leg_id, blocked=message.blocked)

    async def _media_state(self, principal: Principal, message: wire.MediaState) -> None:
        participant_id = principal.participant_id
        self._state.legs.set_muted(participant_id, audio=message.audio_muted, video=message.video_muted)
        self._state.legs.set_faults(participant_id, audio=message.audio_fault, video=message.video_fault)
        self._presences.muted(participant_id)
