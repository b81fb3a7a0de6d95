"""Whether a backup is whole: its rows go into a database, its keys open, its trail is unbroken.

Owns: restoring rows into any empty database, and the checks. Must never write anywhere but into that database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from server.audit.reading import head_of, pages
from server.audit.verification import Verification
from server.backup.contents import FILES, ROWS
from server.backup.errors import BackupFailed
from server.backup.tablerows import read_rows
from server.cases.tables import CasePhoto
from server.platform.database.engine import DbSessions, open_database, sessions_of
from server.platform.database.upgrade import upgrade
from server.platform.sealing.errors import SealingError
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.masterkeys import GivenKeys
from server.platform.sealing.sealedfiles import SealedFile
from server.platform.sealing.tables import DataKey


async def try_out(folder: Path, manifest: dict[str, Any], master_keys: bytes) -> None:
    """Restore an unpacked backup into a database of its own, and check it. Raises BackupFailed."""
    engine = open_database(f"sqlite+aiosqlite:///{folder / 'trial.db'}")
    try:
        await restore_rows(engine, folder, manifest)
        await check(engine, folder, master_keys)
    finally:
        await engine.dispose()


async def restore_rows(engine: AsyncEngine, folder: Path, manifest: dict[str, Any]) -> None:
    """The rows of an unpacked backup, in an empty database with the newest tables. Raises BackupFailed."""
    try:
        await upgrade(engine, manifest["revision"])
    except Exception as error:  # alembic raises its own for a revision that it does not know
        raise BackupFailed(
            f"the backup has tables of {manifest['revision']}, which this program cannot make "
            f"({type(error).__name__})"
        ) from None
    await read_rows(engine, folder / ROWS, manifest["tables"])
    await upgrade(engine)


async def check(engine: AsyncEngine, folder: Path, master_keys: bytes) -> None:
    """Raises BackupFailed unless every key and photo opens and the trail is whole."""
    keyring = Keyring(GivenKeys(master_keys.decode().strip().replace("\n", ",")))
    database = sessions_of(engine)
    try:
        await _check_keys(database, keyring, folder / FILES / "photos")
    except (SealingError, FileNotFoundError) as error:
        raise BackupFailed(f"the backup does not open ({type(error).__name__})") from None
    verification = Verification(await head_of(database))
    async for page in pages(database):
        for written in page:
            verification.feed(written)
    if findings := verification.finish(await head_of(database)):
        raise BackupFailed(f"the trail of the backup is not whole: {findings[0]}")


async def _check_keys(database: DbSessions, keyring: Keyring, photos: Path) -> None:
    async with database() as db:
        keys = {
            row.owner_id: keyring.unwrapped(row.sealed_key, row.owner_id, row.master_id)
            for row in await db.scalars(select(DataKey))
            if row.sealed_key is not None
        }
        stored = await db.execute(
            select(CasePhoto.id, CasePhoto.case_id).where(CasePhoto.stored_at.is_not(None))
        )
        for photo_id, case_id in stored:
            SealedFile(photos / f"{photo_id}.sealed", keys[case_id], photo_id)
