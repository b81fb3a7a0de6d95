"""Reads and writes JSON bodies of limited size.

Owns: decoding into a typed struct, with one refusal for every other input. Answers must never contain input.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from aiohttp import web

from server.platform.http.errors import ApiError

T = TypeVar("T")

# The same limit as for messages of the WebSocket; our largest body is far smaller.
BODY_MAX_BYTES = 65_536


class Made(msgspec.Struct, frozen=True):
    """The id of a new row."""

    id: str


async def read_json(request: web.Request, kind: type[T]) -> T:
    """The body as ``kind``. Raises ApiError (413, 415, 422)."""
    if request.content_type != "application/json":
        raise ApiError(415, "not_json")
    return decode(await request.read(), kind)  # the application's client_max_size limits the size


def decode(body: bytes, kind: type[T]) -> T:
    """``body`` as ``kind``. Raises ApiError (422) for any other input."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ApiError(422, "malformed") from None


def json_response(value: object, status: int = 200) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
