"""The table of permissions, walked on a running server: each role, each route, allowed and refused."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from server.auth.permissions import ALLOWED, Action, allowed
from server.http.access import Door, door_of
from signaling.messages import Role
from tests.support.server import Server, running_server

# What a refusal by the table looks like; anything else means that the door was open.
SHUT = {(401, "not_signed_in"), (401, "proof_needed"), (403, "forbidden")}


def api_routes(app: web.Application) -> list[tuple[str, str, Door | None]]:
    """Method, path with made-up ids, and door of every route under /api."""
    found = []
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if path.startswith("/api") and route.method != "HEAD":
            found.append(
                (route.method, re.sub(r"\{[^}]+\}", "xx_0000000000000000", path), door_of(route.handler))
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
            for role, client in clients.items():
                may = role is not None and allowed(role, door.action)
                if may and (method, path) == ("DELETE", "/api/sessions"):
                    continue  # it works, and would sign the walker out; test_api_sessions.py sees to it
                let_in = await is_let_in(client, method, path, role)
                seen.add((door.action, let_in))
                if let_in is not may:
                    wrong.append((method, path, role, let_in))
        assert wrong == []
        walked = {door.action for _, _, door in api_routes(server.app) if door and door.action}
        assert {(action, may) for action in walked for may in (False, True)} - seen == set()


async def test_a_role_opens_a_socket_only_if_the_table_says_so(server: Server) -> None:
    async with AsyncExitStack() as stack:
        for role in Role:
            client = await signed_in(server, role, stack)
            face = "station" if role is Role.STATION else "clinician"
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


async def signed_in(server: Server, role: Role, stack: AsyncExitStack) -> aiohttp.ClientSession:
    client = await stack.enter_async_context(server.client())
    if role is Role.STATION:
        await server.enrol(client, (await server.new_station()).code)
    else:
        await server.new_doctor(login=role.value, role=role)
        await server.sign_in(client, login=role.value)
    return client


async def is_let_in(client: aiohttp.ClientSession, method: str, path: str, role: Role | None) -> bool:
    """Whether the door let this visitor through to the handler, whatever that then said of the made-up ids."""
    headers = {"X-Keneya-Face": "station"} if role is Role.STATION else {}
    async with client.request(method, path, headers=headers) as answer:
        if answer.status in (401, 403):
            return (answer.status, (await answer.json())["code"]) not in SHUT
        assert answer.status < 500, (method, path, role)
        return True
