"""When a case is erased. Pure.

Owns: the rule. A rule for a site goes before that for all; without one, a case is kept. A case that somebody may
still work on is never due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DAY_S = 24 * 3600
# A month is enough to ask a court, a programme or the patient, and to print what must be kept.
WARNING_S = 30 * DAY_S


class Why(StrEnum):
    """Why a case is erased."""

    ASKED = "asked"
    RETENTION = "retention"
    TAKEN_BACK = "taken_back"  # by the station that had just sent it, which sends it corrected


@dataclass(frozen=True, slots=True)
class Kept:
    """What the rule asks of a case: its site, its kind, its last event, and whether it is held or under way."""

    site_id: str
    kind: str
    last_event_at: float
    held: bool
    under_way: bool


def due_at(case: Kept, days: Mapping[tuple[str, str], int]) -> float | None:
    """From when on the case is erased, in UTC seconds; None: it is kept. ``days``: by site ("" all) and kind."""
    found = days.get((case.site_id, case.kind), days.get(("", case.kind)))
    if found is None or case.held or case.under_way:
        return None
    return case.last_event_at + found * DAY_S


def is_announced(due: float | None, now: float) -> bool:
    """Whether people are warned of it by now."""
    return due is not None and due - WARNING_S <= now
