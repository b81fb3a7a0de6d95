"""Messages of group sessions: the lobby, the seats, what the host may do."""

from __future__ import annotations

from typing import Annotated

import msgspec

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.legs import LinkQuality
from signaling.messages.values import (
    GROUP_CODE_MAX_CHARS,
    DeviceFault,
    GroupEnd,
    Identifier,
    Presence,
    Pseudonym,
)


class OpenGroup(ClientMessage, tag="open_group", frozen=True, kw_only=True):
    """A clinician opens a group session and hosts it; `Group` answers with the code for participants."""


class AskSeat(ClientMessage, tag="ask_seat", frozen=True, kw_only=True):
    """A station asks to join under a pseudonym. ``seat_id`` names the participant's consent.

    From a seat that it has already (``code`` does not count then): under which pseudonym it sat before a restart.
    """

    seat_id: Identifier
    code: Annotated[str, msgspec.Meta(max_length=GROUP_CODE_MAX_CHARS)]
    pseudonym: Pseudonym = ""


class AdmitSeat(ClientMessage, tag="admit_seat", frozen=True, kw_only=True):
    """The host admits somebody from the lobby."""

    seat_id: Identifier


class MuteSeat(ClientMessage, tag="mute_seat", frozen=True, kw_only=True):
    """The host mutes somebody, or ends the muting; the muted page cannot end it."""

    seat_id: Identifier
    muted: bool


class RemoveSeat(ClientMessage, tag="remove_seat", frozen=True, kw_only=True):
    """The host removes somebody, or does not admit them."""

    seat_id: Identifier


class LeaveGroup(ClientMessage, tag="leave_group", frozen=True, kw_only=True):
    """A participant leaves the group; when the host leaves, the group ends."""


class GroupSeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One participant of a group as the others see them. ``silenced``: by the host."""

    seat_id: str
    pseudonym: str
    admitted: bool
    presence: Presence
    audio_muted: bool = False
    video_muted: bool = False
    audio_fault: DeviceFault | None = None
    video_fault: DeviceFault | None = None
    silenced: bool = False
    link: LinkQuality = LinkQuality(level=0)


class Group(ServerMessage, tag="group", frozen=True, kw_only=True):
    """A whole group session, sent at every change. Only the host gets ``code`` and the lobby.

    ``own_seat`` is empty for the host. Slots name seats, and the host by ``host_id``. ``open`` false: the session
    is over, or the recipient is no longer in it; ``why`` says which.
    """

    group_id: str
    host_id: str
    host_name: str
    host_presence: Presence
    open: bool
    seats: list[GroupSeat]
    own_seat: str = ""
    code: str = ""
    why: GroupEnd | None = None


FromPage = OpenGroup | AskSeat | AdmitSeat | MuteSeat | RemoveSeat | LeaveGroup
FromServer = Group
