"""What administrators do with accounts, on a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.people.sessions.access import RECENT_S
from server.trail.tables import AuditEntry
from signaling.messages import Role
from tests.support.people import OWN, first_sign_in, sent
from tests.support.server import PASSWORD, Server, running_server

DOCTOR: dict[str, Any] = {
    "login": "moussa",
    "name": "Dr Moussa Keïta",
    "role": "clinician",
    "site": "Hôpital du Mali",
    "specialties": ["obstetrics"],
    "languages": ["fr", "bm"],
    "gender": "man",
}
PROFILE = {key: value for key, value in DOCTOR.items() if key != "login"}


@pytest.fixture
def now() -> list[float]:
    return [1_763_000_000.0]


@pytest.fixture
async def server(tmp_path: Path, now: list[float]) -> AsyncIterator[Server]:
    async with running_server(tmp_path, app_options={"clock": lambda: now[0]}) as running:
        await running.new_doctor(login="chief", role=Role.ADMINISTRATOR)
        yield running


async def acts(server: Server) -> list[str]:
    async with server.services.database() as db:
        return list(await db.scalars(select(AuditEntry.act).order_by(AuditEntry.sequence)))


async def test_an_account_is_made_listed_changed_and_disabled(server: Server, now: list[float]) -> None:
    async with server.client() as chief, server.client() as doctor:
        await server.sign_in(chief, login="chief")
        status, made = await sent(chief, "/api/accounts", **DOCTOR)
        assert status == 201
        assert await sent(chief, "/api/accounts", **DOCTOR) == (409, {"code": "login_taken"})
        path = f"/api/accounts/{made['account_id']}"
        async with chief.get("/api/accounts") as answer:
            (line,) = [one for one in await answer.json() if one["login"] == "moussa"]
        assert {key: line[key] for key in PROFILE} == PROFILE | {"languages": ["bm", "fr"]}
        assert line["must_change_password"] is True
        assert "password" not in " ".join(line.keys() - {"must_change_password"})
        assert (await sent(doctor, "/api/session", login="moussa", password=made["password"]))[0] == 202
        assert (await chief.put(path, json=PROFILE | {"specialties": ["surgery"]})).status == 204
        assert (await doctor.get("/api/session")).status == 202
        # With another role, a person who is signed in signs in anew.
        assert (await chief.put(path, json=PROFILE | {"role": "auditor", "specialties": []})).status == 204
        assert (await doctor.get("/api/session")).status == 401
        assert (await chief.put(f"{path}/disabled", json={"disabled": True})).status == 204
        assert (await sent(doctor, "/api/session", login="moussa", password=made["password"]))[0] == 401
        assert (await chief.put(f"{path}/disabled", json={"disabled": False})).status == 204
        assert (await sent(doctor, "/api/session", login="moussa", password=made["password"]))[0] == 202
    assert [act for act in await acts(server) if act.startswith("account_")][1:] == [
        "account_created", "account_changed", "account_changed", "account_disabled", "account_enabled",
    ]  # fmt: skip


async def test_an_administrator_lets_in_a_person_who_lost_the_telephone(
    server: Server, now: list[float]
) -> None:
    async with server.client() as chief, server.client() as person:
        await server.sign_in(chief, login="chief")
        account_id, _ = await first_sign_in(server, person, "sira", Role.MEDIATOR, now[0])
        status, told = await sent(chief, f"/api/accounts/{account_id}/reset")
        assert status == 200
        assert (await person.get("/api/session")).status == 401
        assert (await sent(person, "/api/session", login="sira", password=OWN))[0] == 401
        assert await sent(person, "/api/session", login="sira", password=told["password"]) == (
            202,
            {"next": "new_password"},
        )
    assert "account_reset" in await acts(server)


async def test_sensitive_acts_ask_for_the_password_again(server: Server, now: list[float]) -> None:
    async with server.client() as chief:
        await server.sign_in(chief, login="chief")
        now[0] += RECENT_S
        assert (await chief.get("/api/accounts")).status == 200
        assert await sent(chief, "/api/accounts", **DOCTOR) == (403, {"code": "prove_again"})
        assert (await sent(chief, "/api/session/proof", password="wrong"))[0] == 401
        assert (await sent(chief, "/api/session/proof", password=PASSWORD))[0] == 204
        assert (await sent(chief, "/api/accounts", **DOCTOR))[0] == 201


async def test_nobody_disables_or_changes_their_own_account(server: Server) -> None:
    async with server.client() as chief:
        me = await server.sign_in(chief, login="chief")
        path = f"/api/accounts/{me['participant_id']}"
        for answer in (
            await chief.put(f"{path}/disabled", json={"disabled": True}),
            await chief.put(path, json=PROFILE),
            await chief.post(f"{path}/reset"),
        ):
            assert (answer.status, await answer.json()) == (409, {"code": "own_account"})


@pytest.mark.parametrize(
    "change",
    [
        {"role": "station"},
        {"role": "king"},
        {"name": " "},
        {"login": ""},
        {"specialties": ["magic"]},
        {"gender": "x"},
        {"more": 1},
    ],
)
async def test_an_invalid_account_is_refused(server: Server, change: dict[str, Any]) -> None:
    async with server.client() as chief:
        await server.sign_in(chief, login="chief")
        assert await sent(chief, "/api/accounts", **(DOCTOR | change)) == (422, {"code": "malformed"})


async def test_no_name_and_no_login_reaches_the_audit_trail(server: Server) -> None:
    async with server.client() as chief:
        await server.sign_in(chief, login="chief")
        await sent(chief, "/api/accounts", **DOCTOR)
    async with server.services.database() as db:
        for entry in await db.scalars(select(AuditEntry)):
            assert "moussa" not in f"{entry.facts} {entry.subject_id} {entry.actor_id}".casefold()
