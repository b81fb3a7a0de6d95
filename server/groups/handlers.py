"""POST /api/groups/seats, and the live part of group sessions.

Owns: the one address, its body, and the making of codes.
"""

from __future__ import annotations

import secrets

import msgspec
from aiohttp import web

from server.calls import Consultations
from server.consents.store import CONSENTS
from server.groups.live import GroupRooms
from server.groups.store import GROUPS, GroupStore
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import Made, json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.keys import CLOCK, DATABASE
from server.trail.trail import TRAIL
from signaling.errors import Refused
from signaling.messages import GroupCode, Pseudonym

# Told by telephone and typed at a kiosk: no letter that is read as a digit. 31^6 is 900 million, and whoever
# guesses one stands in a lobby.
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_CHARS = 6


ROOMS = web.AppKey("group_rooms", GroupRooms)


class WantedSeat(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where to, and under which name; "" lets the server find one."""

    code: GroupCode
    pseudonym: Pseudonym = ""

    def __repr__(self) -> str:
        """Without the name."""
        return "<WantedSeat>"


def add_groups(app: web.Application, desk: Consultations) -> None:
    """Make the services of this area and its route."""
    store = GroupStore(app[DATABASE], app[TRAIL], app[CONSENTS], app[CLOCK])
    rooms = GroupRooms(desk.state, store, new_code)
    desk.carry_out(rooms.handlers)
    app[GROUPS] = store
    app[ROOMS] = rooms
    app.router.add_post("/api/groups/seats", new_seat)


def new_code() -> str:
    """A code that nobody guesses soon."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))


@needs(Action.TAKE_SEATS, keeps_answer=True)
async def new_seat(request: web.Request, who: Principal) -> web.Response:
    """A seat for one participant: first its consent is kept, then a group is asked for over the socket.

    A wrong code and a taken name are told here, before anybody is read anything.
    """
    wanted = await read_json(request, WantedSeat)
    try:
        request.app[ROOMS].check(who, wanted.code, wanted.pseudonym)
    except Refused as refused:
        raise ApiError(409, refused.code) from None
    return json_response(Made(await request.app[GROUPS].new_seat(who)), 201)
