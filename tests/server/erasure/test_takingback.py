"""A case that was corrected before its answer came: the first sending goes, and only by the page that sent it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.cases.store import CASES
from server.cases.tables import CaseFile
from server.consents import ConsentScope
from server.trail.tables import AuditEntry
from tests.support.cases import House, Someone, house

KEY = "k1-0123456789abcdef"
CASE = {"urgency": "green", "patient_ref": "2025/0412", "reason_text": "toux depuis hier"}
GONE, REMAINS = {"remains": False}, {"remains": True}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def send(station: Someone, body: Any, key: str = KEY) -> tuple[int, Any]:
    async with station.client.post("/api/cases", json=body, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json()


async def take_back(station: Someone, key: str = KEY) -> Any:
    return await station.post("/api/cases/taken-back", {"key": key}, 200)


async def test_the_first_case_is_in_no_list_and_in_the_way_of_no_other(home: House) -> None:
    station = await home.station()
    _, made = await send(station, CASE)
    assert await take_back(station) == GONE
    assert await take_back(station) == GONE  # the answer was lost once more
    assert await station.get("/api/cases") == []
    assert await station.post("/api/cases/search", {"patient_ref": CASE["patient_ref"]}, 200) == []
    await station.get(f"/api/cases/{made['id']}/summary", 404)
    assert (await send(station, CASE, "k2-0123456789abcdef"))[0] == 201
    async with home.server.services.database() as db:
        entries = await db.scalars(select(AuditEntry).where(AuditEntry.act == "case_erased"))
        (erased,) = entries.all()
    assert (erased.actor_id, erased.consultation_id) == (station.id, made["id"])
    assert json.loads(erased.facts) == {"photos": 0, "why": "taken_back"}


async def test_what_never_came_never_comes(home: House) -> None:
    station = await home.station()
    assert await take_back(station) == GONE
    assert await send(station, CASE) == (410, {"code": "given_up"})


async def test_a_case_whose_call_was_asked_for_stays(home: House) -> None:
    station = await home.station()
    _, made = await send(station, CASE)
    await home.consent(station, made["id"], ConsentScope.TELECONSULTATION)
    await home.ask(station, made["id"])
    assert await take_back(station) == REMAINS
    await station.get(f"/api/cases/{made['id']}/summary")


async def test_nobody_else_takes_it_back(home: House) -> None:
    station, other = await home.station(), await home.station(name="Poste 2")
    _, made = await send(station, CASE)
    assert await take_back(other) == GONE  # to the other station it never came
    for guessed in ("k9-0123456789abcdef", made["id"]):
        assert await take_back(station, guessed) == GONE  # no request came with this key
    await station.get(f"/api/cases/{made['id']}/summary")


async def test_a_case_whose_id_nobody_was_told_is_said_to_remain(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = await home.station()
    cases = home.server.app[CASES]
    really = cases.open

    async def written_then_broken(*given: Any) -> str:
        await really(*given)
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(cases, "open", written_then_broken)
        assert (await send(station, CASE))[0] == 500
    assert await take_back(station) == REMAINS
    async with home.server.services.database() as db:
        assert [row.erased_at for row in await db.scalars(select(CaseFile))] == [None]


async def test_the_key_of_another_request_takes_nothing_back(home: House) -> None:
    station = await home.station()
    case_id = await home.open_case(station)
    body = {"outcome": "better"}
    async with station.client.post(
        f"/api/cases/{case_id}/outcomes", json=body, headers={"Idempotency-Key": KEY}
    ) as answer:
        assert answer.status == 204
    assert await take_back(station) == REMAINS
    await station.get(f"/api/cases/{case_id}/summary")
