"""A survivor's whole case: an alias, a few people who know, and everybody else learns nothing at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from server.cases.tables import CaseFile
from server.consents import ConsentScope
from server.people.tables import Site
from server.trail.tables import AuditEntry
from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import Role
from tests.support.cases import House, Someone, house

INTAKE: dict[str, Any] = {
    "urgency": "red",
    "survivor_safe": True,
    "patient_ref": "Hirondelle",
    "age_band": "adult",
    "sex": "female",
    "reason_code": "wound",
    "reason_text": "ne veut pas rentrer",
    "specialty": "psychology",
}
NOBODYS = "ca_0000000000000000"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def waiting_case(home: House, station: Someone, **changes: Any) -> str:
    case_id = await home.open_case(station, **(INTAKE | changes))
    await home.ask(station, case_id)
    return case_id


async def test_the_queue_shows_only_that_somebody_waits(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    queue = await psychologist.page.has(wire.Queue, lambda m: bool(m.entries))
    (entry,) = queue.entries
    assert (entry.consultation_id, entry.discreet, entry.reason, entry.specialty) == (case_id, True, "", "")
    before = await psychologist.get(f"/api/cases/{case_id}")
    assert (before["patient_ref"], before["reason_text"], before["reason_code"]) == ("", "", "")
    await home.accept(psychologist, case_id)
    after = await psychologist.get(f"/api/cases/{case_id}")
    assert (after["patient_ref"], after["reason_text"]) == ("Hirondelle", "ne veut pas rentrer")


async def test_no_waiting_time_offers_the_case_beyond_its_specialty(home: House) -> None:
    station = await home.station()
    surgeon = await home.person("keita", specialties=("surgery",))
    general = await home.person("traore", specialties=("general",))
    case_id = await waiting_case(home, station, specialty="internal_medicine")
    await home.pass_time(7200)
    for someone in (surgeon, general):
        await someone.page.say(wire.Accept(consultation_id=case_id))
        assert (await someone.page.expect(wire.Error)).code == "unknown_consultation"
        await someone.get(f"/api/cases/{case_id}", 404)
    assert not [m for m in surgeon.page.got + general.page.got if isinstance(m, wire.Queue) and m.entries]
    assert not [m for m in station.page.got if isinstance(m, wire.Waiting) and m.widened == "alarm"]


async def test_for_all_but_its_participants_the_case_does_not_exist(home: House) -> None:
    station, other = await home.station(), await home.station("CSCom de Mopti")
    psychologist = await home.person("diarra", specialties=("psychology",))
    bystander = await home.person("keita", specialties=("psychology",), on_duty=False)
    case_id = await waiting_case(home, station)
    await home.accept(psychologist, case_id)
    for someone in (other, bystander):
        for path in ("", "/consents"):
            mine = await someone.get(f"/api/cases/{case_id}{path}", 404)
            assert mine == await someone.get(f"/api/cases/{NOBODYS}{path}", 404)
    for role in (Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR, Role.RECORDS_OFFICER):
        client = await home.keeper(role.value, role)
        async with (
            client.get(f"/api/cases/{case_id}") as this,
            client.get(f"/api/cases/{NOBODYS}") as none,
        ):
            assert (this.status, await this.read()) == (none.status, await none.read())
            assert this.status in (403, 404)


async def test_a_coordinator_who_watches_the_queue_does_not_see_the_case(home: House) -> None:
    station, second = await home.station(), await home.station("CSCom de Mopti")
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    await waiting_case(home, station)
    plain = await home.open_case(second, urgency="red")
    await home.ask(second, plain)
    await home.pass_time(400)
    async with coordinator.get("/api/waiting") as answer:
        assert [line["consultation_id"] for line in (await answer.json())["cases"]] == [plain]


async def test_a_coordinator_learns_that_something_urgent_waits_and_nothing_else(home: House) -> None:
    station, second = await home.station(), await home.station("CSCom de Mopti")
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    case_id = await waiting_case(home, station)
    await waiting_case(home, second, urgency="orange")
    await home.pass_time(299)
    assert await raw(coordinator, "/api/waiting") == (200, b'{"cases":[],"unnamed":[]}')
    await home.pass_time(200)
    assert await raw(coordinator, "/api/waiting") == (200, b'{"cases":[],"unnamed":[{"waited_min":8}]}')
    for path in ("", "/consents", "/summary"):
        this = await raw(coordinator, f"/api/cases/{case_id}{path}")
        assert this == await raw(coordinator, f"/api/cases/{NOBODYS}{path}")
        assert this[0] in (403, 404)
    async with coordinator.post("/api/ticket", json={}) as answer:
        assert answer.status == 403  # there is no socket that could show more either
    psychologist = await home.person("diarra", specialties=("psychology",))
    await home.accept(psychologist, case_id)
    assert await raw(coordinator, "/api/waiting") == (200, b'{"cases":[],"unnamed":[]}')


async def raw(client: aiohttp.ClientSession, path: str) -> tuple[int, bytes]:
    """Status and body, to the last byte."""
    async with client.get(path) as answer:
        return answer.status, await answer.read()


async def test_the_trail_does_not_distinguish_the_case_from_any_other(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    await home.accept(psychologist, case_id)
    for recipient in ("center_lawyer", "psychology"):
        await home.consent(station, case_id, ConsentScope.REFERRAL, recipient)
    letter = {"recipient": "center_lawyer", "letter": "Porter plainte."}
    await psychologist.post(f"/api/cases/{case_id}/referrals", letter)
    withdrawn = {"scope": "referral", "recipient": "psychology"}
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", withdrawn, 204)
    async with home.server.services.database() as db:
        rows = (await db.scalars(select(AuditEntry).where(AuditEntry.consultation_id == case_id))).all()
    assert {"consent_given", "consent_withdrawn", "referral_written"} <= {row.act for row in rows}
    facts = " ".join(row.facts for row in rows)
    for word in ("survivor", "discreet", "psychology", "center", "law", "recipient", "Hirondelle"):
        assert word not in facts


async def test_what_is_refused_of_an_alias_is_said_as_that_where_names_are_not_kept_either(
    home: House,
) -> None:
    station = await home.station()
    refused = await station.post("/api/cases", INTAKE | {"patient_ref": "Awa 12"}, 422)
    assert refused == {"code": "case_alias_only"}


async def test_the_case_carries_an_alias_and_no_name_whatever_the_site_decided(home: House) -> None:
    station = await home.station()
    async with home.server.services.database.begin() as db:
        site = (await db.scalars(select(Site))).one()
        site.names_allowed = True
    for ref in ("Awa Diallo", "2026/0412", "x" * 30):
        refused = await station.post("/api/cases", INTAKE | {"patient_ref": ref}, 422)
        assert refused == {"code": "case_alias_only"}
    await station.post("/api/cases", INTAKE | {"patient_ref": ""})


async def test_neither_a_recording_nor_a_photo_can_be_added(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station, **INTAKE)
    yes = {
        "scope": "recording",
        "given": True,
        "language": "bm",
        "text_id": "recording-1",
        "how": "spoken",
        "giver": "patient",
        "explained_by": "Fatou D.",
    }
    assert await station.post(f"/api/cases/{case_id}/consents", yes, 422) == {"code": "recording_impossible"}
    photo = {"size_bytes": 1000, "sha256": "0" * 64}
    assert await station.post(f"/api/cases/{case_id}/photos", photo, 422) == {"code": "case_no_photos"}
    plain = await home.open_case(station)
    await station.post(f"/api/cases/{plain}/consents", yes)


async def test_a_further_person_joins_only_with_consent_for_that_person(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    await home.accept(psychologist, case_id)
    to_a_doctor = {"specialty": "general"}
    refused = await psychologist.post(f"/api/cases/{case_id}/transfer", to_a_doctor, 409)
    assert refused == {"code": "consent_missing"}
    await home.consent(station, case_id, ConsentScope.REFERRAL, "law")
    await psychologist.post(f"/api/cases/{case_id}/transfer", to_a_doctor, 409)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "general")
    await psychologist.post(f"/api/cases/{case_id}/transfer", to_a_doctor, 204)


async def test_a_referral_to_the_center_opens_a_survivor_safe_case_without_a_register_number(
    home: House,
) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, patient_ref="2026/0412", specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "center_psychologist")
    letter = {"recipient": "center_psychologist", "letter": "Demande à parler."}
    await doctor.post(f"/api/cases/{case_id}/referrals", letter)
    async with home.server.services.database() as db:
        sent = (await db.scalars(select(CaseFile).where(CaseFile.kind == "survivor_safe"))).one()
    assert sent.patient_ref.reveal() == ""


async def test_every_case_of_a_one_stop_center_is_survivor_safe_urgent_requests_included(home: House) -> None:
    station = await home.station()
    surgeon = await home.person("keita", specialties=("surgery",))
    doctor = await home.person("traore", specialties=("general",))
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    async with coordinator.get("/api/sites") as answer:
        (site,) = [line for line in await answer.json() if line["name"] == "CSRéf de Kayes"]
    rules = {"names_allowed": False, "survivor_safe": True}
    async with coordinator.post(f"/api/sites/{site['site_id']}/rules", json=rules) as answer:
        assert answer.status == 204
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, reason="vite"))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    queue = await doctor.page.has(wire.Queue, lambda m: bool(m.entries))
    assert (queue.entries[0].discreet, queue.entries[0].reason) == (True, "")
    await home.pass_time(3600)
    await surgeon.get(f"/api/cases/{case_id}", 404)
    made = await station.post("/api/cases", {"urgency": "green"})
    assert (await station.get(f"/api/cases/{made['id']}"))["kind"] == "survivor_safe"


async def test_a_follow_up_does_not_show_the_notes_of_the_earlier_case(home: House) -> None:
    station = await home.station()
    first = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    await home.accept(first, case_id)
    await first.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    later = await home.person("cisse", specialties=("psychology",))
    again = await waiting_case(home, station, previous_id=case_id, survivor_safe=False)
    assert (await station.get(f"/api/cases/{again}"))["kind"] == "survivor_safe"
    await home.pass_time(3600)
    await home.accept(later, again)
    await later.get(f"/api/cases/{case_id}", 404)


async def test_quick_exit_ends_the_call_and_leaves_nothing_in_the_kiosks_list(home: House) -> None:
    station, other = await home.station(), await home.station("CSCom de Mopti")
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    await home.accept(psychologist, case_id)
    await other.post(f"/api/cases/{case_id}/exit", {}, 404)
    await station.post(f"/api/cases/{case_id}/exit", {}, 204)
    last = await psychologist.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    assert last.discreet
    assert await station.get("/api/cases") == []
    # A second request after the exit does no harm: people press twice.
    await station.post(f"/api/cases/{case_id}/exit", {}, 204)
    found = await station.post("/api/cases/search", {"patient_ref": "Hirondelle"}, 200)
    assert [line["id"] for line in found] == [case_id]


async def test_quick_exit_while_waiting_withdraws_the_request(home: House) -> None:
    station = await home.station()
    case_id = await waiting_case(home, station)
    await station.post(f"/api/cases/{case_id}/exit", {}, 204)
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)


async def test_the_printed_page_names_neither_reason_nor_people_nor_referral(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await waiting_case(home, station)
    await home.accept(psychologist, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "center_lawyer")
    letter = {"recipient": "center_lawyer", "letter": "Porter plainte."}
    await psychologist.post(f"/api/cases/{case_id}/referrals", letter)
    note = {"answer": "Nous en avons parlé.", "advice": "Revenir jeudi.", "note": "secret"}
    await psychologist.post(f"/api/cases/{case_id}/notes", note, 204)
    sheet = await station.get(f"/api/cases/{case_id}/summary")
    assert (sheet["notes"][0]["advice"], sheet["notes"][0]["clinician"]) == ("Revenir jeudi.", "")
    for word in ("Hirondelle", "rentrer", "wound", "lawyer", "plainte", "psychology", "secret", "diarra"):
        assert word not in str(sheet)
