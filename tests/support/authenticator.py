"""A security key in software: what a browser and its authenticator answer to the ceremonies of WebAuthn."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class SecurityKey:
    """One key with one passkey. ``origin``: of the page that the browser shows."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.count = 0
        self.credential_id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, as the page sends it."""
        numbers = self._key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential_id).to_bytes(2, "big")
        data = self._data(options["rp"]["id"], ATTESTED) + bytes(16) + length + self.credential_id + cose
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._whole(
            {"clientDataJSON": _b64(client), "attestationObject": _b64(attestation), "transports": ["usb"]}
        )

    def sign(self, options: dict[str, Any], domain: str | None = None) -> dict[str, Any]:
        """What `navigator.credentials.get` gives; ``domain``: as which relying party, if not the one that asks."""
        self.count += 1
        data = self._data(domain or options["rpId"])
        client = self._client("webauthn.get", options["challenge"])
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._whole(
            {
                "clientDataJSON": _b64(client),
                "authenticatorData": _b64(data),
                "signature": _b64(signature),
                "userHandle": None,
            }
        )

    def _data(self, domain: str, flags: int = 0) -> bytes:
        told = bytes([PRESENT | VERIFIED | flags]) + self.count.to_bytes(4, "big")
        return hashlib.sha256(domain.encode()).digest() + told

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _whole(self, response: dict[str, Any]) -> dict[str, Any]:
        own = _b64(self.credential_id)
        return {"id": own, "rawId": own, "type": "public-key", "response": response}


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
