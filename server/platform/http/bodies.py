"""Reads and writes JSON bodies of limited size.

Owns: decoding into a typed struct, with one refusal for every other input. Texts are tidied (`signaling.text`), so
that no text changes how its neighbours read. Answers must never contain input.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec
from aiohttp import web

from server.platform.http.errors import ApiError
from signaling.text import UnfitText, tidied_json

T = TypeVar("T")

# The same limit as for messages of the WebSocket; our largest body is far smaller.
BODY_MAX_BYTES = 65_536
# That takes half a minute at 18 kbit/s; a body that comes more slowly holds its connection for nothing.
BODY_WITHIN_S = 90.0


# Compared as they were typed, by somebody else's program or by their hash.
UNTOUCHED = frozenset({"password", "current"})


class Made(msgspec.Struct, frozen=True):
    """The id of a new row."""

    id: str


async def read_json(request: web.Request, kind: type[T]) -> T:
    """The body as ``kind``. Raises ApiError (408, 413, 415, 422)."""
    if request.content_type != "application/json":
        raise ApiError(415, "not_json")
    return decode(await read_body(request), kind)


async def read_body(request: web.Request) -> bytes:
    """The whole body, of at most the application's client_max_size. Raises ApiError (408, 413)."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await request.read()
    except TimeoutError:
        raise ApiError(408, "malformed") from None


def decode(body: bytes, kind: type[T]) -> T:
    """``body`` as ``kind``. Raises ApiError (422) for any other input."""
    try:
        return msgspec.json.decode(tidied_json(body, UNTOUCHED), type=kind)
    except UnfitText:
        raise ApiError(422, "unfit_text") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ApiError(422, "malformed") from None


def json_response(value: object, status: int = 200) -> web.Response:
    """An answer with a JSON body."""
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
