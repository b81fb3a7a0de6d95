"""What a coordinator decides: whether a site keeps names, and who is on the roster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from signaling import messages as wire
from signaling.messages import Role
from tests.support.cases import House, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def post(client: aiohttp.ClientSession, path: str, body: object, status: int) -> dict[str, str]:
    async with client.post(path, json=body) as answer:
        assert answer.status == status, await answer.text()
        return dict(await answer.json()) if answer.content_length else {}


async def test_a_site_decides_whether_its_cases_carry_names(home: House) -> None:
    station = await home.station()
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    named = {"urgency": "green", "patient_ref": "Awa Diarra"}
    assert await station.post("/api/cases", named, 422) == {"code": "case_no_names"}
    async with coordinator.get("/api/sites") as answer:
        site = next(one for one in await answer.json() if one["name"] == "CSRéf de Kayes")
    assert site["names_allowed"] is False
    await post(coordinator, f"/api/sites/{site['site_id']}/rules", {"names_allowed": True}, 204)
    await station.post("/api/cases", named)
    await post(coordinator, "/api/sites/si_unknown/rules", {"names_allowed": True}, 404)


async def test_a_roster_shows_who_should_be_on_duty_and_who_comes_next(home: House) -> None:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",), on_duty=False)
    coordinator = await home.keeper("coordination", Role.COORDINATOR)
    # The server's clock stands on a Saturday, 08:26:40 UTC.
    slot = {
        "clinician_id": doctor.id,
        "specialty": "general",
        "weekday": 5,
        "start_minute": 600,
        "minutes": 120,
    }
    made = await post(coordinator, "/api/roster/slots", slot, 201)
    await post(coordinator, "/api/roster/slots", slot | {"clinician_id": station.id}, 404)
    await post(coordinator, "/api/roster/slots", slot | {"weekday": 7}, 422)
    case_id = await home.open_case(station, reason_code="fever")
    await home.ask(station, case_id)
    shown = await station.page.has(wire.Waiting, lambda m: m.next_on_duty_in_s is not None)
    assert (shown.on_duty, shown.next_on_duty_in_s) == (0, 5600)

    now = home.clock.now
    stands_in = {"clinician_id": doctor.id, "on_duty": True, "starts_at": now - 60, "ends_at": now + 3600}
    await post(coordinator, "/api/roster/exceptions", stands_in, 201)
    await post(coordinator, "/api/roster/exceptions", stands_in | {"ends_at": now - 90}, 422)
    async with coordinator.get("/api/waiting") as answer:
        (line,) = (await answer.json())["cases"]
    assert line["should_be_there"] == ["Dr traore"]
    async with coordinator.delete(f"/api/roster/{made['id']}") as answer:
        assert answer.status == 204
    async with coordinator.get("/api/roster") as answer:
        roster = await answer.json()
    assert (roster["slots"], roster["expected"]) == ([], [doctor.id])
