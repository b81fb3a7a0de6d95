"""The door of every handler under /api: which action it is, and whether this visitor may do it.

    @needs(Action.MANAGE_ACCOUNTS)
    async def accounts(request: web.Request, principal: Principal) -> web.StreamResponse: ...

Owns: asking the table of permissions.py before a handler runs (401 not known, 403 known and not allowed), its
pace (429, pace.py), that a request with a key of its own is carried out once however often it is sent, and
telling the trail of those who ask for what is not theirs.
Must never look at objects: whether this case is theirs, server/cases/access.py says, with a 404.
A test walks the routes: one without a door fails it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from server.people.principal import Principal
from server.people.sessions.cookies import FACE_HEADER
from server.people.sessions.pace import PACE
from server.people.sessions.permissions import ALLOWED, Action, allowed
from server.people.sessions.who import (
    people_of,
    person_of,
    required,
    standing_of,
    station_of,
)
from server.platform.errors import Malformed, Refusal
from server.platform.http.bodies import read_body
from server.platform.http.errors import ApiError
from server.platform.http.guests import GUESTS
from server.platform.http.keys import CLOCK
from server.platform.repeats.sealing import RequestKey
from server.platform.repeats.store import REPEATS
from server.trail.refused import REFUSED, access_refused
from signaling.messages import Role

# draft-ietf-httpapi-idempotency-key-header: made by the page, another for each thing that somebody does.
KEY_HEADER = "Idempotency-Key"
SAFE_METHODS = frozenset({"GET", "HEAD"})

DOOR = "__keneya_door__"

# OWASP ASVS 5, 7.5.3: before a sensitive act people prove again who they are. A quarter of an hour is enough
# for a round of changes, and shorter than a machine left open stays unnoticed.
RECENT_S = 900

Guarded = Callable[[web.Request, Principal], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Door:
    """What stands before a handler: an action, or the reason why strangers may come in."""

    action: Action | None
    open_because: str = ""
    recent: bool = False
    takes_key: bool = True
    keeps_answer: bool = False


def needs(
    action: Action, *, recent: bool = False, takes_key: bool = True, keeps_answer: bool = False
) -> Callable[[Guarded], Handler]:
    """Let in only who may do this; the handler gets the principal. Raises ApiError 401 or 403.

    ``recent``: and only somebody who has typed the password within the last quarter of an hour. ``takes_key``:
    whether a request may carry a key of its own. ``keeps_answer``: under such a key its answer is kept for a day,
    and given again without asking anything: only where it is the id of what was made, or a password or code, and
    tells nothing of a patient. Of all others the status is kept.
    """

    door = Door(action, recent=recent, takes_key=takes_key, keeps_answer=keeps_answer)

    def decorate(handler: Guarded) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            principal = await admitted(request, action)
            if recent:
                await proven_recently(request)
            if request.method not in SAFE_METHODS:
                # Before the turn: a body that comes slowly, or never, keeps none from the others of the site.
                await read_body(request)
            try:
                with request.app[PACE].turn(principal):
                    return await once(request, principal, handler, door)
            except Refusal as error:
                if error.status in (403, 404):
                    _note(request, principal, action, error.about)
                raise

        setattr(guarded, DOOR, door)
        return guarded

    return decorate


def open_to_all(because: str) -> Callable[[Handler], Handler]:
    """Mark a handler that has to serve people who are not signed in, and say why."""

    def decorate(handler: Handler) -> Handler:
        setattr(handler, DOOR, Door(None, because))
        return handler

    return decorate


def door_of(handler: object) -> Door | None:
    """The door of a route's handler; None: somebody forgot it."""
    found = getattr(handler, DOOR, None)
    return found if isinstance(found, Door) else None


async def admitted(request: web.Request, action: Action) -> Principal:
    """Who asks, if the table lets them do this. Raises ApiError 401 or 403."""
    principal = required(await _visitor(request, action))
    if not allowed(principal.role, action):
        _note(request, principal, action)
        raise ApiError(403, "forbidden")
    request.app[GUESTS].known(request, request.remote or "")
    return principal


async def once(
    request: web.Request, principal: Principal, handler: Guarded, door: Door
) -> web.StreamResponse:
    """Let the handler run; when the request carries a key, once for that key. Raises ApiError 400, 408, 413."""
    typed = request.headers.get(KEY_HEADER)
    if typed is None or request.method in SAFE_METHODS:
        return await handler(request, principal)
    if not door.takes_key:
        raise ApiError(400, "malformed")
    try:
        key = RequestKey(principal.participant_id, typed)
    except Malformed:  # a header, for which 400 is the status
        raise ApiError(400, "malformed") from None
    fingerprint = key.fingerprint(request.method, request.path, await read_body(request))
    return await request.app[REPEATS].once(
        key, fingerprint, lambda: handler(request, principal), keeps_answer=door.keeps_answer
    )


def _note(request: web.Request, who: Principal, action: Action, case_id: str | None = None) -> None:
    request.app[REFUSED].note(access_refused(who.participant_id, who.role, action, case_id))


async def proven_recently(request: web.Request) -> None:
    """Raises ApiError 403 unless this person typed the password within the last quarter of an hour."""
    found = await standing_of(request)
    if found is None or request.app[CLOCK]() >= found.proven_at + RECENT_S:
        raise ApiError(403, "prove_again")


async def _visitor(request: web.Request, action: Action) -> Principal | None:
    """The person or the station of this browser, whichever this action and this page are about.

    A browser may be a station, and hold somebody for each face: pages say which they are, links (a file to keep)
    cannot, and get whoever may do this.
    """
    roles = ALLOWED.get(action, frozenset())
    face = request.headers.get(FACE_HEADER)
    if face == "station" or roles == {Role.STATION}:
        return await station_of(request) or await person_of(request)
    if face is None and request.method == "GET":
        fitting = [one for one in await people_of(request) if allowed(one.role, action)]
        if fitting:
            return fitting[0]
    return await person_of(request) or await station_of(request)
