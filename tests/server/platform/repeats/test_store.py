"""Requests with a key: who waits for the same key, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from server.platform.database.engine import DbSessions
from server.platform.repeats import store as module
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.store import Repeats, StillUnderWay
from tests.support.patience import PATIENCE_S

KEY = RequestKey("st_1", "k1-0123456789abcdef")


@pytest.fixture
def repeats(database: DbSessions) -> Repeats:
    return Repeats(database, lambda: 1_000.0)


async def test_whoever_waits_for_a_request_under_way_is_told_so_after_a_while(
    repeats: Repeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITS_S", 0.01, raising=False)
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> web.StreamResponse:
        arrived.set()
        await go_on.wait()
        return web.Response(status=204)

    first = asyncio.create_task(repeats.once(KEY, "f", slowly))
    async with asyncio.timeout(PATIENCE_S):
        await arrived.wait()
        second: list[Any] = [lambda: repeats.once(KEY, "f", slowly), lambda: repeats.became(KEY)]
        for asking in second:
            with pytest.raises(StillUnderWay) as told:
                await asking()
            # A 4xx would be an answer: the page would forget its key, and the next press would be a second request.
            assert told.value.status == 503
        go_on.set()
        assert (await first).status == 204
        assert await repeats.became(KEY) == b""
