"""Ids that were guessed, or seen over a shoulder: people without a part in a case learn and change nothing.

Everybody without a part calls every route whose path names a case, a photo, a mediation or a session, with the
*real* id and with bodies that its owner could send, and sends every message of the socket that names one. Each
answer must be the one for an unknown id.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from server.cases.tables import CaseFile, CaseNote, CaseOutcome, Referral
from server.consents import ConsentScope
from server.consents.tables import Consent
from server.mediators.tables import MediationReport
from server.people.sessions.permissions import SAYS
from server.people.tables import HttpSession
from signaling import messages as wire
from signaling.messages import Role
from tests.server.people.sessions.test_permissions import api_routes
from tests.support.cases import House, house

NOBODYS = "xx_0000000000000000"
YES = {
    "given": True,
    "language": "bm",
    "text_id": "teleconsultation-1",
    "how": "spoken",
    "giver": "patient",
    "explained_by": "Fatou D.",
    "scope": "teleconsultation",
}
# The bodies that a permitted page would send, by the end of the path.
BODIES: dict[str, Any] = {
    "copy": {"form": "json"},
    "exit": {},
    "notes": {"answer": "vu"},
    "transfer": {"specialty": "surgery"},
    "referrals": {"recipient": "ramed", "letter": "Merci."},
    "outcomes": {"outcome": "better"},
    "photos": {"size_bytes": 1000, "sha256": "0" * 64},
    "consents": YES,
    "withdrawal": {"scope": "teleconsultation"},
    "report": {"language": "fr", "minutes": 1, "blockages": []},
}
KINDS = ("case_id", "photo_id", "mediation_id", "session_id")


@dataclass
class Inside:
    """A consultation under way, and the ids of everything in it."""

    case_id: str
    ids: dict[str, str]
    messages: list[wire.ClientMessage]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as running:
        yield running


async def under_way(home: House) -> Inside:
    station = await home.station()
    doctor = await home.person("traore", specialties=("general",))
    oumou = await home.mediator("oumou")
    case_id = await home.open_case(station, patient_ref="2026/0412", specialty="general")
    await home.ask(station, case_id)
    await home.accept(doctor, case_id)
    await home.consent(station, case_id, ConsentScope.REFERRAL, "ramed")
    photo = {"size_bytes": 1000, "sha256": hashlib.sha256(b"").hexdigest()}
    photo_id = (await station.post(f"/api/cases/{case_id}/photos", photo, 200))["id"]
    await home.consent(station, case_id, ConsentScope.THIRD_PERSON)
    await station.page.say(wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id))
    invitation = await oumou.page.expect(wire.Invitation)
    session_id = (await doctor.get("/api/sessions"))[0]["session_id"]
    host = await home.person("keita")
    await host.page.say(wire.OpenGroup())
    await host.page.expect(wire.Group)
    return Inside(
        case_id,
        {
            "case_id": case_id,
            "photo_id": photo_id,
            "mediation_id": invitation.invitation_id,
            "session_id": session_id,
        },
        [
            wire.CancelRequest(consultation_id=case_id),
            wire.Accept(consultation_id=case_id),
            wire.Leave(consultation_id=case_id),
            wire.End(consultation_id=case_id),
            wire.RequestConsultation(urgency=wire.Urgency.RED, case_id=case_id),
            wire.AskStill(participant_id=station.id),
            wire.InviteMediator(consultation_id=case_id, mediator_id=oumou.id),
            wire.AnswerInvitation(
                invitation_id=invitation.invitation_id, accept=True, pledge="pledge-1", language="fr"
            ),
            wire.RemoveParticipant(consultation_id=case_id, participant_id=doctor.id),
        ],
    )


async def traces(home: House) -> list[int | None]:
    """The number of rows in every table that somebody could have written to."""
    async with home.server.services.database() as db:
        tables = (CaseFile, CaseNote, CaseOutcome, Consent, HttpSession, MediationReport, Referral)
        return [await db.scalar(select(func.count()).select_from(table)) for table in tables]


async def asked(client: aiohttp.ClientSession, method: str, path: str, role: Role) -> tuple[int, bytes]:
    headers = {"X-Keneya-Face": "station"} if role is Role.STATION else {}
    body: dict[str, Any] = {"json": BODIES.get(path.rpartition("/")[2], {})}
    if method == "POST" and path.startswith("/api/photos/"):
        headers |= {"Content-Type": "application/octet-stream", "Upload-Offset": "0"}
        body = {"data": b"\xff\xd8"}
    if method == "GET":
        body = {}
    async with client.request(method, path, headers=headers, **body) as answer:
        return answer.status, await answer.read()


async def outsiders(home: House) -> list[tuple[Role, aiohttp.ClientSession]]:
    other = await home.station("CSCom de Mopti")
    bystander = await home.person("bystander", specialties=("surgery",))
    stranger = await home.mediator("fatim")
    keepers = (Role.COORDINATOR, Role.RECORDS_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR)
    return [
        (Role.STATION, other.client),
        (Role.CLINICIAN, bystander.client),
        (Role.MEDIATOR, stranger.client),
        *[(role, await home.keeper(role.value, role)) for role in keepers],
    ]


async def test_no_route_distinguishes_a_real_id_from_an_unknown_one(home: House) -> None:
    inside = await under_way(home)
    people = await outsiders(home)
    before = await traces(home)
    walked = set()
    for method, path, _ in api_routes(home.server.app, named=True):
        kinds = [kind for kind in KINDS if "{" + kind + "}" in path]
        for kind in kinds:
            walked.add((method, path))
            for role, client in people:
                real = await asked(client, method, path.replace("{" + kind + "}", inside.ids[kind]), role)
                none = await asked(client, method, path.replace("{" + kind + "}", NOBODYS), role)
                assert real == none, (method, path, role)
                assert real[0] in (403, 404), (method, path, role, real)
    assert len(walked) >= 15
    assert {kind for kind in KINDS if any(kind in path for _, path in walked)} == set(KINDS)
    assert await traces(home) == before


async def test_no_message_changes_a_consultation_of_others(home: House) -> None:
    inside = await under_way(home)
    pages = {
        Role.STATION: await home.station("CSCom de Mopti"),
        Role.CLINICIAN: await home.person("bystander"),
        Role.MEDIATOR: await home.mediator("fatim"),
    }
    before = await traces(home)
    tried = set()
    for message in inside.messages:
        for role in SAYS[type(message)]:
            await pages[role].page.say(message)
            await pages[role].page.expect(wire.Error)
            tried.add(type(message))
    assert len(tried) == len(inside.messages)
    acts = await home.acts(inside.case_id)
    assert not [who for _, who in acts if who in {one.id for one in pages.values()}]
    assert [act for act, _ in acts if act in ("consultation_closed", "consultation_released")] == []
    assert await traces(home) == before
