"""A patient, a site, a station and a person are found whatever apostrophe, case or Unicode form was typed."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.people.accounts.store import Profile
from signaling import messages as wire
from signaling.messages import Role, Urgency
from tests.support.cases import House, house
from tests.support.server import PASSWORD


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


@pytest.mark.parametrize("typed", ["N’diaye", "n'DIAYE", "NʼDiaye", " N'Diaye "])
async def test_a_patient_is_found(home: House, typed: str) -> None:
    station = await home.station()
    case_id = await home.open_case(station, patient_ref="N'Diaye")
    found = await station.post("/api/cases/search", {"patient_ref": typed}, 200)
    assert [line["id"] for line in found] == [case_id]
    assert found[0]["patient_ref"] == "N'Diaye"  # as it was typed when the case was opened
    refused = await station.post("/api/cases", {"urgency": "green", "patient_ref": typed}, 409)
    assert refused["case_id"] == case_id


async def test_a_patient_is_found_in_the_other_unicode_form(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station, patient_ref=unicodedata.normalize("NFD", "Traoré"))
    found = await station.post("/api/cases/search", {"patient_ref": "TRAORÉ"}, 200)
    assert [line["id"] for line in found] == [case_id]


async def test_one_site_and_one_station_have_one_row(home: House) -> None:
    stations = home.server.services.stations
    first = await stations.new_code(site="CSCom de N'Tillit", name="Poste 1")
    again = await stations.new_code(site="cscom de N’Tillit", name=" poste 1")
    assert again.station_id == first.station_id


async def test_a_login_is_found(home: House) -> None:
    profile = Profile("Dr N’Diaye", Role.CLINICIAN)
    own = home.server.services
    account_id = await own.accounts.create("N'Diaye", profile, password=PASSWORD, lasting=True)
    own.sessions.waive_second_factor(account_id)
    async with home.server.client() as client:
        assert await home.server.sign_in(client, "n’DIAYE", PASSWORD)


async def test_characters_that_no_keyboard_writes_are_refused_and_said(home: House) -> None:
    station = await home.station()
    for body in (
        {"urgency": "green", "reason_text": "toux\0"},
        {"urgency": "green", "patient_ref": "\x1b[1m"},
    ):
        assert (await station.post("/api/cases", body, 422))["code"] == "unfit_text"
    await station.page.say(wire.RequestConsultation(urgency=Urgency.GREEN, reason="toux\0"))
    refused = await station.page.expect(wire.Error)
    assert refused.code == "unfit_text"


async def test_what_turns_its_neighbours_is_not_kept(home: House) -> None:
    station = await home.station(name="Poste \u202e1")
    doctor = await home.person("traore", specialties=("general",))
    case_id = await home.open_case(station, reason_text="38,5 \u202efièvre")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    read = await doctor.get(f"/api/cases/{case_id}")
    assert (read["station"], read["reason_text"]) == ("Poste 1", "38,5 fièvre")
