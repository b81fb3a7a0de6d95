"""Consent on the live surface: refused, given, taken back while waiting and in mid-call; nobody else's business."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import Role
from tests.support.cases import House, Someone, house

YES = {
    "scope": "teleconsultation",
    "given": True,
    "language": "bm",
    "text_id": "teleconsultation-1",
    "how": "spoken",
    "giver": "patient",
    "explained_by": "Fatou D.",
}
CALL = {"scope": "teleconsultation"}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def unasked(station: Someone) -> str:
    """A case whose patient was not asked yet."""
    return str((await station.post("/api/cases", {"urgency": "green"}))["id"])


async def ask(station: Someone, case_id: str) -> wire.ServerMessage:
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.GREEN, case_id=case_id))
    return await station.page.expect((wire.Waiting, wire.Error))  # type: ignore[arg-type]


async def test_without_a_yes_on_disk_nobody_is_asked(home: House) -> None:
    station = await home.station()
    case_id = await unasked(station)
    first = await ask(station, case_id)
    assert isinstance(first, wire.Error)
    assert first.code == "consent_missing"
    await station.post(f"/api/cases/{case_id}/consents", YES | {"given": False})
    refused = await ask(station, case_id)
    assert isinstance(refused, wire.Error)
    assert refused.code == "consent_missing"
    await station.post(f"/api/cases/{case_id}/consents", YES)
    assert isinstance(await ask(station, case_id), wire.Waiting)
    assert await home.acts(case_id) == [
        ("case_opened", station.id),
        ("consent_refused", station.id),
        ("consent_given", station.id),
        ("consultation_requested", station.id),
    ]


async def test_nobody_takes_a_hurried_request_before_the_yes(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, reason="saigne"))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code == "consent_missing"
    assert "consultation_accepted" not in [act for act, _ in await home.acts(case_id)]
    await station.post(f"/api/cases/{case_id}/consents", YES)
    await home.accept(doctor, case_id)


async def test_a_no_to_a_hurried_request_ends_it(home: House) -> None:
    station = await home.station()
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    await station.post(f"/api/cases/{case_id}/consents", YES | {"given": False})
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)


async def test_taken_back_while_waiting_the_request_is_gone(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)
    await station.page.expect(wire.ConsentWithdrawn)
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code in ("unknown_consultation", "consultation_over")


@pytest.mark.parametrize("who", ["station", "doctor"])
async def test_taken_back_in_mid_call_it_ends_for_all_and_they_are_told_why(home: House, who: str) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    taking = {"station": station, "doctor": doctor}[who]
    await taking.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)
    for someone in (station, doctor):
        told = await someone.page.expect(wire.ConsentWithdrawn)
        assert told.consultation_id == case_id
        await someone.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    assert ("consent_withdrawn", taking.id) in await home.acts(case_id)
    await taking.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)


async def test_the_answers_of_a_case_are_read_by_its_own_people(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await unasked(station)
    by_mother = YES | {"how": "thumb", "giver": "mother", "giver_name": "Aminata"}
    await station.post(f"/api/cases/{case_id}/consents", by_mother)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    for someone in (station, doctor):
        (found,) = await someone.get(f"/api/cases/{case_id}/consents")
        assert (found["given"], found["in_force"], found["how"], found["giver"]) == (
            True,
            True,
            "thumb",
            "mother",
        )


async def test_no_case_and_not_yours_are_the_same_answer(home: House) -> None:
    station, other = await home.station(), await home.station(site="Mopti", name="Poste 2")
    stranger = await home.person("keita")
    case_id = await home.open_case(station)
    for someone in (other, stranger):
        for asked in (case_id, "ca_0000000000000000"):
            path = f"/api/cases/{asked}/consents"
            assert await someone.get(path, 404) == {"code": "not_found"}
            assert await someone.post(path, YES, 404) == {"code": "not_found"}
            assert await someone.post(f"{path}/withdrawal", CALL, 404) == {"code": "not_found"}
    assert [act for act, _ in await home.acts(case_id)] == ["case_opened", "consent_given"]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR, Role.RECORDS_OFFICER])
async def test_who_keeps_the_house_has_no_part_in_it(home: House, role: Role) -> None:
    station = await home.station()
    case_id = await home.open_case(station)
    client = await home.keeper("keeper", role)
    async with client.get(f"/api/cases/{case_id}/consents") as answer:
        assert answer.status == 403
    async with client.post(f"/api/cases/{case_id}/consents", json=YES) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"explained_by": " "}, "consent_explained_by"),
        ({"text_id": "recording-1"}, "consent_text"),
        ({"recipient": "ramed"}, "consent_recipient"),
        ({"how": "telepathy"}, "malformed"),
        ({"surprise": 1}, "malformed"),
    ],
)
async def test_what_is_no_consent_is_refused_by_name(home: House, wrong: dict[str, Any], code: str) -> None:
    station = await home.station()
    case_id = await unasked(station)
    assert await station.post(f"/api/cases/{case_id}/consents", YES | wrong, 422) == {"code": code}
    assert await station.get(f"/api/cases/{case_id}/consents") == []
