"""A checkpoint: the number and the hash of the newest entry at a moment, signed.

Owns: its JSON line, the signature and its check. Pure: keys and times are arguments. Ed25519 (RFC 8032) signs a
prefix of our own and the canonical JSON (RFC 8785) of the line without its signature. A copy of a checkpoint on
another machine reveals a rewritten, truncated or rolled-back trail, even if the owner of this machine did it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# No other signed message begins with this, so a signature cannot be used for anything else.
_PREFIX = b"keneya audit checkpoint, version 1\n"
# 64 bits of the public key's SHA-256 identify a key; only the signature proves anything.
KEY_ID_CHARS = 16
# A line is about 350 bytes; a longer one is refused before it is parsed.
LINE_MAX_BYTES = 1000

_Hex64 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Hex128 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


# How every line begins: `line` writes the fields in the order of their names.
_BEGINS = b'{"at_ms":'
_PIECE = re.compile(rb"[\r\n]+|(?=" + re.escape(_BEGINS) + rb")")


class NotACheckpoint(Exception):
    """A line that cannot be read as a checkpoint."""


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trail has ``sequence`` entries, the last one has ``hash``. ``at_ms``: UTC milliseconds."""

    at_ms: Annotated[int, msgspec.Meta(ge=0)]
    hash: _Hex64
    key_id: Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{KEY_ID_CHARS}}}$")]
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    signature: _Hex128

    def line(self) -> str:
        """The line of JSON, without the line feed."""
        return msgspec.json.encode(self, order="sorted").decode()


def key_id(public: Ed25519PublicKey) -> str:
    """A short identifier of a key."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:KEY_ID_CHARS]


def sign(key: Ed25519PrivateKey, *, sequence: int, head_hash: str, at_ms: int) -> Checkpoint:
    """Make a signed checkpoint of the trail at this moment."""
    name = key_id(key.public_key())
    signed = _signed(at_ms, head_hash, name, sequence)
    return Checkpoint(at_ms, head_hash, name, sequence, key.sign(signed).hex())


def read(line: str | bytes) -> Checkpoint:
    """Read one line. Raises NotACheckpoint for any other input."""
    try:
        if len(line) > LINE_MAX_BYTES:
            raise NotACheckpoint
        return msgspec.json.decode(line, type=Checkpoint)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise NotACheckpoint from None


def lines_of(data: bytes) -> tuple[list[bytes], int]:
    """The lines of a file, and how many it begins but does not end: there, the power went while one was written.

    Such a piece says nothing and vouches for nothing, as if the checkpoint had never been made. Whole lines that
    are none are returned too. The next checkpoint may stand behind a piece on the same line.
    """
    pieces = [piece.rstrip(b"\0") for piece in _PIECE.split(data)]
    found = [piece for piece in pieces if piece.strip()]
    whole = [piece for piece in found if not _is_torn(piece)]
    return whole, len(found) - len(whole)


def _is_torn(piece: bytes) -> bool:
    return _BEGINS.startswith(piece[: len(_BEGINS)]) and not piece.rstrip().endswith(b"}")


def is_genuine(found: Checkpoint, public: Ed25519PublicKey) -> bool:
    """Whether this key signed the checkpoint."""
    signed = _signed(found.at_ms, found.hash, found.key_id, found.sequence)
    try:
        public.verify(bytes.fromhex(found.signature), signed)
    except InvalidSignature:
        return False
    return found.key_id == key_id(public)


def _signed(at_ms: int, head_hash: str, name: str, sequence: int) -> bytes:
    fields = {"at_ms": at_ms, "hash": head_hash, "key_id": name, "sequence": sequence}
    return _PREFIX + msgspec.json.encode(fields)
