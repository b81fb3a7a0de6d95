"""A checkpoint: where the trail stood at a moment, signed so that a copy kept elsewhere can be believed.

Owns: the one JSON line, what is signed and the check of it. Pure: keys and times come in. Ed25519 (RFC 8032) over
a prefix of our own and the canonical JSON (RFC 8785) of the line without its signature. A checkpoint that left
the machine is what shows a history rewritten, cut off or rolled back, even by whoever owns the machine.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# The key signs nothing else by mistake: no other message of ours begins like this.
_PREFIX = b"keneya audit checkpoint, version 1\n"
# 64 bits of the public key's SHA-256 tell keys apart; the signature is what proves.
KEY_ID_CHARS = 16
# One line is about 350 bytes; a file that is no checkpoint is turned away unread.
LINE_MAX_BYTES = 1000

_Hex64 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Hex128 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$")]


class NotACheckpoint(Exception):
    """A line that cannot be read as a checkpoint."""


class Checkpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trail has ``sequence`` entries, and the last has ``hash``. ``at_ms``: UTC milliseconds."""

    at_ms: Annotated[int, msgspec.Meta(ge=0)]
    hash: _Hex64
    key_id: Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{KEY_ID_CHARS}}}$")]
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    signature: _Hex128

    def line(self) -> str:
        """The one line of JSON, without its end."""
        return msgspec.json.encode(self, order="sorted").decode()


def key_id(public: Ed25519PublicKey) -> str:
    """A short name of a key."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:KEY_ID_CHARS]


def sign(key: Ed25519PrivateKey, *, sequence: int, head_hash: str, at_ms: int) -> Checkpoint:
    """The checkpoint of this moment."""
    name = key_id(key.public_key())
    signed = _signed(at_ms, head_hash, name, sequence)
    return Checkpoint(at_ms, head_hash, name, sequence, key.sign(signed).hex())


def read(line: str | bytes) -> Checkpoint:
    """Read one line. Raises NotACheckpoint, whatever came in."""
    try:
        if len(line) > LINE_MAX_BYTES:
            raise NotACheckpoint
        return msgspec.json.decode(line, type=Checkpoint)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise NotACheckpoint from None


def is_genuine(found: Checkpoint, public: Ed25519PublicKey) -> bool:
    """Whether this key has signed it."""
    signed = _signed(found.at_ms, found.hash, found.key_id, found.sequence)
    try:
        public.verify(bytes.fromhex(found.signature), signed)
    except InvalidSignature:
        return False
    return found.key_id == key_id(public)


def _signed(at_ms: int, head_hash: str, name: str, sequence: int) -> bytes:
    fields = {"at_ms": at_ms, "hash": head_hash, "key_id": name, "sequence": sequence}
    return _PREFIX + msgspec.json.encode(fields)
