"""The values that messages share: bounds of what pages may send, and every closed list.

Owns: types of fields, enumerations, but for those in which the media engine reports (media/core/parameters.py).
Must never hold a message: each topic has a module of its own beside this one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

# RFC 8866 sets no bound; a Chromium offer with every slot is about 12 kB, so 32 KiB leaves room.
SDP_MAX_CHARS = 32_768
# Three sentences of a nurse; the queue carries one for each who waits.
REASON_MAX_CHARS = 500
# One word that somebody says on the telephone.
GROUP_CODE_MAX_CHARS = 12
PSEUDONYM_MAX_CHARS = 20

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Token = Annotated[str, msgspec.Meta(min_length=16, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
Sdp = Annotated[str, msgspec.Meta(min_length=1, max_length=SDP_MAX_CHARS)]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
GroupCode = Annotated[str, msgspec.Meta(min_length=4, max_length=GROUP_CODE_MAX_CHARS)]
Pseudonym = Annotated[str, msgspec.Meta(max_length=PSEUDONYM_MAX_CHARS)]
Reason = Annotated[str, msgspec.Meta(max_length=REASON_MAX_CHARS)]
# ``typescript``: the browser's own name of a type whose values it knows (typescript.py).
DegradationPreference = Annotated[str, msgspec.Meta(extra={"typescript": "RTCDegradationPreference"})]


class Urgency(StrEnum):
    """Triage colour, most urgent first."""

    RED = "red"
    ORANGE = "orange"
    GREEN = "green"


class Role(StrEnum):
    """What a participant is. The first three take part in consultations, the others administer the service."""

    STATION = "station"
    CLINICIAN = "clinician"
    MEDIATOR = "mediator"
    COORDINATOR = "coordinator"
    RECORDS_OFFICER = "records_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class ConsultationState(StrEnum):
    """The state of a consultation; the table of moves is in signaling/states.py."""

    REQUESTED = "requested"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    IN_CALL = "in_call"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Presence(StrEnum):
    """Whether a participant can be reached right now."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    AWAY = "away"


class Widened(StrEnum):
    """How wide the offer of a waiting consultation is; the steps are in signaling/routing.py."""

    FIRST = "first"
    MATCHING = "matching"
    RELAXED = "relaxed"
    ANYBODY = "anybody"
    ALARM = "alarm"


class DeviceFault(StrEnum):
    """Why a device that nobody switched off gives nothing; ``quiet``: it is open, and gives nothing."""

    NONE = "none"
    DENIED = "denied"
    BUSY = "busy"
    QUIET = "quiet"


class QualityLimitation(StrEnum):
    """W3C RTCQualityLimitationReason: what limits this page's picture."""

    NONE = "none"
    CPU = "cpu"
    BANDWIDTH = "bandwidth"
    OTHER = "other"


class GroupEnd(StrEnum):
    """Why a group is over for one participant; but for ``over``, the others go on."""

    OVER = "over"  # the host has ended it, or was lost
    LEFT = "left"
    REMOVED = "removed"
    REFUSED = "refused"  # never admitted
    WITHDRAWN = "withdrawn"  # the participant no longer agrees
    LOST = "lost"  # out of reach for too long


class RemovalReason(StrEnum):
    """Why a mediator is removed."""

    DONE = "done"
    PATIENT_WISH = "patient_wish"
    OTHER = "other"


class MediationState(StrEnum):
    """The state of a mediator's invitation; ``asking``, ``invited`` and ``joined`` are not final.

    ``asking``: the patient is asked first, and no mediator knows of it; ``refused``: the patient does not want it.
    """

    ASKING = "asking"
    REFUSED = "refused"
    INVITED = "invited"
    JOINED = "joined"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    REMOVED = "removed"
