"""Sign-ins that are under way at the provider: each stands in a cookie of its own browser, and nowhere else.

Owns: making and reading that cookie: a random seed, the end and the page, under a MAC. State, nonce and PKCE
verifier are derived from the seed with a key of this server, so the server keeps nothing: a thousand who begin
crowd nobody out, and a sign-in outlives a restart. Must never take a cookie past its end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

# Long enough to type a password and a code at the provider.
PENDING_S = 600
# 256 bits: state, nonce and verifier are as hard to guess as the seed (RFC 7636 section 7.1).
SEED_BYTES = 32
# A seed, an end, a page and a MAC.
COOKIE_MAX_CHARS = 128


@dataclass(frozen=True, slots=True)
class Begun:
    """One sign-in: what goes to the provider, what comes back to us, and the page that began it."""

    cookie: str
    state: str
    nonce: str
    verifier: str
    page: str


class Underway:
    """Begins sign-ins and finds them again. ``key``: 32 bytes of this server, read when first used."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def begin(self, page: str, now: float) -> Begun:
        """Begin one."""
        text = f"{secrets.token_urlsafe(SEED_BYTES)}.{int(now) + PENDING_S}.{page}"
        return self._of(text, page)

    def found(self, cookie: str, state: str, now: float) -> Begun | None:
        """The sign-in of this browser, if ``state`` belongs to it and it has not ended."""
        text, _, mac = cookie.rpartition(".")
        if len(cookie) > COOKIE_MAX_CHARS or not hmac.compare_digest(mac.encode(), self._mac(text).encode()):
            return None
        _, ends, page = text.split(".")
        begun = self._of(text, page)
        if now >= int(ends) or not hmac.compare_digest(state.encode(), begun.state.encode()):
            return None
        return begun

    def _of(self, text: str, page: str) -> Begun:
        state, nonce, verifier = (self._derived(what, text) for what in ("state", "nonce", "verifier"))
        return Begun(f"{text}.{self._mac(text)}", state, nonce, verifier, page)

    def _mac(self, text: str) -> str:
        return self._derived("cookie", text)

    def _derived(self, what: str, text: str) -> str:
        found = hmac.new(self._key(), f"{what} {text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(found).rstrip(b"=").decode()
