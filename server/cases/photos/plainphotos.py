"""Seals the photos that an earlier version kept in clear.

Owns: that one pass, before anything is served; a pass that was killed goes on where it stopped. Must never take a
photo away before it is sealed on disk. Unfinished uploads of an earlier version are forgotten: the station sends
them anew.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from server.cases.tables import CasePhoto
from server.platform.database.engine import DbSessions
from server.platform.sealing.keyring import Keyring
from server.platform.sealing.sealedfiles import seal_file

log = structlog.get_logger(__name__)


async def seal_plain_photos(database: DbSessions, keyring: Keyring, folder: Path) -> None:
    """Seal every picture of this folder that is in clear."""
    count = 0
    for plain in await asyncio.to_thread(_plain, folder):
        async with database.begin() as db:
            photo = await db.get(CasePhoto, plain.stem)
            key = await keyring.key_for(db, photo.case_id) if photo is not None else None
        await asyncio.to_thread(_seal, plain, key)
        count += 1
    if count:
        log.info("photos_sealed", count=count)


def _plain(folder: Path) -> list[Path]:
    return sorted(path for ending in ("jpg", "part", "made") for path in folder.glob(f"*.{ending}"))


def _seal(plain: Path, key: bytes | None) -> None:
    """A picture without a row was never shown to anybody, and is forgotten."""
    if key is not None and plain.suffix == ".jpg":
        with plain.open("rb") as file:
            seal_file(plain.with_suffix(".sealed"), key, plain.stem, file)
    plain.unlink()
