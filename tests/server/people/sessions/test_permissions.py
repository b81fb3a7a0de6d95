"""The table of permissions, walked on a running server: each role, each route and message, allowed and refused."""

from __future__ import annotations

import re
import typing
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from server.people.sessions.access import Door, door_of
from server.people.sessions.permissions import (
    ALLOWED,
    SAYS,
    Action,
    allowed,
    may_say,
)
from signaling import messages as wire
from signaling.messages import Role, Urgency
from tests.support.server import Server, running_server
from tests.support.signaling import Page

# The answers of a refusal by the table; any other answer means that the request was allowed.
SHUT = {(401, "not_signed_in"), (401, "proof_needed"), (403, "forbidden")}


def api_routes(app: web.Application, *, named: bool = False) -> list[tuple[str, str, Door | None]]:
    """Method, path, and door of every route under /api; ids made up unless ``named``."""
    found = []
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if path.startswith("/api") and route.method != "HEAD":
            found.append(
                (route.method, path if named else re.sub(r"\{[^}]+\}", NOBODYS, path), door_of(route.handler))
            )
    return sorted(found, key=lambda one: one[:2])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with running_server(tmp_path) as running:
        yield running


async def test_every_route_of_the_api_has_a_door(server: Server) -> None:
    routes = api_routes(server.app)
    assert len(routes) > 20
    assert [(method, path) for method, path, door in routes if door is None] == []
    assert [path for _, path, door in routes if door and door.action is None and not door.open_because] == []


async def test_answers_are_kept_where_they_are_an_id_or_a_secret_and_tell_of_no_patient(
    server: Server,
) -> None:
    """Each of these answers with `Made`, `Kept`, `Told` or a station's code, and nothing else."""
    routes = api_routes(server.app, named=True)
    assert {path for _, path, door in routes if door and door.keeps_answer} == {
        "/api/accounts",
        "/api/accounts/{account_id}/reset",
        "/api/cases",
        "/api/cases/{case_id}/consents",
        "/api/cases/{case_id}/referrals",
        "/api/groups/seats",
        "/api/roster/exceptions",
        "/api/roster/slots",
        "/api/stations/codes",
    }
    assert [path for _, path, door in routes if door and not door.takes_key] == [
        "/api/answers",
        "/api/cases/taken-back",
    ]


def test_every_action_is_in_the_table_and_is_for_somebody() -> None:
    assert set(ALLOWED) == set(Action)
    assert [action for action, roles in ALLOWED.items() if not roles] == []


async def test_each_role_meets_each_route_as_the_table_says(server: Server) -> None:
    async with AsyncExitStack() as stack:
        clients: dict[Role | None, aiohttp.ClientSession] = {
            None: await stack.enter_async_context(server.client())
        }
        for role in Role:
            clients[role] = await signed_in(server, role, stack)
        seen: set[tuple[Action, bool]] = set()
        wrong = []
        for method, path, door in api_routes(server.app):
            if door is None or door.action is None:
                continue
            for visitor, client in clients.items():
                may = visitor is not None and allowed(visitor, door.action)
                if may and (method, path) == ("DELETE", "/api/sessions"):
                    continue  # allowed, but it would sign this test out; test_handlers.py covers it
                let_in = await is_let_in(client, method, path, visitor)
                seen.add((door.action, let_in))
                if let_in is not may:
                    wrong.append((method, path, visitor, let_in))
        assert wrong == []
        walked = {door.action for _, _, door in api_routes(server.app) if door and door.action}
        assert {(action, may) for action in walked for may in (False, True)} - seen == set()


async def test_a_role_opens_a_socket_only_if_the_table_says_so(server: Server) -> None:
    async with AsyncExitStack() as stack:
        for role in Role:
            client = await signed_in(server, role, stack)
            face = role.value if allowed(role, Action.OPEN_SOCKET) else "clinician"
            async with client.post("/api/ticket", json={"role": face}) as answer:
                assert (answer.status == 200) is allowed(role, Action.OPEN_SOCKET), role


async def test_no_route_that_changes_something_takes_a_request_of_another_sites_page(server: Server) -> None:
    async with AsyncExitStack() as stack:
        chief = await signed_in(server, Role.ADMINISTRATOR, stack)
        for method, path, _ in api_routes(server.app):
            if method in ("GET", "OPTIONS"):
                continue
            for headers in ({"Origin": "https://evil.example"}, {"X-Keneya": "0"}):
                async with chief.request(method, path, headers=headers) as answer:
                    assert (answer.status, await answer.json()) == (403, {"code": "wrong_origin"}), path


NOBODYS = "xx_0000000000000000"
# One of each message that the table names, with ids of nobody.
MESSAGES: tuple[wire.ClientMessage, ...] = (
    wire.LegOffer(sdp="v=0"),
    wire.LegClose(leg_id=NOBODYS),
    wire.PathBlocked(leg_id=NOBODYS),
    wire.MediaState(audio_muted=True, video_muted=True),
    wire.Preferences(),
    wire.SendReport(leg_id=NOBODYS, available_outgoing_bps=0, quality_limitation=wire.QualityLimitation.NONE),
    wire.AskStill(participant_id=NOBODYS),
    wire.DeclineStill(asked_by=NOBODYS),
    wire.RequestConsultation(urgency=Urgency.GREEN, case_id=NOBODYS),
    wire.CancelRequest(consultation_id=NOBODYS),
    wire.SetDuty(on=True),
    wire.Accept(consultation_id=NOBODYS),
    wire.Leave(consultation_id=NOBODYS),
    wire.End(consultation_id=NOBODYS),
    wire.InviteMediator(consultation_id=NOBODYS, mediator_id=NOBODYS),
    wire.AnswerInvitation(invitation_id=NOBODYS, accept=False),
    wire.RemoveParticipant(consultation_id=NOBODYS, participant_id=NOBODYS),
    wire.OpenGroup(),
    wire.AskSeat(seat_id=NOBODYS, code="ABCD"),
    wire.AdmitSeat(seat_id=NOBODYS),
    wire.MuteSeat(seat_id=NOBODYS, muted=True),
    wire.RemoveSeat(seat_id=NOBODYS),
    wire.LeaveGroup(),
)


def test_every_message_of_a_page_is_in_the_table_and_walked() -> None:
    of_the_socket = {wire.Hello, wire.Ping, wire.Bye}
    assert set(SAYS) == set(typing.get_args(wire.AnyClientMessage)) - of_the_socket
    assert {type(message) for message in MESSAGES} == set(SAYS)
    assert [kind for kind, roles in SAYS.items() if not roles] == []


async def test_each_role_may_send_on_the_socket_what_the_table_allows(server: Server) -> None:
    async with AsyncExitStack() as stack:
        seen: set[tuple[Role, bool]] = set()
        for role in Role:
            client = await signed_in(server, role, stack)
            if not allowed(role, Action.OPEN_SOCKET):
                async with client.post("/api/ticket", json={}) as answer:
                    assert (answer.status, await answer.json()) == (403, {"code": "forbidden"}), role
                continue
            for message in MESSAGES:
                may = await is_heard(server, client, role, message)
                assert may is may_say(role, type(message)), (role, message)
                seen.add((role, may))
        assert seen == {(role, may) for role in ALLOWED[Action.OPEN_SOCKET] for may in (False, True)}


async def is_heard(
    server: Server, client: aiohttp.ClientSession, role: Role, message: wire.ClientMessage
) -> bool:
    """Whether a page of this role may send this message; a page that may not loses the socket."""
    async with client.ws_connect("/ws", compress=15) as ws:
        page = Page(ws)
        ticket = await server.ticket(client, role.value)
        await page.send_raw(wire.encode(wire.Hello(protocol=wire.PROTOCOL_VERSION, ticket=ticket)))
        await page.expect(wire.Welcome)
        await page.say(message)
        try:
            await page.ping()
        except ConnectionError:
            assert any(isinstance(m, wire.Goodbye) and m.code == "unexpected_message" for m in page.got)
            return False
        await page.say(wire.Bye())
        return True


async def signed_in(server: Server, role: Role, stack: AsyncExitStack) -> aiohttp.ClientSession:
    client = await stack.enter_async_context(server.client())
    if role is Role.STATION:
        await server.enrol(client, (await server.new_station()).code)
    else:
        await server.new_doctor(login=role.value, role=role)
        await server.sign_in(client, login=role.value)
    return client


async def is_let_in(client: aiohttp.ClientSession, method: str, path: str, role: Role | None) -> bool:
    """Whether this request reached the handler, whatever the handler answers about the made-up ids."""
    headers = {"X-Keneya-Face": "station"} if role is Role.STATION else {}
    async with client.request(method, path, headers=headers) as answer:
        if answer.status in (401, 403):
            return (answer.status, (await answer.json())["code"]) not in SHUT
        assert answer.status < 500, (method, path, role)
        return True
