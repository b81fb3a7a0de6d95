"""What cases answer to consents (server/consents/ports.py).

Owns: the two answers. Must never decide what makes a consent, nor what ends without one.
"""

from __future__ import annotations

from server.cases.access import Part, opened
from server.cases.kinds import company_in, is_recordable
from server.cases.referrals import resting_on
from server.consents.ports import TakesPart
from server.people.principal import Principal
from server.platform.database.engine import DbSessions


class ConsentedCases:
    """The cases that consents hang on."""

    def __init__(self, database: DbSessions) -> None:
        self._database = database

    async def part_of(self, who: Principal, case_id: str) -> TakesPart:
        """The station of the case, or a clinician who took it on. Raises NoSuchCase for all others alike."""
        async with self._database() as db:
            found = await opened(
                db, who, case_id, lambda _case, _clinician: False, Part.OPENER, Part.CLINICIAN
            )
        return TakesPart(found.part, is_recordable(found.case.kind), company_in(found.case.kind))

    async def resting_on(self, case_id: str, recipient: str) -> list[str]:
        """The cases that the agreement to this recipient holds."""
        async with self._database() as db:
            return await resting_on(db, case_id, recipient)
