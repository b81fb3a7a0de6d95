"""A station's proof that it still holds its key: a signature over a challenge of ours and the request.

    X-Keneya-Proof: <challenge>.<number used once>.<ECDSA P-256 signature, r and s, base64url>
    signed: "keneya-proof-1", method, path, challenge and number, one a line

Owns: making challenges and checking proofs, after RFC 9449 (DPoP). A cookie copied from a kiosk is worth nothing
without the key, which the kiosk's browser never gives out; a proof made beforehand dies with its challenge.
Must never accept one proof twice, nor say which part of it was wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from server.people.errors import ProofNeeded, UnknownKey

# A page that reconnects within the hour needs no further round trip (1.3 s on 2G) for a new challenge.
CHALLENGE_S = 3600
# Every numbered proof is remembered while its challenge lives; 100 stations send far fewer in an hour.
MAX_REMEMBERED = 100_000
MAC_BYTES = 12
_HEADER = re.compile(r"([A-Za-z0-9_-]{1,40})\.([A-Za-z0-9_-]{16,32})\.([A-Za-z0-9_-]{86})")
PUBLIC_KEY_MAX_CHARS = 200


class Proofs:
    """Challenges and proofs of this process. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Challenges of an earlier process are refused; the page takes the new one and signs again.
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[tuple[str, str], int] = OrderedDict()

    def challenge(self) -> str:
        """A challenge that can be signed for the next hour, by any station."""
        return self._sealed(int(self._clock()) + CHALLENGE_S)

    def check(self, station_id: str, public_key: str, *, method: str, path: str, proof: str) -> None:
        """Raise ProofNeeded unless ``proof`` is this station's, for this request, and new."""
        found = _HEADER.fullmatch(proof)
        if found is None:
            raise ProofNeeded
        challenge, number, signature = found.groups()
        ends = self._end_of(challenge)
        if ends is None or self._clock() >= ends or (station_id, number) in self._used:
            raise ProofNeeded
        signed = "\n".join(("keneya-proof-1", method, path, challenge, number))
        raw = _bytes_of(signature)
        numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            key_of(public_key).verify(
                encode_dss_signature(*numbers), signed.encode(), ec.ECDSA(hashes.SHA256())
            )
        except InvalidSignature:
            raise ProofNeeded from None
        self._used[station_id, number] = ends
        self._forget()

    def _forget(self) -> None:
        now = self._clock()
        while self._used:
            first, ends = next(iter(self._used.items()))
            if ends > now and len(self._used) <= MAX_REMEMBERED:
                return
            del self._used[first]

    def _sealed(self, ends: int) -> str:
        raw = ends.to_bytes(6, "big")
        mac = hmac.new(self._key, raw, hashlib.sha256).digest()[:MAC_BYTES]
        return base64.urlsafe_b64encode(raw + mac).rstrip(b"=").decode()

    def _end_of(self, challenge: str) -> int | None:
        try:
            ends = int.from_bytes(_bytes_of(challenge)[:6], "big")
        except binascii.Error:
            return None
        return ends if hmac.compare_digest(self._sealed(ends), challenge) else None


PROOFS = web.AppKey("proofs", Proofs)


def key_of(public_key: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a base64 SubjectPublicKeyInfo (what WebCrypto exports as ``spki``). Raises UnknownKey."""
    try:
        key = serialization.load_der_public_key(base64.b64decode(public_key, validate=True))
    except (ValueError, TypeError):
        raise UnknownKey from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UnknownKey
    return key


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
