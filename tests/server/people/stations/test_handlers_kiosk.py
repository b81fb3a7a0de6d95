"""A browser becomes a station by a one-time code."""

from __future__ import annotations

from pathlib import Path

from tests.support.server import Server, files_of, running_server


async def test_a_kiosk_is_enrolled_once_and_known_from_then_on(server: Server) -> None:
    made = await server.new_station()
    async with server.client() as kiosk, server.client() as another:
        assert (await kiosk.get("/api/station")).status == 401
        await server.enrol(kiosk, made.code.lower().replace("-", " "))
        async with kiosk.get("/api/station") as answer:
            assert await answer.json() == {
                "participant_id": made.station_id,
                "name": "Poste 1",
                "role": "station",
                "site": "CSRéf de Kayes",
            }
        async with another.post(
            "/api/station/enrolment", json=server.enrolment(another, made.code)
        ) as answer:
            assert (answer.status, await answer.json()) == (401, {"code": "wrong_code"})


async def test_two_kiosks_typing_the_same_code_at_once_become_one_station(server: Server) -> None:
    import asyncio

    made = await server.new_station()
    async with server.client() as first, server.client() as second:
        answers = await asyncio.gather(
            *(
                kiosk.post("/api/station/enrolment", json=server.enrolment(kiosk, made.code))
                for kiosk in (first, second)
            )
        )
    assert sorted(answer.status for answer in answers) == [204, 401]


async def test_a_new_code_replaces_the_old_one_and_the_old_kiosk_when_it_is_used(server: Server) -> None:
    old = await server.new_station()
    async with server.client() as first, server.client() as second:
        await server.enrol(first, old.code)
        unused = await server.new_station()
        new = await server.new_station()
        assert new.station_id == old.station_id
        assert (await first.get("/api/station")).status == 200
        body = server.enrolment(second, unused.code)
        assert (await second.post("/api/station/enrolment", json=body)).status == 401
        await server.enrol(second, new.code)
        assert (await first.get("/api/station")).status == 401
        assert (await second.get("/api/station")).status == 200


async def test_a_code_stops_working_at_its_end(tmp_path: Path) -> None:
    now = [1_000_000.0]
    async with running_server(
        tmp_path, app_options={"clock": lambda: now[0]}, enrolment_code_ttl_s=60
    ) as server:
        made = await server.new_station()
        now[0] += 60
        async with server.client() as kiosk:
            body = server.enrolment(kiosk, made.code)
            assert (await kiosk.post("/api/station/enrolment", json=body)).status == 401


async def test_a_station_in_use_stays_enrolled(tmp_path: Path) -> None:
    now = [1_000_000.0]
    async with running_server(
        tmp_path, app_options={"clock": lambda: now[0]}, station_session_s=86_400
    ) as server:
        made = await server.new_station()
        async with server.client() as kiosk:
            await server.enrol(kiosk, made.code)
            for _ in range(5):
                now[0] += 80_000
                async with kiosk.get("/api/station") as answer:
                    assert answer.status == 200
                    assert "Max-Age=86400" in answer.headers["Set-Cookie"]
            now[0] += 86_400
            assert (await kiosk.get("/api/station")).status == 401


async def test_codes_are_not_in_the_database(server: Server) -> None:
    made = await server.new_station()
    for file in files_of(server.settings.data_dir):
        assert made.code.encode() not in file.read_bytes()
        assert made.code.replace("-", "").encode() not in file.read_bytes()


async def test_guessing_codes_gets_slow(tmp_path: Path) -> None:
    async with running_server(tmp_path, sign_in_delay_s=50) as server, server.client() as kiosk:
        statuses = []
        for _ in range(server.settings.sign_in_free_tries + 1):
            answer = await kiosk.post("/api/station/enrolment", json=server.enrolment(kiosk, "AAAA-AAAA"))
            statuses.append(answer.status)
        assert statuses == [401] * server.settings.sign_in_free_tries + [429]
