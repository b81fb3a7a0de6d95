"""A mediator: found by language, invited, pledged, seen by all, removed or gone, accountable afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.calls.handlers import CONSULTATIONS
from server.consents import ConsentScope
from server.mediators.tables import Mediation, MediationBlockage, MediationReport
from signaling import messages as wire
from signaling.messages import ConsultationState as S
from signaling.messages import MediationState
from tests.support.cases import House, Someone, house

FIELDS = {
    "urgency": "orange",
    "language": "snk",
    "mediator_wanted": True,
    "reason_text": "fièvre depuis trois jours",
    "specialty": "general",
}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def in_charge(home: House, *, asked: bool = True, **fields: object) -> tuple[Someone, Someone, str]:
    """A station and a doctor in a consultation; ``asked``: the patient has said yes to a third person."""
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, **(FIELDS | fields))
    if asked:
        await agreed(home, station, case_id)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    return station, doctor, case_id


async def agreed(home: House, station: Someone, case_id: str) -> None:
    """The patient says yes to a third person."""
    await home.consent(station, case_id, ConsentScope.THIRD_PERSON)


async def invited(who: Someone, mediator: Someone, case_id: str) -> wire.Invitation:
    await who.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=mediator.id))
    found = await mediator.page.expect(wire.Invitation)
    assert isinstance(found, wire.Invitation)
    return found


async def joins(mediator: Someone, invitation: wire.Invitation) -> None:
    await mediator.page.say(
        wire.AnswerInvitation(
            invitation_id=invitation.invitation_id, accept=True, pledge="pledge-1", language="bm"
        )
    )


def with_three(message: wire.Consultation) -> bool:
    return len(message.participants) == 3


async def test_a_mediator_is_found_invited_pledged_seen_by_all_and_audited(home: House) -> None:
    station, doctor, case_id = await in_charge(home)
    oumou = await home.mediator("oumou", languages=("snk", "fr"), gender="woman")
    await home.mediator("bakary", languages=("ff",), gender="man")
    lines = await station.get("/api/mediators")
    assert [(m["name"], m["gender"], m["languages"], m["free"]) for m in lines] == [
        ("Bakary", "man", ["ff"], True),
        ("Oumou", "woman", ["fr", "snk"], True),
    ]
    invitation = await invited(station, oumou, case_id)
    assert (invitation.site, invitation.language, invitation.asked_by) == (
        "CSRéf de Kayes",
        "snk",
        "Poste 1",
    )
    await joins(oumou, invitation)
    for someone in (station, doctor, oumou):
        seen = await someone.page.has(wire.Consultation, with_three)
        assert [(p.name, p.role) for p in seen.participants][2] == ("Oumou", "mediator")
    mine = await oumou.page.has(wire.Consultation, with_three)
    assert mine.reason == ""
    for path in ("", "/consents"):
        async with oumou.client.get(f"/api/cases/{case_id}{path}") as answer:
            assert answer.status == 403

    await home.pass_time(900)
    await oumou.page.say(wire.Leave(consultation_id=case_id))
    await station.page.expect(wire.Mediation, lambda m: m.state is MediationState.LEFT)
    await oumou.page.ping()
    (owed,) = await oumou.get("/api/mediations")
    assert (owed["id"], owed["minutes"], owed["language"]) == (invitation.invitation_id, 15, "snk")
    written = {"language": "snk", "minutes": 20, "blockages": ["transport", "no_drug"]}
    await oumou.post(f"/api/mediations/{owed['id']}/report", written, 204)
    assert await oumou.get("/api/mediations") == []
    again = await oumou.post(f"/api/mediations/{owed['id']}/report", written, 409)
    assert again == {"code": "already_reported"}

    async with home.server.services.database() as db:
        row = await db.get_one(Mediation, owed["id"])
        report = await db.get_one(MediationReport, owed["id"])
        met = set(await db.scalars(select(MediationBlockage.blockage)))
    assert (row.pledge_text_id, row.pledge_language) == ("pledge-1", "bm")
    assert (report.minutes, report.language, met) == (20, "snk", {"transport", "no_drug"})
    acts = [act for act, _ in await home.acts(case_id) if "mediat" in act]
    assert acts == ["mediator_invited", "mediator_joined", "mediator_left", "mediation_reported"]


async def test_nobody_joins_without_a_pledge(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    invitation = await invited(station, oumou, case_id)
    for pledge, language in ((None, None), ("pledge-9", "fr"), ("pledge-1", "xx")):
        await oumou.page.say(
            wire.AnswerInvitation(
                invitation_id=invitation.invitation_id, accept=True, pledge=pledge, language=language
            )
        )
        assert (await oumou.page.expect(wire.Error)).code == "pledge_missing"
    async with home.server.services.database() as db:
        row = await db.get_one(Mediation, invitation.invitation_id)
    assert (row.state, row.joined_at) == ("invited", None)
    await joins(oumou, invitation)  # the page has read it out in the meantime
    await station.page.expect(wire.Consultation, with_three)


@pytest.mark.parametrize("who", ["station", "doctor"])
async def test_a_mediator_is_removed_at_once_at_the_patients_wish(home: House, who: str) -> None:
    station, doctor, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(doctor, oumou, case_id))
    await station.page.expect(wire.Consultation, with_three)
    leader = {"station": station, "doctor": doctor}[who]
    await leader.page.say(
        wire.RemoveParticipant(
            consultation_id=case_id, participant_id=oumou.id, why=wire.RemovalReason.PATIENT_WISH
        )
    )
    out = await oumou.page.expect(wire.Consultation, lambda m: len(m.participants) == 2)
    assert out.reason == ""
    await oumou.page.has(wire.Mediation, lambda m: m.state is MediationState.REMOVED)
    await leader.page.ping()
    assert ("mediator_removed", leader.id) in await home.acts(case_id)
    # The doctor cannot be removed that way, and a mediator can remove nobody.
    await station.page.say(wire.RemoveParticipant(consultation_id=case_id, participant_id=doctor.id))
    assert (await station.page.expect(wire.Error)).code == "unknown_mediator"


async def test_a_mediator_cannot_act_as_a_clinician(home: House) -> None:
    _, doctor, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(doctor, oumou, case_id))
    await doctor.page.expect(wire.Consultation, with_three)
    await oumou.page.say(wire.RemoveParticipant(consultation_id=case_id, participant_id=doctor.id))
    assert (await oumou.page.expect(wire.Error)).code == "unexpected_message"


async def test_after_a_refusal_or_no_answer_another_mediator_can_be_invited(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou, fatim = await home.mediator("oumou"), await home.mediator("fatim")
    first = await invited(station, oumou, case_id)
    await oumou.page.say(wire.AnswerInvitation(invitation_id=first.invitation_id, accept=False))
    await station.page.expect(wire.Mediation, lambda m: m.state is MediationState.DECLINED)
    second = await invited(station, fatim, case_id)
    await home.pass_time(121)
    await station.page.expect(wire.Mediation, lambda m: m.state is MediationState.EXPIRED)
    await joins(fatim, second)
    assert (await fatim.page.expect(wire.Error)).code == "invitation_over"
    acts = [act for act, _ in await home.acts(case_id) if "mediat" in act]
    assert acts == [
        "mediator_invited",
        "mediator_declined",
        "mediator_invited",
        "mediator_not_answering",
    ]


async def test_a_mediator_off_duty_or_in_another_consultation_is_not_invited(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await oumou.page.say(wire.SetDuty(on=False))
    await oumou.page.expect(wire.Duty, lambda m: not m.on)
    for other in (oumou.id, "nobody"):
        await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=other))
        assert (await station.page.expect(wire.Error)).code == "mediator_busy"
    assert [m["free"] for m in await station.get("/api/mediators")] == [False]


async def test_nobody_can_invite_into_anothers_consultation(home: House) -> None:
    _, _, case_id = await in_charge(home)
    other = await home.station("CSCom de Mopti")
    oumou = await home.mediator("oumou")
    await other.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    assert (await other.page.expect(wire.Error)).code == "unknown_consultation"
    stranger = await home.mediator("fatim")
    report = {"language": "snk", "minutes": 1, "blockages": []}
    assert await stranger.post("/api/mediations/md_0000/report", report, 404) == {"code": "not_found"}


async def test_when_the_consultation_is_over_the_mediator_is_out_and_owes_a_record(home: House) -> None:
    station, doctor, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(station, oumou, case_id))
    await doctor.page.expect(wire.Consultation, with_three)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await oumou.page.expect(wire.Consultation, lambda m: m.state is S.CLOSED)
    await doctor.page.ping()
    assert len(await oumou.get("/api/mediations")) == 1
    assert ("mediator_left", oumou.id) in await home.acts(case_id)


@pytest.mark.parametrize("discreet", [False, True])
async def test_no_mediator_is_invited_before_the_patient_was_asked(home: House, discreet: bool) -> None:
    station, doctor, case_id = await in_charge(home, asked=False, survivor_safe=discreet)
    oumou = await home.mediator("oumou")
    await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    assert (await station.page.expect(wire.Error)).code == "consent_missing"
    # What the doctor asks for is a question to the patient first, put by the nurse.
    await doctor.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    wanted = await station.page.expect(wire.ConsentWanted)
    assert (wanted.consultation_id, wanted.mediator_id, wanted.name) == (case_id, oumou.id, "Oumou")
    await doctor.page.expect(wire.Mediation, lambda m: m.state is MediationState.ASKING)
    await oumou.page.ping()
    assert not [m for m in oumou.page.got if isinstance(m, wire.Invitation | wire.Mediation)]
    await agreed(home, station, case_id)
    invitation = await invited(station, oumou, case_id)
    await doctor.page.expect(wire.Mediation, lambda m: m.state is MediationState.INVITED)
    told = ("", "") if discreet else ("CSRéf de Kayes", "Poste 1")
    assert (invitation.site, invitation.asked_by, invitation.discreet) == (*told, discreet)


async def test_a_patient_who_wants_no_third_person_is_believed(home: House) -> None:
    station, doctor, case_id = await in_charge(home, asked=False)
    oumou = await home.mediator("oumou")
    await doctor.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    await station.page.expect(wire.ConsentWanted)
    no = {
        "scope": "third_person", "given": False, "language": "bm", "text_id": "third_person-1", "how": "spoken",
        "giver": "patient", "explained_by": "Fatou",
    }  # fmt: skip
    await station.post(f"/api/cases/{case_id}/consents", no)
    refused = await doctor.page.expect(wire.Mediation, lambda m: m.state is MediationState.REFUSED)
    assert refused.name == "Oumou"
    await oumou.page.ping()
    assert not [m for m in oumou.page.got if isinstance(m, wire.Invitation | wire.Mediation)]
    await doctor.page.ping()
    assert not [m for m in doctor.page.got if isinstance(m, wire.Consultation) and m.state is S.CLOSED]


async def test_a_mediator_whom_the_patient_no_longer_wants_finds_the_door_shut(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    invitation = await invited(station, oumou, case_id)
    await station.post(f"/api/cases/{case_id}/consents/withdrawal", {"scope": "third_person"}, 204)
    await joins(oumou, invitation)
    assert (await oumou.page.expect(wire.Error)).code == "consent_missing"


async def test_after_a_mediator_was_sent_out_at_the_patients_wish_the_patient_is_asked_anew(
    home: House,
) -> None:
    station, _, case_id = await in_charge(home)
    oumou, fatim = await home.mediator("oumou"), await home.mediator("fatim")
    await joins(oumou, await invited(station, oumou, case_id))
    await station.page.expect(wire.Consultation, with_three)
    await station.page.say(
        wire.RemoveParticipant(
            consultation_id=case_id, participant_id=oumou.id, why=wire.RemovalReason.PATIENT_WISH
        )
    )
    await station.page.expect(wire.Mediation, lambda m: m.state is MediationState.REMOVED)
    await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=fatim.id))
    assert (await station.page.expect(wire.Error)).code == "consent_missing"


async def test_a_question_to_the_patient_is_still_there_after_a_reload_of_the_station(home: House) -> None:
    station, doctor, case_id = await in_charge(home, asked=False)
    oumou = await home.mediator("oumou")
    await doctor.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    await station.page.expect(wire.ConsentWanted)
    again = await home.reopened(station)
    assert (await again.page.expect(wire.ConsentWanted)).mediator_id == oumou.id


async def test_a_mediator_is_still_in_the_consultation_after_a_restart(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(station, oumou, case_id))
    await station.page.expect(wire.Consultation, with_three)
    desk = home.server.app[CONSULTATIONS]
    before = desk.state.pairing.get(case_id)
    assert before is not None
    # The same process reads the disk as a new one would.
    desk.state.pairing.undo(case_id, None)
    await desk.start()
    after = desk.state.pairing.get(case_id)
    assert after is not None
    assert [m.participant_id for m in after.members] == [m.participant_id for m in before.members]
