"""Requests for a sharp still. The picture itself goes over the legs.

Owns: passing a request from a clinician to another participant's page, and a refusal back. Must never see a
picture.
"""

from __future__ import annotations

from server.calls.desk.state import Handlers
from server.people.principal import Principal
from server.sockets.hub import Hub
from signaling import messages as wire
from signaling.consultation import Member
from signaling.errors import Refused
from signaling.limits import ASKED_STILL_MAX_BYTES, ASKED_STILL_MAX_WIDTH, TokenBucket, still_bucket
from signaling.messages import ConsultationState
from signaling.pairing import Pairing


class StillRequests:
    """Carries out these requests. Both participants must be in the same call."""

    def __init__(self, pairing: Pairing, hub: Hub) -> None:
        self._pairing = pairing
        self._hub = hub
        self._buckets: dict[str, TokenBucket] = {}

    @property
    def handlers(self) -> Handlers:
        """The handlers of these messages."""
        return {wire.AskStill: self.ask, wire.DeclineStill: self.decline}

    async def ask(self, principal: Principal, message: wire.AskStill) -> None:
        """Ask a participant's page for a still, for a clinician. Raises Refused."""
        asker = principal.participant_id
        other = self._other(asker, message.participant_id)
        if not self._buckets.setdefault(asker, still_bucket()).take(self._hub.clock()):
            raise Refused("slow_down")
        wanted = wire.StillWanted(
            asked_by=asker, max_bytes=ASKED_STILL_MAX_BYTES, width=ASKED_STILL_MAX_WIDTH
        )
        self._hub.post(other.participant_id, wanted, "still_wanted")

    async def decline(self, principal: Principal, message: wire.DeclineStill) -> None:
        """Tell the clinician that the participant refuses or has no camera. Raises Refused."""
        other = self._other(principal.participant_id, message.asked_by)
        declined = wire.StillDeclined(participant_id=principal.participant_id)
        self._hub.post(other.participant_id, declined, "still_declined")

    def _other(self, participant_id: str, other_id: str) -> Member:
        found = self._pairing.of(participant_id)
        other = found.member(other_id) if found is not None else None
        if found is None or other is None or other_id == participant_id:
            raise Refused("not_in_call")
        if found.state is not ConsultationState.IN_CALL or other.left:
            raise Refused("not_in_call")
        return other
