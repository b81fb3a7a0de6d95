"""An OpenID Connect provider on loopback, with a real signing key, that tests can make misbehave."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "keneya-at-test"
# Long enough for the reader to have taken the first piece before the second one is there.
SEGMENT_S = 0.1
CLIENT_SECRET = "a secret between provider and client"


@dataclass
class Provider:
    """Signs in the person ``subject``; ``claims`` overrides claims of the ID token."""

    issuer: str = ""
    subject: str = "moussa-at-the-hospital"
    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: RSAKey | None = None
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    token_requests: int = 0
    # Answers come in pieces, as they do over a link that is not loopback.
    in_segments: bool = False

    async def discovery(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(
            request,
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    async def keys(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, {"keys": [self.key.as_dict(private=False)]})

    async def _answer(self, request: web.Request, what: dict[str, Any]) -> web.StreamResponse:
        if not self.in_segments:
            return web.json_response(what)
        body = json.dumps(what).encode()
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        for piece in (body[:20], body[20:]):
            await answer.write(piece)
            await asyncio.sleep(SEGMENT_S)
        return answer

    async def authorize(self, request: web.Request) -> web.Response:
        """The person is signed in at once, and the browser returns with a code."""
        query = dict(request.query)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.grants[code] = query
        return web.Response(
            status=302, headers={"Location": f"{query['redirect_uri']}?code={code}&state={query['state']}"}
        )

    async def token(self, request: web.Request) -> web.StreamResponse:
        """A code is accepted once, with its verifier, its redirect address and the client's secret."""
        self.token_requests += 1
        form = await request.post()
        grant = self.grants.pop(str(form["code"]), None)
        verifier = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            grant is None
            or grant["code_challenge"] != challenge
            or grant["redirect_uri"] != form["redirect_uri"]
            or (form["client_id"], form["client_secret"]) != (CLIENT_ID, CLIENT_SECRET)
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant["nonce"],
        } | self.claims
        signing = self.signing_key or self.key
        token = jwt.encode({"alg": "RS256", "kid": signing.kid}, claims, signing)
        return await self._answer(request, {"access_token": "x", "token_type": "Bearer", "id_token": token})


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    """Start it on a free port."""
    provider = Provider()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.discovery)
    app.router.add_get("/keys", provider.keys)
    app.router.add_get("/authorize", provider.authorize)
    app.router.add_post("/token", provider.token)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield provider
    finally:
        await runner.cleanup()
