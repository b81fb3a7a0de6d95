"""A request whose answer was lost is sent again: it is carried out once, and answered as it was the first time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.cases.quotas import OPEN_TOLD, OPEN_TOLD_EVERY_S
from server.cases.store import CASES
from server.cases.tables import CaseFile, CaseNote, CaseOutcome
from server.people.acting import OPERATOR
from server.people.sessions.pace import SITE_AT_ONCE
from server.people.stations.pins import STATION_PINS
from server.platform.repeats.tables import AnsweredRequest
from server.trail.refused import REFUSED
from server.trail.tables import AuditEntry
from signaling.messages import Role
from tests.support.cases import House, Someone, house
from tests.support.patience import PATIENCE_S

KEY = "k1-0123456789abcdef"
CASE = {"urgency": "green", "patient_ref": "2025/0412", "reason_text": "toux depuis hier"}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def send(who: Someone, path: str, body: Any, key: str = KEY) -> tuple[int, Any]:
    async with who.client.post(path, json=body, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json() if answer.content_length else None


async def rows_of(home: House, table: Any) -> list[Any]:
    async with home.server.services.database() as db:
        return list(await db.scalars(select(table)))


class TestWithTheSameKey:
    async def test_a_case_is_opened_once(self, home: House) -> None:
        station = await home.station()
        first = await send(station, "/api/cases", CASE)
        again = await send(station, "/api/cases", CASE)
        assert first == again
        assert first[0] == 201
        assert len(await rows_of(home, CaseFile)) == 1

    async def test_two_at_the_same_moment_make_one(self, home: House) -> None:
        station = await home.station()
        answers = await asyncio.gather(*(send(station, "/api/cases", CASE) for _ in range(4)))
        assert len({answer["id"] for _, answer in answers}) == 1
        assert len(await rows_of(home, CaseFile)) == 1

    async def test_every_other_creating_request_is_carried_out_once_too(self, home: House) -> None:
        station, doctor = await home.station(), await home.person("traore", specialties=("general",))
        case_id = await home.open_case(station)
        await home.ask(station, case_id)
        await home.accept(doctor, case_id)
        for _ in range(2):
            assert await send(doctor, f"/api/cases/{case_id}/notes", {"answer": "Repos"}) == (204, None)
            outcome = {"outcome": "better"}
            assert await send(station, f"/api/cases/{case_id}/outcomes", outcome) == (204, None)
        assert len(await rows_of(home, CaseNote)) == 1
        assert len(await rows_of(home, CaseOutcome)) == 1

    async def test_a_password_that_is_shown_once_is_shown_again(self, home: House) -> None:
        admin = await home.keeper("admin", Role.ADMINISTRATOR)
        body = {"login": "sow", "name": "Dr Sow", "role": "clinician"}
        told = []
        for _ in range(2):
            async with admin.post("/api/accounts", json=body, headers={"Idempotency-Key": KEY}) as answer:
                told.append(await answer.json())
        assert told[0] == told[1]
        assert told[0]["password"]

    async def test_the_database_alone_does_not_tell_the_answer(self, home: House) -> None:
        admin = await home.keeper("admin", Role.ADMINISTRATOR)
        body = {"login": "sow", "name": "Dr Sow", "role": "clinician"}
        async with admin.post("/api/accounts", json=body, headers={"Idempotency-Key": KEY}) as answer:
            password = (await answer.json())["password"]
        (row,) = await rows_of(home, AnsweredRequest)
        assert password.encode() not in row.answer
        assert KEY not in row.id

    async def test_somebody_else_with_the_key_learns_nothing(self, home: House) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        made = await send(one, "/api/cases", {"urgency": "green"})
        others = await send(other, "/api/cases", {"urgency": "green"})
        assert made[1]["id"] != others[1]["id"]


class TestWithTheSameKeyAndAnotherBody:
    async def test_the_first_answer_comes_and_nothing_is_made(self, home: House) -> None:
        station = await home.station()
        _, made = await send(station, "/api/cases", CASE)
        status, answer = await send(station, "/api/cases", CASE | {"reason_text": "toux et fièvre"})
        assert (status, answer) == (409, {"code": "sent_before", "answer": made})
        assert len(await rows_of(home, CaseFile)) == 1


class TestAfterAReload:
    async def test_what_came_is_told_with_its_answer(self, home: House) -> None:
        station = await home.station()
        _, made = await send(station, "/api/cases", CASE)
        assert await station.post("/api/answers", {"key": KEY}, 200) == {"came": True, "answer": made}

    async def test_what_came_without_an_answer_is_told_too(self, home: House) -> None:
        station = await home.station()
        case_id = await home.open_case(station)
        await send(station, f"/api/cases/{case_id}/outcomes", {"outcome": "better"})
        assert await station.post("/api/answers", {"key": KEY}, 200) == {"came": True, "answer": None}

    async def test_what_never_came_is_not_carried_out_later(self, home: House) -> None:
        """The page has said "do it again": the first request, held up on its way, would be a second one."""
        station = await home.station()
        for _ in range(2):
            never = await station.post("/api/answers", {"key": KEY}, 200)
            assert never == {"came": False, "answer": None}
        assert await send(station, "/api/cases", CASE) == (410, {"code": "given_up"})
        assert await rows_of(home, CaseFile) == []

    async def test_a_key_of_somebody_else_is_one_that_never_came(self, home: House) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        _, made = await send(one, "/api/cases", CASE)
        assert not (await other.post("/api/answers", {"key": KEY}, 200))["came"]
        assert await send(one, "/api/cases", CASE) == (201, made)

    async def test_it_is_told_once_a_request_that_is_under_way_has_ended(
        self, home: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        station = await home.station()
        cases = home.server.app[CASES]
        really, arrived, go_on = cases.open, asyncio.Event(), asyncio.Event()

        async def slowly(*given: Any) -> str:
            arrived.set()
            await go_on.wait()
            return await really(*given)

        monkeypatch.setattr(cases, "open", slowly)
        sending = asyncio.create_task(send(station, "/api/cases", CASE))
        await arrived.wait()
        asking = asyncio.create_task(station.post("/api/answers", {"key": KEY}, 200))
        go_on.set()
        assert (await asking)["answer"] == (await sending)[1]

    async def test_asking_under_a_key_is_refused_and_keeps_nobody_waiting(self, home: House) -> None:
        """Asked under the very key that it asks about, it would wait for itself."""
        station = await home.station()
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(SITE_AT_ONCE + 1):
                refused = await send(station, "/api/answers", {"key": KEY})
                assert refused == (400, {"code": "malformed"})
        assert await station.get("/api/cases") == []


class TestWhatWasNotDone:
    async def test_a_refusal_is_not_kept(self, home: House) -> None:
        station = await home.station()
        status, _ = await send(station, "/api/cases", CASE | {"patient_ref": "Awa Traoré"})
        assert status == 422
        assert (await send(station, "/api/cases", CASE))[0] == 201

    async def test_a_request_that_broke_off_before_anything_was_written_is_carried_out(
        self, home: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        station = await home.station()
        with monkeypatch.context() as broken:
            broken.setattr(home.server.app[CASES], "open", nothing_more)
            assert (await send(station, "/api/cases", CASE))[0] == 500
        assert (await send(station, "/api/cases", CASE))[0] == 201

    async def test_a_request_that_broke_off_after_it_was_written_is_not_carried_out_again(
        self, home: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        station = await home.station()
        cases = home.server.app[CASES]
        really = cases.open

        async def written_then_broken(*given: Any) -> str:
            await really(*given)
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr(cases, "open", written_then_broken)
            assert (await send(station, "/api/cases", CASE))[0] == 500
        assert await send(station, "/api/cases", CASE) == (409, {"code": "done_before"})
        assert len(await rows_of(home, CaseFile)) == 1

    async def test_a_key_that_is_none_is_refused(self, home: House) -> None:
        station = await home.station()
        assert (await send(station, "/api/cases", CASE, "short"))[0] == 400

    async def test_after_a_day_a_key_is_forgotten(self, home: House) -> None:
        station = await home.station()
        await send(station, "/api/cases", {"urgency": "green"})
        async with home.server.services.database.begin() as db:
            await db.execute(update(AnsweredRequest).values(began_at=home.clock.now - 24 * 3600 - 1))
        await send(station, "/api/cases", {"urgency": "green"})
        assert len(await rows_of(home, CaseFile)) == 2

    async def test_the_hourly_sweep_takes_what_is_old(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("server.app.SWEEP_EVERY_S", 0.01)
        async with house(tmp_path) as home:
            await send(await home.station(), "/api/cases", {"urgency": "green"})
            assert len(await rows_of(home, AnsweredRequest)) == 1
            home.clock.now += 24 * 3600 + 1
            async with asyncio.timeout(PATIENCE_S):
                while await rows_of(home, AnsweredRequest):  # noqa: ASYNC110 (a sweep tells nobody)
                    await asyncio.sleep(0.01)


class TestWhatIsAboutAPatient:
    async def test_what_was_found_of_a_patient_is_not_kept(self, home: House) -> None:
        station = await home.station()
        await station.post("/api/cases", CASE)
        status, found = await send(station, "/api/cases/search", {"patient_ref": "2025/0412"})
        assert (status, len(found)) == (200, 1)
        assert [row.answer for row in await rows_of(home, AnsweredRequest)] == [None]
        again = await send(station, "/api/cases/search", {"patient_ref": "2025/0412"})
        assert again == (409, {"code": "done_before"})
        assert await station.post("/api/answers", {"key": KEY}, 200) == {"came": True, "answer": None}

    async def test_a_copy_for_the_patient_is_not_kept(self, home: House) -> None:
        station = await home.station()
        path = f"/api/cases/{(await station.post('/api/cases', CASE))['id']}/copy"
        headers = {"Idempotency-Key": KEY}
        async with station.client.post(path, json={"form": "json"}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert b"2025/0412" in await answer.read()
        assert [row.answer for row in await rows_of(home, AnsweredRequest)] == [None]


async def nothing_more(*_: Any) -> str:
    raise RuntimeError


class TestTheSameReferenceTwice:
    async def test_a_second_station_learns_neither_where_the_patient_is_nor_since_when(
        self, home: House
    ) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        await one.post("/api/cases", CASE)
        refused = await other.post("/api/cases", CASE | {"urgency": "red"}, 409)
        assert refused == {"code": "case_already_open", "case_id": ""}

    async def test_the_same_station_is_told_which_case_it_is(self, home: House) -> None:
        station = await home.station()
        made = await station.post("/api/cases", CASE)
        home.clock.now += 60
        await (await home.station(name="Poste 2")).post("/api/cases", CASE | {"although_open": True})
        refused = await station.post("/api/cases", CASE, 409)
        assert refused["case_id"] == made["id"]
        assert (refused["station"], refused["opened_at"]) == ("Poste 1", home.clock.now - 60)

    async def test_a_station_that_its_pin_locks_is_told_no_way(self, home: House) -> None:
        station = await home.station()
        await station.post("/api/cases", CASE)
        await home.server.app[STATION_PINS].renew(station.id, actor=OPERATOR)
        refused = await station.post("/api/cases", CASE, 409)
        assert refused == {"code": "case_already_open", "case_id": ""}

    async def test_the_trail_says_each_time_who_was_told_of_which_case(self, home: House) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        case_id = (await one.post("/api/cases", CASE))["id"]
        for _ in range(2):
            await other.post("/api/cases", CASE, 409)
        await one.post("/api/cases", CASE, 409)  # of its own case it knew
        await home.server.app[REFUSED].write()
        entries = await rows_of(home, AuditEntry)
        (told,) = [entry for entry in entries if entry.act == "case_open_told"]
        assert (told.actor_id, told.consultation_id) == (other.id, case_id)
        assert json.loads(told.facts) == {"times": 2, "what": "open_cases"}

    async def test_whoever_asks_for_one_name_after_another_is_told_no_more(self, home: House) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        cases = [CASE | {"patient_ref": f"2025/{number}"} for number in range(OPEN_TOLD + 3)]
        for case in cases:
            await one.post("/api/cases", case)
        for case in cases[:OPEN_TOLD]:
            await other.post("/api/cases", case, 409)
        # A wait would tell as much as the answer: the case is opened like that of anybody.
        await other.post("/api/cases", cases[OPEN_TOLD])
        home.clock.now += OPEN_TOLD_EVERY_S
        await other.post("/api/cases", cases[OPEN_TOLD + 1], 409)
        await other.post("/api/cases", cases[OPEN_TOLD + 2])
        await one.post("/api/cases", cases[0], 409)  # others' curiosity is not in its way

    async def test_whoever_says_so_opens_another(self, home: House) -> None:
        station = await home.station()
        made = await station.post("/api/cases", CASE)
        another = await station.post("/api/cases", CASE | {"although_open": True})
        assert another["id"] != made["id"]

    async def test_a_case_that_is_over_or_old_or_of_another_site_is_in_nobodys_way(self, home: House) -> None:
        station, elsewhere = await home.station(), await home.station(site="CSCom de Nioro")
        case_id = await home.open_case(station, **CASE)
        await elsewhere.post("/api/cases", CASE)
        await home.ask(station, case_id)
        await station.post(f"/api/cases/{case_id}/exit", {}, 204)
        await station.post("/api/cases", CASE)
        home.clock.now += 24 * 3600 + 1
        await station.post("/api/cases", CASE)

    async def test_an_alias_of_a_survivor_is_never_told(self, home: House) -> None:
        one, other = await home.station(), await home.station(name="Poste 2")
        secret = {"urgency": "green", "patient_ref": "Lune", "survivor_safe": True}
        await one.post("/api/cases", secret)
        await other.post("/api/cases", secret)
        await other.post("/api/cases", secret | {"survivor_safe": False})
