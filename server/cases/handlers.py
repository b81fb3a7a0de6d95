"""POST, GET /api/cases and what hangs on one: reading, notes, transfer, referral, outcome.

Owns: the bodies. Must never carry anything about a patient in an address: addresses hold ids only, a search comes
in the body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from aiohttp import web

from server.cases.desk_port import DESK
from server.cases.errors import AlreadyOpen
from server.cases.intake.form import NAME_MAX_CHARS, Intake
from server.cases.outcomenews import OUTCOME_NEWS
from server.cases.reading.lists import CASE_LISTS
from server.cases.store import CASES
from server.cases.vocabulary import Outcome
from server.people.principal import Principal
from server.people.profile import Specialty
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import Made, json_response, read_json
from server.platform.http.errors import ApiError
from server.trail.acts import Act
from server.trail.refused import REFUSED, open_case_told
from signaling.errors import Refused
from signaling.messages import Identifier

# Two pages of writing: what a clinician types during or after a call.
TEXT_MAX_CHARS = 4_000
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX_CHARS)]


class Typed(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Base of the bodies; none shows itself."""

    def __repr__(self) -> str:
        """The kind only."""
        return f"<{type(self).__name__}>"


class Search(Typed, frozen=True, kw_only=True):
    """Which patient."""

    patient_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_MAX_CHARS)]


class Note(Typed, frozen=True, kw_only=True):
    """What a clinician writes; ``answer`` and ``advice`` go to the station, ``note`` to clinicians."""

    answer: Text = ""
    advice: Text = ""
    note: Text = ""


class Transfer(Typed, frozen=True, kw_only=True):
    """To a specialty, to a colleague, or to a colleague of a specialty."""

    specialty: Specialty | None = None
    clinician_id: Identifier | None = None


class NewReferral(Typed, frozen=True, kw_only=True):
    """To whom, and the letter."""

    recipient: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    letter: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MAX_CHARS)]


class NewOutcome(Typed, frozen=True, kw_only=True):
    """What became of the patient."""

    outcome: Outcome
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""


@contextmanager
def desk_told() -> Iterator[None]:
    """Answer 409 for what the desk refuses: the consultation is in another state than the page believes."""
    try:
        yield
    except Refused as error:
        raise ApiError(409, error.code) from None


@needs(Action.OPEN_CASES, keeps_answer=True)
async def open_case(request: web.Request, who: Principal) -> web.Response:
    """A station opens a case; answers its id, which will be that of its consultation."""
    form = await read_json(request, Intake)
    try:
        return json_response(Made(await request.app[CASES].open(who, form)), 201)
    except AlreadyOpen as error:
        if error.about is not None:
            told = open_case_told(who.participant_id, who.role, Action.OPEN_CASES, error.about)
            request.app[REFUSED].note(told)
        raise


@needs(Action.READ_CASES)
async def list_cases(request: web.Request, who: Principal) -> web.Response:
    """One's own cases of the last two weeks, newest first."""
    return json_response(await request.app[CASE_LISTS].recent(who))


@needs(Action.TREAT_CASES)
async def unread_news(request: web.Request, who: Principal) -> web.Response:
    """Grave outcomes of one's own cases that one has not looked at yet."""
    return json_response(await request.app[OUTCOME_NEWS].unread(who))


@needs(Action.TREAT_CASES)
async def owed_cases(request: web.Request, who: Principal) -> web.Response:
    """One's own cases whose call is over and that have no answer."""
    return json_response(await request.app[CASE_LISTS].owed(who))


@needs(Action.OPEN_CASES)
async def find_cases(request: web.Request, who: Principal) -> web.Response:
    """A station's cases of one patient. A POST, so that the reference stands in no address."""
    wanted = await read_json(request, Search)
    return json_response(await request.app[CASE_LISTS].of_patient(who, wanted.patient_ref))


@needs(Action.READ_CASES)
async def read_case(request: web.Request, who: Principal) -> web.Response:
    """The whole of a case, for its participants."""
    return json_response(await request.app[CASES].read(who, request.match_info["case_id"]))


@needs(Action.OPEN_CASES)
async def read_summary(request: web.Request, who: Principal) -> web.Response:
    """The same, to be printed for the patient: on the trail as that."""
    case_id = request.match_info["case_id"]
    return json_response(await request.app[CASES].read(who, case_id, Act.SUMMARY_READ))


@needs(Action.OPEN_CASES)
async def leave_quickly(request: web.Request, who: Principal) -> web.Response:
    """Somebody came in and the patient had to go: the consultation is over at once, as any that ends.

    An address of its own, for a page that is about to be gone cannot wait for its socket.
    """
    case_id = request.match_info["case_id"]
    with desk_told():
        await request.app[CASES].mine(who, case_id)
        await request.app[DESK].finish(who, case_id)
    return web.Response(status=204)


@needs(Action.TREAT_CASES)
async def write_note(request: web.Request, who: Principal) -> web.Response:
    """A clinician of the case writes."""
    typed = await read_json(request, Note)
    await request.app[CASES].write_note(
        who,
        request.match_info["case_id"],
        answer=typed.answer,
        advice=typed.advice,
        note=typed.note,
    )
    return web.Response(status=204)


@needs(Action.TREAT_CASES)
async def transfer(request: web.Request, who: Principal) -> web.Response:
    """The clinician in charge hands the patient over; the consultation waits again, offered there."""
    typed = await read_json(request, Transfer)
    if typed.specialty is None and typed.clinician_id is None:
        raise ApiError(422, "malformed")
    case_id = request.match_info["case_id"]
    with desk_told():
        wishes = await request.app[CASES].handing_over(
            who, case_id, specialty=typed.specialty or "", clinician_id=typed.clinician_id
        )
        await request.app[DESK].transfer(who, case_id, wishes)
    return web.Response(status=204)


@needs(Action.TREAT_CASES, keeps_answer=True)
async def refer(request: web.Request, who: Principal) -> web.Response:
    """A clinician sends the patient on, to whom the patient agreed to be sent."""
    typed = await read_json(request, NewReferral)
    referral = await request.app[CASES].refer(
        who, request.match_info["case_id"], to=typed.recipient, letter=typed.letter
    )
    return json_response(Made(referral.id), 201)


@needs(Action.OPEN_CASES)
async def report_outcome(request: web.Request, who: Principal) -> web.Response:
    """The station tells what became of the patient."""
    typed, case_id = await read_json(request, NewOutcome), request.match_info["case_id"]
    await request.app[CASES].report_outcome(who, case_id, typed.outcome, typed.words)
    await request.app[OUTCOME_NEWS].tell(case_id, typed.outcome)
    return web.Response(status=204)
