"""Restores a backup on an empty machine; one that was killed begins anew.

Owns: the order: the lock of a server, a mark, the rows in one transaction, the files, then the mark goes, and the
lock last. While the mark is there, the server does not start. Must never write over data of a server: the folder
and the database must be empty, or marked, as seen by whoever holds the lock. A mark that was seen earlier may have
been that of another restore.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from server.backup.archive import Identity, read_archive
from server.backup.contents import AUDIT_KEYS, DATABASE, MARK, MASTER_KEYS, folders
from server.backup.errors import BackupFailed
from server.backup.trial import check, restore_rows
from server.platform.database.engine import open_database
from server.platform.database.serving import LOCK_SUFFIX, Serving
from server.platform.database.upgrade import downgrade
from server.platform.privatefiles import written_privately
from server.platform.sealing.masterkeys import KeyFile, master_keys_of, parsed
from server.platform.settings.config import Settings

UNPACKED = ".restore"


async def restore(backup: Path, identities: Sequence[Identity], settings: Settings) -> dict[str, Any]:
    """Put everything where the settings say; gives the manifest. Raises BackupFailed, SettingsError."""
    folder = settings.data_dir
    engine = open_database(settings.database)
    try:
        # Looked at before anything is touched, so that a refusal leaves no trace in somebody else's folder.
        await _refuse_unless_empty(settings, engine)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with Serving(engine, folder).held():
            # Again: the restore that has set the mark may have ended while this one waited for its lock.
            await _refuse_unless_empty(settings, engine)
            (folder / MARK).touch()
            return await _restore(backup, identities, settings, engine)
    finally:
        await engine.dispose()


async def _refuse_unless_empty(settings: Settings, engine: AsyncEngine) -> None:
    folder = settings.data_dir
    if (folder / MARK).exists():
        return
    if folder.exists() and any(not path.name.endswith(LOCK_SUFFIX) for path in folder.iterdir()):
        raise BackupFailed(f"data_dir: {folder} is not empty; a backup is restored on an empty machine")
    if not await _is_empty(engine):
        raise BackupFailed(
            "database_url: the database is not empty; a backup is restored on an empty machine"
        )


async def _restore(
    backup: Path, identities: Sequence[Identity], settings: Settings, engine: AsyncEngine
) -> dict[str, Any]:
    unpacked = settings.data_dir / UNPACKED
    await asyncio.to_thread(_forget, unpacked)
    secret = (MASTER_KEYS, f"{AUDIT_KEYS}/")
    manifest, kept = await asyncio.to_thread(read_archive, backup, identities, unpacked, secret)
    await _make_empty(engine, settings.data_dir)
    await restore_rows(engine, unpacked, manifest)
    await check(engine, unpacked, kept[MASTER_KEYS])
    await asyncio.to_thread(_put_in_place, unpacked, kept, settings)
    (settings.data_dir / MARK).unlink()
    return manifest


def _put_in_place(unpacked: Path, kept: dict[str, bytes], settings: Settings) -> None:
    for name, folder in folders(settings).items():
        found = {path.relative_to(unpacked / name): path for path in (unpacked / name).rglob("*")}
        for place, path in found.items():
            if path.is_file():
                _write(folder / place, path.read_bytes())
    for full_name, content in kept.items():
        if full_name.startswith(f"{AUDIT_KEYS}/"):
            _write(settings.audit_keys / full_name.removeprefix(f"{AUDIT_KEYS}/"), content)
    keys = parsed(kept[MASTER_KEYS].decode().splitlines(), MASTER_KEYS)
    known = {key.id for key in master_keys_of(settings).load()}
    if not known >= {keys[0].id}:
        source = master_keys_of(settings)
        if not isinstance(source, KeyFile) or not source.put(keys):
            raise BackupFailed("master_key: is not the key of this backup, and cannot be written")
    shutil.rmtree(unpacked)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with written_privately(path) as file:
        file.write(content)


def _unlink_all(folder: Path) -> None:
    for path in folder.glob(f"{DATABASE}*"):
        # The lock of a server, which this process holds, stays.
        if not path.name.endswith(LOCK_SUFFIX):
            path.unlink()


def _forget(unpacked: Path) -> None:
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(mode=0o700)


async def _is_empty(engine: AsyncEngine) -> bool:
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file and not file.startswith("file:") and not await asyncio.to_thread(Path(file).exists):
        return True  # to open it would make it, and the folder would be empty no more
    async with engine.connect() as connection:
        return not await connection.run_sync(lambda sync: inspect(sync).get_table_names())


async def _make_empty(engine: AsyncEngine, folder: Path) -> None:
    """Take away what a restore that was killed has written."""
    if await _is_empty(engine):
        return
    if engine.dialect.name == "sqlite":
        await engine.dispose()
        await asyncio.to_thread(_unlink_all, folder)
    else:
        await downgrade(engine, "base")
