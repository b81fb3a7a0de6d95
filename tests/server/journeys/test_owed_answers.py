"""A case whose call ended without an answer stays in sight of its clinician, until it has one or is handed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from server.cases.tables import CaseFile
from server.consents import ConsentScope
from signaling import messages as wire
from tests.support.cases import House, Someone, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def owed(doctor: Someone) -> list[str]:
    return [line["id"] for line in await doctor.get("/api/cases/owed")]


async def called(home: House, station: Someone, doctor: Someone) -> str:
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    return case_id


async def hung_up(station: Someone, by: Someone, case_id: str) -> None:
    await by.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(
        wire.Consultation,
        lambda m: m.consultation_id == case_id and m.state is wire.ConsultationState.CLOSED,
    )


@pytest.mark.parametrize("who", ["station", "doctor"])
async def test_whoever_hangs_up_the_answer_is_owed_until_it_is_written(home: House, who: str) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await called(home, station, doctor)
    assert await owed(doctor) == []  # they are still talking
    await hung_up(station, {"station": station, "doctor": doctor}[who], case_id)
    async with home.server.services.database.begin() as db:
        await db.execute(update(CaseFile).values(opened_at=home.clock.now - 60 * 24 * 3600))  # however old
    assert await owed(doctor) == [case_id]
    await doctor.post(f"/api/cases/{case_id}/notes", {"answer": "Repos, eau"}, 204)
    assert await owed(doctor) == []


async def test_a_case_that_is_handed_on_is_owed_by_who_takes_it(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    colleague = await home.person("diallo", specialties=("general",))
    case_id = await called(home, station, doctor)
    await doctor.post(f"/api/cases/{case_id}/transfer", {"clinician_id": colleague.id}, 204)
    assert (await owed(doctor), await owed(colleague)) == ([], [])
    await home.accept(colleague, case_id)
    await hung_up(station, colleague, case_id)
    assert (await owed(doctor), await owed(colleague)) == ([], [case_id])


async def test_nobody_owes_an_answer_to_a_patient_who_no_longer_agrees(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await called(home, station, doctor)
    body = {"scope": ConsentScope.TELECONSULTATION.value}
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", body, 204)
    assert await owed(doctor) == []
