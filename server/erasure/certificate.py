"""The certificate of an erasure: signed with the key of the trail's checkpoints (Ed25519, RFC 8032).

Owns: its form, one line of JSON. It says which case was erased, when, why and by whom, with the number and the hash
of its entry: whoever keeps it can show that the trail says the same. Must never say anything about a patient.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.trail.entry import Written

SIGNATURE = "signature"


def certificate(entry: Written, key: Ed25519PrivateKey) -> str:
    """The certificate of the entry of an erasure."""
    told = {
        "erased": entry.consultation_id,
        "at_ms": entry.at_ms,
        "by": entry.actor_id,
        "facts": json.loads(entry.facts),
        "entry": entry.sequence,
        "entry_hash": entry.hash,
    }
    return json.dumps(told | {SIGNATURE: base64.b64encode(key.sign(_signed(told))).decode()}, sort_keys=True)


def is_genuine(line: str, key: Ed25519PublicKey) -> bool:
    """Whether this key signed the certificate as it stands."""
    try:
        told = json.loads(line)
        key.verify(base64.b64decode(told.pop(SIGNATURE)), _signed(told))
    except (InvalidSignature, ValueError, KeyError, AttributeError):
        return False
    return True


def _signed(told: dict[str, Any]) -> bytes:
    return b"keneya certificate of erasure, version 1\n" + json.dumps(told, sort_keys=True).encode()
