"""Requests with a key: who waits for the same key, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select

from server.platform.database.engine import DbSessions
from server.platform.repeats import store as module
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.store import DoneBefore, Repeats, StillUnderWay
from server.platform.repeats.tables import AnsweredRequest
from tests.support.patience import PATIENCE_S

KEY = RequestKey("st_1", "k1-0123456789abcdef")
SMALL = b'{"id":"ca_1"}'


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repeats(database: DbSessions, clock: Clock) -> Repeats:
    return Repeats(database, clock)


class Answering:
    """Carries out a request, and counts how often it did."""

    def __init__(self, body: bytes, kind: str = "application/json") -> None:
        self.times = 0
        self._body, self._kind = body, kind

    async def __call__(self) -> web.StreamResponse:
        self.times += 1
        return web.Response(status=201, body=self._body, content_type=self._kind)


async def rows_of(database: DbSessions) -> list[AnsweredRequest]:
    async with database() as db:
        return list(await db.scalars(select(AnsweredRequest)))


async def test_whoever_waits_for_a_request_under_way_is_told_so_after_a_while(
    repeats: Repeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITS_S", 0.01, raising=False)
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> web.StreamResponse:
        arrived.set()
        await go_on.wait()
        return web.Response(status=204)

    first = asyncio.create_task(repeats.once(KEY, "f", slowly, keeps_answer=True))
    async with asyncio.timeout(PATIENCE_S):
        await arrived.wait()
        second: list[Any] = [
            lambda: repeats.once(KEY, "f", slowly, keeps_answer=True),
            lambda: repeats.became(KEY),
        ]
        for asking in second:
            with pytest.raises(StillUnderWay) as told:
                await asking()
            # A 4xx would be an answer: the page would forget its key, and the next press would be a second request.
            assert told.value.status == 503
        go_on.set()
        assert (await first).status == 204
        assert await repeats.became(KEY) == b""


async def test_a_small_answer_that_may_be_kept_is_given_again(repeats: Repeats) -> None:
    run = Answering(SMALL)
    for _ in range(2):
        answer = await repeats.once(KEY, "f", run, keeps_answer=True)
        assert isinstance(answer, web.Response)
        assert (answer.status, answer.body) == (201, SMALL)
    assert run.times == 1


@pytest.mark.parametrize(
    ("run", "keeps_answer"),
    [
        (Answering(SMALL), False),
        (Answering(b"[" + b"0," * module.ANSWER_MAX_BYTES + b"0]"), True),
        (Answering(b"%PDF", "application/pdf"), True),
    ],
    ids=["not named as one to keep", "too large", "no JSON"],
)
async def test_of_any_other_the_status_is_kept_and_nothing_is_done_again(
    repeats: Repeats, database: DbSessions, run: Answering, keeps_answer: bool
) -> None:
    before = run.times
    await repeats.once(KEY, "f", run, keeps_answer=keeps_answer)
    for fingerprint in ("f", "of something else"):
        with pytest.raises(DoneBefore):
            await repeats.once(KEY, fingerprint, run, keeps_answer=keeps_answer)
    assert await repeats.became(KEY) == b""
    assert run.times == before + 1
    (row,) = await rows_of(database)
    assert (row.status, row.answer) == (201, None)


async def test_after_a_day_a_key_is_unknown_before_the_sweep_has_come(repeats: Repeats, clock: Clock) -> None:
    run = Answering(SMALL)
    await repeats.once(KEY, "f", run, keeps_answer=True)
    clock.now += module.KEPT_S + 1
    assert await repeats.became(KEY) is None
    clock.now += module.KEPT_S + 1
    await repeats.once(KEY, "f", run, keeps_answer=True)
    assert run.times == 2


async def test_a_sweep_takes_what_is_older_than_a_day(
    repeats: Repeats, database: DbSessions, clock: Clock
) -> None:
    await repeats.became(KEY)
    clock.now += module.KEPT_S + 1
    another = RequestKey("st_1", "k2-0123456789abcdef")
    await repeats.once(another, "f", Answering(SMALL), keeps_answer=True)
    assert await repeats.sweep() == 1
    assert [row.id for row in await rows_of(database)] == [another.id]


async def test_one_sender_has_so_many_rows_and_takes_away_their_own_alone(
    repeats: Repeats, database: DbSessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SENDER_MAX_ROWS", 3)
    await repeats.became(RequestKey("st_2", "theirs-0123456789abcdef"))
    for number in range(4):
        clock.now += 1
        await repeats.once(
            RequestKey("st_1", f"k{number}-0123456789abcdef"), "f", Answering(SMALL), keeps_answer=True
        )
        await repeats.became(RequestKey("st_1", f"unknown{number}-0123456789abcdef"))
    kept = {row.id for row in await rows_of(database)}
    assert len(kept) == 4
    assert RequestKey("st_2", "theirs-0123456789abcdef").id in kept
    assert RequestKey("st_1", "k3-0123456789abcdef").id in kept
