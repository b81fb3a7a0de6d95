"""What was refused, on the trail: sign-ins that failed, people who asked for what is not theirs, second cases.

Owns: putting refusals together. A stranger can be refused a thousand times a minute and the trail is kept for ever,
so refusals that are alike become one entry with their number. An entry is written apart from the request: its time
on the disk would tell a guesser which logins there are. Must never hold what was typed, nor an address.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aiohttp import web

from server.platform.database.engine import DbSessions
from server.platform.faults import where
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact
from server.trail.trail import Trail
from signaling.messages import Role

log = structlog.get_logger(__name__)

# A kill loses what was refused in this time.
WRITE_EVERY_S = 10.0
# After an entry, refusals like it wait this long for the next: six entries an hour about whatever somebody tries.
ALIKE_S = 600.0
# Memory bound: so many kinds wait at most. One who asks for more is counted without the cases they asked for.
KINDS_MAX = 5_000


class Way(StrEnum):
    """How somebody tried to come in. ``AGAIN``: with the password once more; ``OIDC``: by way of a provider."""

    PERSON = "person"
    AGAIN = "again"
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"
    OIDC = "oidc"
    STATION = "station"
    PIN = "pin"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal. ``what``: the way to sign in, or the action that was asked for."""

    act: Act
    actor_id: str
    actor_role: Role | System
    what: StrEnum
    consultation_id: str | None = None
    subject_id: str | None = None

    def entry(self, times: int) -> Entry:
        """The entry about so many refusals of this kind."""
        facts: dict[str, Fact] = {"what": self.what, "times": times}
        return Entry(
            self.act, self.actor_id, self.actor_role, self.consultation_id, self.subject_id, facts=facts
        )


def sign_in_refused(way: Way, account_id: str | None) -> Refusal:
    """A sign-in that failed; ``account_id``: of the account that it was for, if there is one."""
    return Refusal(Act.SIGN_IN_REFUSED, System.STRANGER, System.STRANGER, way, subject_id=account_id)


def access_refused(
    actor_id: str, actor_role: Role, action: StrEnum, consultation_id: str | None = None
) -> Refusal:
    """Somebody who is signed in asked for what is not theirs; ``consultation_id``: a case that there is."""
    return Refusal(Act.ACCESS_REFUSED, actor_id, actor_role, action, consultation_id)


def open_case_told(actor_id: str, actor_role: Role, action: StrEnum, consultation_id: str) -> Refusal:
    """A station opened no second case, and learned from it that this one is open, and nothing else of it."""
    return Refusal(Act.CASE_OPEN_TOLD, actor_id, actor_role, action, consultation_id)


class Refused:
    """The refusals of this process. ``clock`` gives seconds as `time.monotonic` does."""

    def __init__(self, database: DbSessions, trail: Trail, clock: Callable[[], float]) -> None:
        self._database = database
        self._trail = trail
        self._clock = clock
        self._waiting: Counter[Refusal] = Counter()
        self._quiet_until: dict[Refusal, float] = {}

    def note(self, refusal: Refusal) -> None:
        """Count one refusal; it reaches the trail within `WRITE_EVERY_S`, or with those like it."""
        if refusal not in self._waiting and len(self._waiting) >= KINDS_MAX:
            refusal = Refusal(refusal.act, refusal.actor_id, refusal.actor_role, refusal.what)
            if refusal not in self._waiting and len(self._waiting) >= 2 * KINDS_MAX:
                return
        self._waiting[refusal] += 1

    async def write(self, *, everything: bool = False) -> None:
        """Write what is due; ``everything``: because the server ends."""
        now = self._clock()
        self._quiet_until = {one: until for one, until in self._quiet_until.items() if until > now}
        due = {
            one: times for one, times in self._waiting.items() if everything or one not in self._quiet_until
        }
        if not due:
            return
        async with self._database.begin() as db:
            await self._trail.record_all(db, [one.entry(times) for one, times in due.items()])
        for one, times in due.items():
            self._quiet_until[one] = now + ALIKE_S
            self._waiting[one] -= times
            if not self._waiting[one]:
                del self._waiting[one]

    async def keep_writing(self) -> None:
        """Write until cancelled; a fault is logged, and the next time tries again."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.try_to_write()

    async def try_to_write(self, *, everything: bool = False) -> None:
        """Write what is due, or log why not."""
        try:
            await self.write(everything=everything)
        except Exception as error:  # the database may be away for a while
            log.error("refusals_not_written", **where(error))


REFUSED = web.AppKey("refused", Refused)
