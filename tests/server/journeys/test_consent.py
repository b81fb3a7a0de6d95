"""Consent over HTTP and sockets: refused, given, withdrawn while waiting and in mid-call; hidden from others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.consents import ConsentScope
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
    """A case whose patient has not been asked for consent yet."""
    return str((await station.post("/api/cases", {"urgency": "green"}))["id"])


async def ask(station: Someone, case_id: str) -> wire.ServerMessage:
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.GREEN, case_id=case_id))
    answer: wire.ServerMessage = await station.page.expect((wire.Waiting, wire.Error))  # type: ignore[arg-type]
    return answer


async def test_without_a_consent_on_disk_nobody_is_offered_the_case(home: House) -> None:
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


async def test_nobody_can_accept_an_urgent_request_before_the_consent(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, reason="saigne"))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code == "consent_missing"
    assert "consultation_accepted" not in [act for act, _ in await home.acts(case_id)]
    await station.post(f"/api/cases/{case_id}/consents", YES)
    await home.accept(doctor, case_id)


async def test_a_refused_consent_ends_an_urgent_request(home: House) -> None:
    station = await home.station()
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    await station.post(f"/api/cases/{case_id}/consents", YES | {"given": False})
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)


async def test_a_withdrawal_while_waiting_ends_the_request(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)
    await station.page.expect(wire.ConsentWithdrawn)
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code in ("unknown_consultation", "consultation_over")


@pytest.mark.parametrize("who", ["station", "doctor"])
async def test_a_withdrawal_in_mid_call_ends_the_call_and_everybody_learns_why(home: House, who: str) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    taking = {"station": station, "doctor": doctor}[who]
    await taking.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)
    for someone in (station, doctor):
        withdrawn = await someone.page.expect(wire.ConsentWithdrawn)
        assert withdrawn.consultation_id == case_id
        await someone.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    assert ("consent_withdrawn", taking.id) in await home.acts(case_id)
    await taking.post(f"/api/cases/{case_id}/consents/withdrawal", CALL, 204)


async def test_the_consents_of_a_case_are_readable_by_its_participants(home: House) -> None:
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
    looks = [who for act, who in await home.acts(case_id) if act == "consents_read"]
    assert looks == [station.id, doctor.id]  # each look leaves a trace


async def test_an_unknown_case_and_anothers_case_are_answered_alike(home: House) -> None:
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
async def test_administrative_roles_have_no_access_to_consents(home: House, role: Role) -> None:
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
async def test_an_invalid_consent_is_refused_with_its_code(
    home: House, wrong: dict[str, Any], code: str
) -> None:
    station = await home.station()
    case_id = await unasked(station)
    assert await station.post(f"/api/cases/{case_id}/consents", YES | wrong, 422) == {"code": code}
    assert await station.get(f"/api/cases/{case_id}/consents") == []


def to(recipient: str) -> dict[str, Any]:
    """The consent to a referral, to be given or withdrawn."""
    return {"scope": "referral", "recipient": recipient}


async def sent_on(home: House, station: Someone, doctor: Someone, recipient: str) -> tuple[str, str]:
    """A case whose patient was referred, and the new case of the referral; the first call is over."""
    case_id = await home.open_case(station, specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, recipient)
    await doctor.post(f"/api/cases/{case_id}/referrals", {"recipient": recipient, "letter": "Merci."})
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    sent = (await station.get(f"/api/cases/{case_id}"))["referrals"][0]["new_case_id"]
    await home.consent(station, sent, ConsentScope.TELECONSULTATION)
    return case_id, str(sent)


@pytest.mark.parametrize("how", ["withdrawal", "no"])
async def test_a_withdrawn_referral_no_longer_waits_and_cannot_be_requested(home: House, how: str) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    lawyer = await home.person("diallo", specialties=("law",))
    case_id, sent = await sent_on(home, station, doctor, "center_lawyer")
    await home.ask(station, sent)
    await lawyer.get(f"/api/cases/{sent}")
    # A consent for another recipient is unaffected.
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", to("ramed"), 204)
    await lawyer.get(f"/api/cases/{sent}")
    if how == "withdrawal":
        await station.post(f"/api/cases/{case_id}/consents/withdrawal", to("center_lawyer"), 204)
    else:
        no = YES | to("center_lawyer") | {"given": False, "text_id": "referral-1"}
        await station.post(f"/api/cases/{case_id}/consents", no)
    await station.page.expect(
        wire.Consultation, lambda m: m.consultation_id == sent and m.state is S.CANCELLED
    )
    await lawyer.get(f"/api/cases/{sent}", 404)


async def test_a_referral_withdrawn_before_its_request_is_offered_to_nobody(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id, sent = await sent_on(home, station, doctor, "psychology")
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", to("psychology"), 204)
    refused = await ask(station, sent)
    assert isinstance(refused, wire.Error)
    assert refused.code == "consent_missing"
    await home.consent(station, case_id, ConsentScope.REFERRAL, "psychology")
    assert isinstance(await ask(station, sent), wire.Waiting)


async def test_a_first_no_is_told_as_one_and_a_yes_taken_back_as_that(home: House) -> None:
    station = await home.station()
    for refused in (True, False):
        await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.GREEN))
        case_id = (await station.page.expect(wire.Waiting)).consultation_id
        if not refused:
            await home.consent(station, case_id, ConsentScope.TELECONSULTATION)
        no = {
            "scope": "teleconsultation", "given": False, "language": "bm", "text_id": "teleconsultation-2",
            "how": "spoken", "giver": "patient", "explained_by": "Fatou",
        }  # fmt: skip
        await station.post(f"/api/cases/{case_id}/consents", no)
        told = await station.page.expect(wire.ConsentWithdrawn)
        assert (told.consultation_id, told.refused) == (case_id, refused)
        await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)


async def test_a_referral_withdrawn_in_mid_call_ends_the_call_it_led_to(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    psychologist = await home.person("diarra", specialties=("psychology",))
    case_id, sent = await sent_on(home, station, doctor, "psychology")
    await home.ask(station, sent)
    await home.accept(psychologist, sent)
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", to("psychology"), 204)
    await psychologist.page.expect(wire.ConsentWithdrawn)
    await psychologist.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)


async def test_a_survivor_who_withdraws_her_referral_no_longer_waits(home: House) -> None:
    station = await home.station()
    psychologist = await home.person("diarra", specialties=("psychology",))
    doctor = await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, survivor_safe=True, specialty="psychology")
    await home.ask(station, case_id)
    await home.accept(psychologist, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "general")
    await psychologist.post(f"/api/cases/{case_id}/transfer", {"specialty": "general"}, 204)
    await doctor.get(f"/api/cases/{case_id}")
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", to("general"), 204)
    await station.page.expect(wire.Consultation, lambda m: m.state is S.CANCELLED)
    await doctor.get(f"/api/cases/{case_id}", 404)


async def test_a_survivor_who_withdraws_consent_to_the_mediator_is_alone_with_the_doctor(
    home: House,
) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    oumou, fatim = await home.mediator("oumou"), await home.mediator("fatim")
    case_id = await home.open_case(station, survivor_safe=True, specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.THIRD_PERSON)
    invitations = {}
    for mediator in (oumou, fatim):
        await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=mediator.id))
        asked = await mediator.page.expect(wire.Invitation)
        invitations[mediator.id] = wire.AnswerInvitation(
            invitation_id=asked.invitation_id, accept=True, pledge="pledge-1", language="fr"
        )
    await oumou.page.say(invitations[oumou.id])
    await doctor.page.expect(wire.Consultation, lambda m: len(m.participants) == 3)
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", {"scope": "third_person"}, 204)
    out = await doctor.page.expect(wire.Consultation, lambda m: len(m.participants) == 2)
    assert out.state in (S.ACCEPTED, S.IN_CALL)  # the call with the doctor goes on
    await oumou.page.expect(wire.Mediation, lambda m: m.state is wire.MediationState.REMOVED)
    # A mediator who was invited meanwhile can no longer join.
    await fatim.page.say(invitations[fatim.id])
    assert (await fatim.page.expect(wire.Error)).code == "consent_missing"
    await station.page.expect(wire.Mediation, lambda m: m.state is wire.MediationState.EXPIRED)
    assert [act for act, _ in await home.acts(case_id) if "mediator" in act] == [
        "mediator_invited",
        "mediator_invited",
        "mediator_joined",
        "mediator_removed",
        "mediator_not_answering",
    ]
