"""Sealed files: in chunks, so that a part of a large file is read without the rest; and files that grow by pieces.

Owns: both forms. A sealed file is a magic, a salt, and chunks of 64 KiB, each under the same derived key with its
number and whether it is the last in the nonce (the STREAM construction, Hoang et al. 2015): chunks cannot change
places, and a file that was cut does not open. A growing file is a row of pieces, each sealed with the place where
it begins; a piece that a power cut tore does not count. Must never write a byte in clear.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.platform.sealing.cipher import NONCE_BYTES, TAG_BYTES, bound_to, derived, seal, unseal
from server.platform.sealing.errors import SealBroken

MAGIC = b"keneya1\n"
SALT_BYTES = 16
HEAD_BYTES = len(MAGIC) + SALT_BYTES
# As age does: large enough that the tag costs nothing, small enough to read for a few bytes of it.
CHUNK_BYTES = 64 * 1024
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES

Entropy = Callable[[int], bytes]


def seal_file(path: Path, key: bytes, name: str, content: BinaryIO, entropy: Entropy = os.urandom) -> int:
    """Write ``content`` to ``path``, whole or not at all; returns how many bytes there were.

    ``name``: what the file is, which is authenticated.
    """
    salt = entropy(SALT_BYTES)
    cipher = AESGCM(derived(key, bound_to("file", name), salt))
    made = path.with_name(f"{path.name}.made")
    made.unlink(missing_ok=True)
    size = number = 0
    chunk = content.read(CHUNK_BYTES)
    with _private(made) as file:
        file.write(MAGIC + salt)
        while True:
            following = content.read(CHUNK_BYTES)
            file.write(cipher.encrypt(_nonce(number, last=not following), chunk, None))
            size += len(chunk)
            if not following:
                break
            chunk, number = following, number + 1
        _flush(file)
    made.replace(path)
    return size


class SealedFile:
    """A sealed file, open for reading. Raises SealBroken for one that was changed or cut."""

    def __init__(self, path: Path, key: bytes, name: str) -> None:
        self._path = path
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            sealed_bytes = os.fstat(file.fileno()).st_size - HEAD_BYTES
        if len(head) < HEAD_BYTES or not head.startswith(MAGIC) or sealed_bytes < TAG_BYTES:
            raise SealBroken("a sealed file is cut, or none")
        self._cipher = AESGCM(derived(key, bound_to("file", name), head[len(MAGIC) :]))
        self._count = -(-sealed_bytes // SEALED_CHUNK_BYTES)
        self.size = sealed_bytes - self._count * TAG_BYTES
        # Whoever reads the beginning only must notice as well that the end is missing.
        self._chunk(self._count - 1)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """The bytes from ``start``, at most ``length``; only their chunks are read."""
        end = self.size if length is None else min(self.size, start + length)
        if start >= end:
            return b""
        first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
        content = b"".join(self._chunk(number) for number in range(first, last + 1))
        return content[start - first * CHUNK_BYTES : end - first * CHUNK_BYTES]

    def _chunk(self, number: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(HEAD_BYTES + number * SEALED_CHUNK_BYTES)
            sealed = file.read(SEALED_CHUNK_BYTES)
        try:
            return self._cipher.decrypt(_nonce(number, last=number == self._count - 1), sealed, None)
        except InvalidTag:
            raise SealBroken("a sealed file was changed or cut, or another key sealed it") from None


class Pieces:
    """A file that grows by sealed pieces until it is whole."""

    LENGTH = struct.Struct(">I")
    AROUND_BYTES = NONCE_BYTES + TAG_BYTES

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def size(self) -> int:
        """How many bytes are here, as they were sent."""
        return sum(length - self.AROUND_BYTES for _, length in self._places())

    def append(self, key: bytes, name: str, piece: bytes, entropy: Entropy = os.urandom) -> None:
        """Add a piece; it is on disk when this returns."""
        places = self._places()
        end = sum(places[-1]) if places else 0
        bound = bound_to("piece", name, self.size)
        sealed = seal(key, piece, bound, entropy(NONCE_BYTES))
        with _private(self._path) as file:
            file.truncate(end)
            file.write(self.LENGTH.pack(len(sealed)) + sealed)
            _flush(file)

    def read(self, key: bytes, name: str) -> bytes:
        """Everything that is here. Raises SealBroken."""
        data = self._path.read_bytes()
        content = b""
        for at, length in self._places():
            content += unseal(key, data[at : at + length], bound_to("piece", name, len(content)))
        return content

    def _places(self) -> list[tuple[int, int]]:
        """Where each whole piece stands, and how long it is sealed."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return []
        found, at = [], 0
        with self._path.open("rb") as file:
            while len(head := file.read(self.LENGTH.size)) == self.LENGTH.size:
                (length,) = self.LENGTH.unpack(head)
                at += self.LENGTH.size
                if length < self.AROUND_BYTES or at + length > size:
                    break
                found.append((at, length))
                at += length
                file.seek(at)
        return found


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1) + bytes([last])


def _private(path: Path) -> BinaryIO:
    """A file for appending that only the server's user reads."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
