"""The trail for auditors over HTTP: pages of entries, and the verification of the whole trail.

Owns: the filters, and one verification at a time in the background. Each reading adds an entry to the trail before
it returns anything. Must never hold the event loop for more than a few milliseconds: the loop also forwards calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from sqlalchemy import select

from server.audit import checkpoint
from server.audit.checkpoint import Checkpoint, NotACheckpoint
from server.audit.checkpoint_file import FILE_NAME
from server.audit.findings import Finding, Kind
from server.audit.keys import PUBLIC_NAME, load_public
from server.audit.reading import head_of, pages
from server.audit.verification import Verification
from server.people.principal import Principal
from server.platform.database.engine import DbSessions
from server.platform.faults import where
from server.platform.settings.config import Settings
from server.trail.acts import Act
from server.trail.entry import Entry, Written
from server.trail.tables import AuditEntry
from server.trail.trail import Trail
from signaling.messages import Identifier

log = structlog.get_logger(__name__)

# One or two screens; the auditor's page asks for the next ones by the number of the last entry.
PAGE_ENTRIES = 100
# An entry takes 6 µs (benchmarks.records), so the event loop is held for less than 2 ms.
ENTRIES_AT_ONCE = 250

_COLUMNS = [getattr(AuditEntry, name) for name in Written.__struct_fields__]


class Filter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which entries to return; ``before``: only entries with a lower number. Times are UTC milliseconds."""

    case: Identifier | None = None
    act: Act | None = None
    actor: Identifier | None = None
    from_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    until_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    before: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Verified(msgspec.Struct, frozen=True):
    """The state of verification. ``findings``: the texts of `keneya audit verify`; ``failed``: the trail could not
    be read to its end. ``checkpoint``: the newest genuine checkpoint of the server's own file.
    """

    running: bool
    failed: bool = False
    finished_at: float | None = None
    entries: int = 0
    checkpoints: int = 0
    findings: list[str] = []
    checkpoint: Checkpoint | None = None


class Inspections:
    """The service behind the auditor's handlers. ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, trail: Trail, settings: Settings, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._trail = trail
        self._settings = settings
        self._clock = clock
        self._last = Verified(running=False)
        self._running: asyncio.Task[None] | None = None

    async def entries(self, who: Principal, wanted: Filter) -> list[Written]:
        """Up to `PAGE_ENTRIES` entries, newest first. The search adds an entry to the trail."""
        await self._note(who, Act.AUDIT_READ, wanted)
        query = select(*_COLUMNS).order_by(AuditEntry.sequence.desc()).limit(PAGE_ENTRIES)
        for column, value in ((AuditEntry.consultation_id, wanted.case), (AuditEntry.actor_id, wanted.actor)):
            if value is not None:
                query = query.where(column == value)
        if wanted.act is not None:
            query = query.where(AuditEntry.act == wanted.act.value)
        if wanted.from_ms is not None:
            query = query.where(AuditEntry.at_ms >= wanted.from_ms)
        if wanted.until_ms is not None:
            query = query.where(AuditEntry.at_ms < wanted.until_ms)
        if wanted.before is not None:
            query = query.where(AuditEntry.sequence < wanted.before)
        async with self._database() as db:
            return [Written(*row) for row in await db.execute(query)]

    async def export(self, who: Principal) -> AsyncIterator[bytes]:
        """Every entry as a line of JSON with its hash, up to the entry that records this export."""
        last = await self._note(who, Act.AUDIT_EXPORTED, None)
        return self._lines(last)

    async def _lines(self, last: int) -> AsyncIterator[bytes]:
        async for page in pages(self._database, rows=ENTRIES_AT_ONCE):
            inside = [written for written in page if written.sequence <= last]
            yield b"".join(msgspec.json.encode(written, order="sorted") + b"\n" for written in inside)
            if len(inside) < len(page):
                return

    def state(self) -> Verified:
        """The last verification, and whether one is running."""
        return msgspec.structs.replace(self._last, running=self._running is not None)

    async def verify(self, who: Principal) -> Verified:
        """Start a verification unless one is running."""
        if self._running is None:
            await self._note(who, Act.AUDIT_VERIFIED, None)
            self._running = asyncio.create_task(self._verify(), name="verify trail")
        return self.state()

    async def stop(self) -> None:
        """Cancel a running verification; the server ends."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _verify(self) -> None:
        try:
            self._last = await self._verified()
        except Exception as error:  # the database may be unreachable; the auditor sees "failed"
            log.error("verification_failed", **where(error))
            self._last = Verified(running=False, failed=True, finished_at=self._clock())
        finally:
            self._running = None

    async def _verified(self) -> Verified:
        genuine, forged = await asyncio.to_thread(
            own_checkpoints, self._settings.checkpoint_dir / FILE_NAME, self._settings.audit_keys
        )
        verification = Verification(await head_of(self._database), genuine)
        async for page in pages(self._database, rows=ENTRIES_AT_ONCE):
            for written in page:
                verification.feed(written)
            await asyncio.sleep(0)
        found = forged + verification.finish(await head_of(self._database))
        return Verified(
            running=False,
            finished_at=self._clock(),
            entries=verification.entries,
            checkpoints=len(genuine),
            findings=[str(finding) for finding in found],
            checkpoint=max(genuine, key=lambda one: one.sequence, default=None),
        )

    async def _note(self, who: Principal, act: Act, wanted: Filter | None) -> int:
        entry = Entry(
            act,
            who.participant_id,
            who.role,
            consultation_id=wanted.case if wanted is not None else None,
            subject_id=wanted.actor if wanted is not None else None,
            facts={"act": wanted.act, "before": wanted.before} if wanted is not None else {},
        )
        async with self._database.begin() as db:
            return await self._trail.record(db, entry)


INSPECTIONS = web.AppKey("inspections", Inspections)


def own_checkpoints(file: Path, key_folder: Path) -> tuple[list[Checkpoint], list[Finding]]:
    """The genuine checkpoints of this server's file, and a finding for each other one."""
    if not file.exists():
        return [], []
    key = load_public(key_folder / PUBLIC_NAME)
    genuine: list[Checkpoint] = []
    forged: list[Finding] = []
    lines, _ = checkpoint.lines_of(file.read_bytes())
    for line in lines:
        try:
            one = checkpoint.read(line)
        except NotACheckpoint:
            forged.append(Finding(Kind.FORGED_CHECKPOINT, 0, 0))
            continue
        if checkpoint.is_genuine(one, key):
            genuine.append(one)
        else:
            forged.append(Finding(Kind.FORGED_CHECKPOINT, one.sequence, one.sequence))
    return genuine, forged
