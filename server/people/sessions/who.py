"""Who is behind a request: the person or the station of its cookies.

Owns: reading both cookies against the sessions in the database, and the proof that goes with a station's. Must
never trust anything else: a station's cookie without a fresh signature of its key is nobody's.
"""

from __future__ import annotations

from aiohttp import web

from server.people.errors import ProofNeeded
from server.people.principal import Principal
from server.people.sessions.cookies import PEOPLE, STATION, get_cookie, person_cookie
from server.people.sessions.proofs import PROOFS
from server.people.sessions.store import SESSIONS, Standing
from server.platform.http.errors import ApiError

PROOF_HEADER = "X-Keneya-Proof"
# What the station's page signs next; a page that has none, or an old one, finds it here and asks again.
CHALLENGE_HEADER = "X-Keneya-Challenge"


async def standing_of(request: web.Request) -> Standing | None:
    """The session of the page's person, however far its sign-in has come, or None."""
    return await _standing(request, person_cookie(request))


async def person_of(request: web.Request) -> Principal | None:
    """The signed-in person, or None."""
    found = await standing_of(request)
    return found.principal if found is not None and found.step is None else None


async def people_of(request: web.Request) -> list[Principal]:
    """Everybody who is signed in to a page of this browser."""
    found = [await _standing(request, cookie) for cookie in PEOPLE.values()]
    return [one.principal for one in found if one is not None and one.step is None]


async def _standing(request: web.Request, cookie: str) -> Standing | None:
    token = get_cookie(request, cookie)
    return await request.app[SESSIONS].standing(token) if token else None


async def station_of(request: web.Request) -> Principal | None:
    """The enrolled station, or None. Raises ApiError 401 with a challenge when its proof is missing or old."""
    app = request.app
    token = get_cookie(request, STATION)
    found = await app[SESSIONS].station(token) if token else None
    if found is None:
        return None
    try:
        app[PROOFS].check(
            found.principal.participant_id,
            found.public_key,
            method=request.method,
            path=request.rel_url.raw_path,
            proof=request.headers.get(PROOF_HEADER, ""),
        )
    except ProofNeeded:
        raise ApiError(401, "proof_needed", {CHALLENGE_HEADER: app[PROOFS].challenge()}) from None
    return found.principal


def required(principal: Principal | None) -> Principal:
    """The principal. Raises ApiError 401."""
    if principal is None:
        raise ApiError(401, "not_signed_in")
    return principal
