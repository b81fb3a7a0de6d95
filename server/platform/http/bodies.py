"""Reading and writing JSON bodies with bounds.

Owns: decoding into a typed struct, or one refusal whatever came in. Must never repeat what was sent.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from aiohttp import web

from server.platform.http.errors import ApiError

T = TypeVar("T")

# The largest body of ours is a password of 256 characters; the bound is the one of the socket's messages.
BODY_MAX_BYTES = 65_536


class Made(msgspec.Struct, frozen=True):
    """The id of what was made."""

    id: str


async def read_json(request: web.Request, kind: type[T]) -> T:
    """The body as ``kind``. Raises ApiError (413, 415, 422)."""
    if request.content_type != "application/json":
        raise ApiError(415, "not_json")
    return decode(await request.read(), kind)  # bounded by the application's client_max_size


def decode(body: bytes, kind: type[T]) -> T:
    """``body`` as ``kind``. Raises ApiError (422), whatever came in."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ApiError(422, "malformed") from None


def json_response(value: object, status: int = 200) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
