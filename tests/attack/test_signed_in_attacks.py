"""Somebody who is signed in and asks without end: what others need, and what the disk holds, stays."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from server.cases.photos.photofiles import PIECES, WHOLE
from server.cases.photos.store import PHOTOS
from server.people.sessions.pace import AT_ONCE_PER_SESSION
from tests.server.cases.photos.test_jpeg import PLAIN
from tests.support.cases import House, Someone, house
from tests.support.patience import PATIENCE_S

AT_ONCE = 60


async def opened(someone: Someone) -> int:
    async with someone.client.post("/api/cases", json={"urgency": "green"}) as answer:
        body = await answer.json()
        assert answer.status == 201 or body["code"] == "case_quota", body
        return int(answer.status)


async def announced(station: Someone, case_id: str, photo: bytes) -> tuple[int, str]:
    body = {"size_bytes": len(photo), "sha256": hashlib.sha256(photo).hexdigest()}
    async with station.client.post(f"/api/cases/{case_id}/photos", json=body) as answer:
        told = await answer.json()
        return answer.status, told.get("code") or told["id"]


async def piece(station: Someone, photo_id: str, data: bytes) -> None:
    headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    async with station.client.post(f"/api/photos/{photo_id}", data=data, headers=headers) as answer:
        assert answer.status == 200


def folder_of(home: House) -> set[str]:
    return {path.name for path in (home.server.settings.data_dir / "photos").iterdir()}


async def test_sixty_readings_at_once_are_not_all_carried_out_and_the_next_one_is(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        station = await home.station()
        case_id = await home.open_case(station)

        async def read() -> int:
            async with station.client.get(f"/api/cases/{case_id}") as answer:
                return answer.status

        statuses = await asyncio.gather(*(read() for _ in range(AT_ONCE)))
        assert set(statuses) == {200, 429}
        assert await read() == 200
        written = [act for act, _ in await home.acts(case_id) if act == "case_read"]
        assert len(written) == statuses.count(200) + 1


async def test_bodies_that_never_end_take_nobodys_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as home:
        station, end, reading = await home.station(), asyncio.Event(), asyncio.Semaphore(0)
        really = web.Request.read

        async def read(request: web.Request) -> bytes:
            reading.release()
            return await really(request)

        monkeypatch.setattr(web.Request, "read", read)

        async def slowly() -> AsyncIterator[bytes]:
            yield b'{"urgency": '
            await end.wait()
            yield b'"green"}'

        async def send() -> int:
            headers = {"Content-Type": "application/json"}
            async with station.client.post("/api/cases", data=slowly(), headers=headers) as answer:
                return answer.status

        sending = [asyncio.create_task(send()) for _ in range(AT_ONCE_PER_SESSION)]
        async with asyncio.timeout(PATIENCE_S):
            for _ in sending:
                await reading.acquire()
        assert await station.get("/api/cases") == []
        end.set()
        assert set(await asyncio.gather(*sending)) == {201}


async def test_tickets_without_end_push_nobody_elses_out(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        station = await home.station()
        other = await home.station(name="Poste 2")
        ticket = await home.server.ticket(other.client, "station")
        statuses = set()
        for _ in range(900):
            async with station.client.post("/api/ticket", json={"role": "station"}) as answer:
                statuses.add(answer.status)
            if 429 in statuses:
                break
        assert 429 in statuses
        assert home.server.services.tickets.redeem(ticket) is not None


async def test_a_station_and_its_site_open_so_many_cases_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cases.quotas.CASES_PER_STATION", 3)
    monkeypatch.setattr("server.cases.quotas.CASES_PER_SITE", 5)
    async with house(tmp_path) as home:
        station, colleague = await home.station(), await home.station(name="Poste 2")
        elsewhere = await home.station(site="CSCom de Diéma")
        assert [await opened(station) for _ in range(4)] == [201, 201, 201, 422]
        assert [await opened(colleague) for _ in range(3)] == [201, 201, 422]
        assert await opened(elsewhere) == 201
        home.clock.now += 24 * 3600 + 1
        assert await opened(station) == 201


async def test_a_site_sends_so_many_bytes_of_photos_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cases.quotas.PHOTO_BYTES_PER_SITE", 2 * len(PLAIN) + 10)
    async with house(tmp_path) as home:
        station = await home.station()
        first, second = await home.open_case(station), await home.open_case(station)
        assert (await announced(station, first, PLAIN))[0] == 200
        assert (await announced(station, second, PLAIN + b"1"))[0] == 200
        assert await announced(station, second, PLAIN + b"2") == (422, "photo_quota")
        home.clock.now += 24 * 3600 + 1
        assert (await announced(station, second, PLAIN + b"2"))[0] == 200


async def test_a_case_holds_so_many_notes_outcomes_and_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.cases.quotas.OUTCOMES_PER_CASE", 2)
    monkeypatch.setattr("server.cases.quotas.NOTES_PER_CASE", 2)
    async with house(tmp_path) as home:
        station, doctor = await home.station(), await home.person("traore")
        case_id = await home.open_case(station)
        await home.ask(station, case_id)
        await home.accept(doctor, case_id)
        for _ in range(2):
            await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better"}, 204)
            await doctor.post(f"/api/cases/{case_id}/notes", {"note": "vu"}, 204)
        await station.post(f"/api/cases/{case_id}/outcomes", {"outcome": "better"}, 422)
        await doctor.post(f"/api/cases/{case_id}/notes", {"note": "vu"}, 422)


async def test_uploads_that_never_come_are_swept_and_those_under_way_are_not(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        station = await home.station()
        case_id = await home.open_case(station)
        photos = home.server.app[PHOTOS]
        _, late = await announced(station, case_id, PLAIN)
        await piece(station, late, PLAIN[:50])
        stray = home.server.settings.data_dir / "photos" / f"ph_of_nobody{PIECES}"
        stray.write_bytes(b"x")
        for path in (stray, stray.with_name(f"{late}{PIECES}")):
            os.utime(path, (home.clock.now, home.clock.now))
        home.clock.now += 6 * 24 * 3600
        assert await photos.sweep() == 0
        home.clock.now += 2 * 24 * 3600
        _, fresh = await announced(station, case_id, PLAIN + b"1")
        await piece(station, fresh, PLAIN[:50])
        assert await photos.sweep() == 2
        assert folder_of(home) == {f"{fresh}{PIECES}"}
        # The station may send it anew, and the picture that was whole stays.
        status, again = await announced(station, case_id, PLAIN)
        assert status == 200
        await piece(station, again, PLAIN)
        home.clock.now += 30 * 24 * 3600
        await photos.sweep()
        assert f"{again}{WHOLE}" in folder_of(home)
