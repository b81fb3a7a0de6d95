"""Whether the time of this machine can be right, by the newest entry of the trail.

Owns: the check at the start of a server. With a time from before the newest entry, sign-ins would live on and the
trail would run backwards; with one far after it, the sign-ins of all stations would end at once, for good. An
operator who knows that it is right says so (`keneya clock believe`), which is an entry itself.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from server.platform.database.engine import DbSessions
from server.platform.settings.config import SettingsError
from server.trail.tables import AuditEntry

# What two servers in turn, or a time server's correction, may differ by.
BACK_S = 3600.0
# A post may be shut for a rainy season; stations that are used stay enrolled for 400 days.
AHEAD_S = 180 * 24 * 3600.0


class ClockWrong(SettingsError):
    """The machine's time cannot be believed."""


async def check_clock(database: DbSessions, now: float) -> None:
    """Raises ClockWrong. ``now``: the machine's time in UTC seconds."""
    newest = select(AuditEntry.at_ms).order_by(AuditEntry.sequence.desc()).limit(1)
    async with database() as db:
        at_ms = await db.scalar(newest)
    if at_ms is None or -BACK_S <= now - at_ms / 1000 <= AHEAD_S:
        return
    here, there = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" for at in (now, at_ms / 1000))
    raise ClockWrong(
        f"the clock of this machine says {here}, the newest entry of the audit trail is of {there}; set the "
        "clock, or run `keneya clock believe` if it is right"
    )
