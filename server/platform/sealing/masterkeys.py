"""Where the master key comes from: a file (a systemd credential is one), or a setting (environment variable).

Owns: reading and writing these. A source holds one key or several, the current one first; the others open what is
not sealed anew yet. Must never replace a key, nor make one where a source was named: only the embedded default is
made, beside the data, with a warning.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from server.platform.privatefiles import sync_folder, written_privately
from server.platform.sealing.cipher import KEY_BYTES
from server.platform.sealing.errors import MasterKeyMissing
from server.platform.settings.config import Settings, SettingsError

log = structlog.get_logger(__name__)

ID_HEX_CHARS = 16
COMMENT = "#"


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One master key. ``id`` names it in the database and tells nothing about it."""

    raw: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The first digits of a hash of the key."""
        return hashlib.sha256(b"keneya master key" + self.raw).hexdigest()[:ID_HEX_CHARS]


class MasterKeys(Protocol):
    """A source of master keys."""

    def load(self) -> list[MasterKey]:
        """The keys, current first; empty if there are none yet. Raises SettingsError."""
        ...

    def make(self) -> MasterKey:
        """Make the first key. Raises MasterKeyMissing where none may be made."""
        ...

    def replace(self, keys: Sequence[MasterKey]) -> bool:
        """Keep exactly these, on disk when this returns; False: an operator must do it."""
        ...


class KeyFile:
    """A file with one key a line, readable by the server's user only. ``may_make``: the embedded default."""

    def __init__(self, path: Path, *, may_make: bool) -> None:
        self._path = path
        self._may_make = may_make

    def load(self) -> list[MasterKey]:
        """As `MasterKeys.load`."""
        try:
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"master_key_file: cannot be read ({type(error).__name__})") from None
        return parsed(text.splitlines(), "master_key_file")

    def make(self) -> MasterKey:
        """As `MasterKeys.make`."""
        if not self._may_make:
            raise MasterKeyMissing(
                "master_key_file: there is no such file; make one with `keneya key new`, away from the data"
            )
        key = new_master_key()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self._write_aside([key])
        try:
            # Whole or not at all; of two processes that begin at once, the first one's key stays.
            os.link(aside, self._path)
        except FileExistsError:
            key = self.load()[0]
        finally:
            aside.unlink()
        sync_folder(self._path.parent)
        log.warning(
            "master_key_made", file=str(self._path), advice="keep it away from the data: see docs/sealing.md"
        )
        return key

    def replace(self, keys: Sequence[MasterKey]) -> bool:
        """As `MasterKeys.replace`."""
        if not os.access(self._path, os.W_OK) or not os.access(self._path.parent, os.W_OK):
            return False
        self._write_aside(keys).replace(self._path)
        sync_folder(self._path.parent)
        return True

    def put(self, keys: Sequence[MasterKey]) -> bool:
        """Write the keys of a backup where none are; False: there are some, or it cannot be written."""
        if self.load():
            return False
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write_aside(keys).replace(self._path)
        except OSError:
            return False
        return True

    def _write_aside(self, keys: Sequence[MasterKey]) -> Path:
        aside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        with written_privately(aside) as file:
            file.writelines(f"{written(key)}\n".encode() for key in keys)
        return aside


class GivenKeys:
    """Keys that came with the settings; only an operator changes them."""

    def __init__(self, text: str) -> None:
        self._keys = parsed(text.split(","), "master_key")

    def load(self) -> list[MasterKey]:
        """As `MasterKeys.load`."""
        return list(self._keys)

    def make(self) -> MasterKey:
        """As `MasterKeys.make`."""
        raise MasterKeyMissing("master_key: is empty")

    def replace(self, keys: Sequence[MasterKey]) -> bool:
        """As `MasterKeys.replace`."""
        return False


def master_keys_of(settings: Settings) -> MasterKeys:
    """The source that the settings name. Raises SettingsError."""
    if settings.master_key:
        return GivenKeys(settings.master_key)
    named = settings.master_key_file
    return KeyFile(named or settings.data_dir / "master.key", may_make=named is None)


def new_master_key() -> MasterKey:
    """A random key."""
    return MasterKey(os.urandom(KEY_BYTES))


def written(key: MasterKey) -> str:
    """A key as it stands in a file or a setting."""
    return base64.b64encode(key.raw).decode()


def parsed(lines: Sequence[str], where: str) -> list[MasterKey]:
    """The keys of these lines. Raises SettingsError, without any part of a key."""
    found = []
    for line in lines:
        text = line.split(COMMENT)[0].strip()
        if not text:
            continue
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != KEY_BYTES:
            raise SettingsError(f"{where}: each key must be {KEY_BYTES} bytes in base64 (`keneya key new`)")
        found.append(MasterKey(raw))
    return found
