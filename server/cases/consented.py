"""What cases answer to consents (server/consents/ports.py), and which parts end with one.

Owns: the answers. Must never decide what makes a consent, nor what else ends without one.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.access import Part, opened
from server.cases.circle.participants import end_parts, took_part
from server.cases.kinds import company_in, is_recordable
from server.cases.referrals import resting_on
from server.consents import ConsentScope
from server.consents.ports import TakesPart
from server.people.principal import Principal
from server.platform.database.engine import DbSessions
from signaling.messages import Role


class ConsentedCases:
    """The cases that consents hang on."""

    def __init__(self, database: DbSessions, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def part_of(self, who: Principal, case_id: str, *, to_read: bool = False) -> TakesPart:
        """The station of the case, or a clinician who took it on. Raises NoSuchCase for all others alike.

        ``to_read``: raises PinNeeded where a station is locked.
        """
        async with self._database() as db:
            found = await opened(
                db, who, case_id, lambda _case, _clinician: False, Part.OPENER, Part.CLINICIAN
            )
        if to_read:
            found.readable_by(who)
        return TakesPart(found.part, is_recordable(found.case.kind), company_in(found.case.kind))

    async def may_take_back(self, who: Principal, case_id: str) -> None:
        """Raises NoSuchCase but for the station of the case and the clinicians who took it on, however long ago.

        What ended a part is taken back twice by whoever was not sure that it was heard.
        """
        async with self._database() as db:
            if who.role is Role.CLINICIAN and await took_part(db, case_id, who.participant_id):
                return
        await self.part_of(who, case_id)

    async def end_parts(
        self, db: AsyncSession, case_id: str, scope: ConsentScope, recipient: str | None
    ) -> None:
        """In the transaction that takes this agreement back: whoever was let in on it is out."""
        await end_parts(db, case_id, scope, recipient, self._clock())

    async def resting_on(self, case_id: str, recipient: str) -> list[str]:
        """The cases that the agreement to this recipient holds."""
        async with self._database() as db:
            return await resting_on(db, case_id, recipient)
