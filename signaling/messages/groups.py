"""Messages of group sessions: the lobby, the seats, what the host may do."""

from __future__ import annotations

from typing import Annotated

import msgspec

from signaling.messages.envelope import ClientMessage, ServerMessage
from signaling.messages.legs import LinkQuality
from signaling.messages.values import PSEUDONYM_MAX_CHARS, Identifier, Presence


class OpenGroup(ClientMessage, tag="open_group", frozen=True, kw_only=True):
    """A clinician opens a group session and is its host; answered by `Group` with the code to tell people."""


class AskSeat(ClientMessage, tag="ask_seat", frozen=True, kw_only=True):
    """A station asks to be let in, under a name that is nobody's. ``seat_id`` holds the participant's consent."""

    seat_id: Identifier
    code: Annotated[str, msgspec.Meta(min_length=4, max_length=12)]
    pseudonym: Annotated[str, msgspec.Meta(max_length=PSEUDONYM_MAX_CHARS)] = ""


class AdmitSeat(ClientMessage, tag="admit_seat", frozen=True, kw_only=True):
    """The host lets somebody in who waits in the lobby."""

    seat_id: Identifier


class MuteSeat(ClientMessage, tag="mute_seat", frozen=True, kw_only=True):
    """The host takes somebody's voice away, or gives it back; the page itself cannot lift that."""

    seat_id: Identifier
    muted: bool


class RemoveSeat(ClientMessage, tag="remove_seat", frozen=True, kw_only=True):
    """The host sends somebody out, or does not let them in."""

    seat_id: Identifier


class LeaveGroup(ClientMessage, tag="leave_group", frozen=True, kw_only=True):
    """A participant leaves the group; when the host does, it is over for all."""


class GroupSeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """One participant of a group as the others see them. ``silenced``: by the host."""

    seat_id: str
    pseudonym: str
    admitted: bool
    presence: Presence
    audio_muted: bool = False
    video_muted: bool = False
    silenced: bool = False
    link: LinkQuality = LinkQuality(level=0)


class Group(ServerMessage, tag="group", frozen=True, kw_only=True):
    """The whole of a group session, at every change. ``code`` and the lobby are the host's only.

    ``own_seat`` is empty for the host. Slots name seats, and the host by ``host_id``. ``open`` false: it is over,
    or one is no longer in it.
    """

    group_id: str
    host_id: str
    host_name: str
    host_presence: Presence
    open: bool
    seats: list[GroupSeat]
    own_seat: str = ""
    code: str = ""


FromPage = OpenGroup | AskSeat | AdmitSeat | MuteSeat | RemoveSeat | LeaveGroup
FromServer = Group
