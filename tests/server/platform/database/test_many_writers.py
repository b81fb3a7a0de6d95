"""Many processes and pages that want the same thing at once, on both databases: one gets it; the trail stays whole.

Two engines on one database stand for two processes: they share no lock but those of the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from server.audit.reading import head_of, pages
from server.audit.verification import Verification
from server.calls.store import DatabaseConsultationStore
from server.calls.tables import ConsultationEvent
from server.people.errors import WrongCode
from server.people.signin.delays import tries_of
from server.people.signin.hashing import Hasher
from server.people.stations.store import Stations
from server.people.tables import Account, Site, Station
from server.platform.database.engine import DbSessions, open_database
from server.platform.settings.config import Settings
from server.trail.trail import Trail
from signaling import messages as wire
from signaling.consultation import ConsultationRecord
from signaling.errors import Refused
from signaling.messages import ConsultationState as S
from signaling.messages import Urgency
from tests.support.cases import Someone, house
from tests.support.databases import agree, sealing_sessions
from tests.support.kiosk import KioskKey

DOCTORS = 6


@pytest.fixture
async def second(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Another engine on the database of `engine`."""
    other = open_database(engine.url.render_as_string(hide_password=False))
    yield other
    await other.dispose()


async def assert_whole(database: DbSessions) -> None:
    run = Verification(await head_of(database))
    async for page in pages(database):
        for one in page:
            run.feed(one)
    assert run.finish(await head_of(database)) == []


async def test_a_patient_has_one_doctor_though_two_processes_ask(
    engine: AsyncEngine, second: AsyncEngine
) -> None:
    database = sealing_sessions(engine)
    async with database.begin() as db:
        db.add(Site(id="si_1", name="Kayes", created_at=1.0))
        await db.flush()
        db.add(Station(id="st_1", site_id="si_1", name="Poste 1", created_at=1.0))
        for n in range(DOCTORS):
            db.add(
                Account(
                    id=f"ac_{n}", login=f"d{n}", name="Dr", role="clinician", password_hash="", created_at=1.0
                )
            )
    stores = [
        DatabaseConsultationStore(sealing_sessions(one), Trail(lambda: 5.0), lambda: 5.0)
        for one in (engine, second)
    ]
    waiting = ConsultationRecord(
        consultation_id="c_1",
        station_id="st_1",
        station_name="Poste 1",
        site="Kayes",
        urgency=Urgency.RED,
        reason="",
        state=S.REQUESTED,
        requested_at=1.0,
    )
    await stores[0].save(waiting)
    await agree(database, "c_1")

    async def take(n: int) -> str:
        taken = replace(waiting, state=S.ACCEPTED, clinician_id=f"ac_{n}", clinician_name="Dr")
        try:
            await stores[n % 2].save(taken)
        except Refused as refused:
            return refused.code
        return f"ac_{n}"

    answers = await asyncio.gather(*(take(n) for n in range(DOCTORS)))
    winners = [answer for answer in answers if answer != "already_taken"]
    assert len(winners) == 1
    assert [record.clinician_id for record in await stores[1].load_open()] == winners
    async with database() as db:
        events = (await db.scalars(select(ConsultationEvent).order_by(ConsultationEvent.id))).all()
    assert [(event.state, event.clinician_id) for event in events] == [
        ("requested", None),
        ("accepted", winners[0]),
    ]
    await assert_whole(database)


async def test_of_many_doctors_at_their_pages_one_gets_the_patient(database_url: str, tmp_path: Path) -> None:
    async with house(tmp_path, database_url=database_url) as home:
        station = await home.station()
        doctors = [await home.person(f"docteur{n}") for n in range(DOCTORS)]
        case_id = await home.open_case(station)
        await home.ask(station, case_id)

        async def take(doctor: Someone) -> str:
            await doctor.page.say(wire.Accept(consultation_id=case_id))
            answer = await doctor.page.expect((wire.Consultation, wire.Error))  # type: ignore[arg-type]
            return "got" if isinstance(answer, wire.Consultation) else str(answer.code)

        answers = await asyncio.gather(*(take(doctor) for doctor in doctors))
        assert sorted(answers) == sorted(["got"] + ["already_taken"] * (DOCTORS - 1))
        accepted = [who for act, who in await home.acts(case_id) if act == "consultation_accepted"]
        assert accepted == [doctors[answers.index("got")].id]
        await assert_whole(home.server.services.database)


async def test_an_enrolment_code_makes_one_station_though_many_type_it(
    engine: AsyncEngine, second: AsyncEngine, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    clock = lambda: 5.0  # noqa: E731 (a clock that stands still)
    hasher = Hasher()
    houses = [
        Stations(
            sealing_sessions(one),
            hasher,
            tries=tries_of(settings, time.monotonic),
            trail=Trail(clock),
            settings=settings,
            clock=clock,
        )
        for one in (engine, second)
    ]
    made = await houses[0].new_code(site="Kayes", name="Poste 1")

    async def type_it(n: int) -> bool:
        try:
            # Each from a network of its own: what is tested is the code, not the wait for one network.
            await houses[n % 2].enrol(made.code, KioskKey().public_key, f"192.0.{n}.1")
        except WrongCode:
            return False
        return True

    assert sum(await asyncio.gather(*(type_it(n) for n in range(6)))) == 1
    await assert_whole(sealing_sessions(engine))
    hasher.close()
