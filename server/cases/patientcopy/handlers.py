"""POST /api/cases/{id}/copy: the patient's own copy, for the nurse to hand over.

Owns: the address. A POST, for it is an act of its own on the trail; the file's name says nothing about the patient.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path

import msgspec
from aiohttp import web

from server.cases.access import Part
from server.cases.patientcopy.contents import OwnCopy, gather, stored, with_photos
from server.cases.patientcopy.pdf import as_pdf
from server.cases.patientcopy.words import Say, SheetLanguage, words_of
from server.cases.photos.store import PHOTOS
from server.cases.store import CASES
from server.consents.store import CONSENTS
from server.people.principal import Principal
from server.people.sessions.access import needs
from server.people.sessions.permissions import Action
from server.platform.http.bodies import read_json
from server.platform.http.keys import CLOCK, DATABASE
from server.trail.acts import Act
from server.trail.entry import Entry
from server.trail.trail import TRAIL

# The pages' catalogs of words: where the codes of a case are told.
CATALOGS = web.AppKey("catalogs", Path)


class Form(StrEnum):
    """For people, or for machines."""

    PDF = "pdf"
    JSON = "json"


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Which of the two, and the language of the PDF."""

    form: Form
    language: SheetLanguage = SheetLanguage.FRENCH


TYPES = {Form.PDF: "application/pdf", Form.JSON: "application/json"}


@needs(Action.OPEN_CASES)
async def make_copy(request: web.Request, who: Principal) -> web.Response:
    """Everything that is held on a case, for the station that opened it."""
    wanted = await read_json(request, Wanted)
    copy = await _gathered(request, who, wanted.form)
    say = words_of(request.app[CATALOGS], wanted.language)
    # Letters and pictures of a long stay take a moment: calls go on meanwhile.
    body = await asyncio.to_thread(_body, copy, wanted, say)
    return web.Response(
        body=body,
        content_type=TYPES[wanted.form],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="keneya-{copy.case.id}.{wanted.form.value}"',
        },
    )


def _body(copy: OwnCopy, wanted: Wanted, say: Say) -> bytes:
    if wanted.form is Form.PDF:
        return as_pdf(copy, say, wanted.language)
    return msgspec.json.format(msgspec.json.encode(copy), indent=1)


async def _gathered(request: web.Request, who: Principal, form: Form) -> OwnCopy:
    app, case_id = request.app, request.match_info["case_id"]
    async with app[DATABASE].begin() as db:
        found = (await app[CASES].part(db, who, case_id, Part.OPENER)).readable_by(who)
        copy = await gather(db, found.case, app[CONSENTS], app[CLOCK]())
        entry = Entry(Act.COPY_MADE, who.participant_id, who.role, case_id, facts={"form": form})
        await app[TRAIL].record(db, entry)
    pictures = {photo_id: await app[PHOTOS].picture(photo_id) for photo_id in stored(copy)}
    return with_photos(copy, pictures)
