"""The key of a kiosk for clients other than browsers: it signs as the page does with WebCrypto."""

from __future__ import annotations

import base64
import secrets

import aiohttp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


class KioskKey:
    """A key that signs requests as a middleware of an aiohttp client."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._challenge = ""

    @property
    def public_key(self) -> str:
        """SubjectPublicKeyInfo in base64."""
        encoded = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(encoded).decode()

    def become(self, other: KioskKey) -> None:
        """Take over the key of another client: the same kiosk, restarted."""
        self._key = other._key

    def proof(self, method: str, path: str, challenge: str, number: str | None = None) -> str:
        """The header of one request."""
        number = number or secrets.token_urlsafe(16)
        text = "\n".join(("keneya-proof-1", method, path, challenge, number))
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"{challenge}.{number}.{signature.rstrip(b'=').decode()}"

    async def sign(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Sign once a challenge is known; where the server sends a new challenge, sign that and send again."""
        for _ in range(2):
            if self._challenge:
                path = request.url.raw_path
                request.headers["X-Keneya-Proof"] = self.proof(request.method, path, self._challenge)
            answer = await handler(request)
            told = answer.headers.get("X-Keneya-Challenge")
            if answer.status != 401 or told is None:
                return answer
            self._challenge = told
        return answer
