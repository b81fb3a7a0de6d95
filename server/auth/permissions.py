"""Who may do what, as one table.

Owns: every action there is and the roles that may do it. Must never know a case: whether this person is part of
*this* consultation is asked after the table has said yes. What is not in the table is forbidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from signaling.messages import Role


class Action(StrEnum):
    """Something that an interface lets people do."""

    ENROL_STATIONS = "enrol_stations"
    MANAGE_ACCOUNTS = "manage_accounts"


_R = Role

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.ENROL_STATIONS: frozenset({_R.COORDINATOR, _R.ADMINISTRATOR}),
    Action.MANAGE_ACCOUNTS: frozenset({_R.ADMINISTRATOR}),
}


def allowed(role: Role, action: Action) -> bool:
    """Whether this role may do this at all."""
    return role in ALLOWED.get(action, frozenset())
