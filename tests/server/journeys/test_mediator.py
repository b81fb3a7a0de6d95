"""A mediator's way: found by language, asked, pledged, seen by all, sent out or gone, accountable afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from server.app import CONSULTATIONS
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


async def in_charge(home: House, **fields: object) -> tuple[Someone, Someone, str]:
    """A station and a doctor in a consultation."""
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, **(FIELDS | fields))
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    return station, doctor, case_id


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


async def test_found_by_language_asked_pledged_seen_by_all_gone_and_accounted_for(home: House) -> None:
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
    said = {"language": "snk", "minutes": 20, "blockages": ["transport", "no_drug"]}
    await oumou.post(f"/api/mediations/{owed['id']}/report", said, 204)
    assert await oumou.get("/api/mediations") == []
    again = await oumou.post(f"/api/mediations/{owed['id']}/report", said, 409)
    assert again == {"code": "already_reported"}

    async with home.server.services.database() as db:
        row = await db.get_one(Mediation, owed["id"])
        report = await db.get_one(MediationReport, owed["id"])
        met = set(await db.scalars(select(MediationBlockage.blockage)))
    assert (row.pledge_text_id, row.pledge_language) == ("pledge-1", "bm")
    assert (report.minutes, report.language, met) == (20, "snk", {"transport", "no_drug"})
    acts = [act for act, _ in await home.acts(case_id) if "mediat" in act]
    assert acts == ["mediator_invited", "mediator_joined", "mediator_left", "mediation_reported"]


async def test_nobody_comes_in_without_a_pledge(home: House) -> None:
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
async def test_sent_out_by_the_patients_wish_at_once(home: House, who: str) -> None:
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
    # The doctor cannot be sent out that way, nor can a mediator send anybody.
    await station.page.say(wire.RemoveParticipant(consultation_id=case_id, participant_id=doctor.id))
    assert (await station.page.expect(wire.Error)).code == "unknown_mediator"


async def test_a_mediator_leads_nobody(home: House) -> None:
    _, doctor, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(doctor, oumou, case_id))
    await doctor.page.expect(wire.Consultation, with_three)
    await oumou.page.say(wire.RemoveParticipant(consultation_id=case_id, participant_id=doctor.id))
    assert (await oumou.page.expect(wire.Error)).code == "unexpected_message"


async def test_declined_or_not_answered_another_can_be_asked(home: House) -> None:
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


async def test_who_is_not_on_duty_or_in_another_consultation_is_not_asked(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await oumou.page.say(wire.SetDuty(on=False))
    await oumou.page.expect(wire.Duty, lambda m: not m.on)
    for other in (oumou.id, "nobody"):
        await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=other))
        assert (await station.page.expect(wire.Error)).code == "mediator_busy"
    assert [m["free"] for m in await station.get("/api/mediators")] == [False]


async def test_nobody_asks_into_somebody_elses_consultation(home: House) -> None:
    _, _, case_id = await in_charge(home)
    other = await home.station("CSCom de Mopti")
    oumou = await home.mediator("oumou")
    await other.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    assert (await other.page.expect(wire.Error)).code == "unknown_consultation"
    stranger = await home.mediator("fatim")
    said = {"language": "snk", "minutes": 1, "blockages": []}
    assert await stranger.post("/api/mediations/md_0000/report", said, 404) == {"code": "not_found"}


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


async def test_a_survivor_agrees_to_a_mediator_before_one_is_asked_who_is_told_no_place(home: House) -> None:
    station, _, case_id = await in_charge(home, survivor_safe=True)
    oumou = await home.mediator("oumou")
    await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    assert (await station.page.expect(wire.Error)).code == "consent_missing"
    assert not [m for m in oumou.page.got if isinstance(m, wire.Invitation)]
    await home.consent(station, case_id, ConsentScope.REFERRAL, "mediator")
    invitation = await invited(station, oumou, case_id)
    assert (invitation.site, invitation.asked_by, invitation.discreet) == ("", "", True)


async def test_a_mediator_is_still_in_after_a_restart_of_the_server(home: House) -> None:
    station, _, case_id = await in_charge(home)
    oumou = await home.mediator("oumou")
    await joins(oumou, await invited(station, oumou, case_id))
    await station.page.expect(wire.Consultation, with_three)
    desk = home.server.app[CONSULTATIONS]
    before = desk.state.pairing.get(case_id)
    assert before is not None
    # The same process looks at the disk as a new one would.
    desk.state.pairing.undo(case_id, None)
    await desk.start()
    after = desk.state.pairing.get(case_id)
    assert after is not None
    assert [m.participant_id for m in after.members] == [m.participant_id for m in before.members]
