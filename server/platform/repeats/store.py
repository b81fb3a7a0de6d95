"""Carrying out a request with a key once (draft-ietf-httpapi-idempotency-key-header-07).

Owns: the claim of a key, the mark that its transaction is on disk, and the kept answer; for how long, and how many
of one sender. Must never carry out again what was written. Must never keep an answer that its route has not named
as one to keep: a replay asks for no PIN and no agreement, and an erasure does not come here. A refusal is not kept:
whoever corrects it sends the corrected request with the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import msgspec
from aiohttp import web
from sqlalchemy import delete, func, select, update
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
# The id of what was made, a one-time password, a code: the longest has 120 bytes.
ANSWER_MAX_BYTES = 4_096
# A busy station sends some 500 requests with a key a day. Whoever sends more loses the oldest of their own.
SENDER_MAX_ROWS = 2_000
GONE = 410  # RFC 9110: whoever asked for it has given it up

Run = Callable[[], Awaitable[web.StreamResponse]]


class DoneBefore(Refusal):
    """It was carried out, and its answer is not kept: by its kind, or because the server went away before."""

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

    async def once(
        self, key: RequestKey, fingerprint: str, run: Run, *, keeps_answer: bool
    ) -> web.StreamResponse:
        """The answer of this request; ``run`` carries it out if nobody has.

        ``keeps_answer``: its body may be kept; else, its status alone. Raises what ``run`` raises, Refusal. ``run``
        must never ask for a key itself: it would wait for its own.
        """
        async with self._alone(key):
            known = await self._claim(key, fingerprint)
            if known is not None and known.status == GONE:
                raise GivenUp
            if known is not None and known.status is not None:
                return _again(key, known, fingerprint)
            if known is not None and known.written:
                raise DoneBefore
            return await self._carry_out(key, run, keeps_answer=keeps_answer)

    async def became(self, key: RequestKey) -> bytes | None:
        """What the request was answered; empty: carried out, without an answer. None: it never came.

        Then it is not carried out later either: somebody has been told to do it again.
        """
        async with self._alone(key), self._database.begin() as db:
            known = await self._known(db, key)
            if known is not None and known.status is not None:
                return None if known.status == GONE else _body(key, known)
            if known is not None and known.written:
                return b""
            if known is None:
                known = await self._begin(db, key, "")
            known.status = GONE
            return None

    async def sweep(self) -> int:
        """Delete what is older than `KEPT_S`; how many rows that were."""
        async with self._database.begin() as db:
            old = AnsweredRequest.began_at < self._clock() - KEPT_S
            gone = await db.scalar(select(func.count()).select_from(AnsweredRequest).where(old)) or 0
            await db.execute(delete(AnsweredRequest).where(old))
        return gone

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

    async def _carry_out(self, key: RequestKey, run: Run, *, keeps_answer: bool) -> web.StreamResponse:
        try:
            with also_writing(_mark(key)):
                response = await run()
        except Refusal:
            await self._forget(key)
            raise
        await self._keep(key, response, keeps_answer=keeps_answer)
        return response

    async def _claim(self, key: RequestKey, fingerprint: str) -> AnsweredRequest | None:
        """What is known of the key; None: nothing, and it is claimed."""
        async with self._database.begin() as db:
            known = await self._known(db, key)
            if known is None:
                await self._begin(db, key, fingerprint)
            return known

    async def _known(self, db: AsyncSession, key: RequestKey) -> AnsweredRequest | None:
        """What is known of the key. A row that the sweep has yet to take away is unknown already."""
        known = await db.get(AnsweredRequest, key.id)
        if known is None or known.began_at >= self._clock() - KEPT_S:
            return known
        await db.delete(known)
        await db.flush()
        return None

    async def _begin(self, db: AsyncSession, key: RequestKey, fingerprint: str) -> AnsweredRequest:
        """Write a row for the key, in the place of the oldest one if its sender has many."""
        # Hexadecimal digits sort before "g", wherever they are sorted.
        own = AnsweredRequest.id.between(key.sender, f"{key.sender}g")
        newest = select(AnsweredRequest.id).where(own).order_by(AnsweredRequest.began_at.desc())
        oldest = list(await db.scalars(newest.offset(SENDER_MAX_ROWS - 1)))
        if oldest:
            await db.execute(delete(AnsweredRequest).where(AnsweredRequest.id.in_(oldest)))
        begun = AnsweredRequest(id=key.id, fingerprint=fingerprint, began_at=self._clock(), written=False)
        db.add(begun)
        return begun

    async def _keep(self, key: RequestKey, response: web.StreamResponse, *, keeps_answer: bool) -> None:
        body = _fit_to_keep(response, keeps_answer=keeps_answer)
        answer = None if body is None else key.seal(body)
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


def _fit_to_keep(response: web.StreamResponse, *, keeps_answer: bool) -> bytes | None:
    """What is kept of the body; None: there is one, and it is not kept."""
    if not isinstance(response, web.Response):
        return None
    body = response.body
    if not body:
        return b""
    if not keeps_answer or response.content_type != JSON or not isinstance(body, bytes):
        return None
    return body if len(body) <= ANSWER_MAX_BYTES else None


def _body(key: RequestKey, known: AnsweredRequest) -> bytes:
    """The kept answer; empty: there was none, or it is not kept."""
    return b"" if known.answer is None else key.unseal(known.answer)


def _again(key: RequestKey, known: AnsweredRequest, fingerprint: str) -> web.Response:
    if known.answer is None:
        raise DoneBefore
    body = _body(key, known)
    if known.fingerprint == fingerprint:
        kind = JSON if body else None
        return web.Response(status=known.status or 200, body=body, content_type=kind, headers=REPLAYED)
    raise SentBefore(more={"answer": msgspec.Raw(body or b"null")})
