"""The copy of the database that is kept before a migration changes it.

Owns: the copies beside a SQLite file, `<name>.before-<UTC>-<revision>`, each whole or not there. `keep_copy` is the
one seam of `upgrade`: a backup of another kind, also of PostgreSQL, takes its place. Must never overwrite a copy.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from server.platform.database.refusals import NoCopy

log = structlog.get_logger(__name__)

# Two upgrades one after the other, and one more to go back to.
COPIES_KEPT = 3
# A copy is as large as the database; as much again is for the migration itself.
ROOM_FACTOR = 2
STAMP = "%Y%m%dT%H%M%S%fZ"


async def keep_copy(engine: AsyncEngine, revision: str) -> Path | None:
    """Copy the database, which is at ``revision``; None: it is none of SQLite. Raises NoCopy."""
    source = file_of(engine)
    if source is None:
        log.warning("no_copy_before_upgrade", database=engine.dialect.name)
        return None
    made = datetime.now(UTC).strftime(STAMP)
    final = source.with_name(f"{source.name}.before-{made}-{revision}")
    await copy_to(engine, source, final)
    for old in sorted(source.parent.glob(f"{source.name}.before-*"))[:-COPIES_KEPT]:
        old.unlink()
    return final


async def copy_to(engine: AsyncEngine, source: Path, final: Path) -> None:
    """A consistent copy, also while others write; it is on the disk when this returns. Raises NoCopy."""
    if not _has_room(source):
        raise NoCopy(f"{source.parent}: no room for a copy of the database before the upgrade")
    part = final.with_name(f"{final.name}.part{os.getpid()}")
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql("VACUUM INTO ?", (str(part),))
        await asyncio.to_thread(_settle, part, final)
    except (OSError, OperationalError) as error:
        reason = type(error.orig if isinstance(error, OperationalError) else error).__name__
        raise NoCopy(
            f"{source.parent}: the database cannot be copied before the upgrade ({reason})"
        ) from None
    finally:
        part.unlink(missing_ok=True)


def drop_copies(engine: AsyncEngine) -> None:
    """Remove every copy, also one that was broken off, and every trial."""
    source = file_of(engine)
    if source is None:
        return
    old = [file for what in ("before", "trial") for file in source.parent.glob(f"{source.name}.{what}-*")]
    for file in old:
        file.unlink(missing_ok=True)
    if old:
        log.info("copies_removed", copies=len(old))


def file_of(engine: AsyncEngine) -> Path | None:
    """The file of a SQLite database; None: another database, or one in memory."""
    url = make_url(engine.url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def _has_room(source: Path) -> bool:
    return shutil.disk_usage(source.parent).free >= ROOM_FACTOR * source.stat().st_size


def _settle(part: Path, final: Path) -> None:
    part.chmod(0o600)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(final)
    folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
