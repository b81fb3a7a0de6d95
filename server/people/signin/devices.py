"""Browsers in which somebody has signed in before, so that strangers' guesses hold up nobody there.

Owns: the cookie that says so (after OWASP's device cookies). It opens nothing: who shows one for an account is only
counted apart from strangers when a password is tried. Must never tell whose browser it is: an entry is a random
number and a MAC of it with the account. Sent with requests of signing in only, so that it costs no link anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable

from aiohttp import web

from server.platform.http.origin import came_securely
from server.platform.settings.config import Settings

COOKIE = "keneya-device"
PATH = "/api/session"
# Browsers keep no cookie for longer.
LIFETIME_S = 400 * 24 * 3600
NUMBER_BYTES = 9
MAC_BYTES = 12
# A nurse's station has a few people; the one who has not signed in for longest is forgotten first.
PEOPLE_MAX = 6
ENTRY_CHARS = 4 * (NUMBER_BYTES + MAC_BYTES) // 3


class Devices:
    """Makes and reads the cookie. ``key``: a secret of this server that outlives it."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def number_of(self, cookie: str, account_id: str) -> str | None:
        """The number under which this account is known in this browser; None where it is not."""
        for entry in _entries(cookie):
            number, mac = entry[:NUMBER_BYTES], entry[NUMBER_BYTES:]
            if hmac.compare_digest(mac, self._mac(number, account_id)):
                return number.hex()
        return None

    def with_account(self, cookie: str, account_id: str) -> str:
        """The cookie with this account in front, under a new number."""
        number = secrets.token_bytes(NUMBER_BYTES)
        others = [one for one in _entries(cookie) if not self._is_of(one, account_id)]
        entries = [number + self._mac(number, account_id), *others][:PEOPLE_MAX]
        return "".join(base64.urlsafe_b64encode(entry).decode() for entry in entries)

    def _is_of(self, entry: bytes, account_id: str) -> bool:
        return hmac.compare_digest(entry[NUMBER_BYTES:], self._mac(entry[:NUMBER_BYTES], account_id))

    def _mac(self, number: bytes, account_id: str) -> bytes:
        return hmac.new(self._key(), number + account_id.encode(), hashlib.sha256).digest()[:MAC_BYTES]


DEVICES = web.AppKey("devices", Devices)


def device_cookie(request: web.BaseRequest, settings: Settings) -> str:
    """The cookie of this browser, or nothing."""
    # Not __Host-: that prefix wants the path "/".
    secure = request.cookies.get(f"__Secure-{COOKIE}", "")
    return secure if secure or settings.secure else request.cookies.get(COOKIE, "")


def set_device_cookie(
    request: web.BaseRequest, response: web.StreamResponse, cookie: str, settings: Settings
) -> None:
    """Let the browser keep it."""
    secure = came_securely(request, settings)
    response.set_cookie(
        f"__Secure-{COOKIE}" if secure else COOKIE,
        cookie,
        max_age=LIFETIME_S,
        path=PATH,
        secure=secure,
        httponly=True,
        samesite="Strict",
    )


def _entries(cookie: str) -> list[bytes]:
    if len(cookie) > PEOPLE_MAX * ENTRY_CHARS or len(cookie) % ENTRY_CHARS or not cookie.isascii():
        return []
    try:
        raw = base64.b64decode(cookie, altchars=b"-_", validate=True)
    except ValueError:
        return []
    size = NUMBER_BYTES + MAC_BYTES
    return [raw[at : at + size] for at in range(0, len(raw), size)]
