"""Erasing cases, holding them, and the rules of how long they are kept; each with its trail.

Owns: what becomes of a case at the end. Erasing destroys the key of the case: what was sealed with it opens for
nobody, in no later copy of the database. What stays is that there was a case, at which station and when, and the
trail. Must never erase a case that is held, or whose consultation is not over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.cases.photos.photofiles import PhotoFiles
from server.cases.tables import (
    CaseFile,
    CaseNote,
    CaseOutcome,
    CasePhoto,
    Consultation,
    Referral,
    VitalSign,
)
from server.cases.vocabulary import Kind
from server.erasure.errors import ErasureRefused
from server.erasure.rules import DAY_S, WARNING_S, Kept, Why, due_at, is_announced
from server.erasure.tables import CaseHold, RetentionRule
from server.people.acting import By
from server.people.sites import known_site_id
from server.people.tables import Site, Station
from server.platform.database.engine import DbSessions
from server.platform.redacted import Redacted
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.tables import DataKey
from server.trail.acts import Act, System
from server.trail.entry import Entry, Fact
from server.trail.trail import Trail
from signaling.states import FINAL

log = structlog.get_logger(__name__)

OPERATOR_ID = "command_line"
THE_OPERATOR = By(OPERATOR_ID, System.OPERATOR)
THE_SERVER = By("server", System.SERVER)
# What reports count and lists show of an erased case: nothing.
BLANK: dict[str, object] = dict.fromkeys(
    ("patient_ref_hash", "age_band", "sex", "reason_code", "red_flags", "language", "gender_wish"), ""
)

Leaf = type[VitalSign] | type[CaseNote] | type[CaseOutcome] | type[CasePhoto]
LEAVES: tuple[Leaf, ...] = (VitalSign, CaseNote, CaseOutcome, CasePhoto)


@dataclass(frozen=True, slots=True)
class Due:
    """A case that will be erased."""

    case_id: str
    site: str
    kind: str
    at: float


class Erasures:
    """All of it. ``clock`` gives UTC seconds."""

    def __init__(
        self,
        database: DbSessions,
        trail: Trail,
        keyring: Keyring,
        photos: PhotoFiles,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._trail = trail
        self._keyring = keyring
        self._photos = photos
        self._clock = clock
        self._warned_at = 0.0

    async def erase(self, case_id: str, why: Why = Why.ASKED, by: By | None = None) -> int:
        """Erase one case; gives the number of its entry on the trail. Raises ErasureRefused.

        ``by``: None is the operator. What a station takes back is its own, and its call was never asked for.
        """
        async with self._database.begin() as db:
            case = await db.get(CaseFile, case_id, with_for_update=True)
            if case is None or case.erased_at is not None:
                raise ErasureRefused("there is no such case")
            await _refuse_unless_over(db, case_id)
            if why is Why.TAKEN_BACK:
                await _refuse_unless_unasked(db, case, by)
            photos = list(await db.scalars(select(CasePhoto.id).where(CasePhoto.case_id == case_id)))
            await self._keyring.destroy(db, case_id, self._clock())
            for table in LEAVES:
                await db.execute(delete(table).where(table.case_id == case_id))
            gone = update(CaseFile).where(CaseFile.id == case_id)
            await db.execute(gone.values(BLANK | {"erased_at": self._clock()}))
            facts: dict[str, Fact] = {"why": why, "photos": len(photos)}
            sequence = await self._record(db, Act.CASE_ERASED, case_id, facts, by)
        await self._photos.forget(photos)
        if why is Why.TAKEN_BACK:
            return sequence  # of minutes ago: no earlier copy holds it, and a page waits for no VACUUM
        await self._database.scrub(DataKey.__tablename__)
        return sequence

    async def is_erased(self, case_id: str) -> bool:
        """Whether there was such a case and it is gone."""
        async with self._database() as db:
            case = await db.get(CaseFile, case_id)
        return case is not None and case.erased_at is not None

    async def of_patient(self, site: str, reference: str) -> list[str]:
        """The cases of one patient at a site: those of the reference, and those that follow or were sent on."""
        async with self._database.begin() as db:
            wanted = await self._keyring.hash_of(db, Redacted(reference))
            query = (
                select(CaseFile.id)
                .join(Station, Station.id == CaseFile.station_id)
                .where(
                    Station.site_id == await known_site_id(db, site),
                    CaseFile.patient_ref_hash == wanted,
                    CaseFile.patient_ref_hash != "",
                )
            )
            found: list[str] = []
            more = list(await db.scalars(query))
            while more:
                found += more
                more = [one for one in await _tied_to(db, more) if one not in found]
        return found

    async def hold(self, case_id: str, why: str) -> None:
        """Keep a case whatever the rules say. Raises ErasureRefused."""
        async with self._database.begin() as db:
            case = await db.get(CaseFile, case_id)
            if case is None or case.erased_at is not None or await db.get(CaseHold, case_id) is not None:
                raise ErasureRefused("there is no such case, or it is held already")
            db.add(CaseHold(case_id=case_id, why=Redacted(why), since=self._clock()))
            await self._record(db, Act.CASE_HELD, case_id)

    async def release(self, case_id: str) -> None:
        """End a hold. Raises ErasureRefused."""
        async with self._database.begin() as db:
            held = await db.get(CaseHold, case_id)
            if held is None:
                raise ErasureRefused("the case is not held")
            await db.delete(held)
            await self._record(db, Act.CASE_RELEASED, case_id)

    async def keep_for(self, site: str, kind: Kind, days: int | None) -> None:
        """From now on cases of this kind are kept so many days at this site ("": all); None: for good.

        Raises ErasureRefused.
        """
        async with self._database.begin() as db:
            site_id = ""
            if site:
                site_id = await known_site_id(db, site) or ""
                if not site_id:
                    raise ErasureRefused("there is no such site")
            rule = RetentionRule.site_id == site_id, RetentionRule.kind == kind.value
            await db.execute(delete(RetentionRule).where(*rule))
            if days is not None:
                db.add(RetentionRule(site_id=site_id, kind=kind.value, days=days))
            entry = Entry(
                Act.RETENTION_CHANGED,
                OPERATOR_ID,
                System.OPERATOR,
                subject_id=site_id or None,
                facts={"kind": kind, "days": days},
            )
            await self._trail.record(db, entry)

    async def due(self, now: float) -> list[Due]:
        """The cases that are erased within the time of the warning, and those that are due; the soonest first."""
        async with self._database() as db:
            rules = await db.scalars(select(RetentionRule))
            days = {(rule.site_id, rule.kind): rule.days for rule in rules}
            if not days:
                return []
            found = []
            for case_id, site, kept in await _kept(db, [kind for _, kind in days]):
                at = due_at(kept, days)
                if at is not None and is_announced(at, now):
                    found.append(Due(case_id, site, kept.kind, at))
        return sorted(found, key=lambda one: one.at)

    async def sweep(self) -> int:
        """Erase what is due, and warn of what will be; how many cases were erased."""
        now = self._clock()
        found = await self.due(now)
        late = [one for one in found if one.at <= now]
        for one in late:
            await self.erase(one.case_id, Why.RETENTION, THE_SERVER)
        self._warn([one for one in found if one.at > now], now)
        return len(late)

    def _warn(self, soon: list[Due], now: float) -> None:
        """One line a day, of ordinary cases alone: a line about others would tell outside that there are some."""
        if now < self._warned_at + DAY_S or not any(one.kind == Kind.ORDINARY for one in soon):
            return
        self._warned_at = now
        log.warning("cases_near_erasure", within_days=WARNING_S // DAY_S, see="keneya retention due")

    async def _record(
        self,
        db: AsyncSession,
        act: Act,
        case_id: str,
        facts: dict[str, Fact] | None = None,
        by: By | None = None,
    ) -> int:
        actor = by or THE_OPERATOR
        return await self._trail.record(
            db, Entry(act, actor.actor_id, actor.actor_role, case_id, facts=facts or {})
        )


ERASURES = web.AppKey("erasures", Erasures)


async def _refuse_unless_over(db: AsyncSession, case_id: str) -> None:
    consultation = await db.get(Consultation, case_id)
    if consultation is not None and consultation.state not in {state.value for state in FINAL}:
        raise ErasureRefused("its consultation is not over")
    if await db.get(CaseHold, case_id) is not None:
        raise ErasureRefused("the case is held: release it first")


async def _refuse_unless_unasked(db: AsyncSession, case: CaseFile, by: By | None) -> None:
    if by is None or case.station_id != by.actor_id or await db.get(Consultation, case.id) is not None:
        raise ErasureRefused("its call was asked for, or it is not this station's")


async def _tied_to(db: AsyncSession, case_ids: Sequence[str]) -> list[str]:
    """The cases before and after these, and those that these were sent on as or come from."""
    before = select(CaseFile.previous_id).where(CaseFile.id.in_(case_ids), CaseFile.previous_id.is_not(None))
    after = select(CaseFile.id).where(CaseFile.previous_id.in_(case_ids))
    sent = select(Referral.new_case_id).where(
        Referral.case_id.in_(case_ids), Referral.new_case_id.is_not(None)
    )
    sender = select(Referral.case_id).where(Referral.new_case_id.in_(case_ids))
    return list(
        await db.scalars(
            select(CaseFile.id).where(
                CaseFile.erased_at.is_(None),
                or_(*(CaseFile.id.in_(one) for one in (before, after, sent, sender))),
            )
        )
    )


async def _kept(db: AsyncSession, kinds: Sequence[str]) -> list[tuple[str, str, Kept]]:
    """What the rules ask of each case of these kinds that is not erased, with its id and the name of its site."""
    told = (
        select(CaseOutcome.case_id, func.max(CaseOutcome.reported_at).label("at"))
        .group_by(CaseOutcome.case_id)
        .subquery()
    )
    query = (
        select(
            CaseFile.id, Site.id, Site.name, CaseFile.kind, CaseFile.opened_at, Consultation.closed_at,
            Consultation.state, told.c.at, CaseHold.case_id,
        )
        .join(Station, Station.id == CaseFile.station_id)
        .join(Site, Site.id == Station.site_id)
        .outerjoin(Consultation, Consultation.id == CaseFile.id)
        .outerjoin(told, told.c.case_id == CaseFile.id)
        .outerjoin(CaseHold, CaseHold.case_id == CaseFile.id)
        .where(CaseFile.kind.in_(kinds), CaseFile.erased_at.is_(None))
    )  # fmt: skip
    over = {state.value for state in FINAL}
    return [
        (
            case_id,
            name,
            Kept(
                site_id,
                kind,
                max(opened_at, closed_at or 0.0, told_at or 0.0),
                held=held is not None,
                under_way=state is not None and state not in over,
            ),
        )
        for case_id, site_id, name, kind, opened_at, closed_at, state, told_at, held in await db.execute(
            query
        )
    ]
