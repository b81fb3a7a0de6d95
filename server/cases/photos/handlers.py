"""POST /api/cases/{id}/photos, POST and GET /api/photos/{id}: pictures that come in pieces.

Owns: the three. A piece is a raw body; ``Upload-Offset`` says where it begins (the header is that of the draft on
resumable uploads for HTTP, of which this is the least part).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.cases.photos.store import PHOTOS
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response, read_body, read_json
from server.platform.http.errors import ApiError

OFFSET = "Upload-Offset"
PIECE_TYPE = "application/octet-stream"


class NewPhoto(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What will come: size in bytes and SHA-256 in hexadecimal digits."""

    size_bytes: int
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Received(msgspec.Struct, frozen=True):
    """Where to go on."""

    id: str
    received_bytes: int


@needs(Action.OPEN_CASES)
async def announce(request: web.Request, who: Principal) -> web.Response:
    """A photo will come, or goes on."""
    typed = await read_json(request, NewPhoto)
    photo_id, here = await request.app[PHOTOS].announce(
        who, request.match_info["case_id"], typed.size_bytes, typed.sha256
    )
    return json_response(Received(photo_id, here))


@needs(Action.OPEN_CASES)
async def write(request: web.Request, who: Principal) -> web.Response:
    """One piece; the answer says where to go on."""
    if request.content_type != PIECE_TYPE:
        raise ApiError(415, "malformed")
    offset = request.headers.get(OFFSET, "")
    if not offset.isdecimal() or not offset.isascii():
        raise ApiError(400, "malformed")
    photo_id = request.match_info["photo_id"]
    piece = await read_body(request)
    here = await request.app[PHOTOS].write(who, photo_id, int(offset), piece)
    return json_response(Received(photo_id, here))


@needs(Action.READ_CASES)
async def read(request: web.Request, who: Principal) -> web.Response:
    """The picture."""
    picture = await request.app[PHOTOS].read(who, request.match_info["photo_id"])
    return web.Response(body=picture, content_type="image/jpeg", headers={"Cache-Control": "no-store"})
