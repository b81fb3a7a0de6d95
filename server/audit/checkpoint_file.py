"""Makes checkpoints and appends them to a file.

Owns: the file `checkpoints.jsonl` in the folder of the setting `audit_checkpoint_dir`, with one line for each
checkpoint. Must never sign a head that is not committed, nor remove a line.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.audit import checkpoint
from server.audit.checkpoint import Checkpoint
from server.audit.keys import load_or_make
from server.audit.reading import head_of
from server.platform.database.engine import DbSessions
from server.platform.faults import where
from server.platform.settings.config import Settings

log = structlog.get_logger(__name__)

FILE_NAME = "checkpoints.jsonl"


class HeadGone(Exception):
    """The head row of the trail is missing: run `keneya audit verify`."""


class Checkpoints:
    """The checkpoints of one database. ``clock`` gives UTC seconds."""

    def __init__(
        self, database: DbSessions, key: Ed25519PrivateKey, folder: Path, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._key = key
        self._folder = folder
        self._clock = clock
        self._last: int | None = None

    async def make(self) -> Checkpoint:
        """Sign the head of the trail and append the line to the file. Raises HeadGone and OSError."""
        head = await head_of(self._database)
        if head is None:
            raise HeadGone
        made = checkpoint.sign(
            self._key, sequence=head[0], head_hash=head[1], at_ms=int(self._clock() * 1000)
        )
        await asyncio.to_thread(_add_line, self._folder, made.line())
        self._last = made.sequence
        return made

    async def make_if_moved(self) -> None:
        """Make a checkpoint if the trail has new entries; a fault is logged, and the next call tries again."""
        try:
            head = await head_of(self._database)
            if head is None or head[0] != self._last:
                await self.make()
        except Exception as error:  # a full or unplugged disk must not end consultations
            log.error("checkpoint_failed", **where(error))

    async def keep_making(self, every_s: float) -> None:
        """Make a checkpoint now and every ``every_s`` seconds, until cancelled."""
        while True:
            await self.make_if_moved()
            await asyncio.sleep(every_s)


def open_checkpoints(settings: Settings, database: DbSessions, clock: Callable[[], float]) -> Checkpoints:
    """The checkpoints for these settings; makes the key if there is none. Raises SettingsError."""
    return Checkpoints(database, load_or_make(settings.audit_keys), settings.checkpoint_dir, clock)


def _add_line(folder: Path, line: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / FILE_NAME).open("a+b") as file:
        # A full disk or a power cut may have ended the line before in its middle.
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        begins = b"" if file.read() in (b"", b"\n") else b"\n"
        file.write(begins + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
