"""Signing in with a hospital's own accounts: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

Owns: the conversation with the one configured provider. A sign-in under way stands in the browser's cookie
(underway.py), so that nobody can crowd out others. What comes back is believed only with the state, the nonce and
the browser it left with, and under a signature of the provider's keys.
Must never know an account: `Vouched` names a person by issuer and subject, and nothing else of the token is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from server.people.errors import ProviderRefused
from server.people.signin.oidc.underway import Begun, Underway
from server.platform.settings.config import Settings

# Providers change keys over days; an unknown key id is looked up at once anyway.
METADATA_S = 3600
TIMEOUT = aiohttp.ClientTimeout(total=10)
# A set of ten keys has 10 kB.
ANSWER_MAX_BYTES = 262_144
# Clocks of two machines; OpenID Connect leaves "a few minutes" to us.
LEEWAY_S = 120
# Signatures that need the provider's private key: with HS256 our own client secret could forge a token.
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and what its cookie must bring back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """A person as the provider knows them; ``second_factor``: it says that it asked for one."""

    issuer: str
    subject: str
    second_factor: bool


class OpenIdConnect:
    """The configured provider. ``clock`` gives UTC seconds as `time.time` does."""

    def __init__(self, settings: Settings, underway: Underway, clock: Callable[[], float]) -> None:
        self.issuer = settings.oidc_issuer
        self.name = settings.oidc_name
        self._client_id = settings.oidc_client_id
        self._client_secret = settings.oidc_client_secret
        self._second_factor = frozenset(settings.oidc_second_factor)
        self._clock = clock
        self._underway = underway
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._fresh_until = 0.0

    async def start(self, *, redirect_uri: str, page: str) -> Started:
        """Begin a sign-in. Raises ProviderRefused when the provider cannot be reached."""
        metadata = await self._known()
        begun = self._underway.begin(page, self._clock())
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope="openid",
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return Started(url, begun.cookie)

    def begun(self, query: Mapping[str, str], cookie: str) -> Begun | None:
        """The sign-in that this browser began and that this answer is for, or None."""
        return self._underway.found(cookie, query.get("state", ""), self._clock())

    async def finish(self, query: Mapping[str, str], begun: Begun, *, redirect_uri: str) -> Vouched:
        """What the provider sent the browser back with. Raises ProviderRefused."""
        # RFC 9207: an answer of another provider
        if query.get("iss", self.issuer) != self.issuer or "code" not in query:
            raise ProviderRefused
        token = await self._exchange(query["code"], begun, redirect_uri)
        claims = await self._claims(token, begun.nonce)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
            raise ProviderRefused
        return Vouched(self.issuer, subject, self._asked_twice(claims))

    def _asked_twice(self, claims: Mapping[str, Any]) -> bool:
        """RFC 8176: ``amr`` lists how the person proved it; ``acr`` names the provider's own level."""
        methods = claims.get("amr") or []
        return bool(self._second_factor.intersection([*methods, claims.get("acr")]))

    async def _exchange(self, code: str, begun: Begun, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client_id,
            "code_verifier": begun.verifier,
        }
        if self._client_secret:
            form["client_secret"] = self._client_secret
        metadata = await self._known()
        return await _fetch("POST", metadata["token_endpoint"], form)

    async def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the ID token, every check of Core 3.1.3.7 passed. Raises ProviderRefused."""
        encoded = token.get("id_token")
        if not isinstance(encoded, str):
            raise ProviderRefused
        try:
            decoded = await self._decoded(encoded)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                params={
                    "nonce": nonce,
                    "client_id": self._client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock()), leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError):
            raise ProviderRefused from None
        return dict(claims)

    async def _decoded(self, encoded: str) -> jwt.Token:
        """The token under a key of the provider; keys that are not known are asked for once more."""
        offered = self._metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(algorithms=[one for one in offered if one in ALGORITHMS])
        for again in (False, True):
            await self._known(again=again)
            if self._keys is None:
                break
            try:
                return jwt.decode(encoded, self._keys, registry=registry)
            except InvalidKeyIdError:
                continue
        raise ProviderRefused

    async def _known(self, *, again: bool = False) -> dict[str, Any]:
        if again or self._clock() >= self._fresh_until:
            metadata = await _fetch("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != self.issuer or not all(
                _is_private(metadata.get(name))
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            ):
                raise ProviderRefused("oidc_away")
            keys = await _fetch("GET", metadata["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError):
                raise ProviderRefused("oidc_away") from None
            self._metadata = metadata
            self._fresh_until = self._clock() + METADATA_S
        return self._metadata


OIDC: web.AppKey[OpenIdConnect | None] = web.AppKey("oidc")


def _is_private(url: object) -> bool:
    """Whether what is sent there cannot be read on the way: https, or this machine itself."""
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    )


async def _fetch(method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the provider. Raises ProviderRefused whatever else comes."""
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as client,
            client.request(
                method, url, data=form, headers={"Accept": "application/json"}, allow_redirects=False
            ) as answer,
        ):
            body = await _whole(answer)
            if answer.status != 200:
                raise ProviderRefused("oidc_refused" if answer.status < 500 else "oidc_away")
            found = json.loads(body)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise ProviderRefused("oidc_away") from None
    if not isinstance(found, dict):
        raise ProviderRefused("oidc_away")
    return found


async def _whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body, in however many segments it comes. Raises ProviderRefused for one that is too long."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > ANSWER_MAX_BYTES:
            raise ProviderRefused("oidc_away")
    return bytes(body)
