"""Who is behind a request: the person or the station of its cookies.

Owns: reading both cookies against the sessions in the database. Must never trust anything else.
"""

from __future__ import annotations

from aiohttp import web

from server.auth.principal import Principal
from server.http.cookies import PERSON, STATION, get_cookie
from server.http.errors import ApiError
from server.services import services


async def person_of(request: web.Request) -> Principal | None:
    """The signed-in person, or None."""
    token = get_cookie(request, PERSON, services(request).settings)
    return await services(request).sessions.account(token) if token else None


async def station_of(request: web.Request) -> Principal | None:
    """The enrolled station, or None."""
    token = get_cookie(request, STATION, services(request).settings)
    return await services(request).sessions.station(token) if token else None


def required(principal: Principal | None) -> Principal:
    """The principal. Raises ApiError 401."""
    if principal is None:
        raise ApiError(401, "not_signed_in")
    return principal
