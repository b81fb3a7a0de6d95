"""Who stands behind a request or a socket, once that is proven.

Owns: the one value that authentication hands to everything else. Must never carry a secret: it is
logged, compared and kept for as long as a session lives.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from signaling.messages import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """One authenticated participant: a station, or a person with an account.

    ``participant_id`` is the primary key of the station or account and stays the same over sessions.
    ``session_id`` names the HTTP session it came with (no secret), so that ending that one ends its socket.
    ``reads_since``: a station that its PIN locks reads no case opened before this moment (UTC seconds).
    """

    participant_id: str
    role: Role
    name: str
    site: str
    session_id: str = field(default="", compare=False)
    reads_since: float = field(default=0.0, compare=False)
