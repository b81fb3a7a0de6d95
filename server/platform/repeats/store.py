"""Carrying out a request with a key once (draft-ietf-httpapi-idempotency-key-header-07).

Owns: the claim of a key, the mark that its transaction is on disk, and the kept answer. Must never carry out again
what was written. A refusal is not kept: whoever corrects it sends the corrected request with the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import msgspec
from aiohttp import web
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from server.platform.database.engine import DbSessions, also_writing
from server.platform.errors import Refusal
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.tables import AnsweredRequest

# A page that finds its link again after a night still gets its answer.
KEPT_S = 24 * 3600
# A page gives up after as long (web/shared/base/http.js): nobody is left who could be answered.
WAITS_S = 30.0
REPLAYED = {"Idempotency-Replayed": "true"}
JSON = "application/json"
GONE = 410  # RFC 9110: whoever asked for it has given it up

Run = Callable[[], Awaitable[web.StreamResponse]]


class DoneBefore(Refusal):
    """It was carried out, and the server went away before it had answered."""

    status = 409
    code = "done_before"


class SentBefore(Refusal):
    """Something else was sent with this key, and answered so."""

    status = 409
    code = "sent_before"


class GivenUp(Refusal):
    """Its page has asked what became of it, was told that it never came, and has said so."""

    status = GONE
    code = "given_up"


class StillUnderWay(Refusal):
    """The same request is being carried out. No 4xx: pages take those for an answer, and would forget the key."""

    status = 503
    code = "try_again"
    retry_after_s = 1


class Repeats:
    """All requests with a key. ``clock`` gives UTC seconds."""

    def __init__(self, database: DbSessions, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._running: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def once(self, key: RequestKey, fingerprint: str, run: Run) -> web.StreamResponse:
        """The answer of this request; ``run`` carries it out if nobody has. Raises what ``run`` raises, Refusal."""
        async with self._alone(key):
            known = await self._claim(key, fingerprint)
            if known is not None and known.status == GONE:
                raise GivenUp
            if known is not None and known.status is not None:
                return _again(key, known, fingerprint)
            if known is not None and known.written:
                raise DoneBefore
            return await self._carry_out(key, run)

    async def became(self, key: RequestKey) -> bytes | None:
        """What the request was answered; empty: carried out, without an answer. None: it never came.

        Then it is not carried out later either: somebody has been told to do it again.
        """
        async with self._alone(key), self._database.begin() as db:
            known = await db.get(AnsweredRequest, key.id)
            if known is not None and known.status is not None:
                return None if known.status == GONE else key.unseal(known.answer or b"")
            if known is not None and known.written:
                return b""
            if known is None:
                known = AnsweredRequest(id=key.id, fingerprint="", began_at=self._clock(), written=False)
                db.add(known)
            known.status = GONE
            return None

    @asynccontextmanager
    async def _alone(self, key: RequestKey) -> AsyncIterator[None]:
        """While nobody else is at this key. Raises StillUnderWay."""
        lock = self._running.setdefault(key.id, asyncio.Lock())
        try:
            async with asyncio.timeout(WAITS_S):
                await lock.acquire()
        except TimeoutError:
            raise StillUnderWay from None
        try:
            yield
        finally:
            lock.release()

    async def _carry_out(self, key: RequestKey, run: Run) -> web.StreamResponse:
        try:
            with also_writing(_mark(key)):
                response = await run()
        except Refusal:
            await self._forget(key)
            raise
        await self._keep(key, response)
        return response

    async def _claim(self, key: RequestKey, fingerprint: str) -> AnsweredRequest | None:
        """What is known of the key; None: nothing, and it is claimed."""
        async with self._database.begin() as db:
            known = await db.get(AnsweredRequest, key.id)
            if known is not None:
                return known
            now = self._clock()
            await db.execute(delete(AnsweredRequest).where(AnsweredRequest.began_at < now - KEPT_S))
            db.add(AnsweredRequest(id=key.id, fingerprint=fingerprint, began_at=now, written=False))
            return None

    async def _keep(self, key: RequestKey, response: web.StreamResponse) -> None:
        body = response.body if isinstance(response, web.Response) else None
        answer = key.seal(body if isinstance(body, bytes) else b"")
        values = {"status": response.status, "answer": answer, "written": True}
        async with self._database.begin() as db:
            await db.execute(update(AnsweredRequest).where(AnsweredRequest.id == key.id).values(values))

    async def _forget(self, key: RequestKey) -> None:
        async with self._database.begin() as db:
            await db.execute(delete(AnsweredRequest).where(AnsweredRequest.id == key.id))


REPEATS = web.AppKey("repeats", Repeats)


def _mark(key: RequestKey) -> Callable[[AsyncSession], Awaitable[None]]:
    async def mark(db: AsyncSession) -> None:
        await db.execute(update(AnsweredRequest).where(AnsweredRequest.id == key.id).values(written=True))

    return mark


def _again(key: RequestKey, known: AnsweredRequest, fingerprint: str) -> web.Response:
    body = key.unseal(known.answer or b"")
    if known.fingerprint == fingerprint:
        kind = JSON if body else None
        return web.Response(status=known.status or 200, body=body, content_type=kind, headers=REPLAYED)
    refused = SentBefore()
    refused.more = {"answer": msgspec.Raw(body or b"null")}
    raise refused
