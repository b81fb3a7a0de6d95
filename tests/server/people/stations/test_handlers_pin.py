"""The PIN of a station in a room with many hands: older cases are found and read after it was typed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.cases.alreadyopen import SAME_VISIT_S
from server.people.sessions.store import OPEN_WITHOUT_PIN_S
from server.people.stations.pins import UNLOCKED_S
from signaling.messages import Role
from tests.server.cases.photos.test_jpeg import EXIF, PLAIN
from tests.support.cases import House, Someone, house
from tests.support.people import sent

HOUR_S = 3600


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, sign_in_free_tries=3, sign_in_delay_s=50) as opened:
        yield opened


async def given_pin(home: House, station: Someone) -> str:
    office = await home.keeper("awa", Role.COORDINATOR)
    status, made = await sent(office, f"/api/stations/{station.id}/pin")
    assert status == 201
    return str(made["pin"])


async def listed(station: Someone) -> list[str]:
    return [line["id"] for line in await station.get("/api/cases")]


async def found(station: Someone, patient_ref: str) -> list[str]:
    lines = await station.post("/api/cases/search", {"patient_ref": patient_ref}, 200)
    return [line["id"] for line in lines]


async def upload(station: Someone, case_id: str, photo: bytes) -> str:
    wanted = {"size_bytes": len(photo), "sha256": hashlib.sha256(photo).hexdigest()}
    made = await station.post(f"/api/cases/{case_id}/photos", wanted, 200)
    headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    async with station.client.post(f"/api/photos/{made['id']}", data=photo, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    return str(made["id"])


async def state(client: aiohttp.ClientSession) -> Any:
    async with client.get("/api/station/pin") as answer:
        return await answer.json()


async def test_older_cases_are_closed_until_the_pin_was_typed_and_closed_again_after(home: House) -> None:
    station = await home.station()
    old = await home.open_case(station, patient_ref="REG-17")
    home.clock.now += max(OPEN_WITHOUT_PIN_S, SAME_VISIT_S) + HOUR_S
    fresh = await home.open_case(station, patient_ref="REG-17")
    assert await listed(station) == [fresh, old]
    assert await state(station.client) == {"needed": False, "locked": False}

    pin = await given_pin(home, station)
    assert await state(station.client) == {"needed": True, "locked": True}
    assert await listed(station) == await found(station, "REG-17") == [fresh]
    for path in ("", "/summary", "/consents"):
        assert await station.get(f"/api/cases/{old}{path}", 403) == {"code": "pin_needed"}
        await station.get(f"/api/cases/{fresh}{path}")

    spaced = f"{pin[:3]} {pin[3:]}"
    assert (await sent(station.client, "/api/station/pin", pin=spaced))[0] == 204
    assert await state(station.client) == {"needed": True, "locked": False}
    assert await listed(station) == await found(station, "REG-17") == [fresh, old]
    for path in ("", "/summary", "/consents"):
        await station.get(f"/api/cases/{old}{path}")

    home.clock.now += UNLOCKED_S
    assert await listed(station) == [fresh]
    await sent(station.client, "/api/station/pin", pin=pin)
    assert (await station.client.delete("/api/station/pin")).status == 204
    assert await listed(station) == [fresh]


async def test_a_wrong_pin_opens_nothing_and_guessing_gets_slow(home: House) -> None:
    station = await home.station()
    pin = await given_pin(home, station)
    wrong = f"{(int(pin) + 1) % 1_000_000:06}"
    statuses = [(await sent(station.client, "/api/station/pin", pin=wrong))[0] for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    assert (await sent(station.client, "/api/station/pin", pin=pin))[0] == 429
    assert (await state(station.client))["locked"]


async def test_another_pin_ends_the_old_one_and_what_it_opened(home: House) -> None:
    station = await home.station()
    old = await given_pin(home, station)
    await sent(station.client, "/api/station/pin", pin=old)
    assert not (await state(station.client))["locked"]
    office = await home.keeper("sira", Role.ADMINISTRATOR)
    _, made = await sent(office, f"/api/stations/{station.id}/pin")
    assert (await state(station.client))["locked"]
    if made["pin"] != old:
        assert (await sent(station.client, "/api/station/pin", pin=old))[0] == 401
    assert (await office.delete(f"/api/stations/{station.id}/pin")).status == 204
    assert await state(station.client) == {"needed": False, "locked": False}


async def test_the_pin_of_one_station_opens_no_other(home: House) -> None:
    one, other = await home.station(), await home.station(name="Poste 2")
    pin = await given_pin(home, one)
    assert (await sent(other.client, "/api/station/pin", pin=pin))[0] == 401
    assert await state(other.client) == {"needed": False, "locked": False}


async def test_a_photo_of_an_older_case_is_closed_too_while_its_upload_goes_on(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station)
    before = await upload(station, case_id, PLAIN)
    home.clock.now += OPEN_WITHOUT_PIN_S + HOUR_S
    await given_pin(home, station)
    assert (await station.client.get(f"/api/photos/{before}")).status == 403
    await upload(station, case_id, PLAIN[:2] + EXIF + PLAIN[2:])


async def test_opening_cases_and_the_way_out_never_ask_for_it(home: House) -> None:
    station, doctor = await home.station(), await home.person("docteur")
    await given_pin(home, station)
    case_id = await home.open_case(station)
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    home.clock.now += OPEN_WITHOUT_PIN_S + HOUR_S
    async with station.client.post(f"/api/cases/{case_id}/exit", json={}) as answer:
        assert answer.status == 204


async def test_only_who_keeps_stations_gives_a_pin(home: House) -> None:
    station = await home.station()
    for login, role in (("auditor", Role.AUDITOR), ("records", Role.RECORDS_OFFICER)):
        client = await home.keeper(login, role)
        assert (await sent(client, f"/api/stations/{station.id}/pin"))[0] == 403
    assert (await sent(station.client, f"/api/stations/{station.id}/pin"))[0] == 403
    office = await home.keeper("awa", Role.COORDINATOR)
    assert (await sent(office, "/api/stations/st_0/pin"))[0] == 404
