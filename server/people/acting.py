"""Who acts, as the audit trail names them.

Owns: `By`. Must never carry a name: ids and roles only.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.people.principal import Principal
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact
from signaling.messages import Role


@dataclass(frozen=True, slots=True)
class By:
    """A person, a station, or an operator at the command line."""

    actor_id: str
    actor_role: Role | System

    def did(self, act: Act, subject_id: str | None = None, **facts: Fact) -> Entry:
        """The audit entry of this act."""
        return Entry(
            act=act, actor_id=self.actor_id, actor_role=self.actor_role, subject_id=subject_id, facts=facts
        )


OPERATOR = By("operator", System.OPERATOR)


def by(principal: Principal) -> By:
    """A participant as the trail names them."""
    return By(principal.participant_id, principal.role)
