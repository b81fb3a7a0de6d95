"""Every way into a case asks whom the patient agreed to, and whoever came in on an agreement is out without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from server.calls.handlers import CONSULTATIONS
from server.cases.store import CASES
from server.consents import ConsentScope
from server.consents.store import newest_answer
from server.groups.store import GROUPS, GroupStore
from server.mediators.store import MEDIATIONS, Mediations
from server.people.principal import Principal
from server.people.tables import AccountSpecialty, Site
from signaling import messages as wire
from signaling.errors import Refused
from signaling.messages import ConsultationState as S
from signaling.messages import Role
from tests.support.cases import House, Someone, house
from tests.support.patience import PATIENCE_S

AFAR = {"scope": "teleconsultation"}
NOTE = {"answer": "vu"}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


def to(recipient: str) -> dict[str, Any]:
    return {"scope": "referral", "recipient": recipient}


async def withdrawn(someone: Someone, case_id: str, what: dict[str, Any]) -> None:
    await someone.post(f"/api/cases/{case_id}/consents/withdrawal", what, 204)


async def taken_on(home: House, station: Someone, doctor: Someone, **fields: Any) -> str:
    """A survivor-safe case that this psychologist has."""
    case_id = await home.open_case(
        station, **({"survivor_safe": True, "patient_ref": "Hirondelle", "specialty": "psychology"} | fields)
    )
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    return case_id


async def handed_over(home: House, station: Someone, first: Someone, second: Someone, word: str) -> str:
    """A survivor-safe case that went on to a second doctor, to whose specialty the patient agreed."""
    case_id = await taken_on(home, station, first)
    await home.consent(station, case_id, ConsentScope.REFERRAL, word)
    await first.post(f"/api/cases/{case_id}/transfer", {"clinician_id": second.id}, 204)
    await home.accept(second, case_id)
    return case_id


async def in_the_dark(home: House, someone: Someone, case_id: str) -> None:
    """To this one the case does not exist, in any way there is."""
    for path in ("", "/consents"):
        await someone.get(f"/api/cases/{case_id}{path}", 404)
    await someone.post(f"/api/cases/{case_id}/notes", NOTE, 404)
    await someone.post(f"/api/cases/{case_id}/referrals", {"recipient": "ramed", "letter": "x"}, 404)
    await someone.post(f"/api/cases/{case_id}/transfer", {"specialty": "general"}, 404)
    assert case_id not in [line["id"] for line in await someone.get("/api/cases")]


@pytest.mark.parametrize("named", ["psychology", None])
async def test_a_colleague_is_what_his_account_says_and_not_what_the_request_calls_him(
    home: House, named: str | None
) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    cardiologist = await home.person("keita", specialties=("cardiology",))
    case_id = await taken_on(home, station, psychologist)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "psychology")
    asked = {"clinician_id": cardiologist.id} | ({"specialty": named} if named else {})
    refused = await psychologist.post(f"/api/cases/{case_id}/transfer", asked, 409)
    assert refused == {"code": "consent_missing"}
    await in_the_dark(home, cardiologist, case_id)


async def test_a_colleague_of_several_specialties_is_asked_as_the_one_that_was_agreed_to(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    both = await home.person("cisse", specialties=("cardiology", "psychology"))
    case_id = await handed_over(home, station, psychologist, both, "psychology")
    assert (await both.get(f"/api/cases/{case_id}"))["specialty"] == "psychology"


async def test_an_agreement_taken_back_while_the_hand_over_is_under_way_stops_it(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await taken_on(home, station, psychologist)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "general")
    who = Principal(psychologist.id, Role.CLINICIAN, "Dr Diarra", "")
    wishes = await home.server.app[CASES].handing_over(who, case_id, specialty="general", clinician_id=None)
    await withdrawn(station, case_id, to("general"))
    with pytest.raises(Refused, match="consent_missing"):
        await home.server.app[CONSULTATIONS].transfer(who, case_id, wishes)


async def test_whose_account_is_of_another_specialty_by_now_can_neither_read_nor_accept(home: House) -> None:
    station = await home.station()
    doctor = await home.person("diarra", specialties=("psychology",))
    case_id = await home.open_case(station, survivor_safe=True, specialty="psychology")
    await home.ask(station, case_id)
    await doctor.get(f"/api/cases/{case_id}")
    async with home.server.services.database.begin() as db:
        await db.execute(delete(AccountSpecialty))
        db.add(AccountSpecialty(account_id=doctor.id, specialty="cardiology"))
    await doctor.get(f"/api/cases/{case_id}", 404)
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code == "consent_missing"


async def test_the_former_recipient_of_a_hand_over_is_out_and_what_he_wrote_stays(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    doctor = await home.person("traore", specialties=("general",))
    case_id = await handed_over(home, station, psychologist, doctor, "general")
    await doctor.post(f"/api/cases/{case_id}/notes", NOTE, 204)
    await withdrawn(station, case_id, to("general"))
    await in_the_dark(home, doctor, case_id)
    assert (await psychologist.get(f"/api/cases/{case_id}"))["notes"][0]["answer"] == "vu"
    await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "died"}, 204)
    await psychologist.page.expect(wire.CaseNews)
    await doctor.page.ping()
    assert not [one for one in doctor.page.got if isinstance(one, wire.CaseNews)]
    assert ("note_written", doctor.id) in await home.acts(case_id)
    # A new yes lets people in anew, and brings nobody back by itself.
    await home.consent(station, case_id, ConsentScope.REFERRAL, "general")
    await in_the_dark(home, doctor, case_id)


@pytest.mark.parametrize("how", ["withdrawal", "no"])
async def test_without_the_agreement_to_be_seen_from_afar_only_the_station_reads(
    home: House, how: str
) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.post(f"/api/cases/{case_id}/notes", NOTE, 204)
    if how == "withdrawal":
        await withdrawn(doctor, case_id, AFAR)
        await withdrawn(doctor, case_id, AFAR)  # who is not sure that it was heard asks again
    else:
        no = AFAR | {
            "given": False,
            "language": "bm",
            "text_id": "teleconsultation-1",
            "how": "spoken",
            "giver": "patient",
            "explained_by": "Fatou D.",
        }
        await station.post(f"/api/cases/{case_id}/consents", no)
    await in_the_dark(home, doctor, case_id)
    assert (await station.get(f"/api/cases/{case_id}"))["notes"][0]["answer"] == "vu"


async def test_whoever_a_patient_was_sent_to_is_out_when_that_is_taken_back(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    lawyer = await home.person("diallo", specialties=("law",))
    case_id = await home.open_case(station, specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "center_lawyer")
    letter = {"recipient": "center_lawyer", "letter": "Porter plainte."}
    await doctor.post(f"/api/cases/{case_id}/referrals", letter)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    sent = (await station.get(f"/api/cases/{case_id}"))["referrals"][0]["new_case_id"]
    await home.consent(station, sent, ConsentScope.TELECONSULTATION)
    await home.ask(station, sent)
    await home.accept(lawyer, sent)
    await withdrawn(station, case_id, to("center_lawyer"))
    await in_the_dark(home, lawyer, sent)
    await doctor.get(f"/api/cases/{case_id}")


async def test_a_follow_up_does_not_look_for_whom_the_patient_sent_away(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    doctor = await home.person("traore", specialties=("psychology", "general"))
    case_id = await handed_over(home, station, psychologist, doctor, "general")
    await withdrawn(station, case_id, to("general"))
    again = await home.open_case(station, previous_id=case_id, specialty="general")
    await home.ask(station, again)
    await station.get(f"/api/cases/{again}")
    queue = await doctor.page.has(
        wire.Queue, lambda m: bool(m.entries) and m.entries[0].consultation_id == again
    )
    assert not queue.entries[0].asks_for_you


async def test_a_survivor_safe_follow_up_goes_to_its_specialty_whoever_had_the_case_before(
    home: House,
) -> None:
    station = await home.station()
    cardiologist = await home.person("keita", specialties=("cardiology",))
    before = await home.open_case(station, specialty="cardiology")
    await home.ask(station, before)
    await home.accept(cardiologist, before)
    await cardiologist.page.say(wire.End(consultation_id=before))
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    again = await home.open_case(station, previous_id=before, survivor_safe=True, specialty="psychology")
    await home.ask(station, again)
    await in_the_dark(home, cardiologist, again)
    await cardiologist.page.say(wire.Accept(consultation_id=again))
    assert (await cardiologist.page.expect(wire.Error)).code == "unknown_consultation"


async def test_a_hurried_request_of_a_center_is_seen_to_wait_and_read_by_nobody_before_the_yes(
    home: House,
) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    async with home.server.services.database.begin() as db:
        for site in await db.scalars(Site.__table__.select().with_only_columns(Site.id)):
            (await db.get_one(Site, site)).survivor_safe = True
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, reason="vite"))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    await doctor.page.has(wire.Queue, lambda m: bool(m.entries))
    await doctor.get(f"/api/cases/{case_id}", 404)
    await home.consent(station, case_id, ConsentScope.TELECONSULTATION)
    await doctor.get(f"/api/cases/{case_id}")


async def on_disk(home: House, case_id: str, scope: ConsentScope, recipient: str | None = None) -> None:
    """Wait until the patient's no is on disk."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with home.server.services.database() as db:
                found = await newest_answer(db, case_id, scope, recipient=recipient)
            if found is not None and not found.in_force:
                return
            await asyncio.sleep(0.005)


async def test_a_mediator_does_not_come_in_through_a_withdrawal(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patient takes it back just after the pledge is on disk: out again, or never in."""
    station, oumou = await home.station(), await home.mediator("oumou")
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id = await taken_on(home, station, psychologist)
    await home.consent(station, case_id, ConsentScope.THIRD_PERSON)
    withdrawing: list[asyncio.Task[None]] = []
    join = Mediations.join

    async def and_take_back(self: Mediations, *arguments: Any) -> None:
        await join(self, *arguments)
        withdrawing.append(asyncio.ensure_future(withdrawn(station, case_id, {"scope": "third_person"})))
        await on_disk(home, case_id, ConsentScope.THIRD_PERSON)
        await asyncio.wait(withdrawing, timeout=0.1)  # it ends now, or waits for this to be over

    monkeypatch.setattr(type(home.server.app[MEDIATIONS]), "join", and_take_back)
    await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    asked = await oumou.page.expect(wire.Invitation)
    yes = wire.AnswerInvitation(
        invitation_id=asked.invitation_id, accept=True, pledge="pledge-1", language="fr"
    )
    await oumou.page.say(yes)
    await oumou.page.ping()
    await withdrawing[0]
    desk = home.server.app[CONSULTATIONS].state
    found = desk.pairing.get(case_id)
    assert found is not None
    assert found.member(oumou.id) is None
    assert oumou.id not in desk.legs.held.rooms


async def test_a_seat_is_not_taken_through_a_withdrawal(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    station, host = await home.station(), await home.person("diarra", specialties=("psychology",))
    await host.page.say(wire.OpenGroup())
    code = (await host.page.expect(wire.Group)).code
    seat_id = (await station.post("/api/groups/seats", {"code": code}))["id"]
    await home.consent(station, seat_id, ConsentScope.TELECONSULTATION, text_id="group-1")
    withdrawing: list[asyncio.Task[None]] = []
    ask = GroupStore.ask

    async def and_take_back(self: GroupStore, *arguments: Any) -> None:
        await ask(self, *arguments)
        withdrawing.append(asyncio.ensure_future(withdrawn(station, seat_id, AFAR)))
        await on_disk(home, seat_id, ConsentScope.TELECONSULTATION)
        await asyncio.wait(withdrawing, timeout=0.1)

    monkeypatch.setattr(type(home.server.app[GROUPS]), "ask", and_take_back)
    await station.page.say(wire.AskSeat(code=code, seat_id=seat_id, pseudonym="Lune"))
    await station.page.ping()
    await withdrawing[0]
    await host.page.ping()
    assert [m for m in host.page.got if isinstance(m, wire.Group)][-1].seats == []
