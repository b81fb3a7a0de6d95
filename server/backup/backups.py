"""Makes a backup while the server serves, tries it out on the spot, and deletes the oldest.

Owns: the folder of backups: ``keneya-<UTC>.tar.age``, whole and tried out; what ends in ``.part`` is not. Must
never give a backup its name before it was restored once, nor leave anything in clear behind.
"""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.backup.archive import Recipient, new_identity, read_archive, recipient_of, write_archive
from server.backup.contents import AUDIT_KEYS, MASTER_KEYS, ROWS, files
from server.backup.errors import BackupFailed
from server.backup.tablerows import write_rows
from server.backup.trial import try_out
from server.platform.database.engine import open_database
from server.platform.privatefiles import sync_folder
from server.platform.sealing.masterkeys import MasterKey, master_keys_of, written
from server.platform.settings.config import Settings, SettingsError

STAMP = "%Y%m%dT%H%M%SZ"
PREFIX, SUFFIX = "keneya-", ".tar.age"
WORK = ".backup-"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was tried out."""

    path: Path
    rows: int
    size_bytes: int


async def make_backup(settings: Settings, now: float) -> Backup:
    """Make one, try it out, and delete those beyond ``backup_keep``. Raises BackupFailed, SettingsError."""
    folder = _folder(settings)
    recipients = [_recipient(text) for text in settings.backup_recipients]
    # Forgotten when this returns: the trial opens the file as it stands on the disk, and nobody else can.
    once, to_once = new_identity()
    made_at = datetime.fromtimestamp(now, UTC)
    final = folder / f"{PREFIX}{made_at:{STAMP}}{SUFFIX}"
    with _alone(folder), _work_folder(settings) as work:
        part = final.with_suffix(".part")
        manifest, keys = await _collect(settings, work)
        manifest["made_at"] = made_at.isoformat()
        members: list[tuple[str, Path | bytes]] = [(MASTER_KEYS, keys)]
        members += [(str(path.relative_to(work)), path) for path in _files_of(work)]
        members += files(settings)
        await asyncio.to_thread(write_archive, part, members, manifest, [*recipients, to_once])
        unpacked = work / "trial"
        unpacked.mkdir()
        secret = (MASTER_KEYS, f"{AUDIT_KEYS}/")
        found, kept = await asyncio.to_thread(read_archive, part, [once], unpacked, secret)
        await try_out(unpacked, found, kept[MASTER_KEYS])
        await asyncio.to_thread(_keep, part, final, settings.backup_keep)
    return Backup(final, sum(manifest["tables"].values()), final.stat().st_size)


def newest(folder: Path) -> float | None:
    """When the newest backup of this folder was made, in UTC seconds; None: there is none."""
    names = sorted(path.name for path in folder.glob(f"{PREFIX}*{SUFFIX}"))
    if not names:
        return None
    stamp = names[-1].removeprefix(PREFIX).removesuffix(SUFFIX)
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC).timestamp()


def _files_of(work: Path) -> list[Path]:
    return [path for path in sorted(work.rglob("*")) if path.is_file()]


async def _collect(settings: Settings, work: Path) -> tuple[dict[str, Any], bytes]:
    """Write the rows into the work folder; gives the manifest, and the master keys as a file holds them."""
    rows = work / ROWS
    rows.mkdir()
    source = master_keys_of(settings)
    keys = source.load()
    engine = open_database(settings.database)
    try:
        revision, counts = await write_rows(engine, rows)
    finally:
        await engine.dispose()
    # A rotation meanwhile: the rows are sealed to a key that was there before, or to one that is there now.
    both: dict[str, MasterKey] = {key.id: key for key in [*source.load(), *keys]}
    text = "".join(f"{written(key)}\n" for key in both.values())
    return {"revision": revision, "tables": counts}, text.encode()


def _folder(settings: Settings) -> Path:
    if settings.backup_dir is None:
        raise SettingsError("backup_dir and backup_recipients: set both to make backups")
    try:
        settings.backup_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(f"backup_dir: cannot be made ({error.strerror})") from None
    return settings.backup_dir


def _recipient(text: str) -> Recipient:
    try:
        return recipient_of(text)
    except ValueError:
        raise SettingsError("backup_recipients: each must be like age1... (`age-keygen` makes one)") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time; what one that was killed left behind is deleted."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupFailed("another backup is being made") from None
        for path in folder.glob(f"{PREFIX}*"):
            if not path.name.endswith(SUFFIX):
                path.unlink()
        yield


@contextmanager
def _work_folder(settings: Settings) -> Iterator[Path]:
    """A folder beside the data, for this user only, which is gone afterwards; also one that a kill left."""
    for left in settings.data_dir.glob(f"{WORK}*"):
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=settings.data_dir))
    try:
        yield work
    finally:
        shutil.rmtree(work)


def _keep(part: Path, final: Path, count: int) -> None:
    part.replace(final)
    sync_folder(final.parent)
    for old in sorted(final.parent.glob(f"{PREFIX}*{SUFFIX}"))[:-count]:
        old.unlink()
