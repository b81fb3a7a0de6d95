"""POST, GET /api/cases/{case_id}/consents and POST .../consents/withdrawal: what a patient agreed to.

Owns: the bodies. Must never decide what makes a consent (consent.py), nor what ends without one (endings.py).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from server.consents import Consent, ConsentScope, Giver, How, NewConsent
from server.consents.consent import NAME_MAX_CHARS
from server.consents.endings import ENDINGS
from server.consents.ports import CONSENTED
from server.consents.store import CONSENTS
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import json_response, read_json
from server.platform.http.errors import ApiError
from server.platform.http.keys import DATABASE
from server.platform.redacted import Redacted
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import TRAIL
from signaling.errors import Refused
from signaling.messages import Identifier

_Name = Annotated[str, msgspec.Meta(max_length=NAME_MAX_CHARS)]


class Answer(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One answer as the page sends it; `server/consents/consent.py` explains the fields."""

    scope: ConsentScope
    given: bool
    language: Annotated[str, msgspec.Meta(max_length=20)]
    text_id: Annotated[str, msgspec.Meta(max_length=64)]
    how: How
    giver: Giver
    explained_by: _Name
    giver_name: _Name | None = None
    recipient: Identifier | None = None

    def __repr__(self) -> str:
        """The kind only: names of people are in it."""
        return "<Answer>"


class Withdrawal(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which consent is taken back."""

    scope: ConsentScope
    recipient: Identifier | None = None


class Kept(msgspec.Struct, frozen=True):
    """The id of the answer on disk."""

    id: str


class Shown(msgspec.Struct, frozen=True):
    """One answer as participants of the case see it."""

    id: str
    scope: ConsentScope
    given: bool
    in_force: bool
    language: str
    text_id: str
    how: How
    giver: Giver
    recipient: str | None
    recorded_at: float
    withdrawn_at: float | None


@needs(Action.RECORD_CONSENT, keeps_answer=True)
async def record(request: web.Request, principal: Principal) -> web.StreamResponse:
    """Keep one answer, yes or no."""
    app, case_id = request.app, request.match_info["case_id"]
    answer = await read_json(request, Answer)
    found = await app[CONSENTED].part_of(principal, case_id)
    if answer.scope is ConsentScope.RECORDING and not found.recordable:
        raise ApiError(422, "recording_impossible")
    new = NewConsent(
        consultation_id=case_id,
        scope=answer.scope,
        given=answer.given,
        language=answer.language,
        text_id=answer.text_id,
        how=answer.how,
        giver=answer.giver,
        explained_by=Redacted(answer.explained_by),
        recorded_by=principal.participant_id,
        recipient=answer.recipient,
        giver_name=Redacted(answer.giver_name) if answer.giver_name else None,
    )
    async with app[DATABASE].begin() as db:
        before = await app[CONSENTS].newest(db, case_id, answer.scope, recipient=answer.recipient)
        kept = await app[CONSENTS].record(db, new, principal.role, found.company)
    if not answer.given:
        never = before is None or not before.in_force
        await _end(request, principal, case_id, answer.scope, answer.recipient, refused=never)
    return json_response(Kept(kept.id), status=201)


@needs(Action.READ_CONSENTS)
async def answers(request: web.Request, principal: Principal) -> web.StreamResponse:
    """Every answer of a case, oldest first. Consents tell of the case, so reading them is on the trail."""
    app, case_id = request.app, request.match_info["case_id"]
    found = await app[CONSENTED].part_of(principal, case_id, to_read=True)
    async with app[DATABASE].begin() as db:
        kept = await app[CONSENTS].of(db, case_id)
        entry = Entry(
            Act.CONSENTS_READ, principal.participant_id, principal.role, case_id, facts={"part": found.part}
        )
        await app[TRAIL].record(db, entry)
    return json_response([_shown(one) for one in kept])


@needs(Action.RECORD_CONSENT)
async def withdraw(request: web.Request, principal: Principal) -> web.StreamResponse:
    """Take a consent back, at any moment. Saying it twice is saying it once."""
    app, case_id = request.app, request.match_info["case_id"]
    which = await read_json(request, Withdrawal)
    await app[CONSENTED].may_take_back(principal, case_id)
    async with app[DATABASE].begin() as db:
        await app[CONSENTS].withdraw(
            db,
            case_id,
            which.scope,
            recipient=which.recipient,
            by=principal.participant_id,
            role=principal.role,
        )
    # The withdrawal is on disk. Asked again, this ends what could not be ended before.
    await _end(request, principal, case_id, which.scope, which.recipient)
    return web.Response(status=204)


async def _end(
    request: web.Request,
    principal: Principal,
    case_id: str,
    scope: ConsentScope,
    recipient: str | None,
    *,
    refused: bool = False,
) -> None:
    try:
        await request.app[ENDINGS].end(principal, case_id, scope, recipient, refused=refused)
    except Refused:
        # The withdrawal is on disk, an end could not be written: the page asks again.
        raise ApiError(503, "try_again", {"Retry-After": "1"}) from None


def _shown(one: Consent) -> Shown:
    answer = one.answer
    return Shown(
        id=one.id,
        scope=answer.scope,
        given=answer.given,
        in_force=one.in_force,
        language=answer.language,
        text_id=answer.text_id,
        how=answer.how,
        giver=answer.giver,
        recipient=answer.recipient,
        recorded_at=one.recorded_at,
        withdrawn_at=one.withdrawn_at,
    )
