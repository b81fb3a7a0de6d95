"""The store of consultations on a real SQLite file and a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from server.calls.store import DatabaseConsultationStore
from server.calls.tables import ConsultationEvent
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions
from server.trail.trail import Trail
from signaling.consultation import ConsultationRecord
from signaling.messages import ConsultationState, Urgency
from tests.support.databases import agree, sealing_sessions

RECORD = ConsultationRecord(
    consultation_id="c_1",
    station_id="st_1",
    station_name="Poste 1",
    site="CSRéf de Kayes",
    urgency=Urgency.ORANGE,
    reason="fièvre depuis trois jours, ɲɛ dimi",
    state=ConsultationState.REQUESTED,
    requested_at=1_763_000_000.25,
)


@pytest.fixture
async def database(engine: AsyncEngine) -> DbSessions:
    sessions = sealing_sessions(engine)
    async with sessions.begin() as db:
        db.add(Site(id="si_1", name="CSRéf de Kayes", created_at=1.0))
        await db.flush()
        db.add(Station(id="st_1", site_id="si_1", name="Poste 1", created_at=1.0))
        db.add(
            Account(
                id="ac_1", login="dr", name="Dr Traoré", role="clinician", password_hash="x", created_at=1.0
            )
        )
    return sessions


async def test_a_saved_consultation_is_read_back_whole(database: DbSessions) -> None:
    store = DatabaseConsultationStore(database, Trail(lambda: 5.0), lambda: 5.0)
    accepted = replace(
        RECORD,
        state=ConsultationState.ACCEPTED,
        clinician_id="ac_1",
        clinician_name="Dr Traoré",
        accepted_at=RECORD.requested_at + 60,
    )
    await store.save(RECORD)
    assert await store.load_open() == [RECORD]
    await agree(database, "c_1")
    await store.save(accepted)
    assert await store.load_open() == [accepted]


async def test_a_finished_consultation_is_kept_but_no_longer_open(database: DbSessions) -> None:
    store = DatabaseConsultationStore(database, Trail(lambda: 5.0), lambda: 5.0)
    over = replace(RECORD, state=ConsultationState.CLOSED, closed_at=9.0, closed_by="st_1")
    await store.save(RECORD)
    await store.save(replace(RECORD, consultation_id="c_2", state=ConsultationState.CANCELLED))
    await store.save(over)
    assert await store.load_open() == []


async def test_open_consultations_are_read_back_longest_waiting_first(database: DbSessions) -> None:
    store = DatabaseConsultationStore(database, Trail(lambda: 5.0), lambda: 5.0)
    later = replace(RECORD, consultation_id="c_0", requested_at=RECORD.requested_at + 1)
    await store.save(later)
    await store.save(RECORD)
    assert await store.load_open() == [RECORD, later]


async def test_every_save_adds_a_line_of_history(database: DbSessions) -> None:
    times = iter([10.0, 20.0])
    store = DatabaseConsultationStore(database, Trail(lambda: 5.0), lambda: next(times))
    await store.save(RECORD)
    await agree(database, "c_1")
    await store.save(replace(RECORD, state=ConsultationState.ACCEPTED, clinician_id="ac_1"))
    async with database() as db:
        lines = (await db.scalars(select(ConsultationEvent).order_by(ConsultationEvent.id))).all()
    assert [(line.state, line.clinician_id, line.at) for line in lines] == [
        ("requested", None, 10.0),
        ("accepted", "ac_1", 20.0),
    ]


async def test_a_hundred_saves_at_once_all_succeed(database: DbSessions) -> None:
    import asyncio

    store = DatabaseConsultationStore(database, Trail(lambda: 5.0), lambda: 5.0)
    await asyncio.gather(*(store.save(replace(RECORD, consultation_id=f"c_{n}")) for n in range(100)))
    assert len(await store.load_open()) == 100
