"""The chain of hashes: each entry carries the SHA-256 of itself and of the one before it.

Owns: the canonical encoding and the hash. Pure. What is hashed is the entry as canonical JSON (RFC 8785) without
its own hash; `previous_hash` is a part of it, so that one changed letter changes every hash after it. Anybody can
check an export with `jq -cS 'del(.hash)'` and `sha256sum`.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec.structs import replace

from server.trail.entry import Entry, Written, facts_text

# What stands before the first entry: no entry can have this hash by accident.
GENESIS = hashlib.sha256(b"keneya audit trail, version 1").hexdigest()

_HASHED = sorted(name for name in Written.__struct_fields__ if name != "hash")
_encoder = msgspec.json.Encoder()


def canonical(written: Written) -> bytes:
    """The bytes that are hashed."""
    return _encoder.encode({name: getattr(written, name) for name in _HASHED})


def hash_of(written: Written) -> str:
    """What the hash of this entry must be."""
    return hashlib.sha256(canonical(written)).hexdigest()


def append(entry: Entry, *, sequence: int, at_ms: int, previous_hash: str) -> Written:
    """The entry in its place: ``sequence`` is one more than that of the entry with ``previous_hash``."""
    unsealed = Written(
        sequence=sequence,
        at_ms=at_ms,
        act=entry.act.value,
        actor_id=entry.actor_id,
        actor_role=entry.actor_role.value,
        consultation_id=entry.consultation_id,
        subject_id=entry.subject_id,
        facts=facts_text(entry.facts),
        previous_hash=previous_hash,
        hash="",
    )
    return replace(unsealed, hash=hash_of(unsealed))
