"""A patient's whole case: opened, requested, routed, accepted, answered, printed, and its outcome reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.calls.handlers import CONSULTATIONS
from server.consents import ConsentScope
from signaling import messages as wire
from signaling.messages import Role
from tests.support.cases import House, Someone, house

INTAKE = {
    "urgency": "orange",
    "patient_ref": "2025/0412",
    "age_band": "adult",
    "sex": "female",
    "reason_code": "fever",
    "reason_text": "fièvre depuis trois jours",
    "language": "bm",
    "vitals": [{"sign": "temperature", "value": 39.4, "unit": "Cel", "confirmed": True}],
}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def queue_of(doctor: Someone, case_id: str, *, asked_for: bool = False) -> wire.QueueEntry:
    """The entry of a case, once the doctor's page has it; ``asked_for``: once the case asks for this doctor."""

    def wanted(entry: wire.QueueEntry) -> bool:
        return entry.consultation_id == case_id and (entry.asks_for_you or not asked_for)

    queue = await doctor.page.expect(wire.Queue, lambda m: any(map(wanted, m.entries)))
    return next(filter(wanted, queue.entries))


async def test_from_the_form_to_the_printed_page(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, **INTAKE)
    waiting = await home.ask(station, case_id)
    assert (waiting.on_duty, waiting.expected_median_s) == (1, None)  # no history yet

    entry = await queue_of(doctor, case_id)
    assert (entry.urgency, entry.specialty, entry.reason) == ("orange", "general", "")
    read = await doctor.get(f"/api/cases/{case_id}")
    assert (read["part"], read["reason_text"], read["icd11"]) == ("offered", INTAKE["reason_text"], "MG26")
    assert read["vitals"] == [{"sign": "temperature", "value": 39.4, "unit": "Cel", "confirmed": True}]

    await doctor.post(f"/api/cases/{case_id}/notes", {"answer": "trop tôt"}, 404)
    await home.accept(doctor, case_id)
    written = {"answer": "Paludisme simple", "advice": "Boire, revenir dans 2 jours", "note": "TDR à faire"}
    await doctor.post(f"/api/cases/{case_id}/notes", written, 204)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)

    summary = await station.get(f"/api/cases/{case_id}/summary")
    assert [(n["answer"], n["advice"], n["note"], n["clinician"]) for n in summary["notes"]] == [
        (written["answer"], written["advice"], None, "Dr traore")
    ]
    await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better", "words": "mange"}, 204)
    later = await doctor.get(f"/api/cases/{case_id}")
    assert [(o["outcome"], o["words"]) for o in later["outcomes"]] == [("better", "mange")]
    assert later["notes"][0]["note"] == written["note"]
    assert [
        (line["id"], line["outcome"], line["patient_ref"]) for line in await doctor.get("/api/cases")
    ] == [(case_id, "better", "")]
    found = await station.post("/api/cases/search", {"patient_ref": "2025/0412"}, 200)
    assert [line["id"] for line in found] == [case_id]

    acts = [act for act in await home.acts(case_id) if not act[0].startswith("consent")]
    assert acts == [
        ("case_opened", station.id),
        ("consultation_requested", station.id),
        ("case_read", doctor.id),
        ("consultation_accepted", doctor.id),
        ("note_written", doctor.id),
        ("consultation_closed", doctor.id),
        ("summary_read", station.id),
        ("outcome_reported", station.id),
        ("case_read", doctor.id),
    ]


async def test_the_expected_wait_comes_from_earlier_waits(home: House) -> None:
    doctor = await home.person("traore", specialties=("general",))
    # Three kiosks: one alone asks no more than five times in a row.
    stations = [await home.station(), await home.station("Kita"), await home.station("Nioro")]
    for minutes in range(1, 10):
        station = stations[minutes // 5]
        case_id = await home.open_case(station, **INTAKE)
        await home.ask(station, case_id)
        await home.pass_time(minutes * 60)
        await home.accept(doctor, case_id)
        await doctor.page.say(wire.End(consultation_id=case_id))
        await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    station = stations[2]
    shown = await home.ask(station, await home.open_case(station, **INTAKE))
    shown = await station.page.has(
        wire.Waiting, lambda m: m.consultation_id == shown.consultation_id and m.expected_median_s is not None
    )
    assert (shown.expected_low_s, shown.expected_median_s, shown.expected_high_s) == (60, 300, 540)


async def test_an_outcome_reported_weeks_later_is_in_the_clinicians_list_with_its_day(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    await home.pass_time(20 * 24 * 3600)
    await home.server.sign_in(doctor.client, "traore")
    assert await doctor.get("/api/cases") == []
    (found,) = await station.post("/api/cases/search", {"patient_ref": INTAKE["patient_ref"]}, 200)
    await station.post(f"/api/cases/{found['id']}/outcomes", {"outcome": "died", "words": "hier"}, 204)
    (line,) = await doctor.get("/api/cases")
    assert (line["id"], line["outcome"], line["outcome_at"]) == (case_id, "died", home.clock.now)


@pytest.mark.parametrize("discreet", [False, True])
async def test_a_worse_outcome_reaches_the_clinician_who_is_here_and_the_one_who_comes_back(
    home: House, discreet: bool
) -> None:
    station, doctor = await home.station(), await home.person("traore", specialties=("general",))
    other = await home.person("keita", specialties=("general",))
    fields = INTAKE | {"patient_ref": "Lune", "survivor_safe": discreet}
    case_id = await home.open_case(station, **fields)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.get(f"/api/cases/{case_id}")
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    await home.pass_time(3600)
    for outcome in ("better", "worse"):
        await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": outcome}, 204)
    told = await doctor.page.expect(wire.CaseNews)
    site = "" if discreet else "CSRéf de Kayes"
    assert (told.consultation_id, told.outcome, told.site) == (case_id, "worse", site)
    assert await doctor.get("/api/cases/news") == [
        {"consultation_id": case_id, "outcome": "worse", "site": site}
    ]
    # Who took no part hears nothing.
    assert await other.get("/api/cases/news") == []
    await other.page.ping()
    assert not [m for m in other.page.got if isinstance(m, wire.CaseNews)]
    await home.pass_time(60)
    await doctor.get(f"/api/cases/{case_id}")  # it was read
    assert await doctor.get("/api/cases/news") == []


async def test_a_station_gets_the_decisions_of_its_own_site(home: House) -> None:
    station, other = await home.station(), await home.station("One Stop Center")
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    async with coordinator.get("/api/sites") as answer:
        ids = {line["name"]: line["site_id"] for line in await answer.json()}
    rules = {"names_allowed": False, "survivor_safe": True}
    async with coordinator.post(f"/api/sites/{ids['One Stop Center']}/rules", json=rules) as answer:
        assert answer.status == 204
    assert await other.get("/api/station/rules") == rules
    assert await station.get("/api/station/rules") == {"names_allowed": False, "survivor_safe": False}


async def test_people_without_a_part_in_a_case_learn_nothing_not_even_that_it_exists(home: House) -> None:
    station, other = await home.station(), await home.station("CSCom de Mopti")
    doctor = await home.person("traore", specialties=("general",))
    bystander = await home.person("keita", specialties=("surgery",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    for someone in (other, bystander):
        async with (
            someone.client.get(f"/api/cases/{case_id}") as mine,
            someone.client.get("/api/cases/ca_0000000000000000") as nobodys,
        ):
            assert (mine.status, nobodys.status) == (404, 404)
            assert await mine.read() == await nobodys.read()
    await bystander.post(f"/api/cases/{case_id}/notes", {"note": "x"}, 404)
    await bystander.post(f"/api/cases/{case_id}/transfer", {"specialty": "surgery"}, 404)
    await bystander.post(f"/api/cases/{case_id}/referrals", {"recipient": "surgery", "letter": "x"}, 404)
    await other.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better"}, 404)
    await other.post("/api/cases", {"urgency": "green", "previous_id": case_id}, 404)
    assert await other.post("/api/cases/search", {"patient_ref": INTAKE["patient_ref"]}, 200) == []
    assert await other.get("/api/cases") == []
    # Nor can a station ask for help with somebody else's case.
    await other.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, case_id=case_id))
    assert (await other.page.expect(wire.Error)).code == "unknown_consultation"


async def test_a_clinician_who_is_offered_a_case_no_longer_reads_it_once_it_is_taken(home: House) -> None:
    station = await home.station()
    first, second = await home.person("traore"), await home.person("keita")
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await second.get(f"/api/cases/{case_id}")
    await home.accept(first, case_id)
    await second.get(f"/api/cases/{case_id}", 404)


async def test_an_urgent_request_without_a_form_still_has_a_case(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    await station.page.say(wire.RequestConsultation(urgency=wire.Urgency.RED, reason="saigne"))
    case_id = (await station.page.expect(wire.Waiting)).consultation_id
    read = await doctor.get(f"/api/cases/{case_id}")
    assert (read["urgency"], read["reason_text"]) == ("red", "saigne")


async def test_a_transferred_case_goes_to_the_other_specialty_and_keeps_its_place(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    surgeon = await home.person("keita", specialties=("surgery",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.pass_time(1200)
    await doctor.post(f"/api/cases/{case_id}/transfer", {"specialty": "surgery"}, 204)
    entry = await queue_of(surgeon, case_id)
    assert (entry.specialty, entry.waiting_s) == ("surgery", 1200)
    assert (entry.asks_for_you, entry.handed_over_by) == (False, "Dr traore")
    # Its wait for the surgeon begins anew: twenty minutes of call do not widen the offer.
    await doctor.page.say(wire.Accept(consultation_id=case_id))
    assert (await doctor.page.expect(wire.Error)).code == "unknown_consultation"
    await home.accept(surgeon, case_id)
    assert (await surgeon.get(f"/api/cases/{case_id}"))["part"] == "clinician"
    assert [act for act in await home.acts(case_id) if act[1] == doctor.id] == [
        ("consultation_accepted", doctor.id),
        ("case_transferred", doctor.id),
    ]


async def test_a_transfer_within_a_specialty_is_audited_as_one_and_leaving_is_not(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    for _ in range(2):
        await home.accept(doctor, case_id)
        await home.pass_time(60)
        await doctor.post(f"/api/cases/{case_id}/transfer", {"specialty": "general"}, 204)
    await home.accept(doctor, case_id)
    await doctor.page.say(wire.Leave(consultation_id=case_id))
    await doctor.page.ping()
    acts = [act for act, who in await home.acts(case_id) if who == doctor.id]
    one = ["consultation_accepted", "case_transferred"]
    assert acts == one + one + ["consultation_accepted", "consultation_released"]


async def test_a_named_colleague_is_offered_a_transferred_case_first(home: House) -> None:
    station = await home.station()
    doctor, colleague = await home.person("traore"), await home.person("keita")
    third = await home.person("coulibaly")
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.post(f"/api/cases/{case_id}/transfer", {"clinician_id": doctor.id}, 422)
    await doctor.post(f"/api/cases/{case_id}/transfer", {"clinician_id": colleague.id}, 204)
    # Before the hand-over the case was offered to this colleague as to everybody.
    entry = await queue_of(colleague, case_id, asked_for=True)
    assert (entry.asks_for_you, entry.handed_over_by) == (True, "Dr traore")
    told = await station.page.expect(wire.Waiting, lambda m: m.handed_over_by != "")
    assert (told.handed_over_by, told.handed_over_to) == ("Dr traore", "Dr keita")
    assert told.widened is wire.Widened.FIRST
    await third.page.say(wire.Accept(consultation_id=case_id))
    assert (await third.page.expect(wire.Error)).code == "unknown_consultation"
    await home.accept(colleague, case_id)


async def test_who_handed_over_to_whom_is_still_known_after_a_restart(home: House) -> None:
    station = await home.station()
    doctor, colleague = await home.person("traore"), await home.person("keita")
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await doctor.post(f"/api/cases/{case_id}/transfer", {"clinician_id": colleague.id}, 204)
    (record,) = await home.server.app[CONSULTATIONS].state.store.load_open()
    assert (record.handed_over_by, record.wishes.clinician_name) == ("Dr traore", "Dr keita")


async def test_a_returning_patient_was_handed_over_by_nobody(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    first = await home.open_case(station, **INTAKE)
    await home.ask(station, first)
    await home.accept(doctor, first)
    await doctor.page.say(wire.End(consultation_id=first))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    again = await home.open_case(station, **(INTAKE | {"previous_id": first}))
    await home.ask(station, again)
    entry = await queue_of(doctor, again)
    assert (entry.asks_for_you, entry.handed_over_by) == (True, "")


async def test_no_referral_without_the_patients_consent_for_its_recipient(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    lawyer = await home.person("diallo", specialties=("law",))
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    letter = {"recipient": "center_lawyer", "letter": "Cherche conseil pour un litige."}
    refused = await doctor.post(f"/api/cases/{case_id}/referrals", letter, 409)
    assert refused == {"code": "consent_missing"}
    # Consent for another recipient does not count for this one.
    await home.consent(station, case_id, ConsentScope.REFERRAL, "ramed")
    await doctor.post(f"/api/cases/{case_id}/referrals", letter, 409)
    assert (await doctor.get(f"/api/cases/{case_id}"))["referrals"] == []

    await home.consent(station, case_id, ConsentScope.REFERRAL, "center_lawyer")
    await doctor.post(f"/api/cases/{case_id}/referrals", letter)
    await doctor.page.say(wire.End(consultation_id=case_id))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)
    sent = (await station.get(f"/api/cases/{case_id}"))["referrals"][0]["new_case_id"]
    await home.consent(station, sent, ConsentScope.TELECONSULTATION)
    await home.ask(station, sent)
    await queue_of(lawyer, sent)
    await lawyer.get(f"/api/cases/{case_id}", 404)
    # Nobody stands in for a lawyer, however long the patient waits.
    await home.pass_time(7200)
    await doctor.get(f"/api/cases/{sent}", 404)
    # A case sent to a One Stop Center is survivor-safe: the clinician who accepts it reads the letter.
    assert (await lawyer.get(f"/api/cases/{sent}"))["reason_text"] == ""
    await home.accept(lawyer, sent)
    read = await lawyer.get(f"/api/cases/{sent}")
    assert (read["reason_text"], read["reason_code"], read["vitals"]) == (letter["letter"], "", [])


async def test_an_outside_programme_gets_its_letter_on_paper(home: House) -> None:
    station, doctor = await home.station(), await home.person("traore")
    case_id = await home.open_case(station, **INTAKE)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "ramed")
    await doctor.post(f"/api/cases/{case_id}/referrals", {"recipient": "ramed", "letter": "Indigente."})
    referrals = (await station.get(f"/api/cases/{case_id}/summary"))["referrals"]
    assert [(r["recipient"], r["letter"], r["new_case_id"]) for r in referrals] == [
        ("ramed", "Indigente.", None)
    ]


async def test_a_waiting_red_case_is_offered_more_widely_and_then_reported_to_the_coordinator(
    home: House,
) -> None:
    station = await home.station()
    surgeon = await home.person("keita", specialties=("surgery",))
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    case_id = await home.open_case(
        station, urgency="green", reason_code="postpartum_bleeding", red_flags=["vaginal_bleeding"]
    )
    waiting = await home.ask(station, case_id)
    assert (waiting.on_duty, waiting.position) == (0, 1)  # no obstetrician is on duty
    await surgeon.get(f"/api/cases/{case_id}", 404)

    await home.pass_time(121)
    entry = await queue_of(surgeon, case_id)
    assert entry.urgency is wire.Urgency.RED  # the danger sign decides, whatever was chosen
    shown = await station.page.expect(wire.Waiting, lambda m: m.widened is wire.Widened.ANYBODY)
    assert shown.on_duty == 1

    await home.pass_time(180)
    await home.pass_time(5)
    async with coordinator.get("/api/waiting") as answer:
        lines = (await answer.json())["cases"]
    assert [(line["consultation_id"], line["widened"], line["offered_to"]) for line in lines] == [
        (case_id, "alarm", 1)
    ]
    assert "fièvre" not in str(lines)
    assert "reason" not in str(lines)
    # Each step is audited once, though the desk checks every few seconds.
    assert [act for act, _ in await home.acts(case_id)].count("case_escalated") == 2


async def test_a_red_case_is_offered_at_once_to_a_doctor_who_does_not_speak_the_language(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", languages=("fr",), gender="man")
    case_id = await home.open_case(station, urgency="red", language="snk", gender_wish="woman")
    await home.ask(station, case_id)
    entry = await queue_of(doctor, case_id)
    assert (entry.language, entry.gender_wish, entry.suits) == ("snk", "woman", False)
    assert "case_escalated" not in [act for act, _ in await home.acts(case_id)]


async def test_a_returning_patient_is_offered_to_the_doctor_of_last_time(home: House) -> None:
    station = await home.station()
    doctor, other = await home.person("traore"), await home.person("keita")
    first = await home.open_case(station, **INTAKE)
    await home.ask(station, first)
    await home.accept(doctor, first)
    await doctor.post(f"/api/cases/{first}/notes", {"answer": "Paludisme", "note": "à revoir"}, 204)
    await doctor.page.say(wire.End(consultation_id=first))
    await station.page.expect(wire.Consultation, lambda m: m.state is wire.ConsultationState.CLOSED)

    again = await home.open_case(station, **(INTAKE | {"urgency": "green", "previous_id": first}))
    await home.ask(station, again)
    assert (await queue_of(doctor, again)).asks_for_you
    await other.get(f"/api/cases/{again}", 404)
    # The doctor of last time is busy elsewhere: after a while anybody may accept.
    await home.pass_time(601)
    assert not (await queue_of(other, again)).asks_for_you
    await other.get(f"/api/cases/{first}", 404)
    await home.accept(other, again)
    assert (await other.get(f"/api/cases/{first}"))["part"] == "later"
    await other.post(f"/api/cases/{first}/notes", {"note": "x"}, 404)


async def test_the_wish_for_a_woman_holds_for_a_while_and_is_then_shown_as_unmet(home: House) -> None:
    station = await home.station()
    man = await home.person("keita", gender="man")
    case_id = await home.open_case(station, urgency="orange", gender_wish="woman")
    assert (await home.ask(station, case_id)).on_duty == 0
    await home.pass_time(301)
    assert not (await queue_of(man, case_id)).suits
    shown = await station.page.expect(wire.Waiting, lambda m: m.widened is wire.Widened.RELAXED)
    assert shown.on_duty == 1
    woman = await home.person("traore", gender="woman")
    assert (await queue_of(woman, case_id)).suits
