"""One file: a tar (POSIX.1-2001) inside an age file (age-encryption.org/v1).

Owns: writing and reading it as a stream, without a copy in clear on the disk. The manifest is the last member: a
file without it is none. Must never write outside the folder it unpacks into, nor put a secret on the disk that was
given in memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, TypeAlias

import pyrage

from server.backup.errors import BackupFailed
from server.platform.privatefiles import written_privately

MANIFEST = "manifest.json"
FORMAT = 1
PIECE_BYTES = 65_536

# The library has no types: an x25519 recipient, and the identity that opens what was encrypted to it.
Recipient: TypeAlias = Any
Identity: TypeAlias = Any


def recipient_of(text: str) -> Recipient:
    """The recipient that is written so. Raises ValueError."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise ValueError("must be like age1...") from None


def identity_of(text: str) -> Identity:
    """The identity that is written so. Raises ValueError."""
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise ValueError("must be like AGE-SECRET-KEY-1...") from None


def new_identity() -> tuple[Identity, Recipient]:
    """An identity that nobody knows, and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return identity, identity.to_public()


def write_archive(
    path: Path,
    members: Iterable[tuple[str, Path | bytes]],
    manifest: dict[str, Any],
    recipients: Sequence[Recipient],
) -> None:
    """Write these members, files or bytes, by the names they have in the archive; on disk when this returns."""

    def fill(pipe: BinaryIO) -> None:
        hashes: dict[str, str] = {}
        with tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name, member in members:
                hashes[name] = _add(tar, name, member)
            _add(tar, MANIFEST, json.dumps(manifest | {"format": FORMAT, "sha256": hashes}).encode())

    with written_privately(path) as out:
        _piped(fill, lambda pipe: pyrage.encrypt_io(pipe, out, list(recipients)))


def _add(tar: tarfile.TarFile, name: str, member: Path | bytes) -> str:
    """Add one member; gives its SHA-256, of as much as was taken of a file that grows meanwhile."""
    file: BinaryIO = BytesIO(member) if isinstance(member, bytes) else member.open("rb")
    with file:
        info = tarfile.TarInfo(name)
        info.size = len(member) if isinstance(member, bytes) else os.fstat(file.fileno()).st_size
        hashed = _Hashed(file)
        tar.addfile(info, hashed)
        return hashed.sha256.hexdigest()


def read_archive(
    path: Path, identities: Sequence[Identity], folder: Path, in_memory: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Unpack an archive into a folder; gives its manifest, and the members that stay in memory.

    ``in_memory``: names, or with a slash at the end folders, that must not reach the disk. Raises BackupFailed.
    """
    kept: dict[str, bytes] = {}
    hashes: dict[str, str] = {}

    def decrypt(pipe: BinaryIO) -> None:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, pipe, list(identities))

    def unpack(pipe: BinaryIO) -> None:
        with tarfile.open(fileobj=pipe, mode="r|") as tar:
            for member in tar:
                # Refuses names that lead elsewhere, links and devices (PEP 706).
                file = tar.extractfile(tarfile.data_filter(member, str(folder)))
                if file is None:
                    raise BackupFailed("the backup holds something that is no file")
                hashed = _Hashed(file)
                if member.name == MANIFEST or _is_of(member.name, in_memory):
                    kept[member.name] = hashed.read(member.size)
                else:
                    _unpack(hashed, folder / member.name)
                hashes[member.name] = hashed.sha256.hexdigest()
        while pipe.read(PIECE_BYTES):
            pass

    try:
        _piped(decrypt, unpack)
        manifest: dict[str, Any] = json.loads(kept.pop(MANIFEST))
    except (pyrage.DecryptError, tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise BackupFailed(
            "the backup cannot be read: it is cut or changed, or this identity is not one of its own "
            f"({type(error).__name__})"
        ) from None
    if manifest["format"] != FORMAT:
        raise BackupFailed("the backup was made by a newer program")
    if {name: hashes.get(name) for name in manifest["sha256"]} != manifest["sha256"]:
        raise BackupFailed("a file of the backup is not what was put into it")
    return manifest, kept


def _is_of(name: str, names: Sequence[str]) -> bool:
    return any(name == one or (one.endswith("/") and name.startswith(one)) for one in names)


def _unpack(file: _Hashed, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with written_privately(path) as out:
        while piece := file.read(PIECE_BYTES):
            out.write(piece)


class _Hashed:
    """A file that is hashed while it is read: one that grows meanwhile is hashed as far as it was taken."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


def _piped(write: Callable[[BinaryIO], None], read: Callable[[BinaryIO], None]) -> None:
    """Run ``write`` into a pipe in a thread, and ``read`` out of it here; raises what either raised."""
    out, into = os.pipe()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(into, "wb") as pipe:
                write(pipe)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="archive")
    thread.start()
    try:
        with os.fdopen(out, "rb") as pipe:
            read(pipe)
    except BaseException as error:
        failed.append(error)
    thread.join()
    # A pipe that broke is the other end's fault, which tells more.
    failed.sort(key=lambda error: isinstance(error, BrokenPipeError))
    if failed:
        raise failed[0]
