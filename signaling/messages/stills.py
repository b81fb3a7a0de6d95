"""Messages about sharp and periodic stills; the pictures themselves travel on the data channel."""

from __future__ import annotations

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.values import Identifier


class AskStill(ClientMessage, tag="ask_still", frozen=True, kw_only=True):
    """A clinician in a call wants a sharp picture of another participant."""

    participant_id: Identifier


class DeclineStill(ClientMessage, tag="decline_still", frozen=True, kw_only=True):
    """The requested still will not come: refused, or no camera."""

    asked_by: Identifier


class StillWanted(ServerMessage, tag="still_wanted", frozen=True, kw_only=True):
    """A clinician wants a sharp picture from this page's camera, within these bytes and this width in pixels."""

    asked_by: str
    max_bytes: int
    width: int


class StillDeclined(ServerMessage, tag="still_declined", frozen=True, kw_only=True):
    """The still that this page requested from a participant will not come."""

    participant_id: str


class PeriodicStills(ServerMessage, tag="periodic_stills", frozen=True, kw_only=True):
    """Send a small still by itself every ``every_s`` seconds from now on; 0: no longer."""

    leg_id: str
    every_s: float
    max_bytes: int = 0
    width: int = 0


FromPage = AskStill | DeclineStill
FromServer = StillWanted | StillDeclined | PeriodicStills
